"""What the harness itself owes (section Q of the catalogue), shown on the product's own world."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from softeid.emulator.mistake import Mistake
from softeid.harness.lab import Lab
from softeid.harness.scenario.event import Broke, Differed
from softeid.harness.scenario.loader import read_file
from softeid.harness.scenario.play import play
from softeid.harness.scenario.scenario import Scenario
from softeid.harness.seed import Seed
from softeid.harness.world import World

HEAD = "scenario: x\nwhy: y\npeople: {jaak: {card: {}, browser: [{name: A}, {name: B}]}}\n"
ACCOUNT = HEAD + "start: account active\nsteps: [wait]\n"


def scenario(text: str) -> Scenario:
    mistakes: list[Mistake] = []
    read = read_file(text.encode(), "x.scenario.yaml", mistakes, Lab().language)
    assert not mistakes, [str(one) for one in mistakes]
    return read[0]


def played(text: str, seed: str = "a") -> tuple[World, list[Differed]]:
    """The world as it was left, and what differed."""
    kept: list[World] = []
    differences: list[Differed] = []
    with Lab().open(1) as worlds:

        @contextmanager
        def keeping(one: Scenario, seed: Seed) -> Iterator[World]:
            with worlds(one, seed) as world:
                assert isinstance(world, World)
                kept.append(world)
                yield world

        for event in play(scenario(text), Lab(), keeping, seed):
            assert not isinstance(event, Broke), event.reason
            if isinstance(event, Differed):
                differences.append(event)
    return kept[0], differences


THRICE = (
    "start: pins asked\nsteps: [confirm pin: {{pin: pin1, typed: wrong, "
    "expect: [PIN_WRONG, PIN_WRONG, PIN_WRONG], changes: {{phone.pin1.tries: [2, 1, 0], {}}}}}]"
)
# Each is refused as it says, and something else moved that it does not speak of.
SIDE_EFFECTS = {
    "a counter of the card": (
        "start: code entered\nsteps: [sign application: {pin2: wrong, expect: SIGN_ABORTED & REVIEW}]",
        "jaak.card.pin2.tries 3 → 2",
    ),
    "tries of an account key": (
        "start: pins asked\nsteps: [confirm pin: {pin: pin1, typed: wrong, expect: PIN_WRONG}]",
        "jaak.phone.pin1.tries 3 → 2",
    ),
    "the state of a key": (
        THRICE.format("phone.pin2.tries: [3, 3, 0], phone.pin2.key: [READY, READY, DESTROYED]"),
        "jaak.phone.pin1.key READY → DESTROYED",
    ),
    "attempts of the portal": (
        "start: [code shown, logged in]\nsteps: [enter code: {code: wrong, expect: RC_WRONG}]",
        "jaak.A.portal.attempts 3 → 2",
    ),
}


@pytest.mark.covers("SID-HAR-002")
@pytest.mark.parametrize(("steps", "found"), SIDE_EFFECTS.values(), ids=SIDE_EFFECTS)
def test_a_refusal_that_moves_something_else_differs(steps: str, found: str) -> None:
    _, (differed,) = played(HEAD + steps)
    assert differed.difference.expected.startswith("a refusal that changes nothing")
    assert found in differed.difference.found


@pytest.mark.covers("SID-HAR-002")
def test_a_refusal_that_ends_another_session_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A portal that logs all browsers out at a wrong code gives the right refusal."""
    text = HEAD + (
        "start: [code shown, logged in: {browser: A}, log in: {browser: B}]\n"
        "steps: [enter code: {browser: A, code: wrong, expect: RC_WRONG, changes: {portal.attempts: 2}}]"
    )
    assert played(text)[1] == []
    kind = type(played(ACCOUNT)[0].actors["jaak"].browsers["A"].visit)
    usual = kind.enter_code
    visits: list[Any] = []

    def noticed(self: Any) -> str:
        visits.append(self)
        return challenge(self)

    def spoiling(self: Any, typed: str) -> None:
        for other in visits:
            if other is not self:
                other.log_out()
        usual(self, typed)

    challenge = kind.challenge
    monkeypatch.setattr(kind, "challenge", noticed)
    monkeypatch.setattr(kind, "enter_code", spoiling)
    _, (differed,) = played(text)
    assert "jaak.B.portal.state QUESTIONS → CLOSED" in differed.difference.found


@pytest.mark.covers("SID-HAR-002")
def test_another_code_differs() -> None:
    _, (differed,) = played(HEAD + "steps: [log in: {pin1: nothing, expect: NO_CLIENT_CERT & ANON}]")
    assert differed.difference.expected == "NO_CLIENT_CERT & ANON"
    assert differed.difference.found.startswith("LOGIN_CANCELLED")


def test_what_falls_due_on_the_way_to_a_step_is_among_its_changes() -> None:
    late = HEAD + (
        "start: code shown\nsteps: [wait: {at: code + 15m, expect: EXPIRED, changes: {phone.pin1.key: KEY}}]"
    )
    assert played(late.replace("KEY", "DESTROYED"))[1] == []
    _, (differed,) = played(late.replace("KEY", "TIMELOCKED"))
    assert (differed.difference.expected, differed.difference.found) == (
        "phone.pin1.key changed to TIMELOCKED",
        "READY → DESTROYED",
    )


OF_KEYS = ("digest", "pool", "leading_zeros")
"""What the audit trail tells that depends on an account key."""


def drawn(world: World) -> dict[str, object]:
    """Everything in a world that chance decides, but the account keys, which come from a pool."""
    actor = world.actors["jaak"]
    assert actor.own
    certificates = actor.own.issued.certificates
    return {
        "codes": actor.phones["Phone"].codes,
        "card": [(use, one.serial_number, one.subject.rfc4514_string()) for use, one in certificates.items()],
        "audit": [
            (event.name, event.about, {key: told for key, told in event.data.items() if key not in OF_KEYS})
            for event in world.core.audit.events
        ],
    }


@pytest.mark.covers("SID-HAR-004")
def test_a_seed_brings_the_same_codes_numbers_and_serials_again_and_another_does_not() -> None:
    one, two, other = (drawn(played(ACCOUNT, seed)[0]) for seed in ("a", "a", "b"))
    assert one == two
    (issued,) = (data for name, _, data in one["audit"] if name == "certs.issued")  # type: ignore[attr-defined]
    assert {"document", "authentication", "signature"} <= set(issued)
    assert not [key for key in one if one[key] == other[key]]


@pytest.mark.covers("SID-HAR-005")
def test_two_worlds_at_once_have_their_own_readers_and_clocks() -> None:
    lab, one = Lab(), scenario(ACCOUNT)
    with (
        lab.open(1) as here,
        lab.open(1) as there,
        here(one, Seed("a")) as mine,
        there(one, Seed("a")) as yours,
    ):
        assert isinstance(mine, World)
        assert isinstance(yours, World)
        before = dict(yours.view()), yours.now
        mine.move_to(mine.now + timedelta(hours=1))
        desk = next(iter(mine.actors["jaak"].desks.values()))
        desk.reader.remove()
        mine.actors["jaak"].phones["Phone"].app.register()
        assert (dict(yours.view()), yours.now) == before
        assert mine.now == yours.now + timedelta(hours=1)
        other = next(iter(yours.actors["jaak"].desks.values()))
        assert other.reader is not desk.reader
        assert other.card


@pytest.mark.covers("SID-HAR-005")
def test_what_one_run_leaves_another_does_not_find() -> None:
    lab, one = Lab(), scenario(ACCOUNT)
    with lab.open(1) as worlds:
        for _ in range(2):
            with worlds(one, Seed("a")) as world:
                assert isinstance(world, World)
                assert not world.core.audit.events
                assert not world.core.outbox.messages
                world.actors["jaak"].phones["Phone"].app.register()
