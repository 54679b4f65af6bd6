"""Databases for the tests: SQLite in a folder of the test, PostgreSQL from a server of the tests' own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.harness import postgres
from tests.harness.registration.conftest import pool
from tests.harness.store.stored_lab import StoredLab

from softeid.harness.registration.settings import Settings
from softeid.harness.store import SqlStore

__all__ = ["pool"]

DIALECTS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A server for the whole session, started when it is first asked for."""
    with postgres.server() as server:
        yield server


@pytest.fixture
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str, str], str]:
    """Makes empty databases: of a dialect, by a name."""

    def made(dialect: str, name: str) -> str:
        if dialect == "sqlite":
            return f"sqlite:///{tmp_path / 'kept' / name}.db"
        server: postgres.Server = request.getfixturevalue("postgres_server")
        return server.database()

    return made


@pytest.fixture(params=DIALECTS)
def url(request: pytest.FixtureRequest, new_url: Callable[[str, str], str]) -> str:
    """An empty database, of each dialect in turn."""
    return new_url(request.param, "one")


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    """A store with its tables made."""
    opened = SqlStore(url)
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def make_lab(
    pool: Path,
    new_url: Callable[[str, str], str],
    request: pytest.FixtureRequest,
) -> Iterator[Callable[..., StoredLab]]:
    """Labs with settings of one's own; the core's database is of the test's dialect, the phones' SQLite."""
    labs: list[StoredLab] = []

    def make(**changed: object) -> StoredLab:
        dialect = getattr(request, "param", "sqlite")
        urls = new_url(dialect, f"core{len(labs)}"), new_url("sqlite", f"phones{len(labs)}")
        labs.append(StoredLab(replace(Settings(key_bits=2048), **changed), pool, urls))  # type: ignore[arg-type]
        return labs[-1]

    yield make
    for lab in labs:
        lab.stop()


@pytest.fixture
def lab(make_lab: Callable[..., StoredLab]) -> StoredLab:
    """A lab with the default settings and short keys."""
    return make_lab()
