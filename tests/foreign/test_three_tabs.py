"""The six steps with three browser tabs, and the refusals that people meet most; in the system's Chromium."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from tests.foreign.running_lab import RunningLab, lab_up
from tests.foreign.three_tabs import PIN1, PIN2, PUK, SCREENSHOTS, ThreeTabs, shows, type_pin
from tests.foreign.user import User
from tests.harness.web.pages.lab_browser import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.chromium


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    port = "8440" if SCREENSHOTS in os.environ else "0"  # pictures have the addresses that people see
    with lab_up(User(tmp_path_factory.mktemp("home")), "--port", port, name="default") as up:
        yield up


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def tabs(browser: Browser, lab: RunningLab, request: pytest.FixtureRequest) -> Iterator[ThreeTabs]:
    album = request.node.name.removeprefix("test_")
    made = ThreeTabs(browser, lab, album)
    yield made
    for name, page in (("portal", made.portal), ("phone", made.phone), ("desk", made.desk)):
        made.picture(page, f"last-{name}")
    made.close()
    assert made.faults == []


def test_the_six_steps(tabs: ThreeTabs) -> None:
    tabs.picture(tabs.desk, "desk")
    tabs.take_card("mari")
    code = tabs.register_on_phone("Mari’s phone")
    tabs.log_in()
    tabs.answer()
    tabs.enter(code)
    tabs.confirm()
    tabs.sign()
    shows(tabs.portal, "CONFIRMED")
    tabs.picture(tabs.portal, "portal-wait")
    tabs.finish_on_phone()
    shows(tabs.portal, "DONE")
    tabs.picture(tabs.portal, "portal-done")
    for page in ("", "outbox", "audit", "faults", "settings", "persons/mari"):
        tabs.desk.goto(f"{tabs.lab.address('lab')}{page}")
        shows(tabs.desk, "LAB")
        tabs.picture(tabs.desk, f"lab-{page.replace('/', '-') or 'home'}")


def test_a_wrong_pin1_three_times_then_the_puk(tabs: ThreeTabs) -> None:
    tabs.take_card("mari")
    window = tabs.begin_login()
    for _ in range(2):
        type_pin(window, "9999")
        shows(window, "PIN1_ASKED", "PIN_WRONG")
    tabs.picture(window, "wrong")
    type_pin(window, "9999")
    shows(window, "PIN1_BLOCKED")
    tabs.picture(window, "blocked")
    shows(tabs.portal, "ANON", "")
    with window.expect_event("close"):
        window.get_by_role("button", name="Close").click()
    shows(tabs.portal, "ANON", "LOGIN_CANCELLED")
    tabs.picture(tabs.portal, "refused")
    tabs.desk.goto(f"{tabs.lab.address('desk')}pins/PIN1/unblock")
    for field, typed in (("#puk", PUK), ("#new", "2580"), ("#again", "2580")):
        tabs.desk.locator(field).fill(typed)
    tabs.picture(tabs.desk, "unblock")
    tabs.desk.get_by_role("button", name="Unblock PIN1").click()
    shows(tabs.desk, "CARD_INSERTED")
    tabs.log_in("2580")
    shows(tabs.portal, "QUESTIONS")


def test_a_blocked_pin1_is_unblocked_in_the_window(tabs: ThreeTabs) -> None:
    tabs.take_card("mari", "pin1-blocked")
    window = tabs.begin_login()
    shows(window, "PIN1_BLOCKED")
    window.get_by_role("link", name="Unblock PIN1").click()
    for field, typed in (("#puk", PUK), ("#new", "2580"), ("#again", "2580")):
        window.locator(field).fill(typed)
    window.get_by_role("button", name="Unblock PIN1").click()
    shows(window, "PIN1_ASKED")
    type_pin(window, "2580")
    shows(tabs.portal, "QUESTIONS")


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("expired", "CERT_EXPIRED"),
        ("revoked", "CERT_REVOKED"),
        ("suspended", "CERT_SUSPENDED"),
        ("not-yet-valid", "CERT_NOT_YET_VALID"),
        ("untrusted-issuer", "CERT_UNTRUSTED"),
        ("key-mismatch", "TOKEN_SIGNATURE"),
    ],
)
def test_a_card_that_the_portal_refuses(tabs: ThreeTabs, state: str, code: str) -> None:
    tabs.take_card("jaak", state)
    tabs.log_in()
    shows(tabs.portal, "ANON", code)
    tabs.picture(tabs.portal, "refused")


def test_a_wrong_code_three_times(tabs: ThreeTabs) -> None:
    tabs.take_card("toomas")
    right = tabs.register_on_phone("Toomas’ phone")
    tabs.log_in()
    tabs.answer("toomas@example.test")
    for _ in range(2):
        tabs.enter(_another(right))
        shows(tabs.portal, "CODE_ENTRY", "RC_WRONG")
    tabs.picture(tabs.portal, "wrong")
    tabs.enter(_another(right))
    shows(tabs.portal, "CLOSED", "RC_TOO_MANY")
    tabs.picture(tabs.portal, "closed")
    shows(tabs.phone, "CODE_SHOWN")


def test_a_code_after_fifteen_minutes(tabs: ThreeTabs) -> None:
    tabs.take_card("mary")
    code = tabs.register_on_phone("Mary’s phone")
    tabs.log_in()
    tabs.answer("mary@example.test")
    assert tabs.lab.softeid("clock", "--advance", "15m").code == 0
    tabs.enter(code)
    shows(tabs.portal, "CODE_ENTRY", "RC_EXPIRED")
    tabs.picture(tabs.portal, "expired")
    shows(tabs.phone, "EXPIRED")
    tabs.picture(tabs.phone, "phone-expired")


def test_no_on_the_review_page(tabs: ThreeTabs) -> None:
    tabs.take_card("peeter")
    code = tabs.register_on_phone("A thief’s phone")
    tabs.log_in()
    tabs.answer("peeter@example.test")
    tabs.enter(code)
    shows(tabs.portal, "REVIEW")
    tabs.portal.locator("#other").check()
    tabs.portal.get_by_role("button", name="Continue").click()
    shows(tabs.portal, "CLOSED")
    tabs.picture(tabs.portal, "closed")
    shows(tabs.phone, "REJECTED")
    tabs.picture(tabs.phone, "phone-rejected")


def test_not_me_on_the_phone(tabs: ThreeTabs) -> None:
    tabs.take_card("aadu")
    code = tabs.register_on_phone("Somebody’s phone")
    tabs.log_in()
    tabs.answer("aadu@example.test")
    tabs.enter(code)
    tabs.confirm()
    tabs.sign()
    shows(tabs.phone, "IDENTITY_CHECK")
    tabs.phone.locator("button[name=accept][value=no]").click()
    shows(tabs.phone, "REJECTED")
    shows(tabs.portal, "CLOSED")
    tabs.picture(tabs.portal, "closed")


def test_the_card_is_removed_while_the_pin_is_asked(tabs: ThreeTabs) -> None:
    tabs.take_card("leida")
    window = tabs.begin_login()
    shows(window, "PIN1_ASKED")
    window.get_by_role("button", name="Remove the card now").click()
    shows(tabs.portal, "ANON", "LOGIN_CANCELLED")
    tabs.picture(tabs.portal, "removed")
    tabs.desk.goto(tabs.lab.address("desk"))
    shows(tabs.desk, "READER_EMPTY")
    tabs.picture(tabs.desk, "desk-empty")


def test_cancelling_and_closing_the_window(tabs: ThreeTabs) -> None:
    tabs.take_card("leida")
    window = tabs.begin_login()
    shows(window, "PIN1_ASKED")
    window.get_by_role("button", name="Cancel").click()
    shows(tabs.portal, "ANON", "LOGIN_CANCELLED")
    tabs.window().close()
    shows(tabs.portal, "ANON", "LOGIN_CANCELLED")
    tabs.log_in()
    shows(tabs.portal, "QUESTIONS")


def test_a_wrong_pin2_and_no_signature(tabs: ThreeTabs) -> None:
    tabs.take_card("jaak")
    code = tabs.register_on_phone("Jaak’s phone")
    tabs.log_in(PIN1)
    tabs.answer("jaak@example.test")
    tabs.enter(code)
    tabs.confirm()
    window = tabs.window("sign")
    window.locator("button[name=go]").click()
    shows(window, "PIN2_ASKED")
    type_pin(window, "99999")
    shows(window, "PIN2_ASKED", "PIN_WRONG")
    window.get_by_role("button", name="Cancel").click()
    shows(tabs.portal, "REVIEW", "SIGN_ABORTED")
    tabs.picture(tabs.portal, "aborted")
    tabs.confirm()
    tabs.sign(PIN2)
    shows(tabs.portal, "CONFIRMED")
    shows(tabs.phone, "IDENTITY_CHECK")


def test_a_minor_and_a_guardian(tabs: ThreeTabs) -> None:
    tabs.take_card("kadri")
    code = tabs.register_on_phone("Kadri’s phone")
    tabs.log_in()
    tabs.answer("kadri@example.test")
    tabs.enter(code)
    tabs.confirm()
    tabs.sign()
    shows(tabs.portal, "CONFIRMED")
    tabs.picture(tabs.portal, "minor")
    link = tabs.portal.locator("section[aria-labelledby=guardian] code").inner_text()
    tabs.confirm_on_phone()
    shows(tabs.phone, "WAIT_GUARDIAN")
    tabs.picture(tabs.phone, "phone-waits")
    tabs.take_card("mari")
    tabs.forget_portal()
    tabs.portal.goto(link)
    type_pin(tabs.window(), PIN1)
    shows(tabs.portal, "REVIEW")
    tabs.picture(tabs.portal, "guardian-review")
    tabs.portal.locator("input[name=agree][value=yes]").check()
    tabs.portal.get_by_role("button", name="Continue").click()
    shows(tabs.portal, "SIGNING")
    tabs.sign()
    shows(tabs.portal, "DONE")
    tabs.picture(tabs.portal, "guardian-done")
    shows(tabs.phone, "READY")


def _another(code: str) -> str:
    """A code that differs from a right one in its last digit, and its check digit with it."""
    return f"{code[:-1]}{(int(code[-1]) + 1) % 10}"
