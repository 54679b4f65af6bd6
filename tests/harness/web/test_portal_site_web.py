"""What the portal's pages are as pages: errors, languages, files, headers, texts of strangers."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha384

import pytest
from tests.harness.registration.conftest import START, Lab
from tests.harness.web.portal_lab import LOGIN_HOST, PortalLab, standing, where
from tests.harness.web.site_browser import PageSeen

from softeid.harness.registration.vocabulary import Code
from softeid.harness.web.messages import text
from softeid.harness.web.portal_site import DressError, portal_site
from softeid.harness.web.portal_window import PortalDress
from softeid.harness.web.security import Policy

MakeLab = Callable[..., Lab]


def test_there_is_a_page_for_every_error(portal: PortalLab) -> None:
    browser = portal.browser()
    page = browser.open("/login")
    form = page.form("/login").hidden
    plain = {"Content-Type": "text/plain"}
    for answer, status, error in (
        (browser.raw("GET", "/nothing"), 404, "NOT_FOUND"),
        (browser.raw("GET", "/report"), 405, "METHOD_NOT_ALLOWED"),
        (browser.raw("POST", "/login", content="x" * 70_000, headers=plain), 413, "CONTENT_TOO_LARGE"),
        (browser.raw("POST", "/login", content="x", headers=plain), 415, "UNSUPPORTED_MEDIA_TYPE"),
        (browser.raw("POST", "/login", data={**form, "csrf": "x"}), 403, "CSRF"),
        (browser.raw("POST", "/login", content="csrf=a&csrf=b", headers=_FORM), 400, "BAD_REQUEST"),
        (browser.raw("POST", "/login", content="csrf=%ff", headers=_FORM), 400, "BAD_REQUEST"),
        (browser.raw("POST", "/login", data={**form, "token": "\0"}), 400, "BAD_REQUEST"),
        (browser.raw("POST", "/login", data={**form, "token": "x" * 20_001}), 400, "BAD_REQUEST"),
        (browser.raw("GET", "/", headers={"Host": "evil.example"}), 421, "MISDIRECTED_REQUEST"),
        (browser.raw("GET", "/help/NOTHING"), 404, "NOT_FOUND"),
    ):
        seen = PageSeen(answer)
        assert (answer.status_code, seen.state, seen.error) == (status, "ERROR", error)
        assert seen.heading
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
    assert browser.raw("GET", "/report").headers["allow"] == "POST"


_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_programs_get_problems_all_the_same(portal: PortalLab) -> None:
    browser = portal.browser()
    for method, path, status in (
        ("GET", "/api/nothing", 404),
        ("DELETE", "/api/portal/session", 405),
        ("POST", "/auth/ticket", 415),
        ("POST", "/auth/aborted", 415),
    ):
        answer = browser.raw(method, path)
        assert answer.status_code == status, path
        assert answer.headers["content-type"] == "application/problem+json"


def test_without_cookies_nothing_goes_on_and_the_page_says_why(portal: PortalLab) -> None:
    browser = portal.browser(cookies=False)
    page = browser.open("/login")
    answer = browser.answer(page, "/login", token="x")
    seen = PageSeen(answer)
    assert (answer.status_code, seen.error) == (403, "COOKIES_REQUIRED")
    assert seen.heading == text("en", "portal.cookies.title")
    assert PageSeen(browser.raw("GET", "/auth/certificate")).error == "COOKIES_REQUIRED"
    assert PageSeen(browser.raw("GET", "/auth/ticket?ticket=x")).error == "COOKIES_REQUIRED"


def test_a_portal_that_is_away_says_so(portal: PortalLab) -> None:
    browser = portal.browser()
    portal.site.portal = None
    page = PageSeen(browser.raw("GET", "/"))
    assert (page.answer.status_code, page.error) == (503, "CORE_UNAVAILABLE")
    assert page.heading == text("en", "portal.maintenance.title")


def test_a_bug_of_ours_is_a_page_too(portal: PortalLab, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = portal.browser()
    monkeypatch.setattr("softeid.harness.web.portal_routes.shown", lambda *_, **__: 1 / 0)
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        browser.open("/")
    page = PageSeen(browser.log[-1])
    assert (page.answer.status_code, page.error) == (500, "INTERNAL_ERROR")
    assert "Error" not in page.heading
    assert "division" not in page.source
    browser.faults.clear()


def test_a_core_that_cannot_be_reached_takes_nothing_away(portal: PortalLab) -> None:
    browser, app = portal.browser(), portal.lab.to_code(portal.lab.app())
    page = portal.to_code(browser, portal.lab.card())
    portal.lab.portal.line.up = False
    page = browser.send(page, "/code", code=app.device.code)
    assert where(page) == ("/code", "CODE_ENTRY", "CORE_UNAVAILABLE")
    portal.lab.portal.line.up = True
    assert browser.send(page, "/code", code=app.device.code).path == "/review"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("et", "et"),
        ("de, lt;q=0.5, ru;q=0.8", "ru"),
        ("lv-LV,lv;q=0.9,en;q=0.8", "lv"),
        ("en;q=0.1, et;q=0", "en"),
        ("*", "en"),
        ("", "en"),
        (";;;,,,q=", "en"),
        ("et;q=nan, lt;q=0.2", "et"),
    ],
)
def test_a_browser_gets_the_language_that_it_prefers(portal: PortalLab, accepted: str, language: str) -> None:
    page = portal.browser().open("/", headers={"Accept-Language": accepted})
    assert page.language == language
    assert page.answer.headers["content-language"] == language


def test_the_language_that_was_chosen_stays(portal: PortalLab) -> None:
    browser = portal.browser(fields={"Accept-Language": "et"})
    assert browser.open("/?lang=ru").language == "ru"
    assert browser.open("/login").language == "ru"
    assert browser.open("/nothing").language == "ru"
    assert browser.open("/login?lang=xx").language == "ru"
    page = portal.log_in(browser, portal.lab.card())
    assert page.language == "ru"  # it is no part of the session
    assert "lang=lv" in page.source


def test_files_are_kept_for_ever_under_a_name_of_their_own(portal: PortalLab) -> None:
    browser = portal.browser()
    page = browser.open("/login")
    sheet = page.source.partition('rel="stylesheet" href="')[2].partition('"')[0]
    for path, kind in ((sheet, "text/css"), (page.scripts[0], "text/javascript")):
        answer = browser.raw("GET", path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, f"{kind}; charset=utf-8")
        assert "immutable" in answer.headers["cache-control"]
        assert "set-cookie" not in answer.headers
        assert browser.raw("HEAD", path).status_code == 200
    folder = sheet.rpartition("/")[0]
    for wrong in ("/static/other/softeid.css", f"{folder}/nothing.css", f"{folder}/..%2f..%2frender.py"):
        assert browser.raw("GET", wrong).status_code == 404


def test_the_card_desks_script_is_on_pages_that_ask_the_card_alone(lab: Lab) -> None:
    desk = "http://localhost:8442"
    policy = Policy("http://localhost:8440", scripts=(desk,))
    with standing(lab, policy, scripts=(f"{desk}/desk-extension.js",)) as portal:
        browser = portal.browser()
        assert browser.open("/").scripts == []
        page = browser.open("/login")
        assert page.scripts[-1] == f"{desk}/desk-extension.js"
        assert text("en", "portal.web-eid-desk") in page.text
        assert f"script-src 'self' {desk};" in page.answer.headers["content-security-policy"]
    with pytest.raises(DressError, match="evil"):
        portal_site(portal.site, PortalDress(login=LOGIN_HOST, scripts=("https://evil.example/x.js",)))


@pytest.mark.covers("SID-SEC-012")
@pytest.mark.parametrize("name", ["<b>x</b>", "\"'><script>alert(1)</script>", "{{ 7 * 7 }}", "a\u202eb"])
def test_what_a_stranger_chose_is_shown_as_text(portal: PortalLab, name: str) -> None:
    browser, card = portal.browser(), portal.lab.card()
    review, _ = portal.to_review(browser, card, portal.lab.to_code(portal.lab.app(name=name)))
    sign = browser.send(review, "/review", mine="yes")
    wait = browser.send(sign, "/sign", **portal.signature(sign, card))
    for page in (review, sign, wait):
        assert "<" not in name or name not in page.source
        assert all(one.startswith("/static/") for one in page.scripts)
        if "\u202e" not in name:
            assert name in page.text
    assert "\u202e" not in review.source + wait.source


def test_what_was_typed_is_shown_as_text(portal: PortalLab) -> None:
    browser = portal.browser()
    page = portal.log_in(browser, portal.lab.card())
    typed = '"><img src=x onerror=alert(1)>'
    page = browser.send(page, "/questions", email=typed, phone="", consent="true")
    assert typed not in page.source
    assert "img" not in page.tags


def test_a_form_of_another_site_does_nothing(portal: PortalLab) -> None:
    browser = portal.browser()
    page = portal.log_in(browser, portal.lab.card())
    for action in ("/questions", "/code", "/review", "/sign", "/step-up", "/report", "/logout", "/login"):
        answer = browser.raw("POST", action, data={"email": "thief@example.test", "consent": "true"})
        assert (answer.status_code, PageSeen(answer).error) == (403, "CSRF"), action
    assert browser.open("/questions").state == "QUESTIONS"
    assert "thief" not in page.source


def test_the_token_of_before_the_login_is_nobodys(portal: PortalLab) -> None:
    browser = portal.browser()
    before = browser.open("/login").form("/login").hidden["csrf"]
    portal.log_in(browser, portal.lab.card())
    answer = browser.raw("POST", "/questions", data={"csrf": before, "email": "a@example.test"})
    assert PageSeen(answer).error == "CSRF"


def test_help_is_there_for_every_code_and_needs_no_visit(portal: PortalLab) -> None:
    browser = portal.browser()
    for code in Code:
        page = browser.open(f"/help/{code}")
        assert (page.answer.status_code, page.state, page.error) == (200, "HELP", code)
        assert "set-cookie" not in page.answer.headers


def test_an_idle_visit_is_closed(portal: PortalLab) -> None:
    browser = portal.browser()
    portal.log_in(browser, portal.lab.card())
    portal.lab.core.move_clock(START + timedelta(minutes=30))
    page = browser.open("/questions")
    assert where(page) == ("/closed", "CLOSED", "")
    assert page.heading == text("en", "portal.closed-IDLE.title")


def test_the_digest_on_the_page_is_that_of_the_text(portal: PortalLab) -> None:
    browser, card = portal.browser(), portal.lab.card()
    page, app = portal.to_review(browser, card)
    page = browser.send(page, "/review", mine="yes")
    visit = portal.lab.core.registration(app.device.registration).visit
    record = next(one for one in portal.lab.portal._visits.values() if one.visit_id == visit)
    assert record.application
    digest = base64.b64encode(sha384(record.application.text.encode()).digest()).decode()
    assert digest in page.source
    assert record.application.text in page.text
