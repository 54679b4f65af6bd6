"""What the oracle knows and says: its memory of a card, what it expects, and reasons to refuse."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from softeid.emulator.facts import KeyFacts, PinFacts
from softeid.emulator.file import DF, EF


class Expected(NamedTuple):
    """What must come back."""

    data: bytes
    words: frozenset[int]  # any of these status words
    why: str  # for people

    def __str__(self) -> str:
        words = " or ".join(f"{word:04X}" for word in sorted(self.words))
        return f"{self.data.hex(' ').upper()} {words} ({self.why})".lstrip()


class Use(NamedTuple):
    """One use of a private key."""

    key: str
    deed: str  # "sign" or "agree"
    octets: bytes


@dataclass
class Reference:
    """What the oracle knows of a PIN or PUK."""

    facts: PinFacts
    value: bytes
    tries: int
    limit: int

    @property
    def counter(self) -> int:
        """The status word that tells the tries left."""
        return 0x63C0 | self.tries if self.tries else 0x6983


@dataclass
class Memory:
    """What ends with power, with reset, and nowhere by accident."""

    df: DF
    ef: EF | None = None
    verified: set[str] = field(default_factory=set)
    environment: dict[str, KeyFacts] = field(default_factory=dict)
    chain: tuple[bytes, bytes] | None = None  # header without bit 5, and what has come so far
    waiting: bytes = b""  # for GET RESPONSE, status word included


class Refused(Exception):
    """The command is refused, with any of these words; all that it changes is changed already."""

    def __init__(self, *reasons: tuple[int, str]) -> None:
        super().__init__("; ".join(f"{word:04X} {why}" for word, why in reasons))
        self.words = frozenset(word for word, _ in reasons)


class Reasons:
    """Collects why a command must be refused."""

    def __init__(self) -> None:
        self.found: list[tuple[int, str]] = []

    def when(self, refused: object, word: int, why: str) -> None:
        """One reason, if it is one."""
        if refused:
            self.found.append((word, why))

    def end(self) -> None:
        """Refuse, if there is any reason.

        Raises:
            Refused: with all of them.
        """
        if self.found:
            raise Refused(*self.found)
