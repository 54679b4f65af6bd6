"""What a parent or guardian does for a minor."""

from __future__ import annotations

from typing import Literal

from ..actor import Actor, Browser, Desk
from ..registration.visit import Visit
from ..route import KNOWN_ISSUER
from ..scenario.reading import Who
from ..scenario.stage import Stuck
from ..scenario.step import step
from ..scenario.words import RIGHT, Typed
from ..world import World
from .keyboard import Pull
from .login import log_in_to
from .portal import sign_in


@step("sign as guardian", expect="guardian.signed", harm="try", needs=KNOWN_ISSUER)
def sign_as_guardian(
    world: World,
    me: Actor,
    reader: Desk,
    browser: Browser,
    *,
    of: Who,
    pin2: Typed = RIGHT,
    pull: Pull | None = None,
) -> None:
    """Open the link that a minor's page shows, log in with one's own card, and sign.

    Args:
        of: the minor.
        pin2: what is typed at the card's PIN2 prompt, or nothing; a list where the prompt comes again.
        pull: take the card out at the PIN2 prompt, or between PIN and signature.
    """
    sign_in(world, reader, _admitted(world, me, reader, browser, of), pin2, pull)


@step("refuse as guardian", expect="guardian.refused & CLOSED(USER_REFUSED, needs=KNOWN_ISSUER)", harm="try")
def refuse_as_guardian(world: World, me: Actor, reader: Desk, browser: Browser, *, of: Who) -> None:
    """Open the link that a minor's page shows, log in with one's own card, and say no.

    Args:
        of: the minor.
    """
    _admitted(world, me, reader, browser, of).cancel()


@step("open link")
def open_link(
    world: World, browser: Browser, *, of: Who | None = None, link: Literal["right", "wrong"] = "right"
) -> None:
    """Open a link for guardians, and do not log in.

    Args:
        of: whose page shows it; needed for a right one.
        link: wrong, for one that nobody was given.
    """
    browser.another().open_link(_link_of(world, of) if link == "right" else "x" * 27)


def _admitted(world: World, me: Actor, desk: Desk, browser: Browser, of: str) -> Visit:
    link = _link_of(world, of)
    visit = browser.another()
    visit.open_link(link)
    log_in_to(world, me, desk, browser, visit)
    return visit


def _link_of(world: World, of: str | None) -> str:
    """What a person's page shows, or showed when somebody looked."""
    for browser in world.actors[of].browsers.values() if of else ():
        if link := browser.visit.page().link or browser.link:
            return link
    raise Stuck(f"no page of {of or 'nobody'} has shown a link for guardians")
