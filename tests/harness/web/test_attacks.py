"""What attackers tried on the lab's servers, and what is answered now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from socket import create_connection
from threading import Event, Thread
from types import SimpleNamespace
from typing import cast

import pytest
from starlette.responses import PlainTextResponse
from tests.harness.registration.conftest import Lab
from tests.harness.web.phone_lab import standing
from tests.harness.web.portal_lab import PortalLab

from softeid.harness.registration.login_ticket import Hint, How
from softeid.harness.registration.memory import MemoryStore
from softeid.harness.registration.phones import Phones
from softeid.harness.registration.portal import Portal
from softeid.harness.store import SqlStore
from softeid.harness.web.api import Behind
from softeid.harness.web.portal_card import present
from softeid.harness.web.security import Policy
from softeid.harness.web.server import Limits, Server
from softeid.harness.web.session import Site

# --- a page on another port of our host: it may set our cookies, and so knows a session's token -------------

FOREIGN = ("same-site", "cross-site")


@pytest.mark.parametrize("where", FOREIGN)
def test_a_page_of_another_port_cannot_send_the_portals_forms(portal: PortalLab, where: str) -> None:
    browser = portal.browser()
    page = browser.open("/login")
    action = next(one.action for one in page.forms if one.action.startswith("/login"))
    token = page.form(action).hidden["csrf"]
    form = {"csrf": token, "token": "{}"}
    answer = browser.raw("POST", action, data=form, headers={"Sec-Fetch-Site": where})
    assert answer.status_code == 403
    assert 'data-error="CSRF"' in answer.text
    assert (
        browser.raw("POST", action, data=form, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303
    )


@pytest.mark.parametrize("where", FOREIGN)
def test_nor_use_its_api(portal: PortalLab, where: str) -> None:
    browser = portal.browser()
    token = browser.raw("GET", "/api/portal/session").json()["csrf"]
    fields = {"X-CSRF-Token": token}
    answer = browser.raw("POST", "/auth/invite", json={}, headers={**fields, "Sec-Fetch-Site": where})
    assert (answer.status_code, answer.json()["code"]) == (403, "CSRF")
    assert browser.raw("POST", "/auth/invite", json={}, headers=fields).status_code == 200


# --- a lab that is reset while others ask ---------------------------------------------------------------


class Waiting(MemoryStore):
    """Lets somebody in only when they may."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.open = Event(), Event()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.asked.set()
        assert self.open.wait(20)
        yield


def test_whoever_waits_for_their_turn_works_on_the_database_that_is_there_then(tmp_path: Path) -> None:
    turn, before, after = Waiting(), *(SqlStore(f"sqlite:///{tmp_path / name}.db") for name in "ab")
    for store in (before, after):
        store.migrate()
    behind, found = Behind([turn, before]), list[bool]()
    asking = Thread(target=lambda: behind.whole(lambda: found.extend((bool(before.open), bool(after.open)))))
    asking.start()
    assert turn.asked.wait(20)
    behind.stores = [turn, after]
    turn.open.set()
    asking.join()
    assert found == [False, True]
    for store in (before, after):
        store.close()


def test_the_login_host_asks_the_portal_that_is_there_then() -> None:
    turn = Waiting()
    site = Site(Policy("https://portal.test"), Behind([turn]), cast(Portal, SimpleNamespace()))
    told: list[str] = []
    asking = Thread(target=lambda: told.append(present(site)("link", None, How.WITHOUT, Hint.CHECK_CARD)))
    asking.start()
    assert turn.asked.wait(20)
    site.portal = cast(
        Portal, SimpleNamespace(origin="https://portal.test", present=lambda *_: "of the new one")
    )
    turn.open.set()
    asking.join()
    assert told == ["https://portal.test/auth/ticket?ticket=of+the+new+one"]


# --- too much ---------------------------------------------------------------------------------------------


def test_too_many_connections_do_not_disturb_those_that_are_there() -> None:
    with Server(limits=Limits(connections=1)) as server:
        server.start(PlainTextResponse("here"), Policy())
        with (
            closing(HTTPConnection(server.host, server.port, timeout=20)) as early,
            closing(HTTPConnection(server.host, server.port, timeout=20)) as late,
        ):
            early.connect()
            early.request("GET", "/")
            assert early.getresponse().read() == b"here"
            late.request("GET", "/")
            answer = late.getresponse()
            assert (answer.status, answer.headers["Content-Type"]) == (503, "application/problem+json")
            assert b'"code": "TOO_BUSY"' in answer.read()
            assert answer.headers["Content-Security-Policy"]
            assert answer.headers["Connection"] == "close"
            early.request("GET", "/")
            assert early.getresponse().status == 200


def test_the_list_of_phones_looks_at_each_phone_once(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0
    apps = Phones.apps

    def counted(self: Phones) -> list[object]:
        nonlocal asked
        asked += 1
        return list(apps(self))

    with standing(lab) as phones:
        for _ in range(5):
            phones.add("a phone")
        monkeypatch.setattr(Phones, "apps", counted)
        page = phones.browser.open("/")
    assert page.text.count("a phone") >= 5
    assert asked == 1


def test_a_malformed_request_is_no_news(capfd: pytest.CaptureFixture[str]) -> None:
    with Server() as server:
        server.start(PlainTextResponse("here"), Policy())
        for request in (
            b"\x16\x03\x01\x02\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        ):
            with closing(create_connection((server.host, server.port), timeout=20)) as line:
                line.sendall(request)
                assert line.recv(100).startswith(b"HTTP/1.1 ")
    assert capfd.readouterr().err == ""
