"""What happens in the world without anybody of the scenario doing it, and what only a lab can see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from ..actor import Browser
from ..registration.application import read
from ..registration.vocabulary import EventName
from ..scenario.annotation import OneOf
from ..scenario.stage import Stuck
from ..scenario.step import step
from ..world import World
from .naming import LanguageName, listed

Event = Annotated[str, OneOf("an event of the catalogue", lambda: tuple(EventName))]


@step("wait")
def wait(world: World) -> None:
    """Do nothing; with `at:` the clock moves on."""


@step("terms change")
def terms_change(world: World, *, version: str) -> None:
    """The terms of use get a new version.

    Args:
        version: its name.
    """
    with world.records():
        world.core.terms_version = version


@step("portal restarts")
def portal_restarts(world: World) -> None:
    """The portal is stopped and started again; the setting `portal_sessions` says what it remembers."""
    with world.records():
        world.portal.restart()


# --- what a lab sees --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outbox:
    """The messages to people, which are never sent."""

    messages: int
    last: Literal["account requested", "account created", "code sent"] | None = None
    to: str | None = None  # whom the last notice went to, in order, separated by ", "
    notice: Literal["fraud", "none"] = "none"  # the warning that stands in every message
    links: Literal["none", "some"] = "none"  # whether something to click stands in any


@step("outbox shows")
def outbox_shows(world: World) -> Outbox:
    """Look at the messages to people: how many, what the last is about, and where it would have gone."""
    with world.records():
        messages = world.core.outbox.messages
    if not messages:
        return Outbox(0)
    last = messages[-1]
    to = [one.to for one in messages if (one.at, one.kind) == (last.at, last.kind)]
    warned = all("do not enter PINs or codes that others give you" in one.text for one in messages)
    clickable = any(mark in one.text for one in messages for mark in ("://", "www.", "<a"))
    return Outbox(
        len(messages),
        last.kind,
        ", ".join(to),
        "fraud" if warned else "none",
        "some" if clickable else "none",
    )


@dataclass(frozen=True)
class Trail:
    """The audit trail's entries of one name."""

    event: Event
    count: int
    by: str | None = None  # the word that the last one has for how it happened
    tells: str = "none"  # names of the facts that the last one carries, in order, separated by ", "


@step("audit shows")
def audit_shows(world: World, *, event: Event) -> Trail:
    """Look into the audit trail.

    Args:
        event: the name of the entries.
    """
    with world.records():
        told = [one for one in world.core.audit.events if one.name == event]
    if not told:
        return Trail(event, 0)
    return Trail(event, len(told), told[-1].data.get("by"), listed(sorted(told[-1].data)))


@dataclass(frozen=True)
class Application:
    """The text that a person signs with PIN2."""

    terms: str
    language: LanguageName
    accepted: str
    device: str
    country: str


@step("application shows")
def application_shows(world: World, browser: Browser) -> Application:
    """Read the application on the portal's page."""
    text = browser.visit.page().application
    if not text:
        raise Stuck("no application was written yet; it is when the review page is confirmed")
    return Application(*read(text))
