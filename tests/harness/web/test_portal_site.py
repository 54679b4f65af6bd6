"""The portal's pages, walked with a browser that runs no script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.harness.registration.conftest import ORIGIN, PIN1, PIN2, Lab
from tests.harness.web.portal_lab import LOGIN_HOST, PortalLab, where

from softeid.harness.pki.leaf import Use
from softeid.harness.registration.login_ticket import Hint, How
from softeid.harness.registration.portal_life import PORTAL_LIFE
from softeid.harness.registration.vocabulary import PortalState
from softeid.harness.web.messages import text
from softeid.harness.web.portal_card import present
from softeid.harness.web.portal_map import PLACES, home

MakeLab = Callable[..., Lab]


def test_the_six_steps_by_forms_alone(portal: PortalLab) -> None:
    card, browser = portal.lab.card(), portal.browser()
    page = browser.open("/")
    assert where(page) == ("/", "ANON", "")
    assert portal.policy.origin.removeprefix("https://") in page.text
    page, app = portal.to_wait(browser, card)
    assert where(page) == ("/wait", "CONFIRMED", "")
    app.accept_identity()
    app.confirm_pin(1, PIN1)
    app.confirm_pin(2, PIN2)
    page = browser.open("/wait")
    assert where(page) == ("/done", "DONE", "")
    number = app.screen().document_number
    assert number in page.text
    page = browser.open("/selfservice")
    assert number in page.text
    page = browser.open(f"/selfservice/{number}/delete")
    page = browser.send(page, f"/selfservice/{number}/delete", confirmation="ok")
    assert page.error == "BAD_REQUEST"
    assert text("en", "portal.confirmation-wrong") in page.text
    page = browser.send(page, f"/selfservice/{number}/delete", confirmation="OK")
    assert page.path == "/selfservice"
    assert text("en", "portal.status-CLOSED") in page.text
    deeds = [text("en", f"portal.deed-{deed}") for deed in ("closed", "registered")]
    assert [one for one in deeds if one in browser.open("/selfservice/history").text] == deeds
    page = browser.send(page, "/logout")
    assert where(page) == ("/closed", "CLOSED", "")
    assert where(browser.open("/")) == ("/", "ANON", "")


def test_login_with_a_certificate_by_way_of_the_login_host(portal: PortalLab) -> None:
    card, browser = portal.lab.card(), portal.browser()
    page = browser.open("/login")
    assert "/auth/certificate" in page.links
    gone = browser.raw("GET", "/auth/certificate")
    assert gone.status_code == 303
    there, _, link = gone.headers["location"].partition("?session=")
    assert there == LOGIN_HOST
    der = portal.lab.web_eid(card).certificate(Use.AUTHENTICATION)
    back = present(portal.site)(link, der, How.SIGNED, Hint.CHECK_CARD)
    assert back.startswith(f"{ORIGIN}/auth/ticket?ticket=")
    page = browser.open(back.removeprefix(ORIGIN))
    assert where(page) == ("/questions", "QUESTIONS", "")
    assert browser.open(back.removeprefix(ORIGIN)).path == "/questions"  # loaded again


def test_no_certificate_is_told_with_what_may_help(portal: PortalLab) -> None:
    browser = portal.browser()
    browser.open("/login")
    link = browser.raw("GET", "/auth/certificate").headers["location"].partition("=")[2]
    page = browser.open(present(portal.site)(link, None, How.WITHOUT, Hint.CHECK_CARD).removeprefix(ORIGIN))
    assert where(page) == ("/refused", "ANON", "NO_CLIENT_CERT")


def test_a_ticket_is_nobody_elses(portal: PortalLab) -> None:
    victim, thief = portal.browser(), portal.browser()
    victim.open("/login")
    thief.open("/login")
    link = victim.raw("GET", "/auth/certificate").headers["location"].partition("=")[2]
    der = portal.lab.web_eid(portal.lab.card()).certificate(Use.AUTHENTICATION)
    back = present(portal.site)(link, der, How.SIGNED, Hint.CHECK_CARD).removeprefix(ORIGIN)
    assert where(thief.open(back)) == ("/refused", "ANON", "NO_CLIENT_CERT")
    assert where(victim.open(back)) == ("/refused", "ANON", "NO_CLIENT_CERT")  # it is used up


def test_whoever_wanted_their_accounts_is_there_after_the_login(portal: PortalLab) -> None:
    browser, card = portal.browser(), portal.lab.card()
    page = browser.open("/selfservice")
    assert (page.path, page.answer.url.params["next"]) == ("/login", "/selfservice")
    page = portal.log_in(browser, card, "/login?next=/selfservice")
    assert page.path == "/selfservice"


def test_and_after_a_login_by_certificate_too(portal: PortalLab) -> None:
    browser = portal.browser()
    browser.open("/login?next=/selfservice")
    link = browser.raw("GET", "/auth/certificate?next=/selfservice").headers["location"].partition("=")[2]
    der = portal.lab.web_eid(portal.lab.card()).certificate(Use.AUTHENTICATION)
    page = browser.open(present(portal.site)(link, der, How.SIGNED, Hint.CHECK_CARD).removeprefix(ORIGIN))
    assert page.path == "/selfservice"
    assert "softeid-next" not in browser.cookies


@pytest.mark.covers("SID-SEC-010")
@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "/x"]
)
def test_next_leads_nowhere_else(portal: PortalLab, elsewhere: str) -> None:
    browser, card = portal.browser(), portal.lab.card()
    page = browser.open("/login", params={"next": elsewhere})
    assert page.form("/login")
    token = portal.token(browser, card)
    page.form("/login").hidden["token"] = token
    answer = browser.raw("POST", "/login", params={"next": elsewhere}, data=page.form("/login").hidden)
    assert (answer.status_code, answer.headers["location"]) == (303, "/questions")


def test_every_state_in_which_a_visit_rests_has_a_page_of_its_own(lab: Lab) -> None:
    passing = {PortalState.CARD_AUTH, PortalState.AUTHENTICATED, PortalState.CODE_MATCHED}
    resting = {state for state, _ in PORTAL_LIFE} | set(PORTAL_LIFE.values())
    for state in resting - passing:
        visit = lab.visit()
        visit.record.state = state
        assert state in PLACES[home(visit)].states


@pytest.mark.parametrize("path", sorted(set(PLACES) - {"/", "/login"}))
def test_before_the_login_there_is_nothing_else(portal: PortalLab, path: str) -> None:
    page = portal.browser().open(path)
    assert page.path in ("/", "/login")
    assert page.state == "ANON"


def test_any_address_leads_to_where_the_visit_stands(portal: PortalLab) -> None:
    browser, card = portal.browser(), portal.lab.card()
    _, app = portal.to_wait(browser, card)
    for path in sorted(PLACES):
        assert browser.open(path).path == "/wait", path
    app.reject_identity()
    anew = {"/", "/login", "/selfservice", "/selfservice/history"}  # these begin another visit
    for path in sorted(set(PLACES) - anew):
        assert where(browser.open(path)) == ("/closed", "CLOSED", "APP_REJECTED"), path


def test_the_back_button_and_a_form_that_is_sent_again(portal: PortalLab) -> None:
    browser, card = portal.browser(), portal.lab.card()
    asked = portal.log_in(browser, card)
    answers = {"email": "jaak@example.test", "phone": "+372 5550 0100", "consent": "true"}
    browser.send(asked, "/questions", **answers)
    page = browser.send(asked, "/questions", **answers)  # a double click
    assert where(page) == ("/code", "CODE_ENTRY", "")
    page = browser.open("/questions")  # back: what was answered is there
    assert "jaak@example.test" in page.source
    app = portal.lab.to_code(portal.lab.app())
    typing = browser.open("/code")
    browser.send(typing, "/code", code=app.device.code)
    page = browser.send(typing, "/code", code=app.device.code)
    assert where(page) == ("/review", "REVIEW", "")
    page = browser.send(page, "/review", mine="yes")
    signed = portal.signature(page, card)
    assert browser.send(page, "/sign", **signed).path == "/wait"
    assert browser.send(page, "/sign", **signed).path == "/wait"
    told = [str(event.name) for event in portal.lab.watched.events]
    assert told.count("application.signed") == 1


def test_two_tabs_are_one_visit(portal: PortalLab) -> None:
    browser, card = portal.browser(), portal.lab.card()
    one = portal.to_code(browser, card)
    other = browser.open("/code")
    app = portal.lab.to_code(portal.lab.app())
    browser.send(one, "/code", code=app.device.code)
    page = browser.send(other, "/code", code="000000000")
    assert where(page) == ("/review", "REVIEW", "")
    page = browser.send(browser.open("/review"), "/review", mine="no")
    assert page.state == "CLOSED"
    assert where(browser.open("/code")) == ("/closed", "CLOSED", "USER_REFUSED")
