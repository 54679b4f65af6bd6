"""What goes wrong inside a card: it refuses (an answer), or a file about it is wrong."""

from __future__ import annotations


class EmulatorError(Exception):
    """The base of everything that this package raises."""


class StatusError(EmulatorError):
    """The card refuses, or warns. Becomes two octets in `Card.process` and nowhere else."""

    def __init__(self, sw: int, detail: str = "", data: bytes = b"") -> None:
        """Refuse.

        Args:
            sw: the status word, 0x6200 to 0x6FFF.
            detail: why, for people who read a trace or a failing test; never sent.
            data: response data that goes with a warning (SW1 62 or 63); refusals have none.
        """
        super().__init__(detail)
        self.sw = sw
        self.detail = detail
        self.data = data

    def __str__(self) -> str:
        return f"{self.sw:04X} {self.detail}".rstrip()


class CommitError(StatusError):
    """`commit` could not store the permanent state: 6581, memory failure (ISO/IEC 7816-4, 5.6)."""

    def __init__(self, detail: str) -> None:
        """Refuse.

        Args:
            detail: why, for people.
        """
        super().__init__(0x6581, detail)


class PersonalisationError(EmulatorError):
    """What a card is to hold does not fit its profile. Says where, what was expected and what was found."""

    def __init__(self, where: str, expected: str, found: str) -> None:
        super().__init__(f"{where}: expected {expected}, found {found}")
        self.where = where
        self.expected = expected
        self.found = found
