"""What goes wrong with a card file."""

from __future__ import annotations

from ..error import HarnessError


class CardFileError(HarnessError):
    """A card file cannot be had, is none, or belongs to somebody else. Nothing was changed.

    Attributes:
        place: the file, and what in it.
        expected: what should be there.
        found: what is there.
        advice: what to do about it; may be empty.
    """

    def __init__(self, place: str, expected: str, found: str, advice: str = "") -> None:
        super().__init__(f"{place}: expected {expected}, found {found}")
        self.place = place
        self.expected = expected
        self.found = found
        self.advice = advice
