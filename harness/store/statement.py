"""What is asked of a database, prepared once for each table."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Executable, Insert, Select, Update, bindparam, func, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from ..registration.store import Kind
from .codec import unchanging
from .schema import EVENTS, TABLES

LAST_EVENT = select(EVENTS.c.seq, EVENTS.c.digest).order_by(EVENTS.c.seq.desc()).limit(1)
EVENTS_SINCE = select(EVENTS.c.body).where(EVENTS.c.seq > bindparam("behind")).order_by(EVENTS.c.seq)
APPEND_EVENTS = insert(EVENTS)

# PostgreSQL's documentation, 9.28.10: advisory locks, which end with the transaction.
HOLD_CHAIN = text("SELECT pg_advisory_xact_lock(:chain)")
HOLD_VALUES = text("SELECT pg_advisory_xact_lock(:field, one) FROM unnest(CAST(:values AS int[])) AS one")
TRY_TO_HOLD_VALUES = text(
    "SELECT bool_and(pg_try_advisory_xact_lock(:field, one)) FROM unnest(CAST(:values AS int[])) AS one"
)
NOT_ON_THE_DISK_YET = text("SET LOCAL synchronous_commit = off")
"""For a transaction that has locked rows and written none: PostgreSQL would wait for the disk even so."""


class Statements:
    """The statements about one kind of record.

    Attributes:
        kind: of record.
        unchanging: whether such records never change once they are added.
    """

    def __init__(self, kind: Kind) -> None:
        """Prepare them.

        Raises:
            KeyError: the schema does not know the kind.
        """
        self.kind = kind
        self.unchanging = unchanging(kind.record)
        self._table = TABLES[kind.name]
        columns = self._table.c
        self._rows = select(columns.number, columns.key, columns.wake_at, columns.stamp, columns.body)
        self._in_order = self._rows.order_by(columns.number)
        self.count = select(func.count()).select_from(self._table)
        self.exists = select(columns.key).where(columns.key == bindparam("key"))
        self.insert: Insert = insert(self._table)
        self.update: Update = update(self._table).where(columns.key == bindparam("its_key"))
        waiting = self._rows.where(columns.wake_at.is_not(None))
        self._first = waiting.order_by(columns.wake_at, columns.number).limit(1)
        self._others = columns.key.not_in(bindparam("met", expanding=True))
        self._by = columns.wake_at <= bindparam("by")

    @property
    def every(self) -> Select[Any]:
        """All of them, in the order in which they were added."""
        return self._in_order

    @cache  # noqa: B019  # as many as there are tables, and they last as long as the program
    def one(self, *, lock: bool, wait: bool) -> Select[Any]:
        """The record of `key`."""
        return self._locked(self._rows.where(self._table.c.key == bindparam("key")), lock, wait)

    @cache  # noqa: B019
    def found(self, names: tuple[str, ...], *, wait: bool) -> Select[Any]:
        """Those whose fields have the values of parameters with their names."""
        wanted = self._in_order.where(*(self._table.c[name] == bindparam(name) for name in names))
        return self._locked(wanted, not self.unchanging, wait)

    @cache  # noqa: B019
    def first_due(self, *, met: bool, wait: bool | None) -> Select[Any]:
        """The first whose time comes, that is none of `met`; with `wait` by the instant `by`, and locked."""
        first = self._first.where(self._others) if met else self._first
        return first if wait is None else self._locked(first.where(self._by), True, wait)

    @cache  # noqa: B019
    def upsert(self, dialect: str) -> Executable:
        """Add a record, or put it in the place of the one with its key."""
        made: Any = (postgresql if dialect == "postgresql" else sqlite).insert(self._table)
        others = [one.name for one in self._table.c if one.name not in ("number", "key")]
        changed = {name: made.excluded[name] for name in others}
        upsert: Executable = made.on_conflict_do_update(index_elements=["key"], set_=changed)
        return upsert

    def _locked(self, rows: Select[Any], lock: bool, wait: bool) -> Select[Any]:
        return rows.with_for_update(nowait=not wait) if lock else rows
