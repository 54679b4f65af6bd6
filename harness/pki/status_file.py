"""A register of statuses on disk: safe from other processes and from a process that dies at any moment.

SQLite with its rollback journal: what was said stays said once the call has returned, and half a change is
undone by whoever opens the file next. Nothing is held open between calls, so that a process may be forked,
and threads may share a register.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from cryptography import x509

from .error import HomeError
from .own_file import check_owner
from .status import GOOD, Snapshot, Status

_APPLICATION = 0x73654944  # "seID", in the file's header (SQLite file format, 1.3.17)
_VERSION = 1
_PATIENCE = 10.0  # seconds to wait for other processes; each holds the file for milliseconds
_TABLES = """
    CREATE TABLE status (
        place INTEGER PRIMARY KEY,      -- the order of issue
        serial TEXT NOT NULL UNIQUE,    -- hexadecimal, capitals
        since TEXT,                     -- ISO 8601 with offset; NULL while good
        reason TEXT                     -- as RFC 5280 spells it
    );
    CREATE TABLE revision (number INTEGER NOT NULL);
    INSERT INTO revision VALUES (0);
"""
_REASONS = {reason.value: reason for reason in x509.ReasonFlags}


class StatusFile:
    """A `Register` in a file; every call may raise HomeError.

    Attributes:
        path: the file; it is made by the first change.
    """

    def __init__(self, path: Path) -> None:
        """Take up a register; nothing is read or made yet."""
        self.path = path

    @property
    def made(self) -> bool:
        """Whether there is a file."""
        return os.path.lexists(self.path)

    def make(self) -> None:
        """Have a file, an empty one if there is none."""
        with self._writing():
            pass

    def enter(self, serial: int) -> None:
        """As `Register.enter`."""
        with self._writing() as file:
            file.execute("INSERT OR IGNORE INTO status (serial) VALUES (?)", (_hex(serial),))

    def set(self, serial: int, status: Status) -> None:
        """As `Register.set`."""
        with self._writing() as file:
            _store(file, serial, status)

    def change(self, serial: int, rule: Callable[[Status], Status]) -> Status | None:
        """As `Register.change`."""
        if not self.made:
            return None
        with self._writing() as file:
            before = self._read(file, serial)
            if before is None:
                return None
            after = rule(before)
            _store(file, serial, after)
        return after

    def forget(self, serial: int) -> None:
        """As `Register.forget`."""
        with self._writing() as file:
            file.execute("DELETE FROM status WHERE serial = ?", (_hex(serial),))

    def get(self, serial: int) -> Status | None:
        """As `Register.get`."""
        with self._reading() as file:
            return self._read(file, serial) if file else None

    def snapshot(self) -> Snapshot:
        """As `Register.snapshot`."""
        with self._reading() as file:
            if file is None:
                return Snapshot(0, ())
            file.execute("BEGIN")
            (number,) = file.execute("SELECT number FROM revision").fetchone()
            rows = file.execute("SELECT serial, since, reason FROM status ORDER BY place")
            return Snapshot(number, tuple((int(row[0], 16), self._status(*row[1:])) for row in rows))

    def items(self) -> Iterator[tuple[int, Status]]:
        """As `Register.items`."""
        return iter(self.snapshot().statuses)

    def __contains__(self, serial: int) -> bool:
        return self.get(serial) is not None

    def _read(self, file: sqlite3.Connection, serial: int) -> Status | None:
        row = file.execute("SELECT since, reason FROM status WHERE serial = ?", (_hex(serial),)).fetchone()
        return self._status(*row) if row else None

    def _status(self, since: str | None, reason: str | None) -> Status:
        if since is None:
            return GOOD
        try:
            return Status(datetime.fromisoformat(since), _REASONS[reason] if reason else None)
        except (ValueError, KeyError) as error:
            raise self._corrupted(f"{since} {reason}") from error

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """The file, open for reading; None if there is none yet."""
        if not self.made:
            yield None
            return
        with self._open() as file:
            yield file

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """The file within a transaction of ours alone; an error undoes what was done in it."""
        with self._open(make=True) as file:
            file.execute("BEGIN IMMEDIATE")
            try:
                yield file
                file.execute("UPDATE revision SET number = number + 1")
                file.execute("COMMIT")
            except BaseException:
                if file.in_transaction:
                    file.execute("ROLLBACK")
                raise

    @contextmanager
    def _open(self, make: bool = False) -> Iterator[sqlite3.Connection]:
        try:
            if make and not self.made:
                self._create()
            found = self.path.lstat()
            if not stat.S_ISREG(found.st_mode):
                raise self._corrupted(stat.filemode(found.st_mode))
            check_owner(self.path, found, 0o077, "chmod 600")
            uri = f"{self.path.absolute().as_uri()}?mode=rw"
            with closing(sqlite3.connect(uri, _PATIENCE, isolation_level=None, uri=True)) as file:
                file.execute("PRAGMA trusted_schema = OFF")
                self._check(file)
                yield file
        except (sqlite3.Error, OSError) as error:
            raise self._unusable(error) from error

    def _create(self) -> None:
        """Make the file whole under another name, then put it in its place, unless somebody else did."""
        aside = self.path.with_name(f".{self.path.name}-{os.getpid()}-{os.urandom(4).hex()}")
        os.close(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
        try:
            with closing(sqlite3.connect(aside, _PATIENCE, isolation_level=None)) as file:
                file.execute(f"PRAGMA application_id = {_APPLICATION}")
                file.execute(f"PRAGMA user_version = {_VERSION}")
                file.executescript(_TABLES)
            with suppress(FileExistsError):
                os.link(aside, self.path)
        finally:
            aside.unlink(missing_ok=True)

    def _check(self, file: sqlite3.Connection) -> None:
        (application,) = file.execute("PRAGMA application_id").fetchone()
        (version,) = file.execute("PRAGMA user_version").fetchone()
        if (application, version) != (_APPLICATION, _VERSION):
            raise self._corrupted(f"another application's file, or of version {version}")

    def _corrupted(self, found: str) -> HomeError:
        advice = f"put the file back, or move {self.path} away: then every certificate made before is unknown"
        return HomeError(str(self.path), f"a register of statuses, version {_VERSION}", found, advice)

    def _unusable(self, error: sqlite3.Error | OSError) -> HomeError:
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
            return self._corrupted(str(error))
        told = (isinstance(error, OSError) and error.strerror) or str(error)
        advice = "see that the disk has room and the folder is yours, or set XDG_DATA_HOME to another one"
        return HomeError(str(self.path), "a file that can be read and written", told, advice)


def _store(file: sqlite3.Connection, serial: int, status: Status) -> None:
    since = status.since and status.since.isoformat()
    file.execute(
        "INSERT INTO status (serial, since, reason) VALUES (:serial, :since, :reason)"
        " ON CONFLICT (serial) DO UPDATE SET since = :since, reason = :reason",
        {"serial": _hex(serial), "since": since, "reason": status.reason and status.reason.value},
    )


def _hex(serial: int) -> str:
    return f"{serial:X}"
