"""Every page of phones and card desk that says no, reached by a person's clicks in the system's Chromium."""

from __future__ import annotations

import pytest
from tests.web_browser.conftest import Seats
from tests.web_browser.desk_rows import DESK
from tests.web_browser.phone_end_rows import ACCOUNT, ENDED
from tests.web_browser.phone_rows import CONFIRM, PINS
from tests.web_browser.row import Row
from tests.web_browser.stage import Stage
from tests.web_browser.walk import params, walk
from tests.web_browser.watch import languages

pytestmark = pytest.mark.chromium
PARTS = {
    "phone": PINS,
    "phone, last step": CONFIRM,
    "phone, over": ENDED,
    "phone, account": ACCOUNT,
    "desk": DESK,
}


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(("part", "row"), params(PARTS))
def test_a_page_that_says_no(seats: Seats, stage: Stage, part: str, row: Row, language: str) -> None:
    walk(seats(language), stage, part, row)
