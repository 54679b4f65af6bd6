"""Every page that says no, reached by a person's clicks in the system's Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.web_browser.conftest import Seats
from tests.web_browser.desk_rows import DESK
from tests.web_browser.elsewhere_rows import ELSEWHERE, WEB_EID
from tests.web_browser.end_rows import ENDS
from tests.web_browser.guardian_rows import GUARDIANS
from tests.web_browser.login_rows import LOGIN, used_link
from tests.web_browser.person import Person
from tests.web_browser.phone_end_rows import ACCOUNT, ENDED
from tests.web_browser.phone_rows import CONFIRM, PINS
from tests.web_browser.portal_rows import CODE, QUESTIONS, REVIEW, SIGN
from tests.web_browser.row import Row
from tests.web_browser.stage import Stage
from tests.web_browser.watch import faults, languages, pictures, shown_secrets

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.chromium
PARTS = {
    "login": LOGIN,
    "Web eID": WEB_EID,
    "questions": QUESTIONS,
    "code": CODE,
    "review": REVIEW,
    "sign": SIGN,
    "end": ENDS,
    "guardian": GUARDIANS,
    "elsewhere": ELSEWHERE,
    "phone": PINS,
    "phone, last step": CONFIRM,
    "phone, over": ENDED,
    "phone, account": ACCOUNT,
    "desk": DESK,
}
ROWS = [pytest.param(part, row, id=f"{part}: {row.name}") for part, rows in PARTS.items() for row in rows]


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(("part", "row"), ROWS)
def test_a_page_that_says_no(seats: Seats, stage: Stage, part: str, row: Row, language: str) -> None:
    seat = seats(language)
    person = Person(seat, stage, **row.rules)
    try:
        page = row.reach(person)
        person.await_page(page, row.state, row.error)
        pictures(page, f"{part}-{row.name}", language)
        assert page.locator("h1").inner_text().split() == row.title(language).split()
        assert person.watch.status(page) == row.status
        if language == "en":
            assert [one for one in row.told if one not in _words(page)] == []
        assert page.locator("dl.facts dt > code").all_text_contents() == []  # each fact has a name
        assert faults(page) == []
        document = [] if row.pins else [page.content()]
        assert shown_secrets([*document, *person.watch.addresses], person.secrets) == []
        assert person.watch.console(row.provokes) == []
        assert stage.faults == []
    finally:
        seat.tidy()


def test_the_login_host_says_no_to_a_link_that_was_used(seats: Seats, stage: Stage) -> None:
    seat = seats("en")
    person = Person(seat, stage)
    try:
        page = used_link(person)
        person.await_page(page, "LOGIN_HOST", "LINK_UNKNOWN")
        pictures(page, "login host-used link", "en")
        assert page.locator("h1").inner_text() == "This login link cannot be used"
        assert "Go back to the portal and log in again." in _words(page)
        assert person.watch.status(page) == 403
        assert faults(page) == []
        assert person.watch.console() == []
    finally:
        seat.tidy()


def _words(page: Page) -> str:
    """What stands on the page, also in what is folded up."""
    return " ".join((page.locator("main").text_content() or "").split())
