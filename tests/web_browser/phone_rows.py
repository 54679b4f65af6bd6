"""What the phone says no to, from the list of phones to the last step."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.web_browser.person import PHONE_PIN1, PHONE_PIN2, Person
from tests.web_browser.row import Reach, Row, said
from tests.web_browser.stage import BrowserLab

from softeid.harness.person import persons
from softeid.harness.registration.refusal import Refused

if TYPE_CHECKING:
    from playwright.sync_api import Page

OTHER_PIN = "90817263"
AGAIN = "main .low a.button"


def typed(name: str, key: str, state: str, heading: str, pin: int, reach: Reach, **values: Any) -> Row:
    """A PIN that is not taken: the pad comes again and says why."""
    told = (said("common.problem"), said(f"phone.refused.{key}", pin=pin, **values))
    pins, error = {"pin": f"PIN{pin}"}, key.partition(".")[0]
    return Row(name, reach, state, error, f"phone.pin-{heading}", pins, told=told)


def refusal(name: str, code: str, state: str, reach: Reach, *, error: str | None = None, **more: Any) -> Row:
    """A screen of its own."""
    told = (said("phone.cannot-go-on"), said(f"phone.advice.{code}"))
    error = code if error is None else error
    return Row(name, reach, state, error, f"phone.refused.{code}", told=told, **more)


def ended(name: str, words: str, reach: Reach, error: str = "", **more: Any) -> Row:
    """The end of a registration, or of an account."""
    key = f"phone.ended.{words}"
    account = words in ("CLOSED", "KEY_DESTROYED", "ACCOUNT_EXPIRED")
    told = (said("phone.ended-account" if account else "phone.ended-registration"), said(f"{key}.text"))
    state = "ACTIVE" if account else words.partition(".")[0]
    return Row(name, reach, state, error, f"{key}.title", told=told, **more)


# --- the list, country, method, terms ---------------------------------------------------------------


def _adding(**typed: str) -> Reach:
    def reach(one: Person) -> Page:
        one.open("/", "phones")
        for field, value in {"name": "Phone", **typed}.items():
            one.page.locator(f"#{field}").fill(value)
        one.press("form[action='/phones'] .button")
        return one.page

    return reach


def _list(name: str, field: str, value: str) -> Row:
    told = (said("common.problem"), said(f"phone.refused.{'name' if field == 'name' else 'BAD_REQUEST'}"))
    reach = _adding(**{field: value})
    return Row(name, reach, "PHONES", "BAD_REQUEST", "phone.list-title", told=told, status=400)


def _beginning(**facts: Any) -> Reach:
    def reach(one: Person) -> Page:
        one.look(one.phone(**facts))
        one.press("form[action$='/register'] button")
        return one.page

    return reach


def _country(code: str) -> Reach:
    def reach(one: Person) -> Page:
        app = one.phone()
        one.happen(lambda lab: app.register())
        one.look(app)
        one.press("main summary:not(.tongues summary)")
        one.page.locator("#country").fill(code)
        one.press("form:has(#country) .button")
        return one.page

    return reach


def _choice(name: str, error: str, state: str, heading: str, reach: Reach) -> Row:
    told = (said("common.problem"), said(f"phone.refused.{error}"), said(f"phone.advice.{error}"))
    return Row(name, reach, state, error, f"phone.{heading}", told=told)


def _method(one: Person) -> Page:
    app = one.phone()
    one.happen(lambda lab: app.register(), lambda lab: app.choose_country("EE"))
    one.look(app)
    one.press("button[value=bank-link]")
    return one.page


def _unread(one: Person) -> Page:
    app = one.phone()
    one.happen(
        lambda lab: app.register(), lambda lab: app.choose_country("EE"), lambda lab: app.choose_method()
    )
    one.look(app)
    one.page.locator("button[name=accept][value=yes]").evaluate("(one) => one.form.requestSubmit(one)")
    return one.page


# --- PINs -------------------------------------------------------------------------------------------


def _choosing(*pins: str) -> Reach:
    def reach(one: Person) -> Page:
        one.look(one.app_at_pins())
        return one.type(*pins)

    return reach


def _on_the_pad(one: Person) -> Page:
    one.look(one.app_at_pins())
    for key in (*"427", "ok"):
        one.press(f"#pad button[value='{key}']")
    return one.page


_ONE, _TWO = (PHONE_PIN1, PHONE_PIN1), (PHONE_PIN2, PHONE_PIN2)


def _weak(rule: str, pin: str) -> Row:
    return typed(rule, f"PIN_TOO_WEAK.{rule}", "PIN1_SET", "choose", 1, _choosing(pin))


PINS = [
    _list("no name", "name", " "),
    _list("no version", "app_version", "three"),
    _list("no address", "address", "somewhere"),
    refusal("app too old", "APP_TOO_OLD", "HOME", _beginning(app_version="0.9")),
    refusal("rooted", "DEVICE_NOT_ALLOWED", "HOME", _beginning(rooted=True), rules={"rooted": "deny"}),
    _choice("Finland", "COUNTRY_UNSUPPORTED", "COUNTRY", "country-title", _country("FI")),
    _choice("no country", "BAD_REQUEST", "COUNTRY", "country-title", _country("F1")),
    _choice("bank link", "METHOD_NOT_IMPLEMENTED", "METHOD", "method-title", _method),
    _choice("terms unread", "TERMS_NOT_READ", "TERMS", "terms-title", _unread),
    typed("three digits", "PIN_TOO_SHORT", "PIN1_SET", "choose", 1, _on_the_pad),
    typed("nothing", "PIN_TOO_SHORT", "PIN1_SET", "choose", 1, _choosing("")),
    typed("letters", "PIN_FORMAT", "PIN1_SET", "choose", 1, _choosing("4827o935")),
    _weak("all-equal", "7777"),
    _weak("ascending", "3456"),
    _weak("descending", "8765"),
    _weak("middle-column", "2580"),
    _weak("repeated-pair", "484848"),
    typed(
        "two entries",
        "PIN_REPEAT_MISMATCH",
        "PIN1_SET",
        "choose",
        1,
        _choosing(PHONE_PIN1, PHONE_PIN2),
    ),
    typed("four digits", "PIN_TOO_SHORT", "PIN2_SET", "choose", 2, _choosing(*_ONE, "8391")),
    typed("the same", "PIN_EQUAL", "PIN2_SET", "choose", 2, _choosing(*_ONE, *_ONE)),
]


# --- the last step ----------------------------------------------------------------------------------


def _confirming(*pins: str) -> Reach:
    def reach(one: Person) -> Page:
        one.look(one.app_at_confirm())
        return one.type(*pins)

    return reach


def _birthday(one: Person) -> Page:
    born: date = persons()["jaak"].birth_date
    app, card = one.app_at_pins(), one.card()
    one.happen(lambda lab: app.choose_pins(f"{born:%d%m%Y}", PHONE_PIN2))
    one.signed(app, card)
    one.look(app)
    one.press("button[name=accept][value=yes]")
    return one.page


def _nine_times(one: Person) -> Page:
    app = one.app_at_confirm()

    def wrong(lab: BrowserLab) -> None:
        lab.core.move_clock(lab.clock.now + timedelta(days=2))
        for _ in range(3):
            with pytest.raises(Refused):
                app.confirm_pin(1, OTHER_PIN)

    one.happen(*[wrong] * 2, lambda lab: lab.core.move_clock(lab.clock.now + timedelta(days=2)))
    one.look(app)
    return one.type(*[OTHER_PIN] * 3)


def _offline(one: Person) -> Page:
    one.look(one.app_at_identity())
    one.press("button[value=offline]")
    return one.page


def _no_network(one: Person) -> Page:
    one.look(one.app_at_pins())
    one.press("button[value=offline]")
    return one.type(*_ONE, *_TWO)


def _old_tab(one: Person) -> Page:
    app = one.app_at_identity()
    one.look(app)
    one.happen(lambda lab: app.accept_identity())
    one.press("button[name=accept][value=yes]")
    return one.page


_LOCKS = {"on_three": "lock"}
_LONG = {"on_three": "lock", "t_confirm": timedelta(days=30), "t_pin_entry": timedelta(days=30)}

CONFIRM = [
    typed(
        "wrong PIN1",
        "PIN_WRONG",
        "PIN1_CONFIRM",
        "confirm",
        1,
        _confirming(OTHER_PIN),
        attempts_left=2,
    ),
    typed(
        "wrong PIN2",
        "PIN_WRONG",
        "PIN2_CONFIRM",
        "confirm",
        2,
        _confirming(PHONE_PIN1, OTHER_PIN, OTHER_PIN),
        attempts_left=1,
    ),
    typed("no digits", "PIN_FORMAT", "PIN1_CONFIRM", "confirm", 1, _confirming("no digits")),
    Row(
        "locked",
        _confirming(*[OTHER_PIN] * 3),
        "PIN1_CONFIRM",
        "PIN_WRONG",
        "phone.pin-confirm",
        {"pin": "PIN1"},
        told=(said("phone.locked-title", pin="PIN1"), "2 March 2026, 12:00"),
        untold=(said("phone.advice.PIN_WRONG"),),
        rules=_LOCKS,
    ),
    ended("destroyed", "LOCKED", _nine_times, "PIN_WRONG", rules=_LONG),
    ended("wrong three times", "TERMINATED.PIN_CONFIRM_FAILED", _confirming(*[OTHER_PIN] * 3), "PIN_WRONG"),
    Row(
        "birthday",
        _birthday,
        "IDENTITY_CHECK",
        "PIN_TOO_WEAK",
        "phone.refused.PIN_TOO_WEAK",
        {"pin": 1},
        told=(said("phone.cannot-go-on"),),
        rules={"pin_deny_birthday": True},
    ),
    refusal("offline", "CORE_UNAVAILABLE", "IDENTITY_CHECK", _offline, error=""),
    refusal("keys not sent", "CORE_UNAVAILABLE", "PIN2_SET", _no_network),
    typed("an old tab", "APP_BAD_STATE", "PIN1_CONFIRM", "confirm", 1, _old_tab),
]
