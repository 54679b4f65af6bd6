"""What goes wrong with authorities and the states of certificates and cards."""

from __future__ import annotations

from ..error import HarnessError


class PkiError(HarnessError):
    """An authority or a certificate cannot be had. Says where, what was expected, what was found.

    Attributes:
        advice: what to do about it, for those who print it; may be empty.
    """

    def __init__(self, where: str, expected: str, found: str, advice: str = "") -> None:
        super().__init__(f"{where}: expected {expected}, found {found}")
        self.where = where
        self.expected = expected
        self.found = found
        self.advice = advice


class StateError(PkiError):
    """A certificate or a card cannot be in the state that was asked for."""


class NameRefused(PkiError):
    """An authority of ours would bear a name that is not clearly a test's, or is somebody else's."""


class HomeError(PkiError):
    """The home authority in the user's data folder cannot be used."""


class StatusRefused(PkiError):
    """A certificate's status cannot become what somebody wants."""
