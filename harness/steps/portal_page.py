"""What the portal's page shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from ..actor import Browser
from ..registration.vocabulary import AppState, Code
from ..scenario.annotation import OneOf
from ..scenario.step import step
from ..web.messages import text
from ..world import World
from .naming import Handle, PageState, ReasonName, handle_of, listed

CodeName = Annotated[str, OneOf("a code or none", lambda: ("none", *Code))]
StateName = Annotated[str, OneOf("a state of the phone", lambda: tuple(AppState))]


@dataclass(frozen=True)
class Page:
    """A page of the portal."""

    state: PageState
    reason: ReasonName | None = None
    error: CodeName = "none"  # why the last thing was refused
    text: str | None = None  # how the page says that, in English
    notice: Literal["fraud", "none"] = "none"  # a warning that stands on the page
    next: Literal["continue on the device", "none"] = "none"
    identity: Handle | None = None
    name: str | None = None  # of whoever is logged in
    attempts: int | None = None
    device: str | None = None
    country: str | None = None
    phone: StateName | None = None  # where the registration stands on the phone
    email: str | None = None
    terms: str | None = None
    account: Literal["new", "renewal"] | None = None
    accounts: int | None = None  # that the person has and can use
    minor: Handle | None = None  # for whom a guardian signs
    guardians: str = "none"  # names, in order, separated by ", "
    link: Literal["shown", "none"] = "none"  # to hand to a guardian


@step("portal shows")
def portal_shows(world: World, browser: Browser) -> Page:
    """Look at the portal's page."""
    page = browser.visit.page()
    browser.link = page.link or browser.link
    active = sum(one.status == "ACTIVE" for one in page.accounts)
    return Page(
        state=str(page.state),
        reason=page.reason,
        error=str(page.error or "none"),
        text=text("en", f"error.{page.error}.title") if page.error else None,
        notice=page.notice or "none",
        next=page.next or "none",
        identity=handle_of(page.identity),
        name=page.identity.name if page.identity else None,
        attempts=page.attempts_left,
        device=page.device or None,
        country=page.country or None,
        phone=page.phone,
        email=page.email or None,
        terms=page.terms or None,
        account=page.account or None,
        accounts=active if page.identity else None,
        minor=handle_of(page.minor),
        guardians=listed(page.guardians),
        link="shown" if page.link else "none",
    )
