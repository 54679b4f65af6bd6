"""The tables of a database: one for each kind of record, all of one shape, and the audit trail.

A new kind, or a new indexed attribute, is added here and by a migration (`migrations/versions`); a test
compares the two. A new field of a record needs neither.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table, Text

from ..registration.guardian import GUARDIANSHIPS
from ..registration.login_ticket import LOGIN_LINKS, LOGIN_TICKETS
from ..registration.model import ACCOUNTS, CODES, DEVICES, FACTS, MESSAGES, REGISTRATIONS, WRONG_CODES
from ..registration.population_register import ENTRIES, SERVICES
from ..registration.store import Kind
from ..registration.visit_record import SESSIONS, VISITS

KINDS: tuple[Kind, ...] = (
    REGISTRATIONS,
    ACCOUNTS,
    CODES,
    WRONG_CODES,
    MESSAGES,
    FACTS,
    VISITS,
    SESSIONS,
    LOGIN_LINKS,
    LOGIN_TICKETS,
    ENTRIES,
    SERVICES,
    GUARDIANSHIPS,
    DEVICES,
)
"""Every kind that a database keeps. Each party has a database of its own, with every table in it."""

METADATA = MetaData(naming_convention={"ix": "%(table_name)s_%(column_0_name)s"})  # as migrations do

COUNTED = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts columns of the type INTEGER alone
INSTANT = String(32).with_variant(String(32, collation="C"), "postgresql")
"""As `codec.instant_text` writes it; compared octet by octet."""


def _records(kind: Kind) -> Table:
    return Table(
        kind.name,
        METADATA,
        Column("number", COUNTED, primary_key=True),  # the order in which records were added
        Column("key", Text, nullable=False, unique=True),
        *(Column(name, Text, nullable=False, index=True) for name in kind.indexed),
        Column("wake_at", INSTANT, index=True),
        Column("stamp", BigInteger, nullable=False),  # drawn at each write: another stamp, another writer
        Column("body", Text, nullable=False),
    )


TABLES = {kind.name: _records(kind) for kind in KINDS}

EVENTS = Table(
    "events",
    METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", String(64), nullable=False),
    Column("body", Text, nullable=False),
)
