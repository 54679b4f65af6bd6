"""What can be wrong with a database, with what to do about it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exc

from ..error import HarnessError


class StoreError(HarnessError):
    """A database cannot be used, or failed in use; nothing of what was under way is kept.

    Attributes:
        where: the database, without its password.
        what: is wrong.
        advice: what to do.
    """

    def __init__(self, where: str, what: str, advice: str) -> None:
        super().__init__(f"{where}: {what}. {advice}")
        self.where = where
        self.what = what
        self.advice = advice


class Conflict(StoreError):
    """Another process changed or holds what this transaction needs; tried again, it may well go through.

    Attributes:
        again: whether trying again begins where this began: nothing was kept by a checkpoint.
    """

    def __init__(self, where: str, what: str) -> None:
        super().__init__(where, what, "Try again")
        self.again = True


_DAMAGED = "Restore it from a copy, or name another file"

# Names of result codes, https://sqlite.org/rescode.html; the longer name wins.
_SQLITE = {
    "SQLITE_BUSY": ("another process holds it", "Wait until that one is done, or end it"),
    "SQLITE_LOCKED": ("another process holds it", "Wait until that one is done, or end it"),
    "SQLITE_FULL": ("the disk is full", "Make room; what was confirmed is kept"),
    "SQLITE_READONLY": ("it cannot be written", "Check who owns the file and its folder, and the mount"),
    "SQLITE_CANTOPEN": ("it cannot be opened", "Check the path, and who owns the folder"),
    "SQLITE_PERM": ("it cannot be opened", "Check who owns the file and its folder"),
    "SQLITE_NOTADB": ("the file is no SQLite database", "Name another file, or move this one away"),
    "SQLITE_CORRUPT": ("the file is damaged", _DAMAGED),
    "SQLITE_IOERR": ("the disk failed", "See what the system's log says of it"),
}

# Classes and codes of errors, PostgreSQL's documentation, appendix A; the longer code wins.
_POSTGRESQL = {
    "08": ("the server does not answer", "Start it, or check host and port in the URL"),
    "57P": ("the server is shutting down or starting", "Try again when it is up"),
    "28": ("the server does not let us in", "Check user, password and the database's name in the URL"),
    "42501": ("this user may not do that there", "Let the user own the database: createdb --owner"),
    "53100": ("the server's disk is full", "Make room; what was confirmed is kept"),
    "53200": ("the server is out of memory", "Do less at a time"),
    "53300": ("the server has no connection left", "Raise max_connections, or run fewer processes"),
    "25006": ("it cannot be written", "Name the primary, not a standby"),
    "42": ("it is not as this version of softeid made it", "Name another database"),
    "XX": ("the database is damaged", _DAMAGED),
}

# Serialization failure, deadlock, unique violation, a lock that is not to be had.
_CONFLICTS = ("40001", "40P01", "23505", "55P03")


def told(wrong: exc.SQLAlchemyError, where: str) -> StoreError:
    """What a database's own error means."""
    if isinstance(wrong, exc.TimeoutError):
        return StoreError(where, "every connection is in use", "Run fewer threads, or wait")
    cause: Any = getattr(wrong, "orig", None)
    name = getattr(cause, "sqlite_errorname", None)
    if name:
        if name.startswith("SQLITE_CONSTRAINT"):
            return Conflict(where, "another process added the same")
        return _meant(_SQLITE, name, where, cause)
    if isinstance(cause, OSError) or not hasattr(cause, "sqlstate"):
        return StoreError(where, f"it failed ({_first_line(cause or wrong)})", "Check the URL")
    state = cause.sqlstate or ("28" if "FATAL" in str(cause) else "08")  # libpq has no code while connecting
    if state in _CONFLICTS:
        return Conflict(where, "another process works on the same")
    return _meant(_POSTGRESQL, state, where, cause)


def _meant(table: dict[str, tuple[str, str]], name: str, where: str, cause: object) -> StoreError:
    known = max((prefix for prefix in table if name.startswith(prefix)), key=len, default=None)
    what, advice = table[known] if known else ("it failed", "See the database's own log")
    return StoreError(where, f"{what} ({_first_line(cause)})", advice)


def _first_line(cause: object) -> str:
    return (str(cause).strip().splitlines() or [type(cause).__name__])[0]
