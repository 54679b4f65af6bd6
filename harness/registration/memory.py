"""A store in this process's memory: records are the objects themselves, and are gone with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import RLock
from typing import Any, Generic, TypeVar

from .audit import BEFORE_THE_FIRST, Event
from .store import Kind, Store

R = TypeVar("R")


class MemoryTable(Generic[R]):
    """One kind of record by key."""

    def __init__(self, kind: Kind) -> None:
        """Begin empty."""
        self._kind = kind
        self._records: dict[str, R] = {}
        self._indexes: dict[str, dict[str, dict[str, R]]] = {name: {} for name in kind.indexed}
        self._waiting: dict[str, R] = {}

    def add(self, record: R) -> None:
        """Keep a record."""
        key = self._kind.key_of(record)
        self._records[key] = self._waiting[key] = record
        for name, index in self._indexes.items():  # a record that comes in place of another has its values
            index.setdefault(getattr(record, name), {})[key] = record

    def get(self, key: str) -> R | None:
        """The record of a key."""
        return self._records.get(key)

    def __getitem__(self, key: str) -> R:
        return self._records[key]

    def __contains__(self, key: object) -> bool:
        return key in self._records

    def __len__(self) -> int:
        return len(self._records)

    def values(self) -> Iterator[R]:
        """Every record."""
        return iter(tuple(self._records.values()))

    def find(self, **fields: str) -> list[R]:
        """Those whose indexed fields have these values."""
        (name, value), *others = fields.items()
        found = self._indexes[name].get(value, {}).values()
        return [
            one
            for one in found
            if self._records.get(self._kind.key_of(one)) is one  # and not one that was replaced
            and all(getattr(one, other) == wanted for other, wanted in others)
        ]

    def first_due(self, by: datetime | None = None) -> R | None:
        """The record whose `wake_at` comes first, and not later than `by`."""
        first: tuple[datetime, R] | None = None
        for record in self._waiting.values():
            at = getattr(record, "wake_at", None)
            if at is not None and (first is None or at < first[0]):
                first = at, record
        for key in [key for key, record in self._waiting.items() if getattr(record, "over", True)]:
            del self._waiting[key]
        return first[1] if first and (by is None or first[0] <= by) else None


class MemoryLog:
    """The audit trail as a list."""

    def __init__(self) -> None:
        """Begin empty."""
        self._events: list[Event] = []

    def head(self) -> tuple[int, bytes]:
        """Number and digest of the last entry."""
        return (len(self._events), self._events[-1].digest) if self._events else (0, BEFORE_THE_FIRST)

    def add(self, event: Event) -> None:
        """Keep an entry."""
        self._events.append(event)

    def since(self, seq: int) -> list[Event]:
        """Every entry behind a number."""
        return self._events[seq:]


class MemoryStore(Store):
    """Every table, and one thread at a time."""

    def __init__(self) -> None:
        """Begin empty."""
        self._tables: dict[str, MemoryTable[Any]] = {}
        self._events = MemoryLog()
        self._lock = RLock()

    def table(self, kind: Kind) -> MemoryTable[Any]:
        """The table of a kind."""
        return self._tables.setdefault(kind.name, MemoryTable(kind))

    @property
    def events(self) -> MemoryLog:
        """The audit trail."""
        return self._events

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Nothing is taken back: what fails without a refusal is a bug, and its world is thrown away."""
        with self._lock:
            yield

    def checkpoint(self) -> None:
        """Everything is kept already."""
