"""A page that says no, and how a person gets there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.web_browser.person import Person

from softeid.harness.web.messages import text

if TYPE_CHECKING:
    from playwright.sync_api import Page

Reach = Callable[[Person], "Page"]


@dataclass(frozen=True)
class Row:
    """One of them.

    Attributes:
        name: for people.
        reach: leads there; the last act is a click. Returns the tab.
        state: of the page, as its body says it.
        error: likewise.
        heading: key of its first heading.
        values: what is filled in there.
        device: the phone that is named there.
        told: what stands there in English besides.
        untold: what must not stand there.
        status: with which the page was answered.
        rules: settings of the world.
        provokes: parts of what the browser's console says because of it.
        pins: whether the page shows a test card's PINs, as the desk does.
    """

    name: str
    reach: Reach
    state: str
    error: str
    heading: str
    values: Mapping[str, object] = field(default_factory=dict)
    device: str = ""
    told: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()
    status: int = 200
    rules: Mapping[str, object] = field(default_factory=dict)
    provokes: tuple[str, ...] = ()
    pins: bool = False

    def title(self, language: str) -> str:
        """The first heading, as a person reads it."""
        device = text(language, "common.quoted", text=self.device)
        return text(language, self.heading, device=device, **self.values)


def said(key: str, **values: object) -> str:
    """A text in English, as a person reads it."""
    return text("en", key, **values)
