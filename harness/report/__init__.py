"""What becomes of a run for people and programs: consumers of its events."""
