"""What the device itself decides: whether it may register, birthdays, time limits, codes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from softeid.harness.clock import seconds_text
from softeid.harness.draws import Draws
from softeid.harness.registration.app import App
from softeid.harness.registration.core import Core
from softeid.harness.registration.phones import Phones
from softeid.harness.registration.pin_rule import is_birthday
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.settings import Settings
from softeid.harness.registration.vocabulary import AppState, Code

from .conftest import PIN1, PIN2, Lab, at


def refused(act: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value


@pytest.mark.parametrize(
    ("version", "least", "taken"),
    [
        ("2.0", "2.0", True),
        ("2", "2.0.0", True),
        ("2.0.0", "2", True),
        ("2.10", "2.9", True),
        ("10.0", "9.9", True),
        ("2.9", "2.10", False),
        ("1.99.99", "2", False),
        ("2.0.0", "2.0.1", False),
    ],
)
def test_versions_are_compared_number_by_number(
    make_lab: Callable[..., Lab], version: str, least: str, taken: bool
) -> None:
    lab = make_lab(min_app_version=least)
    app = lab.phones.install("jaak", "Phone", app_version=version)
    if taken:
        app.register()
        return
    answer = refused(app.register)
    assert (answer.code, answer.detail) == (Code.APP_TOO_OLD, {"version": version, "min": least})
    assert (at(app), lab.watched.names) == ("HOME", [])


@pytest.mark.parametrize(
    ("rule", "rooted", "warned"),
    [("allow", True, ()), ("warn", True, ("ROOTED",)), ("warn", False, ()), ("deny", False, ())],
)
def test_a_rooted_phone(
    make_lab: Callable[..., Lab], rule: str, rooted: bool, warned: tuple[str, ...]
) -> None:
    app = make_lab(rooted=rule).phones.install("jaak", "Phone", rooted=rooted)
    app.register()
    assert app.screen().warnings == warned


def test_a_rooted_phone_where_it_is_denied(make_lab: Callable[..., Lab]) -> None:
    app = make_lab(rooted="deny").phones.install("jaak", "Phone", rooted=True)
    assert refused(app.register).detail == {"why": "rooted"}
    assert at(app) == "HOME"


def test_an_app_that_grew_too_old_cannot_renew(make_lab: Callable[..., Lab]) -> None:
    """The check belongs to every registration, and refuses before anything is wiped."""
    lab = make_lab()
    app, _, _ = lab.to_confirm()
    app.confirm_pin(1, PIN1)
    app.confirm_pin(2, PIN2)
    (account,) = lab.core.accounts.values()
    lab.core.move_clock(account.expires_at - timedelta(days=30))
    lab.core.settings = Settings(key_bits=2048, min_app_version="9.0")
    assert refused(app.renew).code is Code.APP_TOO_OLD
    assert (at(app), app.device.account is not None) == ("ACTIVE", True)


BORN = date(1980, 1, 8)


@pytest.mark.parametrize(
    "pin", ["0801", "0108", "8001", "0180", "1980", "080180", "800108", "08011980", "19800108"]
)
def test_a_birthday_is_known_in_each_form(pin: str) -> None:
    assert is_birthday(pin, BORN)


@pytest.mark.parametrize("pin", ["801", "0810", "080198", "08019", "1981", "0901", "8010"])
def test_what_is_no_birthday(pin: str) -> None:
    assert not is_birthday(pin, BORN)


def test_a_birthday_is_refused_at_the_identity_and_nowhere_else(make_lab: Callable[..., Lab]) -> None:
    lab = make_lab(pin_deny_birthday=True)
    app = lab.to_pins(lab.app())
    app.choose_pins("0801", PIN2)
    assert app.screen().warnings == ()
    card = lab.card()
    visit = lab.to_code_entry(lab.visit(), card)
    visit.enter_code(app.device.code)
    lab.sign(visit, card)
    assert app.screen().warnings == ("PIN_BIRTHDAY",)
    answer = refused(app.accept_identity)
    assert (answer.code, answer.detail) == (Code.PIN_TOO_WEAK, {"pin": 1, "rule": "birthday"})
    assert at(app) == "IDENTITY_CHECK"
    app.reject_identity()


def test_time_limits_count_on_when_the_clock_is_set_back(lab: Lab) -> None:
    app = lab.to_code(lab.app())
    lab.core.move_clock(lab.clock.now + timedelta(minutes=14))
    lab.clock.set_back(timedelta(days=20))
    assert app.screen().expires_in == 60
    told = lab.watched.events[-1]
    assert (told.name, told.data) == ("risk.clock_back", {"by": "1728000"})
    lab.core.move_clock(lab.clock.now + timedelta(seconds=59))
    assert at(app) == "CODE_SHOWN"
    lab.core.move_clock(lab.clock.now + timedelta(seconds=1))
    assert at(app) == "EXPIRED"


def test_a_clock_that_went_back_is_told_once(lab: Lab) -> None:
    app = lab.app()
    for back in (timedelta(minutes=5), timedelta(), timedelta(minutes=1)):
        lab.clock.set_back(back)
        app.screen()
        app.screen()
    told = [event.data["by"] for event in lab.watched.events if event.name == "risk.clock_back"]
    assert told == ["300", "60"]


@pytest.mark.parametrize(
    ("span", "written"),
    [
        (timedelta(seconds=900), "900"),
        (timedelta(seconds=899.999), "899.999"),
        (timedelta(days=30), "2592000"),
        (timedelta(hours=24) - timedelta(milliseconds=1), "86399.999"),
        (timedelta(seconds=-300), "-300"),
        (timedelta(), "0"),
    ],
)
def test_seconds_are_written_whole(span: timedelta, written: str) -> None:
    assert seconds_text(span) == written


@pytest.mark.parametrize(("failures", "state"), [(1, "ACTIVE"), (2, "ACTIVE"), (3, "TERMINATED")])
def test_the_authority_is_asked_three_times(lab: Lab, failures: int, state: str) -> None:
    app, _, _ = lab.to_confirm()
    app.confirm_pin(1, PIN1)
    lab.core.authority_answers = False
    app.confirm_pin(2, PIN2)
    assert at(app) == "ISSUING"
    lab.core.move_clock(lab.clock.now + timedelta(seconds=10 * (failures - 1)))
    lab.core.authority_answers = True
    lab.core.move_clock(lab.clock.now + timedelta(seconds=10))
    assert at(app) == state
    assert len(lab.core.accounts) == (state == "ACTIVE")


def test_a_code_that_lives_already_is_drawn_again(make_lab: Callable[..., Lab]) -> None:
    lab = make_lab()
    draws = Draws(lab.seed.stream("codes"))
    lab.core = Core(
        lab.clock, lab.seed, lab.settings, primes=lab.core.primes, observer=lab.watched, code_draws=draws
    )
    lab.phones = Phones(lab.core)
    first = lab.to_code(lab.app("mari"))
    draws.force(int(first.device.code).to_bytes(4, "big"))
    second = lab.to_code(lab.app("jaak"))
    assert first.device.code != second.device.code
    issued = [event.data for event in lab.watched.events if event.name == "code.issued"]
    assert issued == [{"generation": "1"}, {"generation": "1", "redrawn": "1"}]


def killed(app: App) -> None:
    app.restart()


def went_back(app: App) -> None:
    app.back()


@pytest.mark.parametrize("deed", [killed, went_back])
def test_no_share_and_no_pin_is_kept_between_two_pins(lab: Lab, deed: Callable[[App], None]) -> None:
    app = lab.to_pins(lab.app())
    app.choose_pin1(PIN1)
    deed(app)
    assert app.state is AppState.PIN1_SET
    assert (app.device.shares, lab.phones.memory(app.device).pin1) == ({}, "")
