"""web-eid.js in a real Chromium, with an extension that the test plays and a clock that the test moves.

Source: web-eid.js 2.x, the messages between page and extension and their times.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from softeid.harness.web.pages.gallery import examples, frame_of
from softeid.harness.web.pages.portal import Login, Sign
from softeid.harness.web.pages.render import STATIC, render
from softeid.harness.web.security import Policy

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

HOST = "http://portal.localhost"  # a secure context, as every *.localhost is
STRANGE_HOST = "http://portal.test"
KINDS = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
NONCE = "bm9uY2U" * 8
TOKEN = {
    "unverifiedCertificate": "MIIC",
    "algorithm": "ES384",
    "signature": "c2ln",
    "format": "web-eid:1.0",
    "appVersion": "https://softeid.test/1",
}
ECC = {"cryptoAlgorithm": "ECC", "hashFunction": "SHA-384", "paddingScheme": "NONE"}
VERSIONS = {"library": "2.1.0", "extension": "2.4.0", "nativeApp": "2.9.0"}

EXTENSION = """
window.asked = [];
window.answers = %s;
const QUESTION = /^web-eid:(status|authenticate|get-signing-certificate|sign)$/;
addEventListener("message", ({ source, data }) => {
  if (source !== window || !QUESTION.test(data?.action)) {
    return;
  }
  window.asked.push(data);
  for (const [kind, content] of window.answers[data.action.slice(8)] ?? []) {
    window.postMessage({ action: `${data.action}-${kind}`, ...content }, "*");
  }
});
"""

A_ROUND_OF_MESSAGES = """
() => new Promise((done) => { addEventListener("message", done, { once: true }); postMessage(1); })
"""


class Portal:
    """What the page's server says.

    Attributes:
        aborted: the bodies that it was told of what did not come about.
        posted: the forms that were sent.
        refusal: with what it refuses to give a nonce.
        code: its own for a login or a signature that did not come about.
        headers: that its pages carry.
        name: of the gallery's page that it answers with.
    """

    def __init__(self) -> None:
        self.aborted: list[dict[str, Any]] = []
        self.posted: list[tuple[str, dict[str, list[str]]]] = []
        self.refusal: dict[str, object] | None = None
        self.code = "LOGIN_CANCELLED"
        self.headers: dict[str, str] = {}
        self.name = "login"

    def answer(self, route: Route) -> None:
        """Answer one request."""
        request = route.request
        path = request.url.split("/", 3)[3]
        if path.startswith("static/"):
            kind = KINDS[path.rpartition(".")[2]]
            route.fulfill(body=(STATIC / path.removeprefix("static/")).read_bytes(), content_type=kind)
        elif path == "auth/challenge":
            told = self.refusal or {"nonce": NONCE}
            route.fulfill(status=409 if self.refusal else 200, json=told)
        elif path.endswith("aborted"):
            assert request.headers["x-csrf-token"] == "made-afresh-for-every-session"
            self.aborted.append(json.loads(request.post_data or ""))
            route.fulfill(status=401, json={"code": self.code})
        elif request.method == "POST":
            self.posted.append((path, parse_qs(request.post_data or "")))
            route.fulfill(body="<title>posted</title>", content_type="text/html")
        else:
            example = examples()[self.name]
            text = render(example.view, frame_of(example))
            route.fulfill(body=text, content_type="text/html", headers=self.headers)


@pytest.fixture
def portal() -> Portal:
    return Portal()


def opened(page: Page, answers: dict[str, list[tuple[str, dict[str, object]]]], host: str = HOST) -> None:
    """Open the page with an extension that gives these answers to these messages; a second goes by."""
    page.add_init_script(EXTENSION % json.dumps({"status": [("ack", {}), ("success", VERSIONS)], **answers}))
    page.goto(f"{host}/")
    page.clock.run_for(1000)


def pressed(page: Page) -> None:
    """The button is pressed."""
    page.locator("[data-web-eid]").click()


def asked(page: Page, name: str) -> dict[str, Any]:
    """The message of this kind, once it was sent."""
    page.wait_for_function("name => asked.some(({ action }) => action === `web-eid:${name}`)", arg=name)
    found: list[dict[str, Any]] = page.evaluate(
        "name => asked.filter(({ action }) => action === `web-eid:${name}`)", name
    )
    assert len(found) == 1
    return found[0]


def told(page: Page, code: str) -> str:
    """What the page says once it has this code."""
    shown = "code => document.querySelector('[data-web-eid-code]').textContent === code"
    page.wait_for_function(shown, arg=code)
    assert page.locator("[data-web-eid-problem]").is_visible()
    assert page.evaluate("document.activeElement.hasAttribute('data-web-eid-problem')")
    assert page.locator("[data-web-eid]").is_enabled(), "one may try again"
    return page.locator("[data-web-eid-told]").inner_text()


def failure(code: str) -> list[tuple[str, dict[str, object]]]:
    """An extension that says so."""
    return [("ack", {}), ("failure", {"error": {"code": code, "message": "said by it", "name": "X"}})]


def test_a_token_is_sent_off_with_the_form(page: Page, portal: Portal) -> None:
    opened(page, {"authenticate": [("ack", {}), ("success", {**TOKEN, "more": "dropped"})]})
    with page.expect_navigation():
        pressed(page)
    [(path, form)] = portal.posted
    assert path == "login"
    assert json.loads(form["token"][0]) == TOKEN
    assert form["csrf"] == ["made-afresh-for-every-session"]
    assert portal.aborted == []


def test_the_extension_is_asked_as_web_eid_js_asks(page: Page) -> None:
    opened(page, {"authenticate": [("ack", {})]})
    pressed(page)
    assert asked(page, "authenticate") == {
        "action": "web-eid:authenticate",
        "libraryVersion": "2.1.0",
        "challengeNonce": NONCE,
        "options": {"lang": "en", "userInteractionTimeout": 120_000},
    }
    assert "asks for PIN1" in page.locator("[data-web-eid-busy]").inner_text()
    assert page.locator("[data-web-eid]").is_disabled()


def test_status_is_written_at_the_page_s_root(page: Page) -> None:
    opened(page, {})
    page.wait_for_function("document.documentElement.dataset.webEidStatus === '2.4.0 2.9.0'")


def test_nothing_is_sent_before_the_extension_had_its_second(page: Page) -> None:
    page.add_init_script(EXTENSION % "{}")
    page.clock.pause_at(page.evaluate("Date.now() + 10000"))
    page.goto(f"{HOST}/")
    pressed(page)
    page.clock.run_for(900)
    assert page.evaluate("asked.length") == 0
    page.clock.run_for(200)
    asked(page, "authenticate")


@pytest.mark.covers("SID-LGN-021")
def test_without_an_extension(page: Page, portal: Portal) -> None:
    opened(page, {"status": []})
    pressed(page)
    asked(page, "authenticate")
    page.clock.run_for(1000)
    assert "Install it, or choose the other way" in told(page, "ERR_WEBEID_EXTENSION_UNAVAILABLE")
    page.wait_for_function("document.documentElement.dataset.webEidStatus?.startsWith('ERR_')")
    page.wait_for_function("document.body.dataset.error === 'LOGIN_CANCELLED'")
    assert portal.aborted == [{"code": "ERR_WEBEID_EXTENSION_UNAVAILABLE"}]


def test_an_extension_that_never_answers(page: Page) -> None:
    opened(page, {"authenticate": [("ack", {})]})
    pressed(page)
    asked(page, "authenticate")
    page.evaluate(A_ROUND_OF_MESSAGES)
    page.clock.run_for(125_000)
    assert page.locator("[data-web-eid-problem]").is_hidden()
    page.clock.run_for(1000)
    assert told(page, "ERR_WEBEID_ACTION_TIMEOUT") == "Web eID did not answer in time. Try again."


@pytest.mark.covers("SID-LGN-021", "SID-LGN-022", "SID-LGN-023")
@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("ERR_WEBEID_NATIVE_UNAVAILABLE", "is not installed"),
        ("ERR_WEBEID_VERSION_MISMATCH", "Update both"),
        ("ERR_WEBEID_USER_TIMEOUT", "Wrong tries count all the same"),
        ("ERR_WEBEID_USER_CANCELLED", "The window was closed"),
        ("ERR_WEBEID_OF_TOMORROW", "said by it"),
    ],
)
def test_what_the_extension_fails_with_is_told(page: Page, portal: Portal, code: str, words: str) -> None:
    opened(page, {"authenticate": failure(code)})
    pressed(page)
    assert words in told(page, code)
    page.wait_for_function("document.body.dataset.error === 'LOGIN_CANCELLED'")
    assert portal.aborted == [{"code": code}]
    assert portal.posted == []


def test_after_a_failure_one_may_try_again(page: Page, portal: Portal) -> None:
    opened(page, {"authenticate": failure("ERR_WEBEID_USER_CANCELLED")})
    pressed(page)
    told(page, "ERR_WEBEID_USER_CANCELLED")
    page.evaluate("token => { answers.authenticate = [['ack', {}], ['success', token]] }", TOKEN)
    with page.expect_navigation():
        pressed(page)
    assert len(portal.posted) == 1


def test_a_new_attempt_takes_away_what_the_server_said_of_the_old(page: Page, portal: Portal) -> None:
    portal.name = "login-cancelled"
    opened(page, {"authenticate": [("ack", {})]})
    assert page.locator(".problem:visible").count() == 1
    pressed(page)
    asked(page, "authenticate")
    assert page.locator(".problem:visible").count() == 0
    page.evaluate(A_ROUND_OF_MESSAGES)
    page.clock.run_for(126_000)
    told(page, "ERR_WEBEID_ACTION_TIMEOUT")
    assert page.locator(".problem:visible").count() == 1


def test_one_question_at_a_time(page: Page) -> None:
    """A second button of the same kind, as a page might have."""
    opened(page, {"authenticate": [("ack", {})]})
    pressed(page)
    asked(page, "authenticate")
    page.evaluate("document.querySelector('[data-web-eid]').disabled = false")
    pressed(page)
    assert "being asked already" in told(page, "ERR_WEBEID_ACTION_PENDING")


@pytest.mark.covers("SID-LGN-020")
def test_without_https(page: Page) -> None:
    opened(page, {}, STRANGE_HOST)
    pressed(page)
    assert "begins with https" in told(page, "ERR_WEBEID_CONTEXT_INSECURE")
    assert page.evaluate("asked.length") == 0


def test_a_portal_that_gives_no_nonce(page: Page, portal: Portal) -> None:
    portal.refusal = {"code": "WRONG_STEP", "title": "This step is over"}
    opened(page, {})
    pressed(page)
    assert told(page, "WRONG_STEP") == "This step is over"
    assert [one["action"] for one in page.evaluate("asked")] == ["web-eid:status"]


def test_a_nonce_that_is_none(page: Page, portal: Portal) -> None:
    portal.refusal = None
    page.route("**/auth/challenge", lambda route: route.fulfill(json={}))
    opened(page, {})
    pressed(page)
    told(page, "ERR_WEBEID_MISSING_PARAMETER")


def test_a_warning_stops_nothing(page: Page, portal: Portal) -> None:
    heard: list[str] = []
    page.on("console", lambda said: heard.append(said.text))
    opened(page, {"authenticate": [("ack", {})]})
    pressed(page)
    asked(page, "authenticate")
    with page.expect_navigation():
        page.evaluate(
            """token => {
              postMessage({ action: "web-eid:warning", warnings: ["update soon"] }, "*");
              postMessage({ action: "web-eid:warning" }, "*");
              postMessage("web-eid:authenticate-failure", "*");
              postMessage({ action: "web-eid:sign-failure", error: {} }, "*");
              postMessage({ action: "web-eid:authenticate-success", ...token }, "*");
            }""",
            TOKEN,
        )
    assert "update soon" in heard
    assert len(portal.posted) == 1


@pytest.mark.parametrize(
    ("algorithm", "name"),
    [
        (ECC, "ES384"),
        ({"cryptoAlgorithm": "RSA", "hashFunction": "SHA-256", "paddingScheme": "PKCS1.5"}, "RS256"),
        ({"cryptoAlgorithm": "RSA", "hashFunction": "SHA-512", "paddingScheme": "PSS"}, "PS512"),
    ],
)
def test_an_application_is_signed(
    page: Page, portal: Portal, algorithm: dict[str, object], name: str
) -> None:
    portal.name = "sign"
    view = examples()["sign"].view
    assert isinstance(view, Sign)
    opened(
        page,
        {
            "get-signing-certificate": [("ack", {}), ("success", {"certificate": "MIID"})],
            "sign": [("ack", {}), ("success", {"signature": "c2ln", "signatureAlgorithm": algorithm})],
        },
    )
    page.evaluate("addEventListener('pagehide', () => sessionStorage.asked = JSON.stringify(asked))")
    with page.expect_navigation():
        pressed(page)
    [(path, form)] = portal.posted
    assert path == "sign"
    assert (form["certificate"], form["signature"], form["algorithm"]) == (["MIID"], ["c2ln"], [name])
    sent = {one["action"]: one for one in json.loads(page.evaluate("sessionStorage.asked"))}
    assert sent["web-eid:sign"]["hash"] == view.digest_base64
    assert sent["web-eid:sign"]["hashFunction"] == "SHA-384"
    assert sent["web-eid:sign"]["certificate"] == "MIID"


def test_a_signature_that_does_not_come_about(page: Page, portal: Portal) -> None:
    portal.name, portal.code = "sign", "SIGN_ABORTED"
    opened(page, {"get-signing-certificate": failure("ERR_WEBEID_USER_CANCELLED")})
    pressed(page)
    told(page, "ERR_WEBEID_USER_CANCELLED")
    page.wait_for_function("document.body.dataset.error === 'SIGN_ABORTED'")
    assert portal.posted == []


def test_nobody_wants_to_know_of_it(page: Page, portal: Portal) -> None:
    view = examples()["login"].view
    assert isinstance(view, Login)
    text = render(replace(view, aborted=""), frame_of(examples()["login"]))
    page.route(f"{HOST}/", lambda route: route.fulfill(body=text, content_type="text/html"))
    opened(page, {"authenticate": failure("ERR_WEBEID_NATIVE_FATAL")})
    pressed(page)
    told(page, "ERR_WEBEID_NATIVE_FATAL")
    assert page.evaluate("document.body.dataset.error") == "ERR_WEBEID_NATIVE_FATAL"
    assert portal.aborted == []


def test_without_scripts_the_other_way_is_left(browser: Browser, portal: Portal) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.route("**/*", portal.answer)
    page.goto(f"{HOST}/")
    assert page.locator("[data-web-eid]").is_disabled()
    assert "Web eID needs scripts" in (page.locator("noscript").text_content() or "")
    assert page.get_by_role("link", name="Log in with a certificate").is_visible()
    context.close()


@pytest.mark.parametrize("name", ["login", "sign", "wait-identity_check", "questions-wrong"])
def test_pages_work_under_the_security_policy(page: Page, portal: Portal, name: str) -> None:
    portal.name, portal.headers = name, dict(Policy().headers())
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda fault: wrong.append(str(fault)))
    page.goto(f"{HOST}/")
    button = page.locator("[data-web-eid]")
    if button.count():
        button.click()
        page.clock.run_for(1000)
        page.clock.run_for(1000)
        page.locator("[data-web-eid-problem]").wait_for(state="visible")
        wrong = [one for one in wrong if "401" not in one]  # the portal's answer to what did not come about
    assert page.locator("main").is_visible()
    assert wrong == []
