"""Stand-ins of programs that talk to a card: what middleware and the Web eID application do."""
