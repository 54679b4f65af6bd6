"""The world of a scenario: its clock, its moments, its people and what can be seen of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from softeid.emulator.pin import Pin
from softeid.harness.actor import Card, Desk
from softeid.harness.lab import Lab
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.vocabulary import Code
from softeid.harness.route import ROUTES
from softeid.harness.scenario.event import Broke
from softeid.harness.scenario.loader import load
from softeid.harness.scenario.outcome import Happening
from softeid.harness.scenario.runner import run
from softeid.harness.scenario.scenario import Scenario
from softeid.harness.scenario.stage import Stuck
from softeid.harness.scenario.words import Moment
from softeid.harness.seed import Seed
from softeid.harness.steps.card import insert_card
from softeid.harness.world import START, VISIBLE, World

TWO = "people: {mari: {card: {}, phone: [{name: Old}, {name: New}]}, jaak: {card: {profile: esteid-2018x}}}\n"


@pytest.fixture
def scenario(tmp_path: Path) -> Scenario:
    return read(tmp_path, TWO)


def read(folder: Path, head: str) -> Scenario:
    file = folder / "x.scenario.yaml"
    file.write_text(f"scenario: x\nwhy: y\n{head}steps: [wait]\n")
    (one,) = load([file], Lab().language)
    return one


@pytest.fixture
def world(scenario: Scenario) -> Iterator[World]:
    with ROUTES["direct"].open(2) as readers:
        yield World(scenario, Seed("x"), readers)


def test_the_clock_starts_somewhere_and_never_goes_back(world: World) -> None:
    assert world.now == START
    world.move_to(START + timedelta(hours=1))
    with pytest.raises(Stuck, match="stands at 2026-03-02 08:00Z and never goes back to 2026-03-02 07:59Z"):
        world.move_to(START + timedelta(minutes=59))


def test_timers_fall_due_at_their_own_instant(world: World) -> None:
    phone = world.actors["mari"].phones["Old"]
    phone.app.register()
    phone.app.choose_country("EE")
    phone.app.choose_method()
    phone.app.accept_terms()
    world.move_to(START + timedelta(days=1))
    terminated = [event for event in world.core.audit.events if event.name == "registration.terminated"]
    assert [event.at for event in terminated] == [START + world.core.settings.t_pin_entry]


def test_moments(world: World) -> None:
    def moment(text: str, who: str) -> timedelta:
        return world.moment(Moment.read(text), who) - START

    assert moment("2026-03-02 07:01Z", "mari") == timedelta(minutes=1)
    with pytest.raises(Stuck, match="`code`: there was no `code` yet"):
        moment("code", "mari")
    code_shown(world, "mari", "New")
    world.move_to(START + timedelta(minutes=2))
    assert moment("code + 1m", "mari") == timedelta(minutes=1)
    assert moment("code + 1m", "jaak") == timedelta(minutes=1)  # there is only one
    with pytest.raises(Stuck, match=r"`jaak.code`: there was no `code` yet"):
        moment("jaak.code", "mari")
    assert moment("now", "jaak") == timedelta(minutes=2)
    assert moment("start", "jaak") == timedelta()


def code_shown(world: World, who: str, name: str) -> None:
    app = world.actors[who].phones[name].app
    app.register()
    app.choose_country("EE")
    app.choose_method()
    app.accept_terms()
    app.choose_pins("4271", "58362")


def test_whose_moment_is_asked_where_several_others_have_one(tmp_path: Path) -> None:
    three = read(tmp_path, "people: {mari: {}, jaak: {}, mary: {}}\n")
    with ROUTES["direct"].open(3) as readers:
        world = World(three, Seed("x"), readers)
        code_shown(world, "mari", "Phone")
        code_shown(world, "jaak", "Phone")
        with pytest.raises(Stuck, match=r"whose\? mari and jaak have one, write mari\.code"):
            world.moment(Moment.read("code"), "mary")


def test_everything_that_can_be_seen_has_a_path_that_scenarios_can_write(world: World) -> None:
    view = world.view()
    assert view["mari.card.pin1.tries"] == 3
    assert view["mari.card.auth"] == "good"
    assert view["mari.Old.phone.state"] == "HOME"
    written = {
        world.path(who, path, {"phone": name})
        for who in ("mari", "jaak")
        for name in ("Old", "New")
        for path in VISIBLE
    }
    assert written == set(view)


def test_a_path_names_its_owner_and_the_chosen_thing(world: World) -> None:
    assert world.path("mari", "phone.state", {}) == "mari.Old.phone.state"
    assert world.path("mari", "phone.state", {"phone": "New"}) == "mari.New.phone.state"
    assert world.path("mari", "jaak.phone.state", {}) == "jaak.phone.state"
    assert world.path("mari", "card.auth", {}) == "mari.card.auth"
    assert world.path("jaak", "messages", {}) == "messages"


def test_one_card_is_in_one_reader(world: World) -> None:
    mari, jaak = world.actors["mari"], world.actors["jaak"]
    desk = world.given("mari", "reader", None)
    assert isinstance(desk, Desk)
    insert_card(world, mari, desk, of="jaak")  # type: ignore[arg-type]  # a name is a str
    assert world.given("mari", "card", None) == Card(jaak.own, desk.reader)  # type: ignore[arg-type]  # he has one
    with pytest.raises(Stuck, match="there is no card in jaak's reader"):
        world.given("jaak", "card", None)


def test_what_happened_is_told_once(world: World) -> None:
    world.actors["mari"].phones["New"].app.register()
    seen = world.seen("mari", Refused(Code.APP_BAD_STATE, state="HOME"))
    assert str(seen) == "APP_BAD_STATE(state=HOME), COUNTRY, registration.started"
    assert [one.place for one in seen.entered] == ["mari.New.phone.state"]
    assert str(world.seen("mari", None)) == "no refusal, no new state"


IMPOSSIBLE = {
    "a bound between two seconds": (
        "card: {person: jaak, auth: until start + 1ms}\n",
        "expected a whole second",
    ),
    "a clock before the authority": (
        "card: {person: jaak}\nat: 1999-01-01 09:00Z\n",
        "expected a clock between",
    ),
}


@pytest.mark.parametrize(("head", "said"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_what_cannot_be_set_up_says_why(tmp_path: Path, head: str, said: str) -> None:
    with Lab().open(1) as worlds, pytest.raises(Stuck, match=said), worlds(read(tmp_path, head), Seed("x")):
        pass


def test_exchanges_show_no_pin(world: World) -> None:
    card = world.given("mari", "card", None)
    assert isinstance(card, Card)
    card.client.verify("PUK", "12345678")
    (one,) = world.exchanges
    assert one.whole == ("> 00 20 00 02 0C" + " ••" * 12, "< 90 00")
    assert "31 32" not in one.text


def test_reports_mask_personal_codes() -> None:
    told = {"identity": "PNOEE-38001085718", "document": "PNOLV-050405-10009-K2GN-Q"}
    shown = str(Happening("event", "certs.issued", "mari", told))
    assert shown == "certs.issued(identity=PNOEE-*******5718 document=PNOLV-********0009-K2GN-Q)"


def test_a_bug_in_a_card_breaks_the_scenario_whatever_it_expects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader sees 6F00, which a program takes for a refusal like any other."""

    def bug(*_: object) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(Pin, "matches", bug)
    file = tmp_path / "x.scenario.yaml"
    head, step = "scenario: x\nwhy: y\ncard: {person: mari}\n", "{pin1: wrong, expect: LOGIN_CANCELLED}"
    file.write_text(f"{head}steps:\n  - log in: {step}\n")
    (broke,) = [one for one in run(load([file], Lab().language), Lab(), seed="x") if isinstance(one, Broke)]
    assert (broke.ours, broke.reason.partition(" ")[0]) == (True, "ZeroDivisionError")


def test_what_a_route_lacks_is_told(tmp_path: Path) -> None:
    scenario = read(tmp_path, "needs: [pcsc]\n")
    assert Lab(ROUTES["direct"]).lacking(scenario) == ("pcsc",)
    assert Lab(ROUTES["vpcd"]).lacking(scenario) == ()
