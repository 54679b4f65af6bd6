"""One browser and one set of servers for all tests of pages here."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from tests.harness.web.pages.lab_browser import chromium
from tests.web_browser.person import Seat
from tests.web_browser.stage import Stage

Seats = Callable[[str], Seat]
"""(language) -> where a person of that language sits down."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The servers."""
    folder = tmp_path_factory.mktemp("stage")
    made = Stage(folder / "tls", folder / "primes")
    yield made
    made.close()


@pytest.fixture(scope="module")
def seats() -> Iterator[Seats]:
    """The system's Chromium, one window for each language."""
    taken: dict[str, Seat] = {}
    with chromium() as browser:

        def seat(language: str) -> Seat:
            if language not in taken:
                taken[language] = Seat(browser, language)
            return taken[language]

        yield seat
