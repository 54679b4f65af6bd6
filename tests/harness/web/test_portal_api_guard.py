"""What guards the portal: its cookie and token, the headers around every answer, and what the log says."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.harness.registration.conftest import ORIGIN
from tests.harness.web.api_lab import BY_HTTPS, ApiLab, Tab, log_in, to_code_entry

from softeid.harness.web.forgery import csrf_token

POSTS = {
    "/auth/login": {"authToken": {}},
    "/auth/invite": {},
    "/auth/ticket": {"ticket": "x"},
    "/auth/abort": {},
    "/api/guardian": {"link": "x"},
    "/api/portal/answers": {"email": "a@example.test", "consent": True},
    "/api/portal/code": {"code": "123456789"},
    "/api/portal/step-up": {"code": "123456"},
    "/api/portal/application": {},
    "/api/portal/click": {},
    "/api/portal/signature": {"certificate": "", "signature": "", "signatureAlgorithm": "ES384"},
    "/api/portal/signature/abort": {},
    "/api/portal/cancel": {},
    "/api/portal/report": {},
    "/api/portal/accounts/delete": {"document": "x", "typed": "OK"},
    "/api/portal/presence": {"there": True},
    "/api/portal/logout": {},
}


@pytest.fixture
def lab(make_api_lab: Callable[..., ApiLab]) -> ApiLab:
    return make_api_lab()


# --- cookies and forged requests --------------------------------------------------------------------


def test_the_table_of_posts_is_whole(lab: ApiLab) -> None:
    paths = lab.portal_app._app.openapi()["paths"]  # type: ignore[attr-defined]
    assert {path for path, methods in paths.items() if "post" in methods} == set(POSTS)


@pytest.mark.covers("SID-LGN-032")
@pytest.mark.parametrize(("path", "body"), POSTS.items(), ids=POSTS)
def test_a_post_without_the_token_is_refused_before_anything_is_read(
    tab: Tab, path: str, body: dict[str, object]
) -> None:
    for sent in (body, {"nonsense": 1}):
        for token in ("", "A" * 43, "é" * 20):
            told = tab.post(path, sent, **{"X-CSRF-Token": token})
            assert (tab.last.status, told["code"]) == (403, "CSRF")


@pytest.mark.covers("SID-NET-010")
@pytest.mark.parametrize(("path", "body"), POSTS.items(), ids=POSTS)
def test_a_post_without_the_cookie_is_told_why(lab: ApiLab, path: str, body: dict[str, object]) -> None:
    told = Tab(lab.portal_app).post(path, body)
    assert (told["status"], told["code"]) == (403, "COOKIES_REQUIRED")


def test_a_login_does_not_begin_without_the_cookie(lab: ApiLab) -> None:
    assert Tab(lab.portal_app).get("/auth/challenge")["code"] == "COOKIES_REQUIRED"


@pytest.mark.parametrize("value", ["0" * 32, "", "x" * 3000, "../../etc", "%00", "a b", "'; DROP TABLE"])
def test_a_forged_cookie_makes_a_stranger(lab: ApiLab, value: str) -> None:
    tab = Tab(lab.portal_app, f"__Host-softeid={value}")
    tab.csrf = csrf_token(value)
    told = tab.post("/api/portal/logout")
    assert told["code"] in ("CSRF", "COOKIES_REQUIRED")
    assert tab.get("/api/portal/session")["state"] == "ANON"
    assert tab.cookie != f"__Host-softeid={value}"


@pytest.mark.covers("SID-LGN-033")
def test_a_login_gives_the_session_another_name_and_the_old_one_is_dead(lab: ApiLab, tab: Tab) -> None:
    planted = tab.cookie
    log_in(lab, tab)
    assert tab.cookie != planted
    assert tab.get("/api/portal/session")["state"] == "QUESTIONS"
    attacker = Tab(lab.portal_app, planted)
    assert attacker.get("/api/portal/session")["state"] == "ANON"


def test_a_refused_login_keeps_the_session(lab: ApiLab, tab: Tab) -> None:
    before = tab.cookie
    tab.get("/auth/challenge")
    assert tab.post("/auth/login", {"authToken": {}})["code"] == "TOKEN_PARSE"
    assert tab.cookie == before
    assert "set-cookie" not in tab.last.fields


def test_what_the_cookie_may_do(lab: ApiLab) -> None:
    tab = Tab(lab.portal_app)
    tab.get("/api/portal/session")
    name, _, rest = tab.last.fields["set-cookie"].partition("=")
    assert name == "__Host-softeid"
    assert rest.split("; ")[1:] == ["HttpOnly", "SameSite=Lax", "Path=/", "Secure"]


@pytest.mark.covers("SID-NET-009")
def test_a_duplicated_tab_is_told_that_the_step_was_done(lab: ApiLab, tab: Tab) -> None:
    app = lab.to_code(lab.app())
    to_code_entry(lab, tab)
    double = Tab(lab.portal_app, tab.cookie)
    assert double.get("/api/portal/session")["state"] == "CODE_ENTRY"
    code = app.device.code
    assert tab.post("/api/portal/code", {"code": code})["state"] == "REVIEW"
    told = double.post("/api/portal/code", {"code": code})
    assert (told["status"], told["code"], told["state"]) == (409, "WRONG_STEP", "REVIEW")


# --- around every answer ------------------------------------------------------------------------------

HEADERS = {
    "content-security-policy": "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "strict-transport-security": "max-age=86400",
}


@pytest.mark.covers("SID-SEC-009")
@pytest.mark.parametrize("path", ["/api/portal/session", "/nothing", "/api/portal/code", "/openapi.json"])
def test_every_answer_carries_the_secure_headers(tab: Tab, path: str) -> None:
    tab.get(path)
    assert HEADERS.items() <= dict(tab.last.fields).items()


@pytest.mark.parametrize(
    "host", ["", "evil.test", "portal.softeid.test.evil.test", "portal.softeid.test:8443"]
)
def test_another_host_is_sent_away(tab: Tab, host: str) -> None:
    told = tab.send("GET", "/api/portal/session", {"Host": host})
    assert (told["status"], told["code"]) == (421, "MISDIRECTED_REQUEST")
    assert "set-cookie" not in tab.last.fields


@pytest.mark.covers("SID-LGN-020")
def test_plain_http_is_led_to_https(lab: ApiLab, tab: Tab) -> None:
    tab.send("GET", "/review?lang=et", {"X-Forwarded-Proto": "http"})
    assert (tab.last.status, tab.last.fields["location"]) == (308, f"{ORIGIN}/review?lang=et")
    assert tab.send("POST", "/api/portal/logout", {"X-Forwarded-Proto": "http"})["code"] == "HTTPS_REQUIRED"
    lab.site.policy = replace(lab.site.policy, proxied=False)
    strict = Tab(lab.guarded(lab.portal_app._app, lab.site.policy))
    strict.send("GET", "/", {"X-Forwarded-Proto": "https"})
    assert strict.last.status == 308  # who says so is not believed


@pytest.mark.covers("SID-SEC-010")
@pytest.mark.parametrize("path", ["//evil.test/x", "/\\evil.test", "/%2F%2Fevil.test", "/x?next=//evil.test"])
def test_no_redirect_leads_elsewhere(tab: Tab, path: str) -> None:
    for fields in ({"X-Forwarded-Proto": "http"}, BY_HTTPS):
        tab.send("GET", path, dict(fields))
        assert tab.last.fields.get("location", f"{ORIGIN}/").startswith(f"{ORIGIN}/")
        assert not tab.last.fields.get("location", "").startswith(f"{ORIGIN}//")


# --- the log -------------------------------------------------------------------------------------------


@pytest.mark.covers("SID-SEC-011")
def test_no_log_holds_a_secret(lab: ApiLab, tab: Tab, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    app, card = lab.to_code(lab.app()), lab.card()
    nonce = tab.get("/auth/challenge")["nonce"]
    token = lab.web_eid(card).authenticate(ORIGIN, nonce, lambda *_: card.pins["PIN1"])
    tab.post("/auth/login", {"authToken": json.loads(token)})
    tab.post("/api/portal/answers", {"email": "jaak@example.test", "consent": True})
    tab.get(f"/api/portal/code/{app.device.code}?code={app.device.code}")
    tab.post("/api/portal/code", {"code": app.device.code})
    text = caplog.text
    assert "POST /api/portal/code 200" in text
    secrets = (
        app.device.code,
        nonce,
        json.loads(token)["signature"],
        tab.cookie.partition("=")[2],
        tab.csrf,
        "jaak@example.test",
    )
    assert [secret for secret in secrets if secret in text] == []


def test_a_bug_is_answered_and_told_without_what_it_says(
    lab: ApiLab, tab: Tab, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bug(*_: object) -> None:
        raise ValueError("a secret: 123456789")

    monkeypatch.setattr(lab.portal, "found", bug)
    told = tab.get("/api/portal/session")
    assert (told["status"], told["code"]) == (500, "INTERNAL_ERROR")
    (fault,) = lab.faults
    assert isinstance(fault, ValueError)
    lab.faults.clear()
    assert "ValueError in test_portal_api_guard.py" in caplog.text
    assert "123456789" not in caplog.text + json.dumps(told)
