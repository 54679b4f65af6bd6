"""The seam to whoever keeps the records: one table for each kind, looked up by key or by an indexed field.

Sessions change records in place, as plain objects; a store keeps what they have become when its transaction
ends. `memory` keeps them in this process, `softeid.harness.store` in a database.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from .audit import Event

R = TypeVar("R")


class Timed(Protocol):
    """A record in which time passes."""

    @property
    def wake_at(self) -> datetime | None:
        """When the first thing falls due in it, by the steady clock; None where nothing ever does."""


class Table(Protocol[R]):
    """The records of one kind, in the order in which they were added."""

    def add(self, record: R) -> None:
        """Keep a new record; one with the same key is replaced."""

    def get(self, key: str) -> R | None:
        """The record of a key."""

    def __getitem__(self, key: str) -> R:
        """The record of a key.

        Raises:
            KeyError: there is none.
        """

    def __contains__(self, key: object) -> bool: ...

    def __len__(self) -> int: ...

    def values(self) -> Iterator[R]:
        """Every record."""

    def find(self, **fields: str) -> list[R]:
        """Those whose indexed fields have these values."""

    def first_due(self, by: datetime | None = None) -> R | None:
        """The record whose `wake_at` comes first; None if no record waits for anything.

        Args:
            by: none that comes later. Whoever asks so is about to act on it: no other process can until the
                transaction ends.
        """


class EventLog(Protocol):
    """The audit trail's entries, which are added and never changed."""

    def head(self) -> tuple[int, bytes]:
        """Number and digest of the last entry; nobody else adds one until this transaction ends."""

    def add(self, event: Event) -> None:
        """Keep the next entry."""

    def since(self, seq: int) -> list[Event]:
        """Every entry behind a number, in order."""


@dataclass(frozen=True)
class Kind:
    """What a table holds.

    Attributes:
        name: of the table.
        record: the records' class.
        key: their attribute that tells one from another, a text.
        indexed: attributes, texts as well, by which they are looked up; they never change.
    """

    name: str
    record: type[Any]
    key: str
    indexed: tuple[str, ...] = ()

    def key_of(self, record: object) -> str:
        """The key of a record."""
        return str(getattr(record, self.key))


class Store(Protocol):
    """Keeps every table of one party."""

    def table(self, kind: Kind) -> Table[Any]:
        """The table of a kind."""

    @property
    def events(self) -> EventLog:
        """The audit trail; empty with a party that has none."""

    def transaction(self) -> AbstractContextManager[None]:
        """What happens inside is kept as a whole when it ends, also with `Refused`; nothing of it if it
        fails otherwise. One inside another is part of it."""

    def checkpoint(self) -> None:
        """Keep what happened in this transaction so far, whatever follows."""
