"""A PC/SC context with one reader and one of our own cards in it: it records everything that leaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from softeid.emulator import CardLike, Profile
from softeid.harness.clock import Clock
from softeid.harness.issuers import Issuers
from softeid.harness.issuing import IssuedCard, issue_card
from softeid.harness.person import persons
from softeid.harness.profile_file import load_profile
from softeid.harness.reader import ReaderError
from softeid.harness.seed import Seed

READER = "Recorder 00 00"
READS = frozenset({0xA4, 0xB0, 0xC0, 0xCA, 0xCB, 0x84})
"""Instructions that only read: SELECT, READ BINARY, GET RESPONSE, GET DATA, GET CHALLENGE."""


def issued(
    profile: str = "esteid-2018", person: str = "jaak", facts: Profile | None = None, **options: Any
) -> IssuedCard:
    """A card of ours, made today; of facts of one's own, where they are given."""
    clock = Clock.real()
    authority = Issuers(Seed("fake"), clock, lambda time: None).authority
    return issue_card(
        facts or load_profile(profile),
        persons()[person],
        authority,
        seed=Seed("fake"),
        clock=clock,
        **options,
    )


class Recorder:
    """The context; it may be established again and again, and records on."""

    def __init__(
        self, card: CardLike, readers: Sequence[str] = (READER,), protocol: int = 2, gone_after: int = 10**9
    ) -> None:
        """A context.

        Args:
            card: what is in the first reader.
            protocol: 1 for T=0, 2 for T=1.
            gone_after: so many commands are answered; then reader and card are gone.
        """
        self.card = card
        self.sent: list[bytes] = []
        self.calls: list[str] = []
        self._readers = readers
        self._protocol = protocol
        self._gone_after = gone_after

    def __call__(self) -> Recorder:
        self.calls.append("establish")
        return self

    def names(self) -> Sequence[str]:
        return self._readers

    def connect(self, reader: str) -> tuple[Any, int]:
        self.calls.append("connect")
        if reader != self._readers[0]:
            raise ReaderError("PC/SC says: No smart card inserted.")
        return object(), self._protocol

    def disconnect(self, handle: Any) -> None:
        self.calls.append("disconnect")

    def atr(self, handle: Any) -> bytes:
        return self.card.atr

    def begin(self, handle: Any) -> None:
        self.calls.append("begin")

    def end(self, handle: Any) -> None:
        self.calls.append("end")

    def reset(self, handle: Any) -> int:
        self.calls.append("reset")
        self.card.reset()
        return self._protocol

    def transmit(self, handle: Any, protocol: int, apdu: bytes) -> bytes:
        self.sent.append(apdu)
        if len(self.sent) > self._gone_after:
            raise ReaderError("PC/SC says: Card was removed.")
        return self.card.process(apdu)

    def close(self) -> None:
        self.calls.append("release")

    @property
    def only_read(self) -> bool:
        """Whether nothing but commands that read was sent, of the plain class."""
        return all(len(apdu) >= 4 and apdu[0] == 0 and apdu[1] in READS for apdu in self.sent)
