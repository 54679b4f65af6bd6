"""follow.js in a real Chromium: the waiting page comes again when portal or phone have moved on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from softeid.harness.registration.vocabulary import AppState
from softeid.harness.web.pages.gallery import examples, frame_of
from softeid.harness.web.pages.portal import Wait
from softeid.harness.web.pages.render import STATIC, render

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

HOST = "http://portal.localhost"


class Portal:
    """What the page's server says.

    Attributes:
        phone: where the phone stands.
        told: what the portal's session is.
        drawn: how often the page was asked for.
        asked: how often the session was looked at.
        away: the portal does not answer.
    """

    def __init__(self) -> None:
        self.phone = AppState.IDENTITY_CHECK
        self.told: dict[str, str] = {"state": "CONFIRMED", "phone": self.phone}
        self.drawn = self.asked = 0
        self.away = False

    def answer(self, route: Route) -> None:
        """Answer one request."""
        path = route.request.url.removeprefix(HOST)
        if path == "/static/follow.js":
            route.fulfill(body=(STATIC / "follow.js").read_bytes(), content_type="text/javascript")
        elif path == "/api/portal/session":
            self.asked += 1
            if self.away:
                route.abort()
            else:
                route.fulfill(json=self.told)
        elif path == "/":
            self.drawn += 1
            example = examples()["wait-identity_check"]
            assert isinstance(example.view, Wait)
            text = render(replace(example.view, phone=self.phone), frame_of(example))
            route.fulfill(body=text, content_type="text/html")
        else:
            route.fulfill(body="")


@pytest.fixture
def portal() -> Portal:
    return Portal()


@pytest.fixture
def page(page: Page) -> Page:
    page.goto(f"{HOST}/")
    return page


def two_seconds_go_by(page: Page) -> None:
    """And the portal is looked at."""
    with page.expect_response("**/api/portal/session"):
        page.clock.run_for(2000)


@pytest.mark.parametrize("told", [{"state": "CONFIRMED", "phone": "IDENTITY_CHECK"}, {"state": "CONFIRMED"}])
def test_as_long_as_nothing_changes_the_page_stays(page: Page, portal: Portal, told: dict[str, str]) -> None:
    portal.told = told
    two_seconds_go_by(page)
    two_seconds_go_by(page)
    assert portal.drawn == 1
    assert portal.asked >= 2


@pytest.mark.parametrize(
    "told", [{"state": "CONFIRMED", "phone": "PIN1_CONFIRM"}, {"state": "DONE"}, {"state": "CLOSED"}]
)
def test_when_something_changes_the_page_comes_again(
    page: Page, portal: Portal, told: dict[str, str]
) -> None:
    portal.told = told
    with page.expect_navigation():
        page.clock.run_for(2000)
    assert portal.drawn == 2


def test_a_portal_that_is_away_is_waited_for(page: Page, portal: Portal) -> None:
    portal.away = True
    with page.expect_event("requestfailed"):
        page.clock.run_for(2000)
    portal.away = False
    portal.told = {"state": "DONE"}
    with page.expect_navigation():
        page.clock.run_for(2000)
    assert portal.drawn == 2
