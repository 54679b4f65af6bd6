"""The device's side: country, method, terms, PINs, the code, and what ends a registration."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.harness.registration.conftest import PIN1, PIN2, START, Lab, at

from softeid.harness.pki.leaf import Use
from softeid.harness.registration.app import App
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.vocabulary import AppState, Code, Reason

MS = timedelta(milliseconds=1)
MINUTE = timedelta(minutes=1)


def refused(deed: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as caught:
        deed()
    return caught.value


def held(app: App) -> tuple[object, ...]:
    return app.state, app.device.reason, dict(app.device.shares), app.device.registration


@pytest.mark.parametrize("country", ["EE", "LV", "LT", "BE"])
def test_served_countries_lead_to_the_methods(lab: Lab, country: str) -> None:
    app = lab.app()
    app.register()
    assert app.screen().choices == ("EE", "LV", "LT", "BE")
    app.choose_country(country)
    assert (app.state, "id-card" in app.screen().choices) == (AppState.METHOD, True)


@pytest.mark.parametrize("country", ["FI", "US", "XX"])
def test_other_countries_are_not_served(lab: Lab, country: str) -> None:
    app = lab.app()
    app.register()
    assert refused(lambda: app.choose_country(country)).code is Code.COUNTRY_UNSUPPORTED
    assert at(app) == "COUNTRY"


@pytest.mark.parametrize("country", ["ee", "EST", "", "E", "E ", "EE\n", "ÉÉ"])
def test_what_is_no_country_is_a_bad_request(lab: Lab, country: str) -> None:
    app = lab.app()
    app.register()
    answer = refused(lambda: app.choose_country(country))
    assert (answer.code, answer.detail) == (Code.BAD_REQUEST, {"field": "country"})


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("bank-link", Code.METHOD_NOT_IMPLEMENTED),
        ("nfc", Code.METHOD_NOT_IMPLEMENTED),
        ("pigeon", Code.BAD_REQUEST),
    ],
)
def test_only_the_id_card_is_built(lab: Lab, method: str, code: Code) -> None:
    app = lab.app()
    app.register()
    app.choose_country("EE")
    assert refused(lambda: app.choose_method(method)).code is code


def test_terms_must_be_read_and_may_be_declined(lab: Lab) -> None:
    app = lab.app()
    app.register()
    app.choose_country("EE")
    app.choose_method()
    assert refused(lambda: app.accept_terms(scrolled=False)).code is Code.TERMS_NOT_READ
    app.decline_terms()
    assert at(app) == "METHOD"
    assert lab.watched.names == ["registration.started", "terms.declined"]
    assert not app.device.shares


def test_terms_may_be_read_for_an_hour(lab: Lab) -> None:
    app = lab.app()
    app.register()
    app.choose_country("EE")
    app.choose_method()
    lab.after(timedelta(hours=1))
    app.accept_terms()
    assert at(app) == "PIN1_SET"
    assert app.device.terms
    assert app.device.terms.accepted_at == START + timedelta(hours=1)


@pytest.mark.parametrize(
    ("pins", "code"),
    [
        (("123", PIN2), Code.PIN_TOO_SHORT),
        ((PIN1, "4271"), Code.PIN_TOO_SHORT),
        ((PIN1, "12345"), Code.PIN_TOO_WEAK),
        (("58362", "58362"), Code.PIN_EQUAL),
        ((PIN1, PIN2, "4272"), Code.PIN_REPEAT_MISMATCH),
        ((PIN1, PIN2, PIN1, "58363"), Code.PIN_REPEAT_MISMATCH),
    ],
)
def test_a_refused_pin_leaves_everything_as_it_was(lab: Lab, pins: tuple[str, ...], code: Code) -> None:
    app = lab.to_pins(lab.app())
    before = held(app)
    assert refused(lambda: app.choose_pins(*pins)).code is code
    assert held(app) == before
    app.choose_pins(PIN1, PIN2)
    assert at(app) == "CODE_SHOWN"


def test_pins_one_after_the_other(lab: Lab) -> None:
    app = lab.to_pins(lab.app())
    app.choose_pin1("9999999998", "9999999998")
    app.back()
    app.choose_pin1(PIN1, PIN1)
    assert refused(lambda: app.choose_pin2(PIN2, "58363")).code is Code.PIN_REPEAT_MISMATCH
    assert at(app) == "PIN2_SET"
    app.choose_pin2(PIN2, PIN2)
    assert at(app) == "CODE_SHOWN"


def test_proposed_pins_are_accepted_unchanged(lab: Lab) -> None:
    app = lab.to_pins(lab.app())
    app.choose_pins(*app.proposed_pins())
    assert at(app) == "CODE_SHOWN"
    assert app.screen().warnings == ()


def test_a_pin_that_begins_the_other_earns_a_warning(lab: Lab) -> None:
    app = lab.to_pins(lab.app())
    app.choose_pins("4271", "42719")
    assert app.screen().warnings == ("PIN_PREFIX",)


def test_a_warning_is_shown_and_never_stored(lab: Lab) -> None:
    """It would tell a thief of the store where to begin guessing (SID-PIN-015)."""
    plain, telling = lab.to_pins(lab.app()), lab.to_pins(lab.app("mari"))
    plain.choose_pins(PIN1, PIN2)
    telling.choose_pins("1980", "19805")
    assert telling.screen().warnings == ("PIN_PREFIX", "PIN_YEAR")
    assert "PIN_YEAR" not in repr(telling.device)
    assert vars(telling.device).keys() == vars(plain.device).keys()
    telling.restart()
    assert telling.screen().warnings == ()


def test_pins_cannot_be_recovered(lab: Lab) -> None:
    assert refused(lab.app().recover_pins).code is Code.PIN_UNRECOVERABLE


@pytest.mark.parametrize("after_pin1", [False, True])
def test_choosing_pins_times_out_at_five_minutes(lab: Lab, after_pin1: bool) -> None:
    app = lab.to_pins(lab.app())
    if after_pin1:
        app.choose_pin1(PIN1)
    lab.after(5 * MINUTE - MS)
    assert app.state in (AppState.PIN1_SET, AppState.PIN2_SET)
    lab.after(5 * MINUTE)
    assert (app.state, app.device.reason) == (AppState.TERMINATED, Reason.PIN_ENTRY_TIMEOUT)
    assert lab.watched.names[-1] == "registration.terminated"
    answer = refused(lambda: app.choose_pin1(PIN1))
    assert (answer.code, answer.detail["reason"]) == (Code.APP_BAD_STATE, Reason.PIN_ENTRY_TIMEOUT)


def test_the_store_of_the_app_holds_no_pin_and_the_core_no_share_of_the_app(lab: Lab) -> None:
    app = lab.to_code(lab.app())
    stored = repr(app.device)
    at_core = repr(lab.core.registration(app.device.registration))
    for secret in (PIN1, PIN2):
        assert f"'{secret}'" not in stored + at_core
    for share in app.device.shares.values():
        assert repr(share.blob) not in at_core
    assert not [value for value in vars(app).values() if value in (PIN1, PIN2)]


def test_the_code_is_shown_with_what_is_left_of_its_life(lab: Lab) -> None:
    app = lab.to_code(lab.app())
    lab.after(timedelta(minutes=14, seconds=59, milliseconds=999))
    screen = app.screen()
    assert screen.code.replace(" ", "") == app.device.code
    assert screen.expires_in == pytest.approx(0.001)


def test_an_untouched_code_expires_and_a_new_attempt_is_a_new_registration(lab: Lab) -> None:
    app = lab.to_code(lab.app())
    before, secret = app.device.registration, app.device.secret
    lab.after(15 * MINUTE - MS)
    assert at(app) == "CODE_SHOWN"
    lab.after(15 * MINUTE)
    assert (app.state, app.device.reason) == (AppState.EXPIRED, Reason.DEADLINE_PASSED)
    assert lab.watched.names[-2:] == ["registration.expired", "registration.abandoned"]
    assert not app.device.shares
    assert all(key.destroyed for key in lab.core.registration(before).keys.values())
    lab.to_code(app)
    assert app.device.registration != before
    assert app.device.secret != secret


def test_coming_to_the_foreground_refreshes_the_code_and_its_life(lab: Lab) -> None:
    app = lab.to_code(lab.app())
    first = app.device.code
    lab.after(10 * MINUTE)
    app.foreground()
    assert app.device.code != first
    assert lab.watched.names[-2:] == ["code.refreshed", "code.issued"]
    lab.after(25 * MINUTE - MS)
    assert at(app) == "CODE_SHOWN"
    lab.after(25 * MINUTE)
    assert at(app) == "EXPIRED"


def test_a_refreshed_code_may_keep_the_first_deadline(make_lab: Callable[..., Lab]) -> None:
    lab = make_lab(code_refresh_resets=False)
    app = lab.to_code(lab.app())
    lab.after(10 * MINUTE)
    app.foreground()
    lab.after(15 * MINUTE)
    assert at(app) == "EXPIRED"


def test_an_app_that_was_killed_goes_on_where_it_was(lab: Lab) -> None:
    app = lab.to_pins(lab.app())
    app.choose_pin1(PIN1)
    app.restart()
    assert at(app) == "PIN1_SET"  # PIN1 was in memory alone
    app.choose_pins(PIN1, PIN2)
    code = app.device.code
    app.restart()
    assert (app.state, app.device.code == code) == (AppState.CODE_SHOWN, False)


def test_a_deleted_app_abandons_its_registration(lab: Lab) -> None:
    app = lab.to_code(lab.app())
    app.delete()
    assert at(app) == "ABANDONED"
    assert lab.watched.names[-1] == "registration.abandoned"
    early = lab.app("mari")
    early.register()
    early.delete()
    assert early.state is AppState.ABANDONED


def test_one_account_per_device(lab: Lab) -> None:
    app, _, _ = lab.to_confirm()
    app.confirm_pin(1, PIN1)
    app.confirm_pin(2, PIN2)
    assert refused(app.register).code is Code.DEVICE_HAS_ACCOUNT
    assert at(app) == "ACTIVE"


def test_pins_of_a_card_and_of_an_account_may_be_the_same(lab: Lab) -> None:
    """SID-PIN-010: nothing on our side could notice."""
    app, card = lab.to_pins(lab.app()), lab.card(pins={"PIN1": PIN1, "PIN2": PIN2})
    app.choose_pins(PIN1, PIN2)
    visit = lab.to_code_entry(lab.visit(), card)
    visit.enter_code(app.device.code)
    lab.sign(visit, card)
    app.accept_identity()
    app.confirm_pin(1, PIN1)
    app.confirm_pin(2, PIN2)
    assert at(app) == "ACTIVE"


def test_every_candidate_pin_opens_the_stored_share(lab: Lab) -> None:
    app = lab.to_code(lab.app())
    share = app.device.shares[Use.AUTHENTICATION]
    opened = {share.opened(f"{pin:04d}", app.device.secret) for pin in range(0, 10_000, 500)}
    assert len(opened) == 20
    assert max(number.bit_length() for number in opened) <= 8 * len(share.blob)
