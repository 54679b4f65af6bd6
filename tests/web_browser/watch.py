"""What a browser does while somebody uses it: documents, the console, and what a page holds at last."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Response

RULES = ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SCREENSHOTS = "SOFTEID_SCREENSHOTS"
"""A folder for a picture of each page; none are taken without it."""
WIDTHS = (390, 820, 1440)
_OTHERS = 1440  # the width of pictures in other languages than English
_FAILED = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")


class Watch:
    """See the module.

    Attributes:
        addresses: of everything that was asked for.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.addresses: list[str] = []
        self._statuses: dict[str, int] = {}
        self._said: list[str] = []
        context.on("console", self._hear)
        context.on("weberror", lambda error: self._said.append(f"error: {error.error}"))
        context.on("response", self._see)

    def forget(self) -> None:
        """Begin anew."""
        self.addresses.clear()
        self._statuses.clear()
        self._said.clear()

    def status(self, page: Page) -> int:
        """With what the document in a page was answered."""
        return self._statuses[page.url.partition("#")[0]]

    def console(self, expected: Iterable[str] = ()) -> list[str]:
        """What was said there, but for answers of 4xx.

        Args:
            expected: parts of what a row provokes besides.
        """
        told = (one for one in self._said if not _FAILED.match(one))
        return [one for one in told if not any(part in one for part in expected)]

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._said.append(message.text)

    def _see(self, response: Response) -> None:
        request = response.request
        self.addresses.append(request.url)
        if request.is_navigation_request() and not 300 <= response.status < 400:
            self._statuses[request.url] = response.status


_BARE = r"""() => document.documentElement.outerHTML.replace(/>[^<]+/g, ">")
    .replace(/ (href|action|value|data-(?!error)[a-z-]+|datetime)="[^"]*"/g, " $1")"""
"""A page without its words: pages of one build are judged once."""
_judged: set[tuple[str, str]] = set()


def faults(page: Page) -> list[str]:
    """What axe finds, and whether the page is wider than its window."""
    from axe_playwright_python.sync_playwright import Axe

    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        return ["wider than the window"]
    build = page.evaluate("document.documentElement.lang"), page.evaluate(_BARE)
    if build in _judged:
        return []
    told = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]}).response["violations"]
    found = [f"{one['id']}: {one['nodes'][0]['html']}" for one in told]
    if not found:
        _judged.add(build)
    return found


def shown_secrets(places: Iterable[str], secrets: Iterable[str]) -> list[str]:
    """Which secrets stand somewhere: in a page, or an address."""
    places = list(places)
    return [one for one in secrets if any(one in place for place in places)]


def languages() -> tuple[str, ...]:
    """In which languages the pages are walked: all where pictures are wanted."""
    return ("en", "et", "lv", "lt", "ru") if os.environ.get(SCREENSHOTS) else ("en",)


def pictures(page: Page, name: str, language: str) -> None:
    """Take them, where they are wanted: three widths in English, one in the other languages."""
    folder = os.environ.get(SCREENSHOTS)
    if not folder:
        return
    for width in WIDTHS if language == "en" else (_OTHERS,):
        place = Path(folder) / f"{language}-{width}"
        place.mkdir(parents=True, exist_ok=True)
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=place / f"{name.replace(' ', '-').replace(':', '')}.png", full_page=True)
