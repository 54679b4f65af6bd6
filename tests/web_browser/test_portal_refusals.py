"""Every page of the portal that says no, reached by a person's clicks in the system's Chromium."""

from __future__ import annotations

import pytest
from tests.web_browser.conftest import Seats
from tests.web_browser.elsewhere_rows import ELSEWHERE, WEB_EID
from tests.web_browser.end_rows import ENDS
from tests.web_browser.guardian_rows import GUARDIANS
from tests.web_browser.login_rows import LOGIN, used_link
from tests.web_browser.person import Person
from tests.web_browser.portal_rows import CODE, QUESTIONS, REVIEW, SIGN
from tests.web_browser.row import Row
from tests.web_browser.stage import Stage
from tests.web_browser.walk import params, walk, words
from tests.web_browser.watch import faults, languages, pictures

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
}


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(("part", "row"), params(PARTS))
def test_a_page_that_says_no(seats: Seats, stage: Stage, part: str, row: Row, language: str) -> None:
    walk(seats(language), stage, part, row)


def test_the_login_host_says_no_to_a_link_that_was_used(seats: Seats, stage: Stage) -> None:
    seat = seats("en")
    person = Person(seat, stage)
    try:
        page = used_link(person)
        person.await_page(page, "LOGIN_HOST", "LINK_UNKNOWN")
        pictures(page, "login host-used link", "en")
        assert page.locator("h1").inner_text() == "This login link cannot be used"
        assert "Go back to the portal and log in again." in words(page)
        assert person.watch.status(page) == 403
        assert faults(page) == []
        assert person.watch.console() == []
    finally:
        seat.tidy()
