"""What the runner notices, over a toy world."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.harness.scenario.conftest import Played
from tests.harness.scenario.toy_world import ToyStage

from softeid.harness.scenario.event import Broke, Differed, Ended, Event, Held, LeftOut, Planned
from softeid.harness.scenario.loader import load
from softeid.harness.scenario.runner import run

TWO = "people: {mari: {}, jaak: {}}\n"
THRICE = (
    "steps: [verify pin: {{pin: pin1, value: wrong, expect: [{expect}],"
    " changes: {{card.pin1.tries: [{tries}]}}}}]"
)
THIEF = "people: {mari: {card: {}}, thief: {}}\n"


def difference(events: list[Event]) -> tuple[str, str]:
    (one,) = [event for event in events if isinstance(event, Differed)]
    return one.difference.expected, one.difference.found


def verdicts(events: list[Event]) -> list[str]:
    return [event.verdict for event in events if isinstance(event, Ended)]


HOLDS = {
    "ending by default": "steps: [start registration, log in, enter code]",
    "list of tries": THRICE.format(expect="63C2, 63C1, 6983", tries="2, 1, 0"),
    "typed again at the same prompt": "steps: [log in: {pin1: [wrong, right]}]",
    "alternatives": "steps: [log in: {pin1: wrong, expect: NO_CLIENT_CERT | LOGIN_CANCELLED,"
    " changes: {card.pin1.tries: 2}}]",
    "detail by key": "start: log in\nsteps: [enter code: {code: x, expect: RC_WRONG(attempts_left=2),"
    " changes: {portal.attempts: 2}}]",
    "reason of a state": "start: log in\nsteps: [enter code: {code: x, expect: [RC_WRONG, RC_WRONG,"
    " RC_TOO_MANY & CLOSED(RC_TOO_MANY)], changes: {portal.attempts: 0}}]",
    "held by the one who acts": "start: start registration\nsteps: [log in: {expect: CODE_SHOWN}]",
    "entered by another": THIEF + "start: [start registration: {as: thief}, log in]\n"
    "steps: [enter code: {of: thief, expect: BOUND}]",
    "held by another, named": THIEF + "start: [start registration: {as: thief}]\n"
    "steps: [log in: {expect: thief.CODE_SHOWN}]",
    "a clock that moves": "start: [start registration, log in]\n"
    "steps: [enter code: {at: code + 15m, expect: RC_EXPIRED & EXPIRED}]",
    "a look": "start: start registration\nsteps: [phone shows: {expect: {state: CODE_SHOWN}}]",
    "a second phone": "people: {mari: {card: {}, phone: [{name: Old}, {name: New}]}}\n"
    "steps: [start registration: {phone: New}, phone shows: {phone: New, expect: {state: CODE_SHOWN}},"
    " phone shows: {expect: {state: HOME}}]",
    "a refusal by mapping": "steps: [log in: {pin1: wrong, changes: {card.pin1.tries: 2},"
    " expect: {code: LOGIN_CANCELLED, state: ANON, event: portal.login.aborted}}]",
    "raw octets": "steps: [apdu: {send: 00 A4 00 00, expect: 9000}, apdu: {send: 00 CB 00 00, expect: 6Dxx}]",
}


@pytest.mark.parametrize("text", HOLDS.values(), ids=HOLDS)
def test_holds(played: Played, text: str) -> None:
    events = played(text)
    assert not [event for event in events if isinstance(event, Differed | Broke)]
    assert verdicts(events) == ["held"]


DIFFERS = {
    "another code": (
        "steps: [log in: {pin1: wrong, expect: NO_CLIENT_CERT}]",
        "NO_CLIENT_CERT",
        "LOGIN_CANCELLED, no new state, portal.login.aborted",
    ),
    "a refusal that nobody named": (
        "steps: [log in: {pin1: wrong, expect: ANON}]",
        "ANON",
        "LOGIN_CANCELLED, no new state, portal.login.aborted",
    ),
    "no refusal where one was expected": (
        "steps: [log in: {expect: LOGIN_CANCELLED}]",
        "LOGIN_CANCELLED",
        "no refusal, AUTHENTICATED → CODE_ENTRY, portal.login.ok(method=web-eid)",
    ),
    "a counter that was not named": (
        "steps: [log in: {pin1: wrong, expect: LOGIN_CANCELLED}]",
        "a refusal that changes nothing",
        "jaak.card.pin1.tries 3 → 2",
    ),
    "a counter with another value": (
        "steps: [log in: {pin1: wrong, expect: LOGIN_CANCELLED, changes: {card.pin1.tries: 1}}]",
        "card.pin1.tries changed to 1",
        "3 → 2",
    ),
    "a change that was none": (
        "steps: [verify pin: {pin: pin1, changes: {card.pin1.tries: 3}}]",
        "card.pin1.tries changed to 3",
        "it was so before",
    ),
    "a look that changes": (
        "start: start registration\nsteps: [peeping phone shows]",
        "a look that changes nothing",
        "jaak.phone.state CODE_SHOWN → HOME",
    ),
    "a field of a look": (
        "steps: [phone shows: {expect: {state: BOUND}}]",
        "state BOUND",
        "state HOME",
    ),
    "what another holds, unnamed": (
        THIEF + "start: [start registration: {as: thief}]\nsteps: [log in: {expect: CODE_SHOWN}]",
        "CODE_SHOWN",
        "no refusal, AUTHENTICATED → CODE_ENTRY, portal.login.ok(method=web-eid)",
    ),
    "a state that another entered too": (
        TWO + "steps: [spoil everything: {expect: BAD_REQUEST & TERMINATED}]",
        "a refusal that changes nothing",
        "jaak.phone.state HOME → TERMINATED",
    ),
    "a state that another entered, of the wrong one": (
        TWO + "steps: [spoil everything: {expect: BAD_REQUEST & jaak.TERMINATED}]",
        "a refusal that changes nothing",
        "mari.phone.state HOME → TERMINATED",
    ),
    "the state of an alternative that was not met": (
        "steps: [spoil everything: {expect: BAD_REQUEST | NO_CLIENT_CERT & TERMINATED}]",
        "a refusal that changes nothing",
        "jaak.phone.state HOME → TERMINATED",
    ),
    "another status word": (
        "steps: [verify pin: {pin: pin1, value: wrong, expect: 6983}]",
        "6983",
        "63 C2",
    ),
    "the second of three tries": (
        THRICE.format(expect="63C2, 63C2, 6983", tries="2, 1, 0"),
        "63C2",
        "63 C1",
    ),
    "a counter after the second of three tries": (
        THRICE.format(expect="63C2, 63C1, 6983", tries="2, 0, 0"),
        "card.pin1.tries changed to 0",
        "2 → 1",
    ),
    "a step that does not end": ("steps: [sleep: {within: 10ms}]", "an end within 0.01s", "none yet"),
}


@pytest.mark.parametrize(("text", "expected", "found"), DIFFERS.values(), ids=DIFFERS)
def test_differs(played: Played, text: str, expected: str, found: str) -> None:
    events = played(text)
    assert difference(events) == (expected, found)
    assert verdicts(events) == ["differed"]


def test_both_who_came_to_a_state_may_be_named(played: Played) -> None:
    events = played(
        TWO + "steps: [spoil everything: {expect: BAD_REQUEST & mari.TERMINATED & jaak.TERMINATED}]"
    )
    assert verdicts(events) == ["held"]


BREAKS = {
    "the clock goes back": (
        "start: [start registration, log in: {at: start + 1h}]\nsteps: [enter code: {at: start + 1m}]",
        "the clock stands at 2026-03-02 10:00Z and never goes back",
        False,
    ),
    "a moment that was not": (
        "steps: [log in: {at: code + 1m}]",
        "`code + 1m`: there was no `code` yet",
        False,
    ),
    "no card in the reader": (
        "start: remove card\nsteps: [log in]",
        "there is no card in jaak's reader",
        False,
    ),
    "what the world cannot set up": (
        "card: {state: puk-blocked}\nsteps: [log in]",
        "this world has no such card",
        False,
    ),
    "a bug of ours": (
        "steps: [stumble]",
        "ZeroDivisionError: of ours (toy_world.py:",
        True,
    ),
}


@pytest.mark.parametrize(("text", "reason", "ours"), BREAKS.values(), ids=BREAKS)
def test_breaks(played: Played, text: str, reason: str, ours: bool) -> None:
    events = played(text)
    (one,) = [event for event in events if isinstance(event, Broke)]
    assert one.reason.startswith(reason)
    assert one.ours is ours
    assert verdicts(events) == ["broke"]


def test_stops_at_the_first_difference_and_goes_on_with_the_next_scenario(played: Played) -> None:
    events = played(
        "scenario: a\nwhy: b\nsteps: [verify pin: {pin: pin1, expect: 6983}, log in]\n---\n"
        "scenario: c\nwhy: d\nsteps: [log in]"
    )
    assert verdicts(events) == ["differed", "held"]
    assert [event.doing.step for event in events if isinstance(event, Held)] == ["log in"]


def test_what_is_lacking_is_left_out_and_told(played: Played) -> None:
    events = played("needs: [pcsc, chromium]\nsteps: [stumble]")
    assert [event.lacking for event in events if isinstance(event, LeftOut)] == [("pcsc", "chromium")]
    assert verdicts(events) == ["left out"]


def test_a_difference_shows_the_last_exchanges_without_secrets(played: Played) -> None:
    events = played("steps: [log in: {pin1: [wrong, wrong, wrong], expect: QUESTIONS}]")
    (one,) = [event for event in events if isinstance(event, Differed)]
    assert one.clock == "2026-03-02 09:00Z"
    assert one.exchanges == tuple(f"> 00 20 00 01 04 ••••   < {sw}" for sw in ("63 C2", "63 C1", "69 83"))


# --- workers, seeds, traces ------------------------------------------------------------------------

SEVERAL = """\
scenario: many
why: to deal them
matrix: {n: [a, b, c, d, e]}
steps: [log in: {expect: CODE_ENTRY & portal.login.ok($n)}]
"""
MIXED = """\
scenario: one that holds
why: x
steps: [log in]
---
scenario: one that differs
why: x
steps: [log in: {pin1: wrong, expect: CODE_ENTRY}]
---
scenario: one that takes its process along
why: x
steps: [log in, die]
---
scenario: one that hears no alarm
why: x
steps: [hang: {within: 10ms}]
---
scenario: the last
why: x
steps: [log in]
"""


@pytest.fixture
def workers_find_the_toy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker unpickles the stage, so it must be able to import it; it gets our sys.path."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3]))
    monkeypatch.setattr("softeid.harness.scenario.worker.GRACE_S", 0.2)


def without_times(events: list[Event]) -> list[object]:
    return [replace(event, seconds=0.0) if isinstance(event, Held | Ended) else event for event in events]


@pytest.mark.usefixtures("workers_find_the_toy")
def test_workers_tell_the_same_in_the_same_order(tmp_path: Path) -> None:
    file = tmp_path / "several.scenario.yaml"
    file.write_text(SEVERAL)
    scenarios = load([file], ToyStage().language)
    alone = list(run(scenarios, ToyStage(), seed="s"))
    shared = list(run(scenarios, ToyStage(), seed="s", jobs=2))
    assert without_times(alone) == without_times(shared)


@pytest.mark.usefixtures("workers_find_the_toy")
def test_a_worker_that_dies_or_hangs_costs_its_own_scenario_only(tmp_path: Path) -> None:
    file = tmp_path / "mixed.scenario.yaml"
    file.write_text(MIXED)
    events = list(run(load([file], ToyStage().language), ToyStage(), seed="s", jobs=2))
    assert isinstance(events[0], Planned)
    assert verdicts(events) == ["held", "differed", "broke", "differed", "held"]
    (broke,) = [event for event in events if isinstance(event, Broke)]
    assert (broke.reason, broke.doing.step) == ("the worker process ended by itself (7)", "die")
    last = [event for event in events if isinstance(event, Differed)][-1]
    assert last.difference == ("an end within 0.01s", "none yet")


@pytest.mark.usefixtures("workers_find_the_toy")
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_stage_that_does_not_open_ends_the_run(tmp_path: Path, jobs: int) -> None:
    file = tmp_path / "several.scenario.yaml"
    file.write_text(SEVERAL)
    stage = ToyStage(closed=True)
    with pytest.raises(ConnectionError, match="this stage does not open"):
        list(run(load([file], stage.language), stage, seed="s", jobs=jobs))


def test_traces_repeat_octet_for_octet(tmp_path: Path) -> None:
    file = tmp_path / "several.scenario.yaml"
    file.write_text(SEVERAL)
    scenarios = load([file], ToyStage().language)
    for name, order in (("one", scenarios), ("two", scenarios[::-1])):
        list(run(order, ToyStage(), seed="s", trace=tmp_path / name))
    one, two = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "two")
    )
    assert one == two
    assert len(one) == 5
    assert b"> 00 20 00 01 04" in next(iter(one.values()))
