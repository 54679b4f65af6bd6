"""The tables of a card file, version by version, and how an older file becomes one of this version.

A file may hold exactly the tables of its version, by their very text: no trigger, view, index or virtual
table, nothing that would run because somebody reads. A new version adds a row to `VERSIONS`; files of earlier
ones go on opening, which `tests/harness/card_file/` proves with a file of each.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import NamedTuple

APPLICATION = 0x73654943  # "seIC", in the file's header (SQLite file format, 1.3.17)

_V1 = (
    """CREATE TABLE card (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    profile TEXT NOT NULL,          -- as options name it
    profile_text TEXT,              -- YAML of a profile of one's own; NULL for one of the package
    person TEXT NOT NULL,           -- personal code, one of the table of persons
    state TEXT NOT NULL,            -- the life with which it was made or last set
    document_number TEXT NOT NULL,
    seed TEXT                       -- the text that keys and numbers were drawn from, if any
) STRICT""",
    """CREATE TABLE switch (
    name TEXT NOT NULL PRIMARY KEY,
    choice TEXT NOT NULL
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE record (
    name TEXT NOT NULL PRIMARY KEY, -- of the holder's personal data
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE private_key (
    name TEXT NOT NULL PRIMARY KEY,
    pkcs8 BLOB NOT NULL             -- PrivateKeyInfo (RFC 5208) in DER
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE certificate (
    name TEXT NOT NULL PRIMARY KEY,
    der BLOB NOT NULL               -- no octets where the card's file is empty
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE pin (
    name TEXT NOT NULL PRIMARY KEY,
    block BLOB NOT NULL,            -- what VERIFY must send, padding included
    tries INTEGER NOT NULL CHECK (tries BETWEEN 0 AND 15),
    state TEXT NOT NULL CHECK (state IN ('transport', 'ready', 'blocked')),
    CHECK ((state = 'blocked') = (tries = 0))
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE history (
    place INTEGER PRIMARY KEY,      -- the order of events
    at TEXT NOT NULL,               -- ISO 8601, UTC, whole seconds
    what TEXT NOT NULL              -- without any secret
) STRICT""",
)


class Version(NamedTuple):
    """One version of the file.

    Attributes:
        tables: the text of every table, as `sqlite_schema` has it.
        upgrade: makes a file of the version before into one of this, within a transaction of its caller.
    """

    tables: tuple[str, ...]
    upgrade: Callable[[sqlite3.Connection], None]


def _no_version_before(file: sqlite3.Connection) -> None:
    raise AssertionError("version 1 is the first")


VERSIONS: dict[int, Version] = {1: Version(_V1, _no_version_before)}
"""Every version that there was, the first to the present one."""


def newest() -> int:
    """The version that this program writes."""
    return max(VERSIONS)


def lay_out(file: sqlite3.Connection) -> None:
    """Make the tables of the newest version in an empty database."""
    file.execute(f"PRAGMA application_id = {APPLICATION}")
    file.execute(f"PRAGMA user_version = {newest()}")
    for table in VERSIONS[newest()].tables:
        file.execute(table)


def strange_part(file: sqlite3.Connection, version: int) -> str:
    """What a file has that its version has not, or lacks; empty if it is as it should be.

    Reading `sqlite_schema` runs nothing: text is compared with text.
    """
    wanted = {("table", text.split()[2], text) for text in VERSIONS[version].tables}
    rows = file.execute("SELECT type, name, sql FROM sqlite_schema LIMIT ?", (len(wanted) + 1,)).fetchall()
    for kind, name, text in rows:
        if (kind, name, text) not in wanted:
            other = " of another shape" if any(name == own for _, own, _ in wanted) else ""
            return f"the {kind} {name!r}{other}"
    missing = sorted({name for _, name, _ in wanted} - {row[1] for row in rows})
    return f"no table {', '.join(missing)}" if missing else ""


def upgrade(file: sqlite3.Connection, version: int) -> None:
    """Make a file of an older version one of the newest, step by step, in its caller's transaction."""
    for step in range(version + 1, newest() + 1):
        VERSIONS[step].upgrade(file)
        file.execute(f"PRAGMA user_version = {step}")
