"""One card on disk: what it holds, how it is kept, who has it."""
