"""What a browser makes of a page of the portal, whatever the sessions behind it say."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import Annotated, Literal, get_args
from urllib.parse import urljoin, urlsplit

from ..actor import Browser
from ..clients.json_client import Answered, insist
from ..registration.visit_record import SESSIONS
from ..registration.vocabulary import Code, PortalState
from ..scenario.annotation import Between, OneOf
from ..scenario.stage import Stuck
from ..scenario.step import step
from ..world import World
from .naming import LanguageName

Scheme = Literal["http", "https"]
LeadScheme = Annotated[str, OneOf("a scheme", lambda: get_args(Scheme))]
YesNo = Literal["yes", "no"]
Session = Literal["own", "before login"]
StateName = Annotated[str, OneOf("a page's state", lambda: (*PortalState, "ERROR", "HELP"))]
CodeName = Annotated[str, OneOf("a code or none", lambda: ("none", *Code))]
_OWN = "own host"
_MOST_LEADS = 5


@dataclass(frozen=True)
class WebPage:
    """A page as it came."""

    status: Annotated[int, Between(100, 599)]
    scheme: Scheme  # by which it was asked for
    path: str  # where it was found, after redirects on the portal's own host
    frame_ancestors: str  # who may show it in a frame: none, or what the policy says
    leads_to: str  # own host, or the first other host to which a redirect, form or link leads
    scripts: Literal["none", "own", "foreign"]  # where its scripts come from
    leads_by: LeadScheme | None = None  # the scheme of a redirect that was not followed
    state: StateName | None = None
    error: CodeName = "none"
    language: LanguageName | None = None
    heading: str | None = None
    told: str | None = None  # what the page says is wrong with what was typed
    as_text: YesNo | None = None  # whether what was looked for stands there for people to read
    as_markup: YesNo | None = None  # whether it stands there as markup


@step("page shows")
def page_shows(
    world: World,
    browser: Browser,
    *,
    path: str = "/",
    scheme: Scheme = "https",
    find: str = "",
    session: Session = "own",
) -> WebPage:
    """Open a page of the portal in a browser, and look at what came.

    Redirects on the portal's own host are followed, but not from http to https.

    Args:
        path: with its query.
        scheme: by which it is asked for.
        find: what to look for.
        session: what the cookie says: what it says by now, or what it said before the login.
    """
    cookie = _before_login(world, browser) if session == "before login" else None
    answer = world.room.open(browser.visit, path, scheme, cookie)
    where, away, by = path, "", None
    for _ in range(_MOST_LEADS):
        lead = answer.fields.get("location", "")
        if not lead:
            break
        away = _foreign(world, where, lead)
        if away or answer.status == 308:
            by = urlsplit(lead).scheme or scheme
            break
        where = urlsplit(urljoin(where, lead))._replace(scheme="", netloc="").geturl()
        answer = world.room.open(browser.visit, where, scheme, cookie)
    return replace(_seen(world, answer, scheme, where, away, find), leads_by=by)


@step("forge request")
def forge_request(
    world: World, browser: Browser, *, to: Literal["answers", "code", "application", "logout"]
) -> None:
    """A page of another site makes the browser send the portal something, cookie and all.

    Args:
        to: what it asks for.
    """
    path = f"/api/portal/{to}"
    answered = world.room.forge(browser.visit, path)
    insist("POST", path, answered, json.loads(answered.body))


def _seen(world: World, answer: Answered, scheme: Scheme, where: str, away: str, find: str) -> WebPage:
    page = _Read(answer.body.decode())
    leads = (host for one in (*page.forms, *page.links) if (host := _foreign(world, where, one)))
    error = page.body.get("data-error", "")
    foreign = any(_foreign(world, where, one) for one in page.scripts)
    return WebPage(
        status=answer.status,
        scheme=scheme,
        path=urlsplit(where).path,
        frame_ancestors=_directive(answer, "frame-ancestors"),
        leads_to=away or next(leads, _OWN),
        scripts="foreign" if foreign else "own" if page.scripts else "none",
        state=page.body.get("data-state"),
        error=error if error in Code.__members__ else "none",
        language=page.language or None,
        heading=page.heading or None,
        told=page.told or None,
        as_text=_yes(find in page.text) if find else None,
        as_markup=_yes(find in page.source) if find else None,
    )


def _before_login(world: World, browser: Browser) -> str:
    with world.records():
        now = browser.visit.record
        names = [
            one.session_id
            for one in world.core.store.table(SESSIONS).values()
            if one.visit_id == now.visit_id
        ]
    old = [name for name in names if name != now.session_id]
    if not old:
        raise Stuck("this visit has had one name only: nobody has logged in")
    return str(old[-1])


def _foreign(world: World, where: str, lead: str) -> str:
    """The host to which an address leads, if it is not the portal's."""
    own = urlsplit(world.portal.origin)
    there = urlsplit(urljoin(f"{world.portal.origin}{where}", lead))
    return "" if there.netloc == own.netloc or there.scheme not in ("http", "https") else there.netloc


def _directive(answer: Answered, name: str) -> str:
    """What the answer's Content-Security-Policy says of something."""
    policy = answer.fields.get("content-security-policy", "")
    found = re.search(rf"(?:^|;)\s*{name}\s+([^;]+)", policy)
    return found[1].strip().strip("'") if found else "anybody"


def _yes(claim: bool) -> YesNo:
    return "yes" if claim else "no"


class _Read(HTMLParser):
    """What a browser reads in a page."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.source = source
        self.language = self.heading = self.told = self.text = ""
        self.body: dict[str, str] = {}
        self.forms: list[str] = []
        self.links: list[str] = []
        self.scripts: list[str] = []
        self._within: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        match tag:
            case "html":
                self.language = told.get("lang", "")
            case "body":
                self.body = told
            case "form":
                self.forms.append(told.get("action", ""))
            case "a":
                self.links.append(told.get("href", ""))
            case "script":
                self.scripts.append(told.get("src", ""))
        if tag in ("h1", "p", "template", "li"):
            error = tag == "p" and "error" in told.get("class", "").split()
            self._within.append("error" if error else tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("h1", "p", "template", "li") and self._within:
            self._within.pop()

    def handle_data(self, data: str) -> None:
        self.text += data
        if "h1" in self._within:
            self.heading += data.strip()
        if "error" in self._within:
            self.told = f"{self.told} {data.strip()}".strip()
