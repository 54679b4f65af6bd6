"""Self-service that refuses, addresses and requests that are none, and Web eID without an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.web_browser.person import PIN1, Person, type_pin
from tests.web_browser.portal_rows import field, stop
from tests.web_browser.row import Reach, Row, said

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route


# --- self-service, and what is no page --------------------------------------------------------------


def _deleting(typed: str, gone: bool) -> Reach:
    def reach(one: Person) -> Page:
        app = one.account("Jaak’s phone")
        number = app.screen().document_number
        one.sit_down(one.logged_in(), f"/selfservice/{number}/delete")
        if gone:
            one.happen(lambda lab: app.account.delete("OK"))
        one.page.locator("#confirmation").fill(typed)
        return stop(one, "main form button")

    return reach


def _nobody(one: Person) -> Page:
    one.sit_down(one.logged_in(), "/questions")
    return one.open("/selfservice/PNOEE-30303039914-AAAA-Q/delete")


def _cookies_off(one: Person) -> Page:
    one.sit_down(one.logged_in(), "/questions")
    one.forget_cookies()
    return stop(one)


def _forged(one: Person) -> Page:
    """The page stood open while somebody else logged in, in another tab."""
    one.sit_down(one.logged_in(), "/questions")
    first, one.page = one.page, one.tab()
    one.sit_down(one.logged_in(owner="mari"), "/questions")
    one.press("main .button", first)
    return first


def _long(letters: int) -> Reach:
    def reach(one: Person) -> Page:
        one.sit_down(one.logged_in(), "/questions")
        one.page.locator("#email").fill("a" * letters)
        return stop(one)

    return reach


def _without_world(one: Person) -> Page:
    one.open("/")
    one.stage.site.portal = None
    return stop(one, "main .button")


def _bug(one: Person) -> Page:
    one.open("/")

    def broken(session: str) -> None:
        raise ZeroDivisionError

    one.lab.portal.found = broken  # type: ignore[method-assign, assignment]
    stop(one, "main .button")
    one.await_page(one.page, "ERROR", "INTERNAL_ERROR")
    one.stage.faults.clear()
    return one.page


def _other_name(one: Person) -> Page:
    one.page.goto(one.stage.origins["portal"].replace("localhost", "127.0.0.1"))
    return one.page


_BARE = ("Refused to apply style", "Applying inline style", "(index 0)")
"""What a page under a foreign name provokes: it gets no stylesheet, since that has the same name."""


def _alone(name: str, error: str, about: str, status: int, reach: Reach, **more: Any) -> Row:
    told = (said(f"portal.{about}.text"),)
    return Row(name, reach, "ERROR", error, f"portal.{about}.title", told=told, status=status, **more)


ELSEWHERE = [
    Row(
        "account not deleted",
        _deleting("yes", gone=False),
        "QUESTIONS",
        "BAD_REQUEST",
        "portal.delete-title",
        device="Jaak’s phone",
        told=(said("portal.confirmation-wrong"),),
    ),
    field("account gone", "BAD_REQUEST", "accounts", "QUESTIONS", _deleting("OK", gone=True)),
    _alone("nobody's account", "NOT_FOUND", "not_found", 404, _nobody),
    _alone("no such page", "NOT_FOUND", "not_found", 404, lambda one: one.open("/nowhere")),
    _alone("only for forms", "METHOD_NOT_ALLOWED", "bad_request", 405, lambda one: one.open("/report")),
    _alone("another name", "MISDIRECTED_REQUEST", "bad_request", 421, _other_name, provokes=_BARE),
    _alone("no cookies", "COOKIES_REQUIRED", "cookies", 403, _cookies_off),
    Row("forged", _forged, "ERROR", "CSRF", "error.CSRF.title", told=(said("error.CSRF.todo"),), status=403),
    _alone("a very long answer", "BAD_REQUEST", "bad_request", 400, _long(1_001)),
    _alone("too much", "CONTENT_TOO_LARGE", "bad_request", 413, _long(70_000)),
    _alone("no store", "CORE_UNAVAILABLE", "maintenance", 503, _without_world, provokes=("503",)),
    _alone("a bug of ours", "INTERNAL_ERROR", "maintenance", 500, _bug, provokes=("500",)),
]


# --- Web eID without an answer ----------------------------------------------------------------------


def _no_extension(one: Person) -> Page:
    one.page.route("**/desk-extension.js", _abort)
    one.open("/login")
    one.page.clock.fast_forward(1000)
    return stop(one, "[data-web-eid]")


def _no_desk(one: Person) -> Page:
    one.card()
    one.page.route("**/api/prompts", _abort)
    one.open("/login")
    one.page.clock.fast_forward(1000)
    return stop(one, "[data-web-eid]")


def _abort(route: Route) -> None:
    route.abort()


def _in_the_window(press: str = "", state: str = "fresh") -> Reach:
    """The window is open, and the person does something else there than typing the PIN."""

    def reach(one: Person) -> Page:
        if state:
            one.card(state=state)
        one.open("/login")
        window = one.ask()
        if press:
            one.press(press, window)
        else:
            window.close()
        return one.page

    return reach


def _pin1_wrong(one: Person) -> Page:
    one.card(state="pin1-last-try")
    one.open("/login")
    window = one.ask()
    type_pin(window, PIN1[::-1])
    window.wait_for_selector("body[data-state=PIN1_BLOCKED]")
    one.press("[name=cancel]", window)
    return one.page


def _web_eid(name: str, code: str, reach: Reach, error: str = "LOGIN_CANCELLED", *provokes: str) -> Row:
    told = (said("common.problem"), said(f"portal.{code}"), code)
    return Row(name, reach, "ANON", error, "portal.login-title", told=told, provokes=provokes)


_USER, _FATAL = "ERR_WEBEID_USER_CANCELLED", "ERR_WEBEID_NATIVE_FATAL"
_EXTENSION, _NATIVE = "ERR_WEBEID_EXTENSION_UNAVAILABLE", "ERR_WEBEID_NATIVE_UNAVAILABLE"
_CANCEL, _REMOVE = "[name=cancel]", "[name=remove]"

WEB_EID = [
    _web_eid("cancelled", _USER, _in_the_window(_CANCEL)),
    _web_eid("window closed", _USER, _in_the_window()),
    _web_eid("card removed", _FATAL, _in_the_window(_REMOVE)),
    _web_eid("no card", _USER, _in_the_window(_CANCEL, "")),
    _web_eid("PIN1 blocked", _USER, _in_the_window(_CANCEL, "pin1-blocked")),
    _web_eid("PIN1 wrong for the last time", _USER, _pin1_wrong),
    _web_eid("no extension", _EXTENSION, _no_extension, _EXTENSION, "ERR_FAILED"),
    _web_eid("no card desk", _NATIVE, _no_desk, _NATIVE, "ERR_FAILED"),
]
