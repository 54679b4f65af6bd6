"""A card in a real reader: reached through a guard, looked at, held against scenarios and profiles."""
