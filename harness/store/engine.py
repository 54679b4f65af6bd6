"""How a database is reached: what a URL may say, whose file it may be, how connections are set up."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from .. import extra
from .error import StoreError

_CONNECTIONS = 32  # at most, of one process to PostgreSQL
_IDLE = "60s"  # a process that stopped inside a transaction holds its locks no longer


def shown(url: URL) -> str:
    """A database as messages name it: a path, or a URL without its password."""
    if url.drivername == "sqlite":
        return url.database or ""
    return url.set(drivername="postgresql").render_as_string(hide_password=True)


def read_url(text: str) -> URL:
    """A database's URL: `sqlite:////path/to/file.db` or `postgresql://user:password@host/name`.

    Raises:
        StoreError: it is neither.
    """
    expected = "Write sqlite:////path/to/file.db or postgresql://user:password@host/name"
    try:
        url = make_url(text)
    except ArgumentError as wrong:
        raise StoreError("the database's URL", "it cannot be read", expected) from wrong
    where = url.render_as_string(hide_password=True)
    if url.drivername == "sqlite":
        if not url.database or url.database == ":memory:" or url.query or url.database.startswith("file:"):
            raise StoreError(where, "it names no file", expected)
        return url
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        if not url.database:
            raise StoreError(where, "it names no database", expected)
        return url.set(drivername="postgresql+psycopg")
    raise StoreError(where, f"expected SQLite or PostgreSQL, found {url.drivername!r}", expected)


def open_engine(url: URL, patience: float) -> Engine:
    """Connections to a database; none is opened yet, but SQLite's file is there afterwards.

    Their errors do not show what was asked with: it may be a key share.

    Args:
        url: as `read_url` gives it.
        patience: seconds to wait for what another process holds.

    Raises:
        StoreError: the file is none of ours, or there is no driver.
    """
    if url.drivername == "sqlite":
        assert url.database
        _own_file(Path(url.database))
        engine = create_engine(url, hide_parameters=True, connect_args={"timeout": patience})
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        return engine
    try:
        engine = create_engine(
            url,
            hide_parameters=True,
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,
            max_overflow=_CONNECTIONS - 5,
        )
    except ModuleNotFoundError as lacking:
        what = f"Python's driver for PostgreSQL is lacking ({lacking.name})"
        raise StoreError(shown(url), what, f"Install it: {extra.command('postgres')}") from None

    def set_up(connection: Any, _: ConnectionPoolEntry) -> None:
        connection.autocommit = True
        connection.execute(f"SET lock_timeout = {round(patience * 1000)}")
        connection.execute(f"SET idle_in_transaction_session_timeout = '{_IDLE}'")
        connection.execute("SET synchronous_commit = on")
        connection.autocommit = False

    event.listen(engine, "connect", set_up)
    return engine


def _set_up_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """What is committed is on the disk, what is deleted is gone (SQLite's documentation, PRAGMA)."""
    connection.isolation_level = None  # we begin transactions ourselves
    for setting in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "trusted_schema = OFF"):
        connection.execute(f"PRAGMA {setting}")


def _own_file(path: Path) -> None:
    """Make the file for its owner alone, and the folder around it; or see that they are such.

    Raises:
        StoreError: others may write there, or the file is somebody else's or no ordinary one.
    """
    folder = path.parent
    advice = "Name a file in a folder of your own; it is made if it is missing"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        around = folder.stat()
        if around.st_uid != os.geteuid() or around.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise StoreError(str(path), f"others may write into {folder}", advice)
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        except FileExistsError:
            _check_file(path, advice)
    except OSError as wrong:
        reason = wrong.strerror or type(wrong).__name__
        raise StoreError(str(path), f"it cannot be opened or made ({reason})", advice) from wrong


def _check_file(path: Path, advice: str) -> None:
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        raise StoreError(str(path), f"no ordinary file ({stat.filemode(found.st_mode)})", advice)
    if found.st_uid != os.geteuid():
        raise StoreError(str(path), "the file is somebody else's", advice)
    if found.st_mode & 0o077:
        path.chmod(0o600)
