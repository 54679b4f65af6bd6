"""A card file as a SQLite database: how it is opened, and what is looked at before anything in it is read.

The journal is a rollback journal that is deleted at each commit, with synchronous EXTRA: after FULL a
power loss could bring the deleted journal back, which would undo the last commit and give a PIN try back
(SQLite, "PRAGMA synchronous").
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .error import CardFileError
from .place import MAX_OCTETS, check_header, check_size, check_version
from .schema import APPLICATION, strange_part

TROUBLES = (sqlite3.Error, OSError, UnicodeDecodeError)
"""What SQLite's module raises: the last where SQLite's own message quotes a damaged file."""

_PATIENCE = 5.0  # seconds to wait for one who reads, or for SQLite's own lock; each holds it for milliseconds
_STEPS = 10_000  # instructions of SQLite's machine between two looks
_MOST_LOOKS = 2_000  # the longest honest statement, a check of 4 MiB, takes a tenth of it
_DEFENSIVE = 1010  # SQLITE_DBCONFIG_DEFENSIVE (sqlite3.h); `Connection.setconfig` came with Python 3.12


def connected(path: Path, descriptor: int, *, to_write: bool) -> sqlite3.Connection:
    """The database in a file that was opened as `place.opened` does. Any thread may use it, one at a time.

    Args:
        path: the file.
        descriptor: of the file; it stays open longer than the connection.
        to_write: False refuses every change but the undoing of what a killed process left half done.

    Raises:
        CardFileError: something else is at that name now.
        sqlite3.Error: for `unusable`.
    """
    before = _descriptors()
    uri = f"{path.absolute().as_uri()}?mode=rw"  # where writing is forbidden SQLite opens for reading
    file = sqlite3.connect(uri, _PATIENCE, isolation_level=None, check_same_thread=False, uri=True)
    try:
        if not _same_file(descriptor, _descriptors() - before):
            raise CardFileError(str(path), "the file that was there before", "another", "try again")
        _be_careful(file)
        if to_write:
            file.execute("PRAGMA synchronous = EXTRA")
        else:
            file.execute("PRAGMA query_only = ON")
    except BaseException:
        file.close()
        raise
    return file


def check(path: Path, descriptor: int, file: sqlite3.Connection) -> int:
    """Refuse a database that is not exactly a card's; within a transaction of the caller.

    Returns:
        the version of the file.

    Raises:
        CardFileError: it says what is strange.
        sqlite3.Error: for `unusable`.
    """
    (application,) = file.execute("PRAGMA application_id").fetchone()
    (version,) = file.execute("PRAGMA user_version").fetchone()
    check_size(path, descriptor)  # again: a journal has been played back, if there was one
    check_header(path, descriptor)
    if application != APPLICATION:
        raise CardFileError(str(path), "a card file", "a SQLite database of another program")
    check_version(path, version)
    if strange := strange_part(file, version):
        raise CardFileError(str(path), f"the tables of version {version}, nothing else", strange)
    (pages,), (page,) = (file.execute(f"PRAGMA {what}").fetchone() for what in ("page_count", "page_size"))
    if os.fstat(descriptor).st_size != pages * page:
        raise damaged(path, f"{os.fstat(descriptor).st_size:,} octets of {pages * page:,}")
    (verdict,) = file.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise damaged(path, verdict.splitlines()[-1])
    return int(version)


@contextmanager
def transaction(file: sqlite3.Connection, kind: str = "IMMEDIATE") -> Iterator[None]:
    """A transaction; an error undoes what was done in it."""
    file.execute(f"BEGIN {kind}")
    try:
        yield
        file.execute("COMMIT")
    except BaseException:
        if file.in_transaction:
            file.execute("ROLLBACK")
        raise


def writes_of_others(file: sqlite3.Connection) -> int:
    """A number that changes when somebody else has written (SQLite, "PRAGMA data_version"), not for us."""
    (number,) = file.execute("PRAGMA data_version").fetchone()
    return int(number)


def unusable(path: Path, error: Exception) -> CardFileError:
    """What SQLite or the system said, as people need it."""
    if isinstance(error, CardFileError):
        return error
    if isinstance(error, OSError):
        return CardFileError(str(path), "a card file", error.strerror or str(error))
    name = getattr(error, "sqlite_errorname", "")
    for start, (expected, found, advice) in _TROUBLES.items():
        if name.startswith(start):
            return CardFileError(str(path), expected, found.format(error=error), advice)
    return damaged(path, str(error))


def damaged(path: Path, found: str) -> CardFileError:
    """An error about a file that is not what it was when we wrote it."""
    advice = "it cannot be mended: use a copy from before, or make another with `softeid card new`"
    return CardFileError(str(path), "a whole card file", f"a damaged one ({found})", advice)


_TROUBLES = {
    "SQLITE_READONLY_ROLLBACK": (
        "a file that can be written, since a change in it is half done",
        "a read-only one",
        "copy it and the -journal beside it to where you may write",
    ),
    "SQLITE_READONLY_DBMOVED": (
        "the card at its place",
        "nothing, or another file",
        "put it back, or take the card out",
    ),
    "SQLITE_READONLY": ("a file that can be written", "a read-only one", "copy it to where you may write"),
    "SQLITE_CANTOPEN": (
        "a folder in which its journal can be made",
        "none ({error})",
        "copy the file to a folder where you may write",
    ),
    "SQLITE_FULL": ("room on the disk", "none", "make room and try again"),
    "SQLITE_BUSY": (
        "nobody in it",
        "another program that reads or writes in it",
        "end that program, try again",
    ),
    "SQLITE_IOERR": ("a disk that works", "{error}", "see whether the disk has room and can be written"),
    "SQLITE_INTERRUPT": ("a card file", "one that takes too long to read", ""),
    "SQLITE_TOOBIG": ("a card file", "one with larger values than a card's", ""),
}


def _be_careful(file: sqlite3.Connection) -> None:
    """What a stranger's file could do: run code of its schema, read beyond a page, never come to an end."""
    looks = iter(range(_MOST_LOOKS))
    file.set_progress_handler(lambda: next(looks, None) is None, _STEPS)
    file.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_OCTETS)
    file.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    if hasattr(file, "setconfig"):
        file.setconfig(_DEFENSIVE, True)
    file.execute("PRAGMA trusted_schema = OFF")
    file.execute("PRAGMA cell_size_check = ON")


def be_at_ease(file: sqlite3.Connection) -> None:
    """The file has been read whole and is a card: from now on its statements are our own."""
    file.set_progress_handler(None, 0)


def _descriptors() -> set[int]:
    """The open descriptors of this process, without that of the listing itself."""
    return {number for name in os.listdir("/proc/self/fd") if _stat(number := int(name))}


def _same_file(descriptor: int, others: set[int]) -> bool:
    """Whether one of the others is of the same file."""
    ours = os.fstat(descriptor)
    return any((found := _stat(other)) and os.path.samestat(found, ours) for other in others)


def _stat(descriptor: int) -> os.stat_result | None:
    try:
        return os.fstat(descriptor)
    except OSError:
        return None
