"""How registrations and accounts end on the phone, and what an account refuses."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from tests.web_browser.guardian_rows import kadris, says_no
from tests.web_browser.person import PHONE_PIN1, PHONE_PIN2, Person
from tests.web_browser.phone_rows import AGAIN, OTHER_PIN, ended, refusal, typed
from tests.web_browser.row import Reach, Row, said
from tests.web_browser.stage import BrowserLab

from softeid.harness.pki.leaf import Use
from softeid.harness.registration.app import App
from softeid.harness.registration.refusal import Refused

if TYPE_CHECKING:
    from playwright.sync_api import Page


# --- ends -------------------------------------------------------------------------------------------


def _left(app_of: str, *deeds: Any, press: str = AGAIN) -> Reach:
    """Something happens, and the person looks at the phone."""

    def reach(one: Person) -> Page:
        app: App = getattr(one, app_of)()
        one.look(app)
        for deed in deeds:
            one.happen(partial(deed, app=app))
        if press:
            one.press(press)
        return one.page

    return reach


def _pass(**time: float) -> Any:
    def pass_by(lab: BrowserLab, app: App) -> None:
        lab.core.move_clock(lab.clock.now + timedelta(**time))

    return pass_by


def _refused_on_portal(one: Person) -> Page:
    app = one.app_with_code()
    visit = one.matched(app)
    one.look(app)
    one.happen(lambda lab: visit.cancel())
    one.press(AGAIN)
    return one.page


def _reported(one: Person) -> Page:
    app = one.app_with_code()
    visit = one.signed(app)
    one.look(app)
    one.happen(lambda lab: visit.report())
    return one.page


def _not_renewed(one: Person) -> Page:
    app = one.account("Mari’s phone", "mari")
    one.later(days=3 * 365 - 20)
    one.happen(
        lambda lab: app.renew(),
        lambda lab: app.choose_country("EE"),
        lambda lab: app.choose_method(),
        lambda lab: app.accept_terms(),
        lambda lab: app.choose_pins(PHONE_PIN1, PHONE_PIN2),
    )
    one.look(app)
    visit = one.answered()

    def enter(lab: BrowserLab) -> None:
        with pytest.raises(Refused):
            visit.enter_code(app.device.code)

    one.happen(enter)
    return one.page


def _last_pin(*deeds: Any) -> Reach:
    """Both PINs are typed, and then no certificate comes."""

    def reach(one: Person) -> Page:
        app = one.app_at_confirm()
        one.look(app)
        for deed in deeds:
            one.happen(deed)
        one.type(PHONE_PIN1, PHONE_PIN2)
        one.happen(lambda lab: lab.core.move_clock(lab.clock.now + timedelta(minutes=1)))
        return one.page

    return reach


def _no_authority(lab: BrowserLab) -> None:
    lab.core.authority_answers = False


def _new_terms(lab: BrowserLab) -> None:
    lab.core.terms_version = "2027-01"


def _minor(one: Person) -> None:
    """A minor's phone waits for a guardian."""
    one.look(kadris(one, one.app_at_confirm))
    one.type(PHONE_PIN1, PHONE_PIN2)
    one.page.wait_for_selector("body[data-state=WAIT_GUARDIAN]")


def _no_guardian(one: Person) -> Page:
    _minor(one)
    one.later(days=8)
    one.press(AGAIN)
    return one.page


def _guardian_refused(one: Person) -> Page:
    _minor(one)
    link = one.page.locator(".person code").inner_text().rpartition("/")[2]
    card = one.card("mari")
    one.happen(lambda lab: says_no(lab, link, card))
    one.press(AGAIN)
    return one.page


_PROPOSE, _STOP = (f"form[action$='/{what}'] button" for what in ("propose", "stop"))

ENDED = [
    ended("code not typed", "EXPIRED", _left("app_with_code", _pass(minutes=16), press="")),
    ended(
        "PINs not chosen",
        "TERMINATED.PIN_ENTRY_TIMEOUT",
        _left("app_at_pins", _pass(minutes=6), press=_PROPOSE),
    ),
    ended("too slow", "TERMINATED.CONFIRM_TIMEOUT", _left("app_at_identity", _pass(minutes=16), press="")),
    ended("given up", "ABANDONED", _left("app_with_code", press=_STOP)),
    ended("not me", "REJECTED.NOT_ME", _left("app_at_identity", press="button[value=no]")),
    ended("refused at the computer", "REJECTED.PORTAL_REFUSED", _refused_on_portal),
    ended("reported", "TERMINATED.REPORTED", _reported),
    ended("another person", "TERMINATED.IDENTITY_MISMATCH", _not_renewed),
    ended("no certificates", "TERMINATED.CA_UNAVAILABLE", _last_pin(_no_authority)),
    ended("new terms", "TERMINATED.TERMS_OUTDATED", _last_pin(_new_terms), "TERMS_OUTDATED"),
    ended("no guardian in time", "TERMINATED.GUARDIAN_LINK_EXPIRED", _no_guardian),
    ended("a guardian said no", "REJECTED.GUARDIAN_REFUSED", _guardian_refused),
]


# --- the account ------------------------------------------------------------------------------------


def _own(path: str, *presses: str) -> Reach:
    def reach(one: Person) -> Page:
        one.look(one.account(), path)
        for what in presses:
            one.press(what)
        return one.page

    return reach


def _using(*pins: str) -> Reach:
    def reach(one: Person) -> Page:
        one.look(one.account(), "/account")
        one.press("button[name=use][value=authentication]")
        return one.type(*pins)

    return reach


def _key_destroyed(one: Person) -> Page:
    app = one.account()

    def wrong(lab: BrowserLab) -> None:
        for _ in range(3):
            with pytest.raises(Refused):
                app.account.use_key(Use.AUTHENTICATION, OTHER_PIN, b"")
        lab.core.move_clock(lab.clock.now + timedelta(days=2))

    one.happen(wrong, wrong)
    one.look(app, "/account")
    one.press("button[name=use][value=authentication]")
    return one.type(*[OTHER_PIN] * 3)


def _not_ok(one: Person) -> Page:
    one.look(one.account(), "/delete")
    one.page.locator("#typed").fill("yes")
    one.press("form:has(#typed) .button")
    return one.page


def _deleted(one: Person) -> Page:
    one.look(one.account(), "/delete")
    one.page.locator("#typed").fill("OK")
    one.press("form:has(#typed) .button")
    return one.page


def _run_out(one: Person) -> Page:
    one.look(one.account(), "/account")
    one.later(days=3 * 366)
    one.press("button[name=use][value=authentication]")
    return one.page


def _copied(one: Person) -> Page:
    """A copy of the phone, after its owner has used the key once more."""
    app = one.account()
    one.look(app)
    one.press("button[value=clone]")
    one.page.wait_for_selector("body[data-state]")
    path = one.page.url.replace(one.stage.origins["phones"], "")

    def use(lab: BrowserLab) -> None:
        app.account.use_key(Use.AUTHENTICATION, PHONE_PIN1, b"")

    one.happen(use)
    one.open(f"{path}/account", "phones")
    one.press("button[name=use][value=authentication]")
    return one.type(PHONE_PIN1)


_REGISTER, _RECOVER = (f"form[action$='/{what}'] button" for what in ("register", "recover"))

ACCOUNT = [
    refusal("another account", "DEVICE_HAS_ACCOUNT", "READY", _own("/account", _REGISTER)),
    refusal("forgotten PIN", "PIN_UNRECOVERABLE", "READY", _own("/account", _RECOVER)),
    typed("wrong PIN", "PIN_WRONG", "READY", "use", 1, _using(OTHER_PIN), attempts_left=2),
    ended("destroyed", "KEY_DESTROYED", _key_destroyed, "PIN_WRONG"),
    ended("a copy", "KEY_DESTROYED", _copied, "KEY_DESTROYED"),
    Row(
        "not deleted",
        _not_ok,
        "READY",
        "BAD_REQUEST",
        "phone.delete-title",
        told=(said("common.problem"), said("phone.refused.not-ok")),
    ),
    ended("deleted", "CLOSED", _deleted),
    ended("run out", "ACCOUNT_EXPIRED", _run_out),
    Row(
        "locked",
        _using(*[OTHER_PIN] * 3),
        "READY",
        "PIN_WRONG",
        "phone.pin-use",
        {"pin": "PIN1"},
        told=(said("phone.locked-title", pin="PIN1"), "2 March 2026, 12:00"),
    ),
    Row(
        "no such phone",
        lambda one: one.open("/phones/0123", "phones"),
        "ERROR",
        "NOT_FOUND",
        "portal.not_found.title",
        status=404,
    ),
]
