"""The desk's script on a portal's page, in a real Chromium: window messages in, the desk's answers out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from softeid.harness.web.pages.render import STATIC

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TOKEN = {
    "format": "web-eid:1.0",
    "algorithm": "ES384",
    "signature": "c2ln",
    "unverifiedCertificate": "Y2VydA==",
}
WAITING = {"state": "waiting"}
PORTAL = """<!doctype html><html lang="en"><title>portal</title>
<script src="{desk}/static/desk-extension.js"></script>
<main><button id="go">go</button></main><script src="/portal.js"></script>"""
LISTENER = """window.heard = [];
window.addEventListener("message", (event) => {
  if (/-(ack|success|failure)$/.test(event.data?.action ?? "")) window.heard.push(event.data);
});
window.say = (message) => window.postMessage(message, "*");
document.getElementById("go").addEventListener("click", () => window.say(window.question));
"""


@dataclass
class Desk:
    """What a desk answers, and what it was asked.

    Attributes:
        answer: to whoever looks.
        created: the body and Origin of each new prompt.
        ended: how many prompts were taken back.
        refusal: status and body for new prompts, if they are refused.
    """

    answer: dict[str, Any] = field(default_factory=lambda: WAITING)
    created: list[tuple[dict[str, Any], str]] = field(default_factory=list)
    ended: int = 0
    refusal: tuple[int, dict[str, Any]] | None = None
    portal: str = ""
    origin: str = ""


def _handler(desk: Desk, *, is_portal: bool) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Keep quiet."""

        def do_GET(self) -> None:
            if is_portal:
                script = self.path == "/portal.js"
                page = LISTENER if script else PORTAL.format(desk=desk.origin)
                self.answer(200, page.encode(), "text/javascript" if script else "text/html")
            elif self.path.startswith("/static/"):
                octets = (STATIC / self.path.removeprefix("/static/")).read_bytes()
                self.answer(200, octets, "text/javascript")
            elif self.path.startswith("/api/"):
                self.tell(200, desk.answer)
            else:
                self.answer(200, f"<title>{self.path}</title>".encode(), "text/html")

        def do_OPTIONS(self) -> None:
            self.answer(204, b"", "text/plain")

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            desk.created.append((body, self.headers["Origin"]))
            self.tell(*(desk.refusal or (201, {"id": "7f/3a", "url": "/prompts/7f3a"})))

        def do_DELETE(self) -> None:
            desk.ended += 1
            self.answer(204, b"", "text/plain")

        def tell(self, status: int, told: dict[str, Any]) -> None:
            self.answer(status, json.dumps(told).encode(), "application/json")

        def answer(self, status: int, octets: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(octets)))
            if is_portal:
                allowed = (
                    f"default-src 'self'; script-src 'self' {desk.origin}; connect-src 'self' {desk.origin}"
                )
                self.send_header("Content-Security-Policy", f"{allowed}; frame-ancestors 'none'")
            else:
                self.send_header("Access-Control-Allow-Origin", desk.portal)
                self.send_header("Access-Control-Allow-Methods", "GET, POST, DELETE")
                self.send_header("Access-Control-Allow-Headers", "Content-Type")
            self.end_headers()
            self.wfile.write(octets)

    return Handler


@contextmanager
def _served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    portal_side, desk_side = (_handler(desk, is_portal=is_portal) for is_portal in (True, False))
    with _served(portal_side) as desk.portal, _served(desk_side) as desk.origin:
        yield desk


@pytest.fixture
def page(browser: Browser, desk: Desk) -> Iterator[Any]:
    context = browser.new_context()
    page = context.new_page()
    page.goto(desk.portal)
    yield page
    context.close()


def ask(page: Any, action: str, **fields: object) -> None:
    """Send a message as web-eid.js does: from the click of a person."""
    page.evaluate("(question) => { window.question = question; }", {"action": f"web-eid:{action}", **fields})
    page.click("#go")


def heard(page: Any, many: int = 2) -> list[dict[str, Any]]:
    """The answers, once there are so many."""
    page.wait_for_function("(many) => window.heard.length >= many", arg=many)
    answers: list[dict[str, Any]] = page.evaluate("window.heard")
    return answers


def test_status_needs_no_desk(page: Any, desk: Desk) -> None:
    ask(page, "status", libraryVersion="2.0.1")
    ack, success = heard(page)
    assert ack["action"] == "web-eid:status-ack"
    assert success["action"] == "web-eid:status-success"
    assert success["library"] == "2.0.1"
    assert not desk.created


@pytest.mark.parametrize(
    ("action", "sent", "kind", "result"),
    [
        ("authenticate", {"challengeNonce": "n" * 44}, "authenticate", TOKEN),
        ("get-signing-certificate", {}, "certificate", {"certificate": "Y2VydA=="}),
        (
            "sign",
            {"certificate": "Yw==", "hash": "aA==", "hashFunction": "SHA-384"},
            "sign",
            {"signature": "cw=="},
        ),
    ],
)
def test_what_the_desk_answers_reaches_the_page(
    page: Any, desk: Desk, action: str, sent: dict[str, str], kind: str, result: dict[str, str]
) -> None:
    with page.expect_popup() as opened:
        ask(page, action, **sent, options={"lang": "et"})
    opened.value.wait_for_url("**/prompts/7f3a")
    desk.answer = {"state": "done", "result": result}
    ack, success = heard(page)
    assert ack == {"action": f"web-eid:{action}-ack"}
    assert success == {"action": f"web-eid:{action}-success", **result}
    assert desk.created == [({"kind": kind, "lang": "et", **sent}, desk.portal)]
    if kind != "certificate":
        assert opened.value.is_closed() or opened.value.wait_for_event("close")


def test_one_click_is_enough_for_certificate_and_signature(page: Any, desk: Desk) -> None:
    with page.expect_popup() as opened:
        ask(page, "get-signing-certificate")
    opened.value.wait_for_url("**/prompts/7f3a")
    desk.answer = {"state": "done", "result": {"certificate": "Yw"}}
    heard(page)
    desk.answer = WAITING
    page.evaluate("window.open = () => null")
    page.evaluate("(message) => window.say(message)", {"action": "web-eid:sign", "hash": "aA"})
    opened.value.wait_for_url("**/prompts/7f3a")
    desk.answer = {"state": "done", "result": {"signature": "cw"}}
    assert heard(page, 4)[3] == {"action": "web-eid:sign-success", "signature": "cw"}


def test_a_refusal_reaches_the_page(page: Any, desk: Desk) -> None:
    desk.answer = {"state": "failed", "error": {"code": "ERR_WEBEID_USER_CANCELLED", "message": "no"}}
    ask(page, "authenticate", challengeNonce="n" * 44)
    failure = heard(page)[1]
    assert failure["action"] == "web-eid:authenticate-failure"
    assert failure["error"]["code"] == "ERR_WEBEID_USER_CANCELLED"
    assert failure["error"]["message"] == "no"


def test_closing_the_window_cancels(page: Any, desk: Desk) -> None:
    with page.expect_popup() as opened:
        ask(page, "authenticate", challengeNonce="n" * 44)
    opened.value.wait_for_url("**/prompts/7f3a")
    opened.value.close()
    assert heard(page)[1]["error"]["code"] == "ERR_WEBEID_USER_CANCELLED"
    assert desk.ended == 1


def test_nobody_at_the_desk(page: Any, desk: Desk) -> None:
    ask(page, "authenticate", challengeNonce="n" * 44, options={"userInteractionTimeout": 0})
    assert heard(page)[1]["error"]["code"] == "ERR_WEBEID_USER_TIMEOUT"
    assert desk.ended == 1


def test_whoever_unblocks_a_pin_keeps_the_window(page: Any, desk: Desk) -> None:
    desk.answer = {"state": "waiting", "blocked": True}
    with page.expect_popup() as opened:
        ask(page, "authenticate", challengeNonce="n" * 44, options={"userInteractionTimeout": 0})
    assert heard(page)[1]["error"]["code"] == "ERR_WEBEID_USER_TIMEOUT"
    assert desk.ended == 1
    opened.value.wait_for_url("**/prompts/7f3a")
    page.evaluate("() => new Promise((done) => { setTimeout(done); })")
    assert not opened.value.is_closed()


def test_a_desk_that_refuses_or_is_gone(page: Any, desk: Desk) -> None:
    desk.refusal = (409, {"error": {"code": "ERR_WEBEID_ACTION_PENDING", "message": "busy"}})
    ask(page, "authenticate", challengeNonce="n" * 44)
    assert heard(page)[1]["error"]["code"] == "ERR_WEBEID_ACTION_PENDING"
    page.route(f"{desk.origin}/api/**", lambda route: route.abort())
    ask(page, "authenticate", challengeNonce="n" * 44)
    assert heard(page, 4)[3]["error"]["code"] == "ERR_WEBEID_NATIVE_UNAVAILABLE"


def test_one_at_a_time(page: Any, desk: Desk) -> None:
    ask(page, "authenticate", challengeNonce="n" * 44)
    page.evaluate("window.say(window.question)")
    failure = heard(page, 3)[2]
    assert failure["error"]["code"] == "ERR_WEBEID_ACTION_PENDING"


def test_where_windows_are_blocked_a_link_stands_in_the_page(page: Any, desk: Desk) -> None:
    page.evaluate("window.open = () => null")
    ask(page, "authenticate", challengeNonce="n" * 44)
    link = page.get_by_role("link", name="TEST:")
    assert link.get_attribute("href") == f"{desk.origin}/prompts/7f3a"
    desk.answer = {"state": "done", "result": TOKEN}
    assert heard(page)[1] == {"action": "web-eid:authenticate-success", **TOKEN}
    assert link.count() == 0


def test_a_page_of_the_desk_only(page: Any, desk: Desk) -> None:
    desk.refusal = (201, {"id": "1", "url": "https://evil.invalid/"})
    ask(page, "authenticate", challengeNonce="n" * 44)
    assert heard(page)[1]["error"]["code"] == "ERR_WEBEID_NATIVE_FATAL"


@pytest.mark.parametrize(
    "message", [None, 7, "web-eid:status", {}, {"action": 1}, {"action": "web-eid:quit"}]
)
def test_other_messages_are_not_ours(page: Any, message: object) -> None:
    page.evaluate("(message) => window.say(message)", message)
    ask(page, "status")
    assert [answer["action"] for answer in heard(page)] == ["web-eid:status-ack", "web-eid:status-success"]
