"""The audit trail: what happened, in order, each event chained to the one before by a digest.

No event carries a PIN, a whole registration code or octets of a key share.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from ..clock import Clock
from .vocabulary import EventName

if TYPE_CHECKING:
    from .store import EventLog

BEFORE_THE_FIRST = bytes(32)


@dataclass(frozen=True)
class Event:
    """One entry of the trail.

    Attributes:
        seq: counts from 1.
        at: the instant on the scenario's clock, UTC.
        name: what happened.
        who: whose app or browser it happened to.
        about: the registration or account that it belongs to; empty before there is one.
        data: facts beside the name.
        digest: SHA-256 over the digest of the event before and everything above.
    """

    seq: int
    at: datetime
    name: EventName
    who: str
    about: str
    data: Mapping[str, str]
    digest: bytes

    def follows(self, before: bytes) -> bool:
        """Whether this event stands behind the one with that digest, unaltered."""
        return self.digest == _digest(before, self.seq, self.at, self.name, self.who, self.about, self.data)


class Audit:
    """Grows and never shrinks."""

    def __init__(self, clock: Clock, told: Callable[[Event], None], log: EventLog) -> None:
        """Go on with a trail.

        Args:
            clock: when things happen.
            told: hears of each event.
            log: keeps the events.
        """
        self._clock = clock
        self._told = told
        self._log = log

    @property
    def events(self) -> tuple[Event, ...]:
        """Everything so far."""
        return tuple(self._log.since(0))

    def tell(self, name: EventName, who: str, about: str = "", **data: object) -> None:
        """Add an event at the clock's now."""
        last, before = self._log.head()
        seq, at = last + 1, self._clock.now
        words = {key: str(value) for key, value in data.items()}
        event = Event(seq, at, name, who, about, words, _digest(before, seq, at, name, who, about, words))
        self._log.add(event)
        self._told(event)

    def whole(self) -> bool:
        """Whether no event was altered, taken out or put in."""
        return unbroken(self._log.since(0))


def unbroken(events: list[Event]) -> bool:
    """Whether events stand in an unbroken chain from the first on."""
    before = BEFORE_THE_FIRST
    for seq, event in enumerate(events, 1):
        if event.seq != seq or not event.follows(before):
            return False
        before = event.digest
    return True


def _digest(
    before: bytes, seq: int, at: datetime, name: str, who: str, about: str, data: Mapping[str, str]
) -> bytes:
    told = json.dumps([before.hex(), seq, at.isoformat(), name, who, about, dict(data)], sort_keys=True)
    return sha256(told.encode()).digest()
