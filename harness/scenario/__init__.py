"""The scenario language: reading files, checking them, playing them over a world."""
