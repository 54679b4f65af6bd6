"""Tables in a database, against the same in memory."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from tests.harness import postgres
from tests.harness.store.records import NOW

from softeid.harness.registration.memory import MemoryStore
from softeid.harness.registration.model import FACTS, WRONG_CODES, Fact, WrongCode
from softeid.harness.registration.portal_life import PortalEvent
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.store import Kind, Store
from softeid.harness.registration.visit_record import VISITS, VisitRecord
from softeid.harness.registration.vocabulary import Code, PortalState
from softeid.harness.store import SqlStore, StoreError

KEYS = st.sampled_from(["a", "b", "c", "õ"])
PEOPLE = st.sampled_from(["PNOEE-1", "PNOEE-2"])
MINUTES = st.none() | st.integers(0, 5)
LIVE = PortalState.REVIEW


class Bug(Exception):
    """Something that is no refusal."""


def visit(key: str, minutes: int | None) -> VisitRecord:
    due = {} if minutes is None else {PortalEvent.IDLE: NOW + timedelta(minutes=minutes)}
    return VisitRecord(key, "jaak", "Browser", key, state=LIVE, due=due)


def told(store: Store) -> dict[str, Any]:
    """Everything that a store has, in its order, and what it answers."""
    visits, facts, wrong = (store.table(kind) for kind in (VISITS, FACTS, WRONG_CODES))
    first = visits.first_due()
    return {
        "visits": list(visits.values()),
        "facts": list(facts.values()),
        "wrong": [wrong.find(semantics_id=who) for who in ("PNOEE-1", "PNOEE-2", "")],
        "counts": [len(visits), len(facts), len(wrong)],
        "there": [key for key in "abcõ" if key in visits],
        "first": first and (first.wake_at, first.visit_id),
    }


class Twice(RuleBasedStateMachine):
    """The same things happen to a store in memory and to one in a database."""

    dialect = "sqlite"
    new_url: Callable[[], str]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="softeid-twice-"))
        self.memory = MemoryStore()
        self.url = ""

    @initialize()
    def open(self) -> None:
        self.url = type(self).new_url() if self.dialect == "postgresql" else f"sqlite:///{self.folder}/one.db"
        self.store = SqlStore(self.url)
        self.store.migrate()
        self.begin()

    def both(self, act: Callable[[Store], Any]) -> None:
        assert act(self.memory) == act(self.store)

    def begin(self) -> None:
        self.opened = ExitStack()
        self.opened.enter_context(self.store.transaction())

    def end(self, refusal: Exception | None = None) -> None:
        kind = type(refusal) if refusal else None
        with suppress(Refused):
            self.opened.__exit__(kind, refusal, None)

    @rule(key=KEYS, minutes=MINUTES)
    def add_a_visit(self, key: str, minutes: int | None) -> None:
        self.both(lambda store: store.table(VISITS).add(visit(key, minutes)))

    @rule(key=KEYS, value=st.text(max_size=3))
    def add_a_fact(self, key: str, value: str) -> None:
        self.both(lambda store: store.table(FACTS).add(Fact(key, value)))

    @rule(key=KEYS, who=PEOPLE)
    def add_a_wrong_code(self, key: str, who: str) -> None:
        def act(store: Store) -> None:
            if key not in store.table(WRONG_CODES):  # its indexed field never changes
                store.table(WRONG_CODES).add(WrongCode(key, who, NOW))

        self.both(act)

    @rule(key=KEYS, minutes=MINUTES, over=st.booleans())
    def change_a_visit(self, key: str, minutes: int | None, over: bool) -> None:
        def act(store: Store) -> None:
            record = store.table(VISITS).get(key)
            if record:
                assert store.table(VISITS)[key] is record
                record.due = visit(key, minutes).due
                record.state = PortalState.CLOSED if over else LIVE
                record.owner += "x"

        self.both(act)

    @rule(minutes=MINUTES)
    def change_what_is_due(self, minutes: int | None) -> None:
        def act(store: Store) -> str | None:
            record = store.table(VISITS).first_due()
            if record:
                record.due = visit("", minutes).due
            return record and record.visit_id

        self.both(act)

    @rule(key=KEYS)
    def change_a_fact(self, key: str) -> None:
        def act(store: Store) -> str | None:
            fact = store.table(FACTS).get(key)
            if fact:
                fact.value += "+"
            return fact and fact.value

        self.both(act)

    @rule()
    def look(self) -> None:
        self.both(told)

    @rule(refused=st.booleans())
    def end_and_begin(self, refused: bool) -> None:
        self.end(Refused(Code.RC_WRONG) if refused else None)
        self.begin()

    @rule()
    def keep_so_far(self) -> None:
        self.store.checkpoint()

    @rule()
    def restart(self) -> None:
        self.end()
        self.store.close()
        self.store = SqlStore(self.url)
        self.begin()

    def teardown(self) -> None:
        try:
            if self.url:
                self.both(told)
                self.end()
                with self.store.transaction():
                    assert told(self.store) == told(self.memory)
        finally:
            if self.url:
                self.end(Bug())  # where a failure left it open
                self.store.close()
            shutil.rmtree(self.folder)


class TwiceOnPostgres(Twice):
    dialect = "postgresql"


def test_a_database_does_what_memory_does_on_sqlite() -> None:
    run_state_machine_as_test(Twice, settings=settings(max_examples=30, stateful_step_count=25))


def test_a_database_does_what_memory_does_on_postgresql(postgres_server: postgres.Server) -> None:
    TwiceOnPostgres.new_url = staticmethod(postgres_server.database)
    run_state_machine_as_test(TwiceOnPostgres, settings=settings(max_examples=10, stateful_step_count=25))


# --- what memory cannot show ------------------------------------------------------------------------------


def count(store: SqlStore, kind: Kind = FACTS) -> int:
    with store.transaction():
        return len(store.table(kind))


def transact(store: SqlStore, act: Callable[[], object], end: Exception | None = None) -> None:
    with store.transaction():
        act()
        if end:
            raise end


def test_what_fails_leaves_nothing(store: SqlStore) -> None:
    def act() -> None:
        store.table(FACTS).add(Fact("one", "1"))
        assert len(store.table(FACTS)) == 1

    with pytest.raises(Bug):
        transact(store, act, Bug())
    assert count(store) == 0


def test_what_is_refused_stays(store: SqlStore) -> None:
    transact(store, lambda: store.table(FACTS).add(Fact("one", "1")))
    with pytest.raises(Refused):
        transact(store, lambda: setattr(store.table(FACTS)["one"], "value", "2"), Refused(Code.RC_WRONG))
    with store.transaction():
        assert store.table(FACTS)["one"].value == "2"


def test_what_a_checkpoint_kept_stays_whatever_follows(store: SqlStore) -> None:
    def act() -> None:
        store.table(FACTS).add(fact := Fact("one", "1"))
        store.checkpoint()
        assert store.table(FACTS)["one"] is fact
        fact.value = "2"
        store.table(FACTS).add(Fact("two", "2"))

    with pytest.raises(Bug):
        transact(store, act, Bug())
    with store.transaction():
        assert [one.value for one in store.table(FACTS).values()] == ["1"]


def test_a_transaction_inside_another_is_part_of_it(store: SqlStore) -> None:
    def act() -> None:
        with pytest.raises(Refused):
            transact(store, lambda: store.table(FACTS).add(Fact("one", "1")), Refused(Code.RC_WRONG))

    with pytest.raises(Bug):
        transact(store, act, Bug())
    assert count(store) == 0


def test_records_are_used_in_a_transaction(store: SqlStore) -> None:
    table = store.table(FACTS)
    for use in (lambda: table.get("one"), lambda: len(table), lambda: table.add(Fact("one", "1"))):
        with pytest.raises(RuntimeError, match=r"with store\.transaction"):
            use()


def test_a_kind_that_the_schema_lacks_is_told(store: SqlStore) -> None:
    with pytest.raises(KeyError, match="unheard_of"):
        store.table(Kind("unheard_of", Fact, "name"))


@pytest.mark.parametrize(
    "key", ["", "\0", "a\0b", "\ud800", "x" * 100_000, "'; DROP TABLE facts; --", "%", "😀"]
)
def test_whatever_is_asked_for_is_not_there(store: SqlStore, key: str) -> None:
    with store.transaction():
        assert store.table(FACTS).get(key) is None
        assert key not in store.table(FACTS)
        assert store.table(WRONG_CODES).find(semantics_id=key) == []
        with pytest.raises(KeyError):
            store.table(FACTS)[key]
        assert 1 not in store.table(FACTS)


@pytest.mark.parametrize("key", ["a\0b", "\ud800"])
def test_a_key_that_no_database_takes_is_refused(store: SqlStore, key: str) -> None:
    with pytest.raises(ValueError, match="facts: name"), store.transaction():
        store.table(FACTS).add(Fact(key, ""))


def test_values_may_be_any_text(store: SqlStore) -> None:
    value = "a\0b \ud800 õ 😀 ' \""
    with store.transaction():
        store.table(FACTS).add(Fact("one", value))
    with store.transaction():
        assert store.table(FACTS)["one"].value == value


def test_lookups_are_by_index_alone(store: SqlStore) -> None:
    with store.transaction(), pytest.raises(KeyError, match="not indexed by name"):
        store.table(FACTS).find(name="one")


def first(store: SqlStore, minutes: int) -> VisitRecord | None:
    found: VisitRecord | None = store.table(VISITS).first_due(NOW + timedelta(minutes=minutes))
    return found


def test_what_is_due_by_an_instant(store: SqlStore) -> None:
    three = {key: visit(key, minutes) for key, minutes in (("a", 3), ("b", 1), ("c", None))}
    with store.transaction():
        for one in three.values():
            store.table(VISITS).add(one)
        assert first(store, 0) is None
        assert first(store, 1) is three["b"]
    with store.transaction():
        assert first(store, 0) is None
        due = first(store, 2)
        assert due == three["b"]
        due.due.clear()
        assert first(store, 2) is None
        assert first(store, 3) == three["a"]


def test_a_record_that_is_no_such_thing_is_told(store: SqlStore) -> None:
    with store.transaction():
        store.table(FACTS).add(Fact("one", "1"))
    with store._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE facts SET body = '[]'")
    with pytest.raises(StoreError, match=r"'one' in facts cannot be read"), store.transaction():
        store.table(FACTS).get("one")


def test_an_unchanged_record_is_not_written(store: SqlStore) -> None:
    with store.transaction():
        store.table(VISITS).add(visit("a", 1))

    def stamp() -> int:
        with store._engine.begin() as connection:
            found = connection.exec_driver_sql("SELECT stamp FROM visits").scalar_one()
            assert isinstance(found, int)
            return found

    before = stamp()
    with store.transaction():
        store.table(VISITS)["a"]
        list(store.table(VISITS).values())
    assert stamp() == before
