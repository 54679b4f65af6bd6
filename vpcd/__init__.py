"""The reader side: puts a card into a reader that PC/SC programs see."""
