"""Several processes share one database: here several stores, each with connections and a core of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from itertools import chain
from threading import Barrier, Event
from typing import Any, TypeVar

import pytest
from tests.harness.store.conftest import DIALECTS
from tests.harness.store.records import NOW
from tests.harness.store.stored_lab import StoredLab
from tests.harness.store.test_tables import visit

from softeid.harness.clock import Clock
from softeid.harness.registration.audit import Audit, unbroken
from softeid.harness.registration.model import FACTS, REGISTRATIONS, WRONG_CODES, Fact, WrongCode
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.visit_record import VISITS
from softeid.harness.registration.vocabulary import EventName
from softeid.harness.store import Conflict, SqlStore, StoreError, run

T = TypeVar("T")
shared = pytest.mark.parametrize("url", ["postgresql"], indirect=True)  # SQLite's lock is taken again at once
both = pytest.mark.parametrize("make_lab", DIALECTS, indirect=True)


def at_once(*acts: Callable[[], T]) -> list[T]:
    """What several threads bring back that begin together."""
    begin = Barrier(len(acts))

    def one(act: Callable[[], T]) -> T:
        begin.wait(30)
        return act()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(one, acts))


def outcome(act: Callable[..., object], *given: object) -> str:
    """`ok`, or the code of the refusal."""
    try:
        act(*given)
    except Refused as refusal:
        return refusal.code.value
    return "ok"


@pytest.fixture
def stores(url: str) -> Iterator[list[SqlStore]]:
    """Four stores on one database."""
    opened = [SqlStore(url) for _ in range(4)]
    opened[0].migrate()
    yield opened
    for one in opened:
        one.close()


def kept(store: SqlStore, act: Callable[[], T]) -> T:
    with store.transaction():
        return act()


# --- what the sessions rely on ------------------------------------------------------------------------------


@pytest.mark.covers("SID-RCD-019")
@both
def test_one_code_in_two_browsers_at_the_same_instant(make_lab: Callable[..., StoredLab]) -> None:
    lab = make_lab()
    other = lab.beside()
    for _ in range(4):
        app = lab.to_code(lab.app())
        code, labs = app.device.code, (lab, other)
        visits = [one.to_code_entry(one.visit(), one.card()) for one in labs]
        before = len(lab.act(lambda: lab.core.audit.events))
        answers = at_once(*(partial(outcome, visit.enter_code, code) for visit in visits))
        assert sorted(answers) == ["RC_WRONG", "ok"]
        events = lab.act(lambda: lab.core.audit.events)
        told = [(one.name, one.data.get("why")) for one in events[before:]]
        assert told.count((EventName.CODE_REJECTED, "RC_USED")) == 1
        assert [name for name, _ in told].count(EventName.CODE_ACCEPTED) == 1
        assert unbroken(list(events))
    other.stop()


@both
def test_wrong_codes_at_once_are_all_counted(make_lab: Callable[..., StoredLab]) -> None:
    lab = make_lab(max_attempts=30, cooldown_attempts=7)
    other = lab.beside()
    code = lab.to_code(lab.app()).device.code
    wrong = f"{(int(code) + 1) % 10**9:09d}"
    visits = [one.to_code_entry(one.visit(), one.card()) for one in (lab, other, lab, other)]

    def three(visit: Any) -> list[str]:
        return [outcome(visit.enter_code, wrong) for _ in range(3)]

    answers = list(chain(*at_once(*(partial(three, visit) for visit in visits))))
    assert answers.count("RC_WRONG") == 7
    assert answers.count("RC_COOLDOWN") == 5
    assert lab.act(lambda: len(lab.core_store.table(WRONG_CODES))) == 7
    assert lab.act(lab.core.audit.whole)
    other.stop()


@both
def test_wrong_pins_at_once_are_all_counted(make_lab: Callable[..., StoredLab]) -> None:
    lab = make_lab(on_three="lock")
    other = lab.beside()
    app, _, _ = lab.to_confirm()
    phone = app.device.phone_id

    def guess(one: StoredLab) -> list[str]:
        own = one.opened(phone)
        return [outcome(own.confirm_pin, 1, "9999") for _ in range(3)]

    answers = list(chain(*at_once(*(partial(guess, one) for one in (lab, other)))))
    assert answers.count("PIN_WRONG") == 3
    assert answers.count("KEY_LOCKED") == 3
    (registration,) = lab.act(lambda: list(lab.core_store.table(REGISTRATIONS).values()))
    assert sorted(key.attempts for key in registration.keys.values()) == [0, 3]
    other.stop()


@both
def test_what_falls_due_happens_once(make_lab: Callable[..., StoredLab]) -> None:
    lab = make_lab()
    other = lab.beside()
    for _ in range(3):
        lab.to_code(lab.app())
    lab.clock.move_to(lab.clock.now + timedelta(seconds=900))
    at_once(*(partial(one.act, one.core.wake) for one in (lab, other)))
    names = [one.name for one in lab.act(lambda: lab.core.audit.events)]
    assert names.count(EventName.REGISTRATION_EXPIRED) == 3
    assert lab.act(lab.core.audit.whole)
    other.stop()


# --- what a store promises ----------------------------------------------------------------------------------


def test_no_update_is_lost(stores: Sequence[SqlStore]) -> None:
    kept(stores[0], lambda: stores[0].table(FACTS).add(Fact("count", "0")))

    def ten(store: SqlStore) -> None:
        def one() -> None:
            fact = store.table(FACTS)["count"]
            fact.value = str(int(fact.value) + 1)

        for _ in range(10):
            run(one, store)

    at_once(*(partial(ten, store) for store in stores))
    assert kept(stores[0], lambda: stores[0].table(FACTS)["count"].value) == "40"


def test_no_update_is_lost_of_what_was_only_looked_at(stores: Sequence[SqlStore]) -> None:
    """`values` and `first_due` lock nothing: who changes what they gave may have to begin again."""
    kept(stores[0], lambda: stores[0].table(VISITS).add(visit("a", 1)))

    def five(store: SqlStore) -> None:
        def look() -> None:
            found = store.table(VISITS).first_due()
            assert found
            found.owner += "x"

        def walk() -> None:
            for one in store.table(VISITS).values():
                one.owner += "x"

        for act in (look, walk, look, walk, look):
            run(act, store)

    at_once(*(partial(five, store) for store in stores))
    assert kept(stores[0], lambda: stores[0].table(VISITS)["a"].owner) == "jaak" + "x" * 20


def test_what_two_lock_crosswise_ends_well(stores: Sequence[SqlStore]) -> None:
    def make() -> None:
        for name in "ab":
            stores[0].table(FACTS).add(Fact(name, ""))

    kept(stores[0], make)

    def five(store: SqlStore, order: str) -> None:
        def act() -> None:
            for name in order:
                store.table(FACTS)[name].value += "x"

        for _ in range(5):
            run(act, store)

    at_once(partial(five, stores[0], "ab"), partial(five, stores[1], "ba"))
    facts = kept(stores[0], lambda: list(stores[0].table(FACTS).values()))
    assert [one.value for one in facts] == ["x" * 10] * 2


def test_the_audit_trail_is_one_chain(stores: Sequence[SqlStore]) -> None:
    for name in "abcd":
        kept(stores[0], partial(stores[0].table(FACTS).add, Fact(name, "")))

    def tell(store: SqlStore, number: int) -> None:
        audit = Audit(Clock(NOW), lambda _: None, store.events)

        def act(tried: int) -> None:
            audit.tell(EventName.CODE_ISSUED, f"{number}")
            store.table(FACTS)["abcd"[(number + tried) % 4]].value += "x"  # locked behind the chain
            audit.tell(EventName.CODE_ACCEPTED, f"{number}")

        for tried in range(8):
            run(partial(act, tried), store)

    at_once(*(partial(tell, stores[n], n) for n in range(4)))
    events = kept(stores[0], lambda: stores[0].events.since(0))
    assert len(events) == 64
    assert unbroken(events)
    assert [one.who for one in events[::2]] == [one.who for one in events[1::2]]
    assert kept(stores[0], lambda: stores[0].events.since(60)) == events[60:]


def test_two_that_draw_the_same_draw_again(stores: Sequence[SqlStore]) -> None:
    def draw(store: SqlStore) -> str:
        def act() -> str:
            name = next(name for name in "abcd" if name not in store.table(FACTS))
            store.table(FACTS).add(Fact(name, "mine"))
            return name

        return run(act, store)

    assert sorted(at_once(*(partial(draw, store) for store in stores))) == list("abcd")


def test_nobody_adds_what_somebody_has_counted(stores: Sequence[SqlStore]) -> None:
    """At most three of one person, whoever looks at the same time."""

    def add(store: SqlStore, number: int) -> None:
        def act(tried: int) -> None:
            if len(store.table(WRONG_CODES).find(semantics_id="PNOEE-1")) < 3:
                store.table(WRONG_CODES).add(WrongCode(f"{number} {tried}", "PNOEE-1", NOW))

        for tried in range(3):
            run(partial(act, tried), store)

    at_once(*(partial(add, stores[n], n) for n in range(4)))
    assert kept(stores[0], lambda: len(stores[0].table(WRONG_CODES))) == 3


@pytest.fixture
def two(stores: Sequence[SqlStore], url: str) -> Iterator[tuple[SqlStore, SqlStore]]:
    """Two stores, of which the second has little patience."""
    hasty = SqlStore(url, patience=0.02)
    yield stores[0], hasty
    hasty.close()


def refused_a_lock(store: SqlStore, *acts: Callable[[], object]) -> str:
    """How PostgreSQL says that somebody else has the lock that the last of these wants."""
    with pytest.raises(Conflict) as told:
        kept(store, lambda: [act() for act in acts])
    return str(told.value.__cause__)


@shared
def test_what_is_locked_until_the_end(two: tuple[SqlStore, SqlStore]) -> None:
    mine, theirs = two
    kept(mine, lambda: mine.table(FACTS).add(Fact("a", "1")))
    wrong = theirs.table(WRONG_CODES)
    with mine.transaction():
        assert mine.table(FACTS)["a"].value == "1"
        assert mine.table(WRONG_CODES).find(semantics_id="PNOEE-1") == []
        assert mine.events.head()[0] == 0
        for act in (
            lambda: theirs.table(FACTS).get("a"),
            lambda: wrong.find(semantics_id="PNOEE-1"),
            theirs.events.head,
        ):
            assert "lock timeout" in refused_a_lock(theirs, act)
        kept(theirs, lambda: [*theirs.table(FACTS).values(), *wrong.find(semantics_id="PNOEE-2")])


@shared
def test_who_holds_the_end_of_the_trail_waits_for_nobody(two: tuple[SqlStore, SqlStore]) -> None:
    mine, theirs = two
    kept(mine, lambda: mine.table(FACTS).add(Fact("a", "1")))
    kept(mine, lambda: mine.table(VISITS).add(visit("a", 1)))
    with mine.transaction():
        mine.table(FACTS).get("a")
        mine.table(VISITS).get("a")
        mine.table(WRONG_CODES).find(semantics_id="PNOEE-1")
        head = theirs.events.head
        for act in (
            lambda: theirs.table(FACTS).get("a"),
            lambda: theirs.table(VISITS).first_due(NOW + timedelta(hours=1)),
        ):
            assert "could not obtain lock" in refused_a_lock(theirs, head, act)
        find = partial(theirs.table(WRONG_CODES).find, semantics_id="PNOEE-1")
        assert refused_a_lock(theirs, head, find) == "None"  # it was asked for, and not had


@shared
def test_after_a_checkpoint_others_may_be_faster(stores: Sequence[SqlStore]) -> None:
    mine, theirs = stores[:2]
    kept(mine, lambda: mine.table(FACTS).add(Fact("a", "1")))
    looked, changed, tried = Event(), Event(), []

    def slow() -> None:
        tried.append(1)
        fact = mine.table(FACTS)["a"]
        mine.checkpoint()
        looked.set()
        assert changed.wait(30)
        fact.value = "mine"

    def fast() -> None:
        assert looked.wait(30)
        kept(theirs, lambda: setattr(theirs.table(FACTS)["a"], "value", "theirs"))
        changed.set()

    with ThreadPoolExecutor(1) as other:
        done = other.submit(fast)
        with pytest.raises(Conflict):
            mine.run(slow)
        done.result()
    assert tried == [1]
    assert kept(mine, lambda: mine.table(FACTS)["a"].value) == "theirs"


@shared
def test_who_looks_again_after_a_checkpoint_sees_what_others_did(stores: Sequence[SqlStore]) -> None:
    mine, theirs = stores[:2]
    kept(mine, lambda: mine.table(FACTS).add(Fact("a", "1")))
    with mine.transaction():
        fact = mine.table(FACTS)["a"]
        mine.checkpoint()
        with ThreadPoolExecutor(1) as other:
            other.submit(kept, theirs, lambda: setattr(theirs.table(FACTS)["a"], "value", "2")).result()
        assert mine.table(FACTS)["a"] is fact
        assert fact.value == "2"
        fact.value += "3"
    assert kept(mine, lambda: mine.table(FACTS)["a"].value) == "23"


def test_a_conflict_that_does_not_end_is_told(url: str) -> None:
    mine, theirs = SqlStore(url, patience=0.05), SqlStore(url)
    mine.migrate()
    kept(mine, lambda: mine.table(FACTS).add(Fact("a", "1")))
    free, locked = Event(), Event()

    def hold() -> None:
        with theirs.transaction():
            theirs.table(FACTS)["a"].value = "2"
            locked.set()
            assert free.wait(30)

    with ThreadPoolExecutor(1) as other:
        done = other.submit(hold)
        assert locked.wait(30)
        try:
            with pytest.raises(StoreError, match="another process"):
                kept(mine, lambda: mine.table(FACTS).get("a"))
        finally:
            free.set()
        done.result()
    mine.close()
    theirs.close()
