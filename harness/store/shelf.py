"""The records of one table that one transaction has met, and what is asked of the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import count, groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from .codec import CodecError, decode, encode, instant_text
from .statement import Statements

if TYPE_CHECKING:
    from .unit import Unit

_NEW = count(2**62)  # places in the order behind everything that has one already
_MANY = 500  # records in memory; where there are more they are written before a question, not named in it


@dataclass
class Entry:
    """A record that the transaction has met.

    Attributes:
        record: the one object that stands for it until the transaction ends.
        number: its place in the table's order.
        locked: whether nobody else can change it meanwhile.
        body: its text in the database; empty if it does not lie there yet.
        stamp: of that text.
        looked: whether it was looked for before it was added, and was not there.
    """

    record: Any
    number: int
    locked: bool = True
    body: str = ""
    stamp: int = 0
    looked: bool = False

    @property
    def wake_at(self) -> datetime | None:
        """When time passes in it next, as it is now."""
        at: datetime | None = getattr(self.record, "wake_at", None)
        return at


class Shelf:
    """One table in one transaction."""

    def __init__(self, unit: Unit, statements: Statements) -> None:
        """Begin with nothing met.

        Args:
            unit: the transaction.
            statements: about the table.
        """
        self._unit = unit
        self._ask = statements
        self._kind = statements.kind
        self._entries: dict[str, Entry] = {}
        self._absent: set[str] = set()
        self._quiet: datetime | None = None  # until then nothing falls due but in what was met
        self._claims: dict[str, set[str]] = {}

    # --- what a table is asked ----------------------------------------------------------------------

    def add(self, record: object) -> None:
        """Keep a new record; one with the same key is replaced.

        Raises:
            ValueError: its key or an indexed field is a text that no database takes.
        """
        key = self._kind.key_of(record)
        for name in (self._kind.key, *self._kind.indexed):
            if not _storable(getattr(record, name)):
                raise ValueError(f"{self._kind.name}: {name} is no text that can be kept: {key!r}")
        for name in self._kind.indexed:
            if value := getattr(record, name):
                self._claims.setdefault(name, set()).add(value)
        entry = self._met(key)
        if entry and (not entry.body or not self._ask.unchanging):
            entry.record = record
        else:
            looked = entry is None and key in self._absent
            self._entries[key] = Entry(record, next(_NEW), looked=looked)

    def get(self, key: str) -> Any:
        """The record of a key, locked; None if there is none."""
        entry = self._met(key)
        if entry:
            return entry.record
        if key in self._absent or not _storable(key):
            return None
        wanted = self._ask.one(lock=not self._ask.unchanging, wait=self._unit.may_wait)
        row = self._unit.execute(wanted, {"key": key}).first()
        if row is None:
            self._absent.add(key)
            return None
        return self._of(row, locked=True)

    def has(self, key: str) -> bool:
        """Whether there is a record of a key."""
        if key in self._entries:
            return True
        if key in self._absent or not _storable(key):
            return False
        if self._unit.execute(self._ask.exists, {"key": key}).first() is None:
            self._absent.add(key)
            return False
        return True

    def count(self) -> int:
        """How many records there are."""
        self.write()
        return int(self._unit.execute(self._ask.count).scalar_one())

    def every(self) -> Iterator[Any]:
        """Every record, in order; none is locked."""
        self.write()
        for row in self._unit.execute(self._ask.every).all():
            yield self._of(row, locked=False)

    def find(self, **wanted: str) -> list[Any]:
        """Those whose indexed fields have these values; nobody adds another until the transaction ends.

        An empty text is the value of many that have none: nobody is kept from adding one more.
        """
        unknown = wanted.keys() - set(self._kind.indexed)
        if unknown or not wanted:
            raise KeyError(f"{self._kind.name} is not indexed by {', '.join(sorted(unknown)) or 'nothing'}")
        if not all(map(_storable, wanted.values())):
            return []
        for name, value in sorted(wanted.items()):
            if value:
                self._unit.hold(f"{self._kind.name}.{name}", {value})
        self.write()
        rows = self._unit.execute(self._ask.found(tuple(wanted), wait=self._unit.may_wait), wanted).all()
        return [self._of(row, locked=True) for row in rows]

    def first_due(self, by: datetime | None = None) -> Any:
        """The record whose `wake_at` comes first.

        Args:
            by: none that comes later; and the record is locked.
        """
        if len(self._entries) > _MANY:
            self.write()
        met = [] if len(self._entries) > _MANY else list(self._entries)
        row = None
        waiting = [
            (at, entry.number, key)
            for key, entry in self._entries.items()
            if (at := entry.wake_at) is not None and (by is None or at <= by)
        ]
        if by is None or self._quiet is None or by > self._quiet:
            asked = ({"met": met} if met else {}) | ({"by": instant_text(by)} if by else {})
            first = self._ask.first_due(met=bool(met), wait=self._unit.may_wait if by else None)
            row = self._unit.execute(first, asked).first()
            self._quiet = by if row is None else None
        mine = min(waiting, default=None)
        if row and (not mine or (row.wake_at, row.number) < (instant_text(mine[0]), mine[1])):
            return self._of(row, locked=by is not None)
        if mine is None:
            return None
        entry = self._entries[mine[2]] if by is None else self._met(mine[2])
        return entry.record if entry else None

    # --- what a transaction does ----------------------------------------------------------------------

    def claim(self) -> None:
        """Lock the values by which new records can be looked up."""
        for name, values in sorted(self._claims.items()):
            self._unit.hold(f"{self._kind.name}.{name}", values)
        self._claims.clear()

    def write(self) -> None:
        """Write what is new, and what has become another than it was."""
        changed = [
            (key, entry, body)
            for key, entry in self._entries.items()
            if not (entry.body and self._ask.unchanging) and (body := encode(entry.record)) != entry.body
        ]
        if not changed:
            return
        self.claim()
        added: list[tuple[bool, dict[str, Any]]] = []
        updated: list[dict[str, Any]] = []
        for key, entry, body in changed:
            if not entry.locked:
                self._lock(key, entry)
            row = self._row(key, entry, body)
            if entry.body:
                updated.append(row | {"its_key": key})
            else:
                added.append((entry.looked, row))
            entry.body, entry.stamp = body, self._unit.stamp
        for looked, some in groupby(added, itemgetter(0)):  # in the order in which they were added
            insert = self._ask.insert if looked else self._ask.upsert(self._unit.dialect)
            self._unit.write(insert, [row for _, row in some])
        if updated:
            self._unit.write(self._ask.update, updated)

    def unlock(self) -> None:
        """The transaction was committed and goes on: others may change what was met."""
        self._absent.clear()
        self._quiet = None
        if self._ask.unchanging:
            self._entries.clear()
        for entry in self._entries.values():
            entry.locked = False

    # --- inside ---------------------------------------------------------------------------------------

    def _met(self, key: str) -> Entry | None:
        entry = self._entries.get(key)
        if entry and not entry.locked:
            self._lock(key, entry)
        return entry

    def _of(self, row: Row[Any], *, locked: bool) -> Any:
        """The record of a row: the object that stands for it already, or a new one."""
        entry = self._entries.get(row.key)
        if entry is None:
            record = self._decoded(row.key, row.body)
            if self._ask.unchanging:
                return record
            locked = locked or self._unit.alone
            entry = self._entries[row.key] = Entry(record, row.number, locked, row.body, row.stamp)
        elif locked and not entry.locked:
            self._freshen(entry, row)
        return entry.record

    def _lock(self, key: str, entry: Entry) -> None:
        wanted = self._ask.one(lock=True, wait=self._unit.may_wait)
        row = self._unit.execute(wanted, {"key": key}).first()
        if row is None:
            raise self._unit.conflict()
        self._freshen(entry, row)

    def _freshen(self, entry: Entry, row: Row[Any]) -> None:
        """The row is locked now: unless somebody else wrote it meanwhile, the record is what it was.

        Raises:
            Conflict: both they and we changed it.
        """
        if row.stamp != entry.stamp:
            if self._decoded(row.key, entry.body) != entry.record:
                raise self._unit.conflict()
            now = self._decoded(row.key, row.body)
            for one in fields(now):
                setattr(entry.record, one.name, getattr(now, one.name))
            entry.body, entry.stamp = row.body, row.stamp
        entry.locked = True

    def _row(self, key: str, entry: Entry, body: str) -> dict[str, Any]:
        at = entry.wake_at
        return {
            "key": key,
            **{name: getattr(entry.record, name) for name in self._kind.indexed},
            "wake_at": instant_text(at) if at else None,
            "stamp": self._unit.stamp,
            "body": body,
        }

    def _decoded(self, key: str, body: str) -> Any:
        try:
            return decode(body, self._kind.record)
        except CodecError as wrong:
            raise self._unit.damaged(f"{key!r} in {self._kind.name} cannot be read: {wrong}") from wrong


def _storable(text: object) -> bool:
    """Whether a text can stand in a column: no U+0000 for PostgreSQL, half a surrogate pair for nobody."""
    if not isinstance(text, str) or "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
