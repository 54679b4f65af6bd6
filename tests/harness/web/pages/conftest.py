"""A real browser for the tests of what a page's scripts do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

import pytest

from .lab_browser import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route


class Answering(Protocol):
    """What a module's `portal` can do."""

    def answer(self, route: Route) -> None:
        """Answer one request."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    with chromium() as running:
        yield running


@pytest.fixture
def page(browser: Browser, portal: Answering) -> Iterator[Page]:
    """One that asks the module's `portal` for everything, and whose clock a test moves."""
    context = browser.new_context()
    page = context.new_page()
    page.route("**/*", portal.answer)
    page.clock.install()
    yield page
    context.close()
