"""How visits to the portal end: by themselves, or on the phone."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from tests.web_browser.person import PHONE_PIN1, PHONE_PIN2, Person
from tests.web_browser.portal_rows import over, stop
from tests.web_browser.row import Reach, said
from tests.web_browser.stage import BrowserLab

from softeid.harness.registration.app import App
from softeid.harness.registration.refusal import Refused

if TYPE_CHECKING:
    from playwright.sync_api import Page

_NO = "button[name=accept][value=no]"
_DUE, _NEW = "DEADLINE_PASSED", "TERMS_OUTDATED"
_PHONE = said("portal.closed-device", device=said("common.quoted", text="Phone"))


# --- by themselves ----------------------------------------------------------------------------------


def _after(path: str, **time: float) -> Reach:
    """Come back to the page too late."""

    def reach(one: Person) -> Page:
        if path == "/questions":
            one.sit_down(one.logged_in(), path)
        elif path == "/sign":
            one.signing(one.app_with_code())
        else:
            one.sit_down(one.matched(one.app_with_code()), path)
        one.later(**time)
        return stop(one, "main [name=stop]" if path == "/sign" else "main .button")

    return reach


def _logout(one: Person) -> Page:
    one.sit_down(one.logged_in(), "/questions")
    return stop(one, "form[action='/logout'] button")


def _restarted(one: Person) -> Page:
    one.sit_down(one.logged_in(), "/questions")
    one.happen(lambda lab: lab.portal.restart())
    return stop(one)


def _reported(one: Person) -> Page:
    one.sit_down(one.signed(one.app_with_code()), "/wait")
    return stop(one, "form[action='/report'] button")


# --- on the phone -----------------------------------------------------------------------------------


def _on_phone(*deeds: Any, press: str = "") -> Reach:
    """Something happens to the phone while the portal waits for it."""

    def reach(one: Person) -> Page:
        app = one.app_with_code()
        one.sit_down(one.signed(app), "/wait")
        if press:
            phone = one.open(f"/phones/{app.device.phone_id}", "phones", one.tab())
            one.press(press, phone)
        for deed in deeds:
            one.happen(partial(deed, app=app))
        return one.page

    return reach


def _accept(lab: BrowserLab, app: App) -> None:
    app.accept_identity()


def _pin1(lab: BrowserLab, app: App) -> None:
    app.confirm_pin(1, PHONE_PIN1)


def _pin2(lab: BrowserLab, app: App) -> None:
    app.confirm_pin(2, PHONE_PIN2)


def _refused_pin2(lab: BrowserLab, app: App) -> None:
    with pytest.raises(Refused):
        app.confirm_pin(2, PHONE_PIN2)


def _wrong(lab: BrowserLab, app: App) -> None:
    with pytest.raises(Refused):
        app.confirm_pin(1, "11111111")


def _pass(**time: float) -> Any:

    def pass_by(lab: BrowserLab, app: App) -> None:
        lab.core.move_clock(lab.clock.now + timedelta(**time))

    return pass_by


def _no_authority(lab: BrowserLab, app: App) -> None:
    lab.core.authority_answers = False


def _new_terms(lab: BrowserLab, app: App) -> None:
    lab.core.terms_version = "2027-01"


ENDS = [
    over("idle", "IDLE", _after("/questions", minutes=31)),
    over(
        "deadline at the review", "DEADLINE_PASSED", _after("/review", minutes=16), "DEADLINE_PASSED", _PHONE
    ),
    over("deadline at the signature", _DUE, _after("/sign", minutes=16), _DUE),
    over("logged out", "LOGOUT", _logout),
    over("restarted", "RESTART", _restarted, rules={"portal_sessions": "lost"}),
    over("reported as fraud", "REPORTED", _reported, "", _PHONE),
    over("not me", "APP_REJECTED", _on_phone(press=_NO), "APP_REJECTED", _PHONE),
    over("app deleted", "ABANDONED", _on_phone(press="[value=uninstall]"), "APP_REJECTED"),
    over("wrong PINs", "PIN_CONFIRM_FAILED", _on_phone(_accept, _wrong, _wrong, _wrong)),
    over("slow PINs", "PIN_ENTRY_TIMEOUT", _on_phone(_accept, _pass(minutes=6)), "PIN_ENTRY_TIMEOUT"),
    over("slow phone", "CONFIRM_TIMEOUT", _on_phone(_pass(minutes=16)), "CONFIRM_TIMEOUT"),
    over(
        "no certificates",
        "CA_UNAVAILABLE",
        _on_phone(_no_authority, _accept, _pin1, _pin2, _pass(minutes=1)),
        "CA_UNAVAILABLE",
    ),
    over("new terms", _NEW, _on_phone(_new_terms, _accept, _pin1, _refused_pin2), _NEW),
]
