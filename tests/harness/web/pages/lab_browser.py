"""The system's Chromium for tests of pages, or a skip that says what to install."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from shutil import which
from typing import TYPE_CHECKING

from tests.machine import lacking

from softeid.vpcd.installation import advice_to_install

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser without a window."""
    program = which("chromium")
    if not program:
        lacking(f"chromium is lacking. {advice_to_install('chromium')}")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        lacking("playwright is lacking. `make test` installs it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()
