"""The pages over databases, and over a real server with people who press twice."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.registration.conftest import Lab
from tests.harness.store.stored_lab import StoredLab
from tests.harness.web.phone_lab import PhoneLab
from tests.harness.web.portal_lab import PortalLab
from tests.harness.web.site_browser import PageSeen

from softeid.harness.registration.settings import Settings
from softeid.harness.web.portal_routes import routes
from softeid.harness.web.server import Server


@pytest.fixture
def stored(pool: Path, tmp_path: Path) -> Iterator[StoredLab]:
    urls = (f"sqlite:///{tmp_path}/core.db", f"sqlite:///{tmp_path}/phones.db")
    lab = StoredLab(replace(Settings(key_bits=2048)), pool, urls)
    yield lab
    lab.stop()


def test_the_six_steps_on_records_in_databases(stored: StoredLab) -> None:
    portal, phones = PortalLab(stored), PhoneLab(stored)
    card, browser = stored.card(), portal.browser()
    page = phones.to_code()
    code = page.source.partition('<data class="bigcode" value="')[2].partition('"')[0]
    seen = portal.to_code(browser, card)
    seen = browser.send(seen, "/code", code="000000000")
    assert seen.error == "RC_WRONG"
    seen = browser.send(seen, "/code", code=code)
    seen = browser.send(seen, "/review", mine="yes")
    assert browser.send(seen, "/sign", stop="yes").error == "SIGN_ABORTED"
    seen = browser.send(browser.open("/review"), "/review", mine="yes")
    seen = browser.send(seen, "/sign", **portal.signature(seen, card))
    assert seen.state == "CONFIRMED"
    page = phones.press(phones.browser.open(page.path), "identity", accept="yes")
    page = phones.type(phones.type(page, "4271"), "58362")
    assert page.state == "READY"
    assert browser.open("/wait").state == "DONE"
    assert "registered" in browser.open("/selfservice/history").text
    portal.close()
    phones.browser.close()


def test_two_presses_at_once_are_one(stored: StoredLab) -> None:
    """Over sockets: whoever comes second is led to where the first one went."""
    portal, phones = PortalLab(stored), PhoneLab(stored)
    page = phones.to_code()
    code = page.source.partition('<data class="bigcode" value="')[2].partition('"')[0]
    browser, faults = portal.browser(), list[Exception]()
    seen = portal.to_code(browser, stored.card())
    fields = {**seen.form("/code").hidden, "code": code}
    cookies = dict(browser.cookies.items())
    told = {"Host": "portal.softeid.test"}
    with Server() as server:
        server.start(portal.app, replace(portal.policy, proxied=True), faults.append)

        def press(_: int) -> httpx.Response:
            by_https = {**told, "X-Forwarded-Proto": "https"}
            with httpx.Client(base_url=server.address, cookies=cookies, headers=by_https) as client:
                return client.post("/code", data=fields)

        with ThreadPoolExecutor(4) as presses:
            answers = list(presses.map(press, range(4)))
    assert [one.status_code for one in answers] == [303] * 4
    assert {one.headers["location"] for one in answers} == {"/review"}
    events = [str(event.name) for event in stored.watched.events]
    assert events.count("code.accepted") == 1
    assert "code.rejected" not in events
    assert not faults
    portal.close()
    phones.browser.close()


_PATHS = sorted(
    {route.path.replace("{document}", "x") for route in routes.routes if "POST" in route.methods}  # type: ignore[attr-defined]
)
_VALUES = st.one_of(st.text(max_size=40), st.sampled_from(["yes", "no", "true", "OK", "A" * 3000, "="]))
_NAMES = ("email", "phone", "consent", "code", "stop", "mine", "agree", "otp", "token", "signature")


@pytest.mark.parametrize("logged_in", [False, True])
def test_whatever_is_sent_gets_a_page_or_a_redirect(lab: Lab, logged_in: bool) -> None:
    portal = PortalLab(lab)
    browser = portal.browser()
    page = portal.log_in(browser, lab.card()) if logged_in else browser.open("/login")

    @given(st.sampled_from(_PATHS), st.dictionaries(st.sampled_from(_NAMES), _VALUES, max_size=5))
    def send(path: str, fields: dict[str, Any]) -> None:
        nonlocal page
        if page.state == "CLOSED":
            page = browser.open("/login")
        csrf = next(one.hidden["csrf"] for one in page.forms if "csrf" in one.hidden)
        answer = browser.raw("POST", path, data={**fields, "csrf": csrf})
        assert answer.status_code < 500
        if answer.status_code == 303:
            assert answer.headers["location"].startswith("/")
            page = browser.open(answer.headers["location"])
            if not page.forms:
                page = browser.open("/login")
        else:
            assert PageSeen(answer).heading

    send()
    portal.close()
