"""Bringing a database to the tables of this version, and telling whose it is."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text

from .error import StoreError

VERSION_TABLE = "softeid_version"
"""Where a database says which migration it has; by this table we know our own."""

_SCRIPTS = Path(__file__).parent / "migrations"
_MIGRATING = 0x5E1E  # our number of PostgreSQL's advisory lock, so that two processes do not migrate at once


def configuration(connection: Connection) -> Config:
    """Alembic's, for a connection; there is no file of it."""
    made = Config()
    made.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made


def migrate(engine: Engine, where: str) -> None:
    """Make the tables of an empty database, or bring those of an older version up to date.

    Args:
        engine: of the database.
        where: for messages.

    Raises:
        StoreError: the tables are somebody else's, or a newer version's.
    """
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATING})
        made = configuration(connection)
        scripts = ScriptDirectory.from_config(made)
        if _version(connection, where, scripts) != scripts.get_current_head():
            command.upgrade(made, "head")


def check(connection: Connection, where: str) -> None:
    """See that a database has this version's tables.

    Raises:
        StoreError: it has not.
    """
    scripts = ScriptDirectory(str(_SCRIPTS))
    version, head = _version(connection, where, scripts), scripts.get_current_head()
    if version != head:
        what = f"its tables are those of {version}, not of {head}" if version else "it has no tables yet"
        raise StoreError(where, what, "Call migrate() first, as softeid up does")


def _version(connection: Connection, where: str, scripts: ScriptDirectory) -> str | None:
    """Which migration a database has; None if it is empty.

    Raises:
        StoreError: it is not ours, or newer than we are.
    """
    tables = inspect(connection).get_table_names()
    if VERSION_TABLE not in tables:
        if tables:
            what = f"it belongs to something else (it has {', '.join(sorted(tables)[:3])})"
            raise StoreError(where, what, "Name an empty database")
        return None
    version = MigrationContext.configure(
        connection, opts={"version_table": VERSION_TABLE}
    ).get_current_revision()
    if version and version not in {one.revision for one in scripts.walk_revisions()}:
        newest = scripts.get_current_head()
        what = f"a newer softeid made it (migration {version}; this one knows up to {newest})"
        raise StoreError(where, what, "Install that version, or name another database")
    return version
