"""What the portal says no to between a login and an account, and how a visit ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest
from tests.web_browser.person import PHONE_PIN1, PHONE_PIN2, PIN2, Person, type_pin
from tests.web_browser.row import Reach, Row, said
from tests.web_browser.stage import BrowserLab

from softeid.harness.pki.status import followed, revoked, suspended
from softeid.harness.registration.app import App
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.visit import Visit

if TYPE_CHECKING:
    from playwright.sync_api import Page

WRONG = "000000000"
_GO = "main form .button:not(.second)"
_OTHER = said("common.problem")
_STEP_UP: Mapping[str, Any] = {"rules": {"step_up": True}}
_ONCE: Mapping[str, Any] = {"rules": {"guess_limit": 1}}
_OUT = "It was valid until 1 March 2026"


def field(name: str, error: str, at: str, state: str, reach: Reach, *told: str, **more: Any) -> Row:
    """A page that comes again, with what is wrong at its field."""
    advice = (_OTHER, said(f"error.{error}.title"), said(f"error.{error}.todo"), *told)
    return Row(name, reach, state, error, f"portal.{at}-title", told=advice, **more)


def page(name: str, error: str, state: str, reach: Reach, *told: str, **more: Any) -> Row:
    """A page of its own: the person stays logged in."""
    means, todo = said(f"error.{error}.means"), said(f"error.{error}.todo")
    told = (said("portal.refused-later"), means, todo, *told)
    return Row(name, reach, state, error, f"error.{error}.title", told=told, **more)


def over(name: str, reason: str, reach: Reach, error: str = "", *told: str, **more: Any) -> Row:
    """The end of a visit."""
    key = f"portal.closed-{reason}"
    told = (said("portal.closed-verdict"), said(f"{key}.means"), *told)
    return Row(name, reach, "CLOSED", error, f"{key}.title", told=told, **more)


def stop(one: Person, what: str = _GO) -> Page:
    """Press a button of the portal's page."""
    one.press(what)
    return one.page


# --- questions --------------------------------------------------------------------------------------


def _answering(
    email: str = "jaak@example.test", phone: str = "", consent: bool = True, press: str = _GO
) -> Reach:
    def reach(one: Person) -> Page:
        one.sit_down(one.logged_in(), "/questions")
        one.page.locator("#email").fill(email)
        one.page.locator("#phone").fill(phone)
        one.page.locator("#consent").set_checked(consent)
        return stop(one, press)

    return reach


QUESTIONS = [
    field("no e-mail", "EMAIL_REQUIRED", "questions", "QUESTIONS", _answering(""), status=400),
    field("no address", "EMAIL_INVALID", "questions", "QUESTIONS", _answering("nobody"), status=400),
    field("no phone", "PHONE_INVALID", "questions", "QUESTIONS", _answering(phone="5550 0100"), status=400),
    Row(
        "a forgotten tick",
        _answering(consent=False),
        "QUESTIONS",
        "",
        "portal.questions-title",
        told=(_OTHER, said("portal.consent-needed")),
        status=400,
    ),
    over("no consent", "CONSENT_REFUSED", _answering("", press="[name=decline]"), "CONSENT_REFUSED"),
]


# --- the code ---------------------------------------------------------------------------------------


def enter(one: Person, typed: str) -> Page:
    """Type a code."""
    one.page.locator("#code").fill(typed)
    return stop(one)


def _typing(*codes: str) -> Reach:
    def reach(one: Person) -> Page:
        one.sit_down(one.answered(), "/code")
        for code in codes:
            enter(one, code)
        return one.page

    return reach


def _used(one: Person) -> Page:
    app = one.app_with_code("Mari’s phone", "mari")
    code = app.device.code
    one.matched(app, owner="mari")
    one.sit_down(one.answered(), "/code")
    return enter(one, code)


def _given_up(one: Person) -> Page:
    app = one.app_with_code()
    code = app.device.code
    one.happen(lambda lab: app.delete())
    one.sit_down(one.answered(), "/code")
    return enter(one, code)


def _late(one: Person) -> Page:
    app = one.app_with_code()
    code = app.device.code
    one.sit_down(one.answered(), "/code")
    one.later(minutes=15)
    return enter(one, code)


def _other_country(one: Person) -> Page:
    app = one.app_with_code(country="LV")
    one.sit_down(one.answered(), "/code")
    return enter(one, app.device.code)


def _worn_out(one: Person) -> Page:
    for _ in range(3):
        visit = one.answered()
        one.happen(*[lambda lab, visit=visit: _wrong(visit)] * 3)
    one.sit_down(one.answered(), "/code")
    return enter(one, WRONG)


def _wrong(visit: Visit) -> None:
    with pytest.raises(Refused):
        visit.enter_code(WRONG)


def _renewed_by_another(one: Person) -> Page:
    app = one.account("Mari’s phone", "mari")
    one.later(days=3 * 365 - 20)
    one.happen(lambda lab: _renew(lab, app))
    one.sit_down(one.answered(), "/code")
    return enter(one, app.device.code)


def _renew(lab: BrowserLab, app: App) -> None:
    app.renew()
    app.choose_country("EE")
    app.choose_method()
    app.accept_terms()
    app.choose_pins(PHONE_PIN1, PHONE_PIN2)


def _core_down(one: Person) -> Page:
    one.sit_down(one.answered(), "/code")

    def cut(lab: BrowserLab) -> None:
        lab.portal.line.up = False

    one.happen(cut)
    return enter(one, WRONG)


_LEFT = [said("portal.code-hint", n=left) for left in range(3)]

CODE = [
    field("eight digits", "RC_FORMAT", "code", "CODE_ENTRY", _typing("123 456 78")),
    field("letters", "RC_FORMAT", "code", "CODE_ENTRY", _typing("12345678O")),
    field("wrong", "RC_WRONG", "code", "CODE_ENTRY", _typing(WRONG), _LEFT[2]),
    field(
        "wrong twice", "RC_WRONG", "code", "CODE_ENTRY", _typing(WRONG, WRONG), said("portal.code-hint", n=1)
    ),
    field("another's, and used", "RC_WRONG", "code", "CODE_ENTRY", _used, _LEFT[2]),
    field("given up", "RC_WRONG", "code", "CODE_ENTRY", _given_up, _LEFT[2]),
    field("after 15 minutes", "RC_EXPIRED", "code", "CODE_ENTRY", _late),
    field("core away", "CORE_UNAVAILABLE", "code", "CODE_ENTRY", _core_down),
    over("wrong three times", "RC_TOO_MANY", _typing(WRONG, WRONG, WRONG), "RC_TOO_MANY"),
    page("too many in a day", "RC_COOLDOWN", "CODE_ENTRY", _worn_out, "person"),
    page(
        "too many here",
        "RC_COOLDOWN",
        "CODE_ENTRY",
        _typing(WRONG, WRONG),
        "address",
        **_ONCE,
    ),
    page("another country", "COUNTRY_MISMATCH", "CODE_ENTRY", _other_country),
    page("another's account", "IDENTITY_MISMATCH", "CODE_ENTRY", _renewed_by_another),
]


# --- the review page --------------------------------------------------------------------------------


def _deciding(*choice: str) -> Reach:
    def reach(one: Person) -> Page:
        one.sit_down(one.matched(one.app_with_code("Jaak’s phone")), "/review")
        for what in choice:
            one.page.locator(what).check()
        return stop(one)

    return reach


def _stepping_up(*codes: str, last: str = _GO) -> Reach:
    def reach(one: Person) -> Page:
        one.sit_down(one.matched(one.app_with_code("Jaak’s phone")), "/review")
        one.page.locator("#mine").check()
        stop(one)
        for code in codes:
            one.page.locator("#otp").fill(code)
            stop(one)
        return stop(one, last) if last != _GO else one.page

    return reach


_TWO_LEFT = said("portal.otp-hint", n=2)
_PHONE = said("portal.closed-device", device=said("common.quoted", text="Jaak’s phone"))

REVIEW = [
    Row(
        "nothing chosen",
        _deciding(),
        "REVIEW",
        "",
        "portal.review-title",
        told=(_OTHER, said("portal.choose")),
        status=400,
    ),
    over("not my phone", "USER_REFUSED", _deciding("#other"), "USER_REFUSED", _PHONE),
    Row(
        "one more code",
        _stepping_up(),
        "REVIEW",
        "",
        "portal.step-up-title",
        **_STEP_UP,
    ),
    field(
        "wrong further code",
        "STEP_UP_FAILED",
        "step-up",
        "REVIEW",
        _stepping_up("1"),
        _TWO_LEFT,
        **_STEP_UP,
    ),
    over(
        "three wrong further codes",
        "STEP_UP_FAILED",
        _stepping_up("1", "2", "3"),
        "STEP_UP_FAILED",
        **_STEP_UP,
    ),
    over("no further code", "USER_REFUSED", _stepping_up(last="[name=stop]"), "USER_REFUSED", **_STEP_UP),
]


# --- the signature ----------------------------------------------------------------------------------


def _reviewing(name: str, reach: Reach, why: str = "cancelled") -> Row:
    told = (_OTHER, said("error.SIGN_ABORTED.title"), said(f"portal.aborted-{why}"))
    return Row(name, reach, "REVIEW", "SIGN_ABORTED", "portal.review-title", told=told)


def _signing(one: Person, state: str = "fresh") -> None:
    one.signing(one.app_with_code("Jaak’s phone"), one.card(state=state))


def _not_now(one: Person) -> Page:
    _signing(one)
    return stop(one, "[name=stop]")


def _no_pin2(one: Person) -> Page:
    _signing(one)
    one.certified().locator("[name=cancel]").click()
    return one.page


def _taken_out(one: Person) -> Page:
    _signing(one)
    one.certified().locator("[name=remove]").click()
    return one.page


def _blocked(one: Person) -> Page:
    _signing(one, state="pin2-blocked")
    one.certified().locator("[name=cancel]").click()
    return one.page


def _wrong_pin2(one: Person) -> Page:
    _signing(one)
    window = one.certified()
    for _ in range(3):
        type_pin(window, "99999999")
    window.wait_for_selector("body[data-state=PIN2_BLOCKED]")
    one.press("[name=cancel]", window)
    return one.page


def _with_another(person: str = "jaak", **card: object) -> Reach:
    """Sign with another card than that of the login."""

    def reach(one: Person) -> Page:
        _signing(one)
        one.card(person, **card)
        return one.sign(PIN2)

    return reach


def _since_login(change: str) -> Reach:
    def reach(one: Person) -> Page:
        card = one.card()
        one.signing(one.app_with_code("Jaak’s phone"), card)
        serial = card.issued.certificates["signature"].serial_number

        def say(lab: BrowserLab) -> None:
            now = lab.clock.now.replace(microsecond=0)
            wanted = revoked(now) if change == "revoked" else suspended(now)
            lab.authority.register.change(serial, lambda held: followed(held, wanted))

        one.happen(say)
        return one.sign()

    return reach


def _unchecked(one: Person) -> Page:
    _signing(one)
    one.happen(lambda lab: lab.spoil("down"))
    return one.sign()


SIGN = [
    _reviewing("not now", _not_now),
    _reviewing("cancelled at PIN2", _no_pin2),
    _reviewing("card taken out", _taken_out, "card_removed"),
    _reviewing("PIN2 blocked", _blocked),
    _reviewing("PIN2 wrong three times", _wrong_pin2),
    page("another's card", "SIGNER_MISMATCH", "REVIEW", _with_another("mari")),
    page("a card of other keys", "SIGN_INVALID", "REVIEW", _with_another(state="key-mismatch"), "signature"),
    page(
        "for logging in", "CERT_WRONG_PURPOSE", "REVIEW", _with_another(state="wrong-usage"), "nonRepudiation"
    ),
    page(
        "expired", "CERT_EXPIRED", "REVIEW", _with_another(state="expired"), "It was valid until 1 March 2026"
    ),
    page("revoked since the login", "CERT_REVOKED", "REVIEW", _since_login("revoked"), "login"),
    page("suspended since the login", "CERT_SUSPENDED", "REVIEW", _since_login("suspended"), "login"),
    page("OCSP down", "OCSP_UNAVAILABLE", "REVIEW", _unchecked, "down"),
]
