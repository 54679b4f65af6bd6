"""What the portal's pages say no to, and how they say it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.harness.registration.conftest import PIN1, PIN2, Lab
from tests.harness.web.portal_lab import PortalLab, where
from tests.harness.web.site_browser import Browser, PageSeen

from softeid.harness.web.messages import text

MakeLab = Callable[..., Lab]


BAD = {"expired": "CERT_EXPIRED", "not-yet-valid": "CERT_NOT_YET_VALID", "revoked": "CERT_REVOKED"}


@pytest.mark.parametrize(("state", "code"), BAD.items())
def test_a_certificate_that_is_not_good_gets_a_page_that_explains(
    portal: PortalLab, state: str, code: str
) -> None:
    browser = portal.browser()
    page = portal.log_in(browser, portal.lab.card(auth=state))
    assert where(page) == ("/refused", "ANON", code)
    assert page.heading == text("en", f"error.{code}.title")
    assert text("en", f"error.{code}.todo") in page.text
    assert ('class="life' in page.source) == (state != "revoked")  # the dates are drawn where they matter
    assert ("It was valid until" in page.text) == (state == "expired")
    assert ("It will be valid from" in page.text) == (state == "not-yet-valid")
    assert browser.open("/login").error == ""


@pytest.mark.parametrize(
    ("typed", "code", "field"),
    [
        ({"email": ""}, "EMAIL_REQUIRED", "email"),
        ({"email": "nobody"}, "EMAIL_INVALID", "email"),
        ({"email": "a@example.test", "phone": "5550 0100"}, "PHONE_INVALID", "phone"),
    ],
)
def test_an_answer_that_cannot_be_taken_is_told_at_its_field_and_kept(
    portal: PortalLab, typed: dict[str, str], code: str, field: str
) -> None:
    browser, card = portal.browser(), portal.lab.card()
    page = portal.log_in(browser, card)
    page = browser.send(page, "/questions", **{"phone": "", "consent": "true", **typed})
    assert (page.answer.status_code, page.state, page.error) == (400, "QUESTIONS", code)
    assert page.title.startswith("Error:")
    assert f'href="#{field}"' in page.source
    assert f'id="{field}-error"' in page.source
    for value in filter(None, typed.values()):
        assert f'value="{value}"' in page.source


def test_a_forgotten_tick_is_told_at_the_box_and_a_refused_consent_ends_the_visit(portal: PortalLab) -> None:
    browser = portal.browser()
    page = portal.log_in(browser, portal.lab.card())
    page = browser.send(page, "/questions", email="jaak@example.test", phone="")
    assert (page.answer.status_code, page.state, page.error) == (400, "QUESTIONS", "")
    assert 'href="#consent"' in page.source
    assert 'id="consent-error"' in page.source
    assert 'value="jaak@example.test"' in page.source
    page = browser.send(page, "/questions", email="", phone="", consent="true", decline="yes")
    assert where(page) == ("/closed", "CLOSED", "CONSENT_REFUSED")


@pytest.mark.covers("SID-RCD-022")
def test_every_code_that_is_not_taken_gets_the_same_page(portal: PortalLab) -> None:
    lab = portal.lab
    used, deleted = (lab.to_code(lab.app("mari", name)) for name in ("Used", "Deleted"))
    mari, mari_card = lab.visit("mari"), lab.card("mari")
    lab.to_code_entry(mari, mari_card).enter_code(used.device.code)
    gone = deleted.device.code
    deleted.delete()
    bodies = set()
    for typed in ("000000000", used.device.code, gone):
        browser = portal.browser()
        page = portal.to_code(browser, lab.card())
        answer = browser.answer(page, "/code", code=typed)
        assert (answer.status_code, answer.headers["location"]) == (303, "/code")
        page = browser.open("/code")
        assert where(page) == ("/code", "CODE_ENTRY", "RC_WRONG")
        bodies.add(page.source.replace(page.form("/code").hidden["csrf"], "TOKEN"))
    assert len(bodies) == 1


def test_a_code_that_was_typed_is_never_shown_again(portal: PortalLab) -> None:
    browser = portal.browser()
    page = portal.to_code(browser, portal.lab.card())
    for typed in ("123 456 78", "111 222 333"):
        page = browser.send(page, "/code", code=typed)
        assert typed not in page.source


def test_the_third_wrong_code_ends_the_visit(portal: PortalLab) -> None:
    browser = portal.browser()
    page = portal.to_code(browser, portal.lab.card())
    for _ in range(3):
        page = browser.send(page, "/code", code="000000000")
    assert where(page) == ("/closed", "CLOSED", "RC_TOO_MANY")


def test_a_late_code_says_so(portal: PortalLab) -> None:
    browser, app = portal.browser(), portal.lab.to_code(portal.lab.app())
    page = portal.to_code(browser, portal.lab.card())
    typed = app.device.code
    portal.lab.after(timedelta(minutes=15))
    page = browser.send(page, "/code", code=typed)
    assert where(page) == ("/code", "CODE_ENTRY", "RC_EXPIRED")


def test_another_country_gets_a_page(portal: PortalLab) -> None:
    browser = portal.browser()
    app = portal.lab.to_code(portal.lab.app(), "LV")
    page = browser.send(portal.to_code(browser, portal.lab.card()), "/code", code=app.device.code)
    assert where(page) == ("/refused", "CODE_ENTRY", "COUNTRY_MISMATCH")
    assert "/code" in page.links


def test_too_many_codes_in_a_day_get_a_page_without_another_try(portal: PortalLab) -> None:
    for _ in range(3):
        browser = portal.browser()
        page = portal.to_code(browser, portal.lab.card())
        for _ in range(3):
            page = browser.send(page, "/code", code="000000000")
    browser = portal.browser()
    page = browser.send(portal.to_code(browser, portal.lab.card()), "/code", code="000000000")
    assert where(page) == ("/refused", "CODE_ENTRY", "RC_COOLDOWN")
    assert "/code" not in page.links


def test_nothing_is_chosen_beforehand_on_the_review_page(portal: PortalLab) -> None:
    browser = portal.browser()
    page, app = portal.to_review(browser, portal.lab.card())
    assert "checked" not in page.source
    page = browser.send(page, "/review")
    assert (page.answer.status_code, page.state) == (400, "REVIEW")
    assert text("en", "portal.choose") in page.text
    page = browser.send(page, "/review", mine="no")
    assert where(page) == ("/closed", "CLOSED", "USER_REFUSED")
    assert str(app.state) == "REJECTED"


def test_a_signature_by_another_card_is_refused_and_the_review_goes_on(portal: PortalLab) -> None:
    browser, card = portal.browser(), portal.lab.card()
    page, _ = portal.to_review(browser, card)
    page = browser.send(page, "/review", mine="yes")
    page = browser.send(page, "/sign", **portal.signature(page, portal.lab.card("mari")))
    assert where(page) == ("/refused", "REVIEW", "SIGNER_MISMATCH")
    assert "/review" in page.links
    page = browser.send(browser.open("/review"), "/review", mine="yes")
    assert browser.send(page, "/sign", **portal.signature(page, card)).path == "/wait"


def test_a_signature_that_did_not_come_about(portal: PortalLab) -> None:
    browser, card = portal.browser(), portal.lab.card()
    page, _ = portal.to_review(browser, card)
    page = browser.send(page, "/review", mine="yes")
    assert where(browser.send(page, "/sign", stop="yes")) == ("/review", "REVIEW", "SIGN_ABORTED")
    page = browser.send(browser.open("/review"), "/review", mine="yes")
    told = _script(browser, page, "/sign/aborted", "ERR_WEBEID_USER_CANCELLED")
    assert (told["code"], told["next"]) == ("SIGN_ABORTED", "/review")
    page = browser.open("/review")
    assert where(page) == ("/review", "REVIEW", "SIGN_ABORTED")
    assert text("en", "portal.aborted-cancelled") in page.text

    page = browser.send(page, "/review", mine="yes")
    _script(browser, page, "/sign/aborted", "ERR_WEBEID_NATIVE_FATAL")
    assert text("en", "portal.aborted-card_removed") in browser.open("/review").text


def test_a_program_that_is_lacking_does_not_end_the_signing(portal: PortalLab) -> None:
    browser = portal.browser()
    page, _ = portal.to_review(browser, portal.lab.card())
    page = browser.send(page, "/review", mine="yes")
    assert _script(browser, page, "/sign/aborted", "ERR_WEBEID_EXTENSION_UNAVAILABLE") == {}
    assert browser.open("/sign").state == "SIGNING"


def _script(browser: Browser, page: PageSeen, path: str, code: str) -> dict[str, str]:
    """What web-eid.js tells the portal."""
    csrf = page.forms[-1].hidden["csrf"]
    answer = browser.raw("POST", path, json={"code": code}, headers={"X-CSRF-Token": csrf})
    return answer.json() if answer.content else {}


def test_a_login_that_was_given_up(portal: PortalLab) -> None:
    browser = portal.browser()
    page = browser.open("/login")
    told = _script(browser, page, "/auth/aborted", "ERR_WEBEID_USER_CANCELLED")
    assert (told["code"], told["why"]) == ("LOGIN_CANCELLED", "cancelled")
    assert _script(browser, page, "/auth/aborted", "ERR_WEBEID_NATIVE_UNAVAILABLE") == {}
    assert browser.open("/login").error == "LOGIN_CANCELLED"


def test_report_stops_the_phone(portal: PortalLab) -> None:
    browser = portal.browser()
    page, app = portal.to_wait(browser, portal.lab.card())
    page = browser.send(page, "/report")
    assert page.path == "/closed"
    assert str(app.device.reason) == "REPORTED"


def test_somebody_elses_account_and_nobodys_are_told_alike(portal: PortalLab) -> None:
    lab, browser = portal.lab, portal.browser()
    page, app = portal.to_wait(portal.browser(), lab.card("mari"))
    app.accept_identity()
    app.confirm_pin(1, PIN1)
    app.confirm_pin(2, PIN2)
    page = portal.log_in(browser, lab.card())
    own = browser.open("/selfservice")
    bodies = set()
    for number in (app.screen().document_number, "PNOEE-30303039914-AAAA-Q", "x%00<b>"):
        path = f"/selfservice/{number}/delete"
        seen = browser.open(path)
        assert seen.answer.status_code == 404
        csrf = page.form("/questions").hidden["csrf"]
        answer = browser.raw("POST", path, data={"csrf": csrf, "confirmation": "OK"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/selfservice")
        told = browser.open("/selfservice")
        assert told.error == "BAD_REQUEST"
        bodies.add(told.source)
    assert len(bodies) == 1
    assert own.error == ""
