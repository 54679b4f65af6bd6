"""A store in a database that lasts: SQLite, or PostgreSQL for several processes."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from datetime import datetime
from threading import Lock
from typing import Any, Generic, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from ..registration.audit import Event
from ..registration.refusal import Refused
from ..registration.store import Kind, Store
from . import migration
from .engine import open_engine, read_url, shown
from .error import Conflict, StoreError, told
from .shelf import Shelf
from .statement import Statements
from .unit import Unit

R = TypeVar("R")
T = TypeVar("T")

_TRIES = 25
_LONGEST_PAUSE = 0.2  # seconds between two tries


class SqlTable(Generic[R]):
    """One kind of record; every use of it is part of a transaction."""

    def __init__(self, shelf: Callable[[], Shelf]) -> None:
        """Stand for a table.

        Args:
            shelf: the table in the transaction that is open now.
        """
        self._shelf = shelf

    def add(self, record: R) -> None:
        """Keep a new record; one with the same key is replaced."""
        self._shelf().add(record)

    def get(self, key: str) -> R | None:
        """The record of a key; it is ours until the transaction ends."""
        record: R | None = self._shelf().get(key)
        return record

    def __getitem__(self, key: str) -> R:
        record = self.get(key)
        if record is None:
            raise KeyError(key)
        return record

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._shelf().has(key)

    def __len__(self) -> int:
        return self._shelf().count()

    def values(self) -> Iterator[R]:
        """Every record."""
        return self._shelf().every()

    def find(self, **fields: str) -> list[R]:
        """Those whose indexed fields have these values; they are ours until the transaction ends."""
        return self._shelf().find(**fields)

    def first_due(self, by: datetime | None = None) -> R | None:
        """The record whose `wake_at` comes first.

        Args:
            by: none that comes later; it is ours then until the transaction ends.
        """
        record: R | None = self._shelf().first_due(by)
        return record


class SqlLog:
    """The audit trail's entries; every use of it is part of a transaction."""

    def __init__(self, unit: Callable[[], Unit]) -> None:
        """Stand for the trail.

        Args:
            unit: the transaction that is open now.
        """
        self._unit = unit

    def head(self) -> tuple[int, bytes]:
        """Number and digest of the last entry; nobody else adds one until this transaction ends."""
        return self._unit().head()

    def add(self, event: Event) -> None:
        """Keep the next entry."""
        self._unit().append(event)

    def since(self, seq: int) -> list[Event]:
        """Every entry behind a number, in order."""
        return self._unit().since(seq)


class SqlStore(Store):
    """Every table of one party, in one database.

    A transaction belongs to the thread, or the asynchronous task, that opened it; nothing in it may wait for
    another of them. Records are live objects until it ends, and mean nothing afterwards.

    Attributes:
        where: the database, without its password.
    """

    def __init__(self, url: str, *, patience: float = 10.0) -> None:
        """Open a database; `migrate` makes its tables.

        Args:
            url: `sqlite:////path/to/file.db`, whose file and folder are made if they are missing, or
                `postgresql://user:password@host/name`.
            patience: seconds to wait for what another process holds.

        Raises:
            StoreError: the URL names no such thing, the file is somebody else's, a driver is lacking.
        """
        read = read_url(url)
        self.where = shown(read)
        self._engine = open_engine(read, patience)
        self._patience = patience
        self._one_at_a_time = Lock() if read.drivername == "sqlite" else None
        self._open = ContextVar[Unit | None]("a store's open transaction", default=None)
        self._tables: dict[str, SqlTable[Any]] = {}
        self._log = SqlLog(self._unit)
        self._fits = False

    def migrate(self) -> None:
        """Make the tables of an empty database, or bring those of an older version up to this one's.

        Raises:
            StoreError: it belongs to something else or to a newer version, or failed.
        """
        with self._told():
            migration.migrate(self._engine, self.where)
        self._fits = True

    def close(self) -> None:
        """Close every connection; no transaction may be open."""
        self._engine.dispose()

    def table(self, kind: Kind) -> SqlTable[Any]:
        """The table of a kind.

        Raises:
            KeyError: `schema.KINDS` does not have it.
        """
        if kind.name not in self._tables:
            statements = Statements(kind)
            self._tables[kind.name] = SqlTable(lambda: self._unit().shelf(statements))
        return self._tables[kind.name]

    @property
    def events(self) -> SqlLog:
        """The audit trail."""
        return self._log

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What happens inside is kept as a whole when it ends, also with `Refused`; nothing of it if it
        fails otherwise. One inside another is part of it, and cannot fail alone.

        Raises:
            Conflict: another process was faster; nothing is kept, and whoever called may try again.
            StoreError: the database failed.
        """
        if self._open.get():
            yield
            return
        with self._turn(), self._told(), self._engine.connect() as connection:
            if not self._fits:
                migration.check(connection, self.where)
                connection.rollback()
                self._fits = True
            unit = Unit(connection, self.where)
            before = self._open.set(unit)
            try:
                yield
            except Refused:
                unit.commit()
                raise
            else:
                unit.commit()
            finally:
                self._open.reset(before)

    def checkpoint(self) -> None:
        """Keep what happened in this transaction so far, whatever follows.

        Records stay the same objects; should another process change one before we do, that is a conflict,
        which `run` does not try again.
        """
        self._unit().checkpoint()

    def run(self, act: Callable[[], T]) -> T:
        """Do something in a transaction, again if another process was faster; see `run` beside this class."""
        return run(act, self)

    @property
    def open(self) -> Unit | None:
        """The transaction that is open in this thread or task."""
        return self._open.get()

    def _unit(self) -> Unit:
        unit = self._open.get()
        if unit is None:
            raise RuntimeError("records are read and changed inside `with store.transaction():`")
        return unit

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """SQLite has one writer; threads of one process wait for each other here, in turn."""
        lock = self._one_at_a_time
        if lock is None:
            yield
            return
        if not lock.acquire(timeout=self._patience):
            raise StoreError(self.where, "another thread holds it", "Wait until that one is done")
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as wrong:
            raise told(wrong, self.where) from wrong


def run(act: Callable[[], T], *stores: SqlStore) -> T:
    """Do something in one transaction of each store, and begin again where another process was faster.

    Args:
        act: what to do. It may be done several times, each time on records loaded anew: what it does beside
            changing records must bear that. After a checkpoint it is not begun again.
        stores: opened in this order, which must be the same for everybody; kept in the reverse order. All of
            them are written before the first is kept, so that none fails when another has succeeded, unless
            its database dies in between.

    Returns:
        What `act` returns.

    Raises:
        Conflict: others were faster every time.
        StoreError: a database failed.
        Refused: as `act` does; what it did is kept.
    """
    if all(store.open for store in stores):
        return act()
    for tried in range(1, _TRIES + 1):
        try:
            return _attempt(act, stores)
        except Conflict as conflict:
            if tried == _TRIES or not conflict.again:
                raise
            time.sleep(random.uniform(0, min(0.002 * 2**tried, _LONGEST_PAUSE)))  # noqa: S311  # no secret
    raise AssertionError("unreachable")


def _attempt(act: Callable[[], T], stores: tuple[SqlStore, ...]) -> T:
    with ExitStack() as stack:
        for store in stores:
            stack.enter_context(store.transaction())
        units = [unit for store in stores if (unit := store.open)]
        try:
            try:
                result = act()
            except Refused:
                _flush(units)
                raise
            _flush(units)
        except Conflict as conflict:
            conflict.again = not any(unit.kept for unit in units)
            raise
        return result


def _flush(units: list[Unit]) -> None:
    for unit in units:
        unit.flush()
