"""A browser's session with the portal: its cookie, the token against forged requests, its visit.

The cookie is `__Host-softeid` by https: such a one cannot be set from another host or by plain HTTP. It is
Lax, not Strict: the browser comes back from the login host, and to a guardian's link, from elsewhere. What
may change something is a POST, and that needs the token as well, whatever cookies the browser sends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from fastapi import Header, Request

from ..registration.portal import Portal
from ..registration.portal_life import PORTAL_ENDS
from ..registration.refusal import Refused
from ..registration.visit import Visit
from ..registration.visit_record import VisitRecord
from ..registration.vocabulary import Code
from .api import Behind, caller
from .forgery import check_csrf, csrf_token
from .schemas import Shown
from .security import COOKIE, Policy, from_elsewhere

T = TypeVar("T")


@dataclass
class Site:
    """The portal that an application serves.

    Attributes:
        policy: what its server insists on.
        behind: the stores and timers behind it.
        portal: the portal; another one with the next world.
    """

    policy: Policy
    behind: Behind
    portal: Portal | None = None

    @property
    def cookie(self) -> str:
        """Its name (RFC 6265bis, 4.1.3.2); by http with the port, which cookies do not look at."""
        if self.policy.secure:
            return "__Host-softeid"
        port = urlsplit(self.policy.origin).port
        return f"softeid-{port}" if port else "softeid"


class Guest:
    """Whoever sent a request to the portal."""

    def __init__(self, request: Request) -> None:
        """Look at a request; the store is not asked yet.

        Args:
            request: to an application whose state has a `site`.
        """
        self._request = request
        self._site: Site = request.app.state.site
        self._shown = request.cookies.get(self._site.cookie, "")

    def prove(self, token: str) -> None:
        """Insist that a request comes from the portal's own page, in a browser that keeps cookies.

        Args:
            token: as it came beside the cookie.

        Raises:
            Refused: COOKIES_REQUIRED, CSRF.
        """
        if not self._shown:
            raise Refused(Code.COOKIES_REQUIRED)
        if from_elsewhere(self._request.headers):  # with a cookie that a page on another port has set
            raise Refused(Code.CSRF)
        check_csrf(self._shown, token)

    def look(self) -> Shown:
        """What the portal shows; a browser that it does not know begins a visit."""
        return self._whole(self._known_or_new, self._page)

    def begin(self, act: Callable[[Visit], T]) -> T:
        """Do what a login begins with; a visit that is over is followed by another.

        Raises:
            Refused: COOKIES_REQUIRED: the browser did not bring back what it was given. As the act does.
        """
        if not self._shown:
            raise Refused(Code.COOKIES_REQUIRED)
        return self._whole(lambda: self._known_or_new(anew=True), act)

    def get(self, act: Callable[[Visit], T]) -> T:
        """Do what a POST asks for, and return what comes of it.

        Raises:
            Refused: CSRF, where nobody has such a session. As the act does.
        """
        return self._whole(self._known, act)

    def do(self, act: Callable[[Visit], object]) -> Shown:
        """Do what a POST asks for, and return what the portal shows then.

        Raises:
            Refused: as `get`.
        """

        def and_look(visit: Visit) -> Shown:
            act(visit)
            return self._page(visit)

        return self._whole(self._known, and_look)

    # --- inside -----------------------------------------------------------------------------------

    @property
    def _portal(self) -> Portal:
        if self._site.portal is None:
            raise Refused(Code.CORE_UNAVAILABLE)
        return self._site.portal

    def _whole(self, find: Callable[[], Visit], act: Callable[[Visit], T]) -> T:
        """One transaction; when it is kept, and not before, the browser hears of another session name."""

        record: VisitRecord | None = None

        def with_visit() -> T:
            nonlocal record
            visit = find()
            record = visit.record
            return act(visit)

        try:
            result = self._site.behind.whole(with_visit)
        except Refused as refusal:
            if record and refusal.code is not Code.CORE_UNAVAILABLE:
                self._remember(record)
            raise
        assert record
        self._remember(record)
        return result

    def _known_or_new(self, *, anew: bool = False) -> Visit:
        known = self._portal.found(self._shown) if self._shown else None
        if known and not (anew and known.state in PORTAL_ENDS):
            return known
        return self._new()

    def _new(self) -> Visit:
        who = caller(self._request, labelled=self._site.behind.labelled, policy=self._site.policy)
        return self._portal.visit(who.owner, who.thing, address=who.address)

    def _known(self) -> Visit:
        """The visit of the cookie; a token that fits a session of nobody's proves nothing."""
        known = self._portal.found(self._shown)
        if known is None:
            raise Refused(Code.CSRF)
        return known

    def _remember(self, record: VisitRecord) -> None:
        """The answer tells the browser its session's name, where it is another one."""
        name = record.session_id
        if name != self._shown:
            secure = "; Secure" if self._site.policy.secure else ""
            value = f"{self._site.cookie}={name}; HttpOnly; SameSite=Lax; Path=/{secure}"
            self._request.scope[COOKIE] = value

    def _page(self, visit: Visit) -> Shown:
        page = visit.page()
        return Shown(
            **{one.name: getattr(page, one.name) for one in fields(page)},
            csrf=csrf_token(visit.record.session_id),
            server_time=self._portal.core.clock.now,
        )


def guest(
    request: Request,
    x_csrf_token: Annotated[str, Header(description="`csrf` of the session")] = "",
) -> Guest:
    """Whoever sends a POST to the API; whether they may is asked before anything is read."""
    whoever = Guest(request)
    whoever.prove(x_csrf_token)
    return whoever


def looker(request: Request) -> Guest:
    """Whoever looks, which needs no token."""
    return Guest(request)
