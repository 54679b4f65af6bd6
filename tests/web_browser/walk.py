"""A walk to a page that says no, and what is looked at there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest
from tests.web_browser.person import Person, Seat
from tests.web_browser.row import Row
from tests.web_browser.stage import Stage
from tests.web_browser.watch import faults, pictures, shown_secrets

if TYPE_CHECKING:
    from playwright.sync_api import Page


def params(parts: Mapping[str, list[Row]]) -> list[Any]:
    """Rows for `parametrize`, of several parts of the site."""
    return [pytest.param(part, row, id=f"{part}: {row.name}") for part, rows in parts.items() for row in rows]


def walk(seat: Seat, stage: Stage, part: str, row: Row) -> None:
    """Go there by clicks, and hold the page against the row: words, status, axe, secrets, console."""
    person = Person(seat, stage, **row.rules)
    try:
        page = row.reach(person)
        person.await_page(page, row.state, row.error)
        pictures(page, f"{part}-{row.name}", seat.language)
        assert page.locator("h1").inner_text().split() == row.title(seat.language).split()
        assert person.watch.status(page) == row.status
        if seat.language == "en":
            assert [one for one in row.told if one not in words(page)] == []
            assert [one for one in row.untold if one in words(page)] == []
        assert page.locator("dl.facts dt > code").all_text_contents() == []  # each fact has a name
        assert faults(page) == []
        document = [] if row.pins else [page.content()]
        assert shown_secrets([*document, *person.watch.addresses], person.secrets) == []
        assert person.watch.console(row.provokes) == []
        assert stage.faults == []
    finally:
        seat.tidy()


def words(page: Page) -> str:
    """What stands on the page, also in what is folded up."""
    return " ".join((page.locator("main").text_content() or "").split())
