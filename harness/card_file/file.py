"""A card on disk: made once, locked while a process has it, durable at every commit."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from softeid.emulator import CardLike, Layer
from softeid.emulator.card import build_card
from softeid.emulator.errors import CommitError
from softeid.emulator.pin import PinState
from softeid.emulator.state import Permanent

from ..clock import Clock
from ..durable import sync_folder
from ..seed import Seed
from . import database, journal, lock, names, place, rows, schema
from .error import CardFileError
from .record import CardRecord, Happening, StoredPin, stored_pins

# What is busy while a card of this process is being changed, by device and inode.
_BUSY: dict[tuple[int, int], threading.Lock] = {}


class CardFile:
    """A card on disk that this process has; a context manager.

    Attributes:
        path: the file.
        record: the card as it was when it was opened, or last replaced.
        permanent: the card's memory; what is in it is on disk whenever an answer has left.
    """

    def __init__(self, path: Path, descriptor: int, file: sqlite3.Connection, record: CardRecord) -> None:
        """Use `open`."""
        self.path = path
        self.record = record
        self.permanent: Permanent = record.permanent()
        self._descriptor = descriptor
        self._file = file
        self._busy = _BUSY[_identity(os.fstat(descriptor))] = threading.Lock()
        self._writes = database.writes_of_others(file)
        self._stored: Mapping[str, StoredPin] = record.pins
        self._inserted = False
        self._tell: Callable[[CardFileError], None] = lambda error: None
        self._told = False

    # --- made and opened --------------------------------------------------------------------------

    @classmethod
    def create(cls, path: Path, record: CardRecord) -> None:
        """Make a card file, whole or not at all; what is there stays there.

        Raises:
            CardFileError: there is something of that name, no file can be made there, or the record holds
                what no card file may.
        """
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as file:
            schema.lay_out(file)
            with database.transaction(file):
                rows.write(file, record)
            rows.read(file, path)  # nothing is made that could not be opened
            octets = file.serialize()
        try:
            check_free(path)
            _link(path, octets)
        except FileExistsError:
            raise _taken(path) from None
        except (OSError, ValueError) as error:
            raise place.not_made(path, error) from None

    @classmethod
    def open(cls, path: Path) -> Self:
        """Take a card for this process alone.

        Raises:
            CardFileError: another process has it (its number is told), or it is no card file, or not ours.
        """
        with _between_changes(path):
            descriptor = place.opened(path, to_write=True)
            file: sqlite3.Connection | None = None
            try:
                _lock(path, descriptor)
                names.check_one(path, descriptor)
                file = database.connected(path, descriptor, to_write=True)
                record = _read_for_use(path, descriptor, file)
                return cls(path, descriptor, file, record)
            except BaseException as error:
                if file is not None:
                    file.close()
                os.close(descriptor)
                if isinstance(error, database.TROUBLES):
                    raise database.unusable(path, error) from None
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Take the card out, if it is in, and let others have it."""
        with self._busy:
            if self._descriptor < 0:
                return
            if self._inserted:
                self._note("taken out")
            self._file.close()
            _BUSY.pop(_identity(os.fstat(self._descriptor)), None)
            os.close(self._descriptor)  # last: closing it before SQLite's would drop SQLite's locks
            self._descriptor = -1

    # --- used -------------------------------------------------------------------------------------

    def insert(
        self,
        clock: Clock,
        on_fault: Callable[[Exception], None],
        on_trouble: Callable[[CardFileError], None] = lambda trouble: None,
    ) -> CardLike:
        """The card as a reader gets it: every change is on disk before the answer to it leaves.

        Args:
            clock: when it is inserted.
            on_fault: is told of bugs of ours, which the reader sees as 6F00.
            on_trouble: is told once why the file cannot be written any more; the reader sees 6581 then.

        Raises:
            CardFileError: the file cannot be written.
        """
        with self._busy:
            self._tell = on_trouble
            try:
                with self._transaction():
                    rows.add_history(self._file, [Happening(clock.now, "inserted")])
            except database.TROUBLES as error:
                raise database.unusable(self.path, error) from None
            self._inserted = True
        random = Seed(self.record.seed).stream("card file", self.record.document_number)
        card = build_card(
            self.record.profile, self.permanent, random=random, on_fault=on_fault, commit=self._commit
        )
        return _Historian(card, self)

    def replace(self, record: CardRecord, happening: str) -> None:
        """Make the card another one, which `set` does; not while it is inserted.

        Raises:
            CardFileError: the file cannot be written, or the record holds what no card file may; it is as it
                was.
        """
        with self._busy:
            record = replace(record, history=(*record.history, Happening(_now(), happening)))
            try:
                with self._transaction():
                    rows.write(self._file, record)
                    rows.read(self._file, self.path)  # nothing is stored that could not be opened
            except database.TROUBLES as error:
                raise database.unusable(self.path, error) from None
            self.record = record
            self.permanent = record.permanent()
            self._stored = record.pins

    def note(self, *what: str) -> None:
        """Write lines into the history; where that cannot be done they are missing."""
        with self._busy:
            self._note(*what)

    def _note(self, *what: str) -> None:
        with suppress(*database.TROUBLES, CardFileError), self._transaction():
            rows.add_history(self._file, [Happening(_now(), one) for one in what])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """A transaction in the file as we left it: a copy over it, or an edit, is another card.

        Raises:
            CardFileError: somebody has written into it.
            sqlite3.Error, OSError: for `database.unusable`.
        """
        with database.transaction(self._file):
            if database.writes_of_others(self._file) != self._writes:
                advice = "take the card out and look at it with `softeid card show`"
                raise CardFileError(
                    str(self.path), "the card as it was inserted", "one that another program wrote", advice
                )
            yield

    def _commit(self) -> None:
        """Make the PINs durable that changed.

        Raises:
            CommitError: they could not be stored; the file holds what it held before.
        """
        with self._busy:
            wanted = stored_pins(self.permanent)
            changed = {name: pin for name, pin in wanted.items() if pin != self._stored.get(name)}
            if not changed:
                return
            self._stored = {}  # until it is known again
            try:
                with self._transaction():
                    rows.write_pins(self._file, changed)
            except (*database.TROUBLES, CardFileError) as error:
                trouble = database.unusable(self.path, error)
                if not self._told:
                    self._told = True
                    self._tell(trouble)
                raise CommitError(str(trouble)) from error
            self._stored = wanted
            self._told = False


class _Historian(Layer):
    """Writes into the card's history what commands have made of its PINs."""

    def __init__(self, card: CardLike, file: CardFile) -> None:
        super().__init__(card)
        self._file = file
        self._before = stored_pins(file.permanent)

    def process(self, apdu: bytes) -> bytes:
        """Answer a command, and note what it changed."""
        answer = super().process(apdu)
        after = stored_pins(self._file.permanent)
        if after != self._before:
            before, self._before = self._before, after
            if told := [one for name in after for one in _told(name, before[name], after[name])]:
                self._file.note(*told)
        return answer


def check_free(path: Path) -> None:
    """Refuse a name at which there is something, even a link that leads nowhere, or whose journal is there.

    Raises:
        CardFileError: as said.
    """
    if os.path.lexists(path):
        raise _taken(path)
    left = journal.beside(path, "-journal")
    if os.path.lexists(left) and journal.check(path, place.MAX_OCTETS):
        expected, found = "no journal without its card", "one, which would be played back into a new card"
        raise CardFileError(
            str(left), expected, found, "move it away, or put the card back that it belongs to"
        )


def read_record(path: Path) -> CardRecord:
    """A card as it is now, for people; nothing is locked or changed.

    Raises:
        CardFileError: it is no card file, not ours, or has a change half done that we may not undo.
    """
    with _between_changes(path):
        descriptor = place.opened(path, to_write=False)
        try:
            with closing(database.connected(path, descriptor, to_write=False)) as file:
                with database.transaction(file, "DEFERRED"):
                    version = database.check(path, descriptor, file)
                    if version == schema.newest():
                        return rows.read(file, path)
                return _read_older(path, file, version)
        except database.TROUBLES as error:
            raise database.unusable(path, error) from None
        finally:
            os.close(descriptor)


def _taken(path: Path) -> CardFileError:
    advice = "choose another name; `softeid card set` changes a card that is there"
    return CardFileError(str(path), "no file yet", "one", advice)


@contextmanager
def _between_changes(path: Path) -> Iterator[None]:
    """While no thread of this process is changing the card: to close a file drops SQLite's locks on it."""
    try:
        busy = _BUSY.get(_identity(path.stat()))
    except (OSError, ValueError):  # which `place.opened` tells
        busy = None
    with busy or nullcontext():
        yield


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino


def _lock(path: Path, descriptor: int) -> None:
    if not lock.take(descriptor):
        advice = "take it out there first: end that program"
        raise CardFileError(
            str(path), "a card that nobody has", f"one that {lock.holder(descriptor)} has", advice
        )
    if not place.still_there(path, descriptor):
        raise CardFileError(str(path), "the file that was there before", "another", "try again")


def _read_for_use(path: Path, descriptor: int, file: sqlite3.Connection) -> CardRecord:
    """The record, brought to the newest version if it is of an older one."""
    with database.transaction(file):
        version = database.check(path, descriptor, file)
        if version != schema.newest():
            _upgrade(path, file, version)
            told = f"migrated from version {version} to {schema.newest()}"
            rows.add_history(file, [Happening(_now(), told)])
        record = rows.read(file, path)
    database.be_at_ease(file)
    return record


def _read_older(path: Path, file: sqlite3.Connection, version: int) -> CardRecord:
    """The record of an older version, brought to the newest in memory alone."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
        file.backup(copy)
        with database.transaction(copy):
            _upgrade(path, copy, version)
            return rows.read(copy, path)


def _upgrade(path: Path, file: sqlite3.Connection, version: int) -> None:
    schema.upgrade(file, version)
    strange = schema.strange_part(file, schema.newest())
    assert not strange, f"{path} has {strange} after its migration"


def _link(path: Path, octets: bytes) -> None:
    """Write a file aside, then give it its name: nobody ever sees half of it, and nothing is overwritten."""
    aside = names.aside(path)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(octets)
            out.flush()
            os.fsync(out.fileno())
        os.link(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    sync_folder(path.parent)


def _told(name: str, before: StoredPin, after: StoredPin) -> list[str]:
    """What happened to a PIN in one command, for its history."""
    told = []
    if after.state is PinState.BLOCKED and before.state is not PinState.BLOCKED:
        told.append(f"{name} blocked")
    if before.state is PinState.BLOCKED and after.state is not PinState.BLOCKED:
        told.append(f"{name} unblocked")
    if after.block != before.block:
        told.append(f"{name} changed")
    return told


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
