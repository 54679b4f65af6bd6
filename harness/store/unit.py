"""One transaction: its connection, the records that it has met, and what it writes when it ends.

Locks, where several processes share one PostgreSQL, in the order in which they are taken: the rows that are
loaded to be changed; the values that were looked up by an index, so that nobody adds another with the same
meanwhile; the end of the audit trail. Whoever holds that end waits for nobody: what is not free then is a
conflict, and the transaction begins again. SQLite has one lock for everything.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any
from zlib import crc32

from sqlalchemy import Connection, Executable
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import SQLAlchemyError

from ..registration.audit import BEFORE_THE_FIRST, Event
from .codec import decode, encode
from .error import Conflict, StoreError, told
from .shelf import Shelf
from .statement import (
    APPEND_EVENTS,
    EVENTS_SINCE,
    HOLD_CHAIN,
    HOLD_VALUES,
    LAST_EVENT,
    NOT_ON_THE_DISK_YET,
    TRY_TO_HOLD_VALUES,
    Statements,
)

_CHAIN = 0x5E1D  # our number of this lock; locks of values have two numbers, and are others
_BUCKETS = 4096  # a value's lock is one of so many: few enough for PostgreSQL's table of locks


class Unit:
    """A transaction.

    Attributes:
        dialect: `sqlite` or `postgresql`.
        stamp: what is written now is marked with.
        kept: whether a checkpoint kept part of it already.
    """

    def __init__(self, connection: Connection, where: str) -> None:
        """Begin.

        Args:
            connection: not in a transaction yet.
            where: the database, for messages.

        Raises:
            StoreError: another process holds the database for too long.
        """
        self._connection = connection
        self._where = where
        self._shelves: dict[str, Shelf] = {}
        self._held: dict[str, set[int]] = {}
        self._events: list[Event] = []
        self._head: tuple[int, bytes] | None = None
        self._chained = False
        self._wrote = False
        self._broken: StoreError | None = None
        self.dialect = connection.dialect.name
        self.kept = False
        self._begin()

    @property
    def alone(self) -> bool:
        """Whether nobody else can write meanwhile."""
        return self.dialect == "sqlite"

    @property
    def may_wait(self) -> bool:
        """Whether it may wait for what another transaction holds."""
        return not self._chained

    def shelf(self, statements: Statements) -> Shelf:
        """A table."""
        name = statements.kind.name
        if name not in self._shelves:
            self._shelves[name] = Shelf(self, statements)
        return self._shelves[name]

    def execute(self, statement: Executable, values: Any = None) -> CursorResult[Any]:
        """Ask the database.

        Raises:
            StoreError: it failed; the transaction can do nothing but end.
        """
        try:
            return self._connection.execute(statement, values)
        except SQLAlchemyError as wrong:
            self._broken = told(wrong, self._where)
            raise self._broken from wrong

    def write(self, statement: Executable, rows: list[dict[str, Any]]) -> None:
        """Add or change rows; as `execute`."""
        self._wrote = True
        self.execute(statement, rows)

    def conflict(self) -> Conflict:
        """Somebody else was faster; the transaction can do nothing but end."""
        self._broken = conflict = Conflict(self._where, "another process works on the same")
        return conflict

    def damaged(self, what: str) -> StoreError:
        """What lies in the database makes no sense; the transaction can do nothing but end."""
        advice = "Use the version of softeid that wrote it, or a copy"
        self._broken = damaged = StoreError(self._where, what, advice)
        return damaged

    # --- locks ------------------------------------------------------------------------------------------

    def hold(self, field: str, values: Iterable[str]) -> None:
        """Let nobody else look these values of a field up, or add them, until the transaction ends.

        Raises:
            Conflict: somebody does, and we must not wait.
        """
        if self.alone:
            return
        held = self._held.setdefault(field, set())
        wanted = sorted({crc32(value.encode()) % _BUCKETS for value in values} - held)
        if not wanted:
            return
        asked = {"field": crc32(field.encode()) - 2**31, "values": wanted}
        if self.may_wait:
            self.execute(HOLD_VALUES, asked)
        elif not self.execute(TRY_TO_HOLD_VALUES, asked).scalar_one():
            raise self.conflict()
        held.update(wanted)

    def _hold_chain(self) -> None:
        if self._chained or self.alone:
            return
        for shelf in self._shelves.values():
            shelf.claim()
        self.execute(HOLD_CHAIN, {"chain": _CHAIN})
        self._chained = True

    # --- the audit trail --------------------------------------------------------------------------------

    def head(self) -> tuple[int, bytes]:
        """Number and digest of the last entry; it stays the last until we add one or end."""
        if self._head is None:
            self._hold_chain()
            row = self.execute(LAST_EVENT).first()
            self._head = (row.seq, bytes.fromhex(row.digest)) if row else (0, BEFORE_THE_FIRST)
        return self._head

    def append(self, event: Event) -> None:
        """Keep the next entry."""
        self._events.append(event)
        self._head = event.seq, event.digest

    def since(self, seq: int) -> list[Event]:
        """Every entry behind a number, in order."""
        self._write_events()
        rows = self.execute(EVENTS_SINCE, {"behind": seq}).scalars()
        return [decode(body, Event) for body in rows]

    def _write_events(self) -> None:
        rows = [{"seq": one.seq, "digest": one.digest.hex(), "body": encode(one)} for one in self._events]
        if rows:
            self.write(APPEND_EVENTS, rows)
            self._events.clear()

    # --- beginning and end ------------------------------------------------------------------------------

    def flush(self) -> None:
        """Write everything, so that nothing is left that could stand in the way of a commit.

        Raises:
            Conflict: another process was faster.
            StoreError: the database failed.
        """
        if self._broken:
            raise self._broken
        for shelf in self._shelves.values():
            shelf.write()
        self._write_events()

    def commit(self) -> None:
        """Keep everything.

        Raises:
            Conflict: another process was faster, and nothing is kept.
            StoreError: the database failed, and nothing is kept; if it went away just now, perhaps all is.
        """
        self.flush()
        if not self._wrote and not self.alone:
            self.execute(NOT_ON_THE_DISK_YET)
        try:
            self._connection.commit()
        except SQLAlchemyError as wrong:
            raise told(wrong, self._where) from wrong

    def checkpoint(self) -> None:
        """Keep everything so far and go on; what was met may be changed by others from here on."""
        self.commit()
        self.kept, self._wrote, self._chained, self._head = True, False, False, None
        self._held.clear()
        for shelf in self._shelves.values():
            shelf.unlock()
        self._begin()

    def _begin(self) -> None:
        self.stamp = secrets.randbits(62)
        try:
            self._connection.begin()
        except SQLAlchemyError as wrong:
            raise told(wrong, self._where) from wrong
