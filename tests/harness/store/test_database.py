"""Whose a database is, which version made it, and what is said when it cannot be used."""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, make_url, text
from tests.harness import postgres

import softeid.harness.registration
from softeid.harness.registration import store as seam
from softeid.harness.registration.model import FACTS, Fact
from softeid.harness.store import SqlStore, StoreError
from softeid.harness.store.engine import read_url
from softeid.harness.store.migration import VERSION_TABLE
from softeid.harness.store.schema import KINDS, METADATA


def refused(url: str) -> StoreError:
    """What is said of a database that cannot be used."""
    with pytest.raises(StoreError) as told:
        use(url)
    return told.value


def use(url: str) -> None:
    with closing(SqlStore(url, patience=0.05)) as store:
        store.migrate()
        with store.transaction():
            store.table(FACTS).add(Fact("one", "1"))


def execute(url: str, *statements: str) -> None:
    read = read_url(url)
    if read.drivername == "sqlite":
        Path(read.database or "").parent.mkdir(exist_ok=True)
    engine = create_engine(read)
    try:
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
    finally:
        engine.dispose()


# --- the schema ---------------------------------------------------------------------------------------------


def test_every_kind_of_record_has_a_table() -> None:
    """Who adds a kind, or an index, adds it to `schema.KINDS` and to a migration."""
    found = {
        value.name: value
        for name, module in sys.modules.items()
        if name.startswith(softeid.harness.registration.__name__)
        for value in vars(module).values()
        if isinstance(value, seam.Kind)
    }
    assert {kind.name: kind for kind in KINDS} == found


def test_migrations_make_what_the_kinds_say(url: str) -> None:
    with closing(SqlStore(url)) as store:
        store.migrate()
        with store._engine.connect() as connection:
            context = MigrationContext.configure(
                connection, opts={"version_table": VERSION_TABLE, "compare_type": True}
            )
            assert compare_metadata(context, METADATA) == []


def test_migrating_twice_changes_nothing(url: str) -> None:
    use(url)
    use(url)


def test_two_may_migrate_at_once(url: str) -> None:
    stores = [SqlStore(url) for _ in range(3)]
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda store: store.migrate(), stores))
    for store in stores:
        store.close()


def test_an_older_one_is_brought_up(url: str) -> None:
    """As far as there is an older one: nothing but the table of versions."""
    execute(url, f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL)")
    use(url)


# --- whose it is --------------------------------------------------------------------------------------------


def test_one_without_tables_is_told_before_it_is_used(url: str) -> None:
    with closing(SqlStore(url)) as store:
        with pytest.raises(StoreError, match=r"no tables yet\. Call migrate"), store.transaction():
            pass
        store.migrate()
        with store.transaction():
            pass


def test_a_newer_one_is_refused(url: str) -> None:
    use(url)
    execute(url, f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    assert "a newer softeid made it (migration 9999; this one knows up to 0001)" in str(refused(url))
    with closing(SqlStore(url)) as store, pytest.raises(StoreError, match="newer"), store.transaction():
        pass


def test_a_foreign_one_is_refused_and_left_alone(url: str) -> None:
    execute(url, "CREATE TABLE customers (name TEXT)", "INSERT INTO customers VALUES ('Jaak')")
    assert "it belongs to something else (it has customers). Name an empty database" in str(refused(url))
    execute(url, "DELETE FROM customers WHERE name = 'Jaak'")
    with pytest.raises(Exception, match=VERSION_TABLE):
        execute(url, f"SELECT * FROM {VERSION_TABLE}")


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("", "cannot be read"),
        ("core.db", "cannot be read"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:////tmp/one.db?mode=ro", "names no file"),
        ("sqlite:///file:one.db", "names no file"),
        ("postgresql://", "names no database"),
        ("mysql://user:secret@host/name", "expected SQLite or PostgreSQL, found 'mysql'"),
    ],
)
def test_urls_that_name_none(url: str, what: str) -> None:
    told = refused(url)
    assert what in str(told)
    assert "Write sqlite:////path/to/file.db" in told.advice
    assert "secret" not in str(told)


# --- files --------------------------------------------------------------------------------------------------


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "deep" / "core.db"
    with closing(SqlStore(f"sqlite:///{path}")) as store:
        store.migrate()
        with store.transaction():
            store.table(FACTS).add(Fact("one", "1"))
            store.checkpoint()
            modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()}
            assert modes == {"core.db": 0o600, "core.db-wal": 0o600, "core.db-shm": 0o600}
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o644)
    use(f"sqlite:///{path}")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_places_where_others_may_write_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "all"
    folder.mkdir()
    folder.chmod(0o777)
    assert f"others may write into {folder}" in str(refused(f"sqlite:///{folder}/core.db"))
    assert list(folder.iterdir()) == []


def test_links_and_devices_are_refused(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.db"
    elsewhere.touch()
    (tmp_path / "link.db").symlink_to(elsewhere)
    (tmp_path / "dangling.db").symlink_to(tmp_path / "nowhere.db")
    os.mkfifo(tmp_path / "fifo.db")
    (tmp_path / "folder.db").mkdir()
    for name in ("link", "dangling", "fifo", "folder"):
        assert "no ordinary file" in str(refused(f"sqlite:///{tmp_path}/{name}.db"))
    assert elsewhere.read_bytes() == b""


def test_a_place_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "it cannot be opened or made" in str(refused(f"sqlite:///{tmp_path}/file/core.db"))


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_text("Dear Jaak,\n" * 100)
    assert "the file is no SQLite database" in str(refused(f"sqlite:///{path}"))
    assert path.read_text() == "Dear Jaak,\n" * 100


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "core.db"
    use(f"sqlite:///{path}")
    octets = bytearray(path.read_bytes())
    octets[200:] = b"\xa5" * (len(octets) - 200)
    path.write_bytes(octets)
    assert refused(f"sqlite:///{path}").what.startswith(("the file is damaged", "it failed"))


def test_an_empty_file_becomes_one(tmp_path: Path) -> None:
    (tmp_path / "core.db").touch()
    use(f"sqlite:///{tmp_path}/core.db")


# --- failures -----------------------------------------------------------------------------------------------


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Another process holds the lock of a file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def test_a_file_that_another_process_holds(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/core.db"
    use(url)
    with held(tmp_path / "core.db"):
        assert "another process holds it" in str(refused(url))
    with closing(SqlStore(url)) as store, store.transaction():
        store.table(FACTS).get("one")


def test_a_file_that_another_thread_holds(tmp_path: Path) -> None:
    free, taken = Event(), Event()
    with closing(SqlStore(f"sqlite:///{tmp_path}/core.db", patience=0.05)) as store:
        store.migrate()

        def hold() -> None:
            with store.transaction():
                taken.set()
                assert free.wait(30)

        with ThreadPoolExecutor(1) as thread:
            done = thread.submit(hold)
            assert taken.wait(30)
            try:
                with pytest.raises(StoreError, match="another thread holds it"), store.transaction():
                    pass
            finally:
                free.set()
            done.result()


def test_a_full_disk_loses_nothing_that_was_confirmed(tmp_path: Path) -> None:
    with closing(SqlStore(f"sqlite:///{tmp_path}/core.db")) as store:
        store.migrate()
        store.run(lambda: store.table(FACTS).add(Fact("one", "1")))
        with store._engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreError, match="the disk is full") as told:
            store.run(lambda: store.table(FACTS).add(Fact("two", "2" * 100_000)))
        assert "what was confirmed is kept" in told.value.advice
        assert store.run(lambda: [one.name for one in store.table(FACTS).values()]) == ["one"]


def test_a_database_that_cannot_be_written(tmp_path: Path) -> None:
    with closing(SqlStore(f"sqlite:///{tmp_path}/core.db")) as store:
        store.migrate()
        with store._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA query_only = ON")
        with pytest.raises(StoreError, match="it cannot be written"):
            store.run(lambda: store.table(FACTS).add(Fact("one", "1")))


def test_no_error_shows_what_is_kept(url: str) -> None:
    with closing(SqlStore(url)) as store:
        store.migrate()
        execute(url, "ALTER TABLE facts RENAME COLUMN body TO other")
        with pytest.raises(StoreError) as told:
            store.run(lambda: store.table(FACTS).add(Fact("one", "secret")))
        shown = "".join(traceback.format_exception(told.value))
        assert "secret" not in shown.replace('"secret"', "")  # but for the line of this test


def test_a_failure_that_was_caught_cannot_be_committed(url: str) -> None:
    with closing(SqlStore(url)) as store:
        store.migrate()

        def act() -> None:
            store.table(FACTS).add(Fact("one", "1"))
            with pytest.raises(StoreError):
                store.open.execute(text("SELECT nonsense"))  # type: ignore[union-attr]  # it is open

        with pytest.raises(StoreError, match="nonsense"):
            store.run(act)
        assert store.run(lambda: len(store.table(FACTS))) == 0


def test_servers_that_do_not_answer(tmp_path: Path) -> None:
    told = refused(f"postgresql://jaak:secret@/core?host={tmp_path}")
    assert "the server does not answer" in str(told)
    assert "secret" not in str(told)
    assert "Start it" in told.advice


def test_what_a_server_refuses(postgres_server: postgres.Server) -> None:
    url = postgres_server.database()
    use(url)
    for other in (url.replace("/db", "/nodb"), url.replace("softeid@", "jaak@")):
        told = refused(other)
        assert "the server does not let us in" in told.what
        assert "does not exist" in told.what
        assert "name in the URL" in told.advice
    with closing(SqlStore(url)) as store:
        execute(url, f"ALTER DATABASE {make_url(url).database} SET default_transaction_read_only = on")
        with pytest.raises(StoreError, match="it cannot be written"):
            store.run(lambda: store.table(FACTS).add(Fact("two", "2")))


def test_a_server_that_goes_away_and_comes_back(postgres_server: postgres.Server) -> None:
    url = postgres_server.database()
    with closing(SqlStore(url)) as store:
        store.migrate()
        store.run(lambda: store.table(FACTS).add(Fact("one", "1")))

        def act() -> None:
            store.table(FACTS)["one"].value = "2"
            postgres_server.stop()

        with pytest.raises(StoreError, match="the server"):
            store.run(act)
        with pytest.raises(StoreError, match="the server does not answer"):
            store.run(lambda: store.table(FACTS).get("one"))
        postgres_server.start()
        assert store.run(lambda: store.table(FACTS)["one"].value) == "1"
