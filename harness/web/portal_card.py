"""Where the portal's pages meet the card: the way to the login host and back, and what scripts tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from ..registration.login_ticket import Hint, How
from ..registration.refusal import Refused
from ..registration.visit import Visit
from ..registration.vocabulary import Code, PortalState
from .api import JsonRoute
from .portal_map import AFTER_LOGIN, after, home, told_at
from .portal_window import Visitor, dress_of
from .problem import problem
from .schemas import Body, Word
from .session import Guest, Site, guest
from .site import router, see

Posting = Annotated[Guest, Depends(guest)]
NEXT_COOKIE = "softeid-next"
"""Keeps where somebody wants to be, on the way to the login host and back."""
TICKET_PATH = "/auth/ticket"
_SOON = 300  # seconds that the way may take
_WHY = {
    "ERR_WEBEID_USER_CANCELLED": "cancelled",
    "ERR_WEBEID_USER_TIMEOUT": "cancelled",
    "ERR_WEBEID_NATIVE_FATAL": "card_removed",  # assumed: what the application fails by is the card
}
"""What happened to the person. Whatever else Web eID fails with is a program's failing: the page tells it,
and the portal has no code for it."""

routes = router()
programs = APIRouter(route_class=JsonRoute, include_in_schema=False)


def present(site: Site) -> Callable[[str, bytes | None, How, Hint], str]:
    """What a login host does with its visitors: it sends them back to this portal, with a ticket.

    Args:
        site: the portal.

    Returns:
        For `LoginHost`: (link, certificate as DER or None, how, hint) -> address; or raises `UnknownLink`.
    """

    def sent_back(link: str, certificate: bytes | None, how: How, hint: Hint) -> str:
        def ticketed() -> str:
            portal = site.portal
            if portal is None:
                raise Refused(Code.CORE_UNAVAILABLE)
            ticket = portal.present(link, certificate, how, hint)
            return f"{portal.origin}{TICKET_PATH}?{urlencode({'ticket': ticket})}"

        return site.behind.whole(ticketed)

    return sent_back


@routes.get("/auth/certificate")
def go_to_login_host(request: Request) -> Response:
    """Go to the login host, which asks the browser for a certificate; the link names this session."""
    login = dress_of(request).login
    wanted = request.query_params.get("next", "")

    def invite(visit: Visit) -> Response:
        if visit.state is not PortalState.ANON:
            return see(home(visit))
        answer = see(f"{login}?{urlencode({'session': visit.invite()})}")
        if wanted in AFTER_LOGIN:
            secure = request.app.state.policy.secure
            answer.set_cookie(
                NEXT_COOKIE, wanted, _SOON, path="/auth", httponly=True, samesite="lax", secure=secure
            )
        return answer

    return Visitor(request).begin(invite)


@routes.get(TICKET_PATH)
def come_back(request: Request, ticket: str = "") -> Response:
    """Come back from the login host; the ticket is good once, in this session, for half a minute."""

    def redeem(visit: Visit) -> Response:
        if visit.state is not PortalState.ANON:
            return see(home(visit))
        try:
            visit.redeem(ticket)
        except Refused as refusal:
            return see(told_at(visit, "/login", refusal.code))
        return see(after(visit, request.cookies.get(NEXT_COOKIE, "")))

    answer = Visitor(request).begin(redeem)
    answer.delete_cookie(NEXT_COOKIE, path="/auth")
    return answer


# --- what scripts tell ----------------------------------------------------------------------------


class Failed(Body):
    """Web eID did not give what was asked of it."""

    code: Word


@programs.post("/auth/aborted")
def login_aborted(body: Failed, guest: Posting) -> Response:
    """No login came about: a problem with the catalogue's code, where it has one for it."""
    why = _WHY.get(body.code)
    if why is None:
        return Response(status_code=204)
    guest.get(lambda visit: visit.abort_login(Code.LOGIN_CANCELLED, why=why))
    raise AssertionError("a login that was given up is refused")


@programs.post("/sign/aborted")
def signing_aborted(request: Request, body: Failed, guest: Posting) -> Response:
    """No signature came about; the problem's `next` is where the person goes on."""
    why = _WHY.get(body.code)
    if why is None:
        return Response(status_code=204)

    def abort(visit: Visit) -> Response:
        try:
            visit.abort_signing(why)
        except Refused as refusal:
            return problem(refusal.code, request.url.path, {**refusal.detail, "next": home(visit)})
        raise AssertionError("a signature that was given up is refused")

    return guest.get(abort)
