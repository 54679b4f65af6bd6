"""Between a browser and a visit: draws the visit's page, and takes what a form sends.

All that one request does is one transaction, as with the JSON API, whose sessions and tokens these are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fastapi import Request
from starlette.responses import Response

from ..registration.portal import Portal
from ..registration.refusal import Refused
from ..registration.visit import Visit
from ..registration.vocabulary import Code, PortalState
from .forgery import csrf_token
from .pages.portal import AsksCard
from .pages.render import Frame, Problem, View
from .portal_map import PLACES, after, home, told_at
from .portal_sight import Sight
from .problem import status_of
from .session import Guest, Site
from .site import STATIC_PATH, Dress, Form, language_of, page, see

Deed = Callable[[Visit], Problem | str | None]
"""What a form asks for. Returns the page to go to, if it is not the visit's own, or what was not filled in.

Raises `Refused`.
"""


@dataclass(frozen=True)
class PortalDress(Dress):
    """What a portal's server adds to its pages.

    Attributes:
        login: the address where the login host asks for a certificate, `https://host[:port]/auth/mtls`.
    """

    login: str = field(kw_only=True)


class Visitor(Guest):
    """Whoever asks for a page, or sends a form."""

    def look_at(self, act: Callable[[Visit], Response], *, anew: bool = False) -> Response:
        """Do what a GET may, with the visit that the browser has or begins.

        Args:
            act: what to do with it.
            anew: whether a visit that is over is followed by another.
        """
        return self._whole(lambda: self._known_or_new(anew=anew), act)

    def start(self, act: Callable[[Visit], Response]) -> Response:
        """Come to the start; what is over, or was for a guardian's link, is left behind."""

        def visit() -> Visit:
            known = self._known_or_new(anew=True)
            stays = known.state is not PortalState.ANON or not known.record.guards
            return known if stays else self._new()

        return self._whole(visit, act)


def shown(
    request: Request, path: str, *, follows: str = "", view: Callable[[Sight], View | None] | None = None
) -> Response:
    """The page at a path, or the way to the visit's own.

    Args:
        request: the browser's.
        path: of a place.
        follows: where the person wants to be after the login.
        view: what is shown instead of the place's own view.
    """

    def look(visit: Visit) -> Response:
        place = PLACES[path]
        if visit.state not in place.states:
            return see(home(visit))
        sight = Sight(portal_of(request), visit, follows)
        sight.problems = place.problems(sight)
        seen = (view or place.view)(sight)
        if seen is None:
            return see(home(visit))
        return draw(request, sight, seen)

    visitor = Visitor(request)
    return visitor.start(look) if path == "/" else visitor.look_at(look, anew=path == "/login")


def sent(
    request: Request,
    form: Form,
    place: str,
    deed: Deed,
    *,
    follows: str = "",
    typed: Mapping[str, str] | None = None,
) -> Response:
    """Take a form, and say where to go.

    Args:
        request: the browser's.
        form: with the token of the session.
        place: where the form stands.
        deed: what it asks for.
        follows: where the person wants to be after the login.
        typed: what may be filled in again where the form cannot be taken; None sends the person back to it.

    Raises:
        Refused: COOKIES_REQUIRED, CSRF.
    """

    def act(visit: Visit) -> Response:
        if visit.state not in PLACES[place].states:
            return see(home(visit))
        try:
            wanted = deed(visit)
        except Refused as refusal:
            at = told_at(visit, place, refusal.code)
            if typed is None or at != place:
                return see(at)
            problem = Problem.of(PLACES[place].told[refusal.code], refusal.code)
            return again(visit, problem, status_of(refusal.code))
        if isinstance(wanted, Problem):
            return again(visit, wanted, 400)
        return see(wanted or after(visit, follows))

    def again(visit: Visit, problem: Problem, status: int) -> Response:
        sight = Sight(portal_of(request), visit, typed=typed or {}, problems=(problem,))
        view = PLACES[place].view(sight)
        assert view
        return draw(request, sight, view, status=status)

    visitor = Visitor(request)
    visitor.prove(form.csrf)
    return visitor.get(act)


def draw(request: Request, sight: Sight, view: View, *, status: int = 200) -> Response:
    """A visit's page as an answer."""
    shows, dress = sight.page, dress_of(request)
    told = view.problems or request.url.path in ("/refused", "/closed")
    frame = Frame(
        state=shows.state,
        now=sight.core.clock.now.astimezone(dress.zone),
        language=language_of(request),
        error=shows.error or "" if told else "",
        csrf=csrf_token(sight.record.session_id),
        path=request.url.path,
        identity=None if shows.state in (PortalState.ANON, PortalState.CLOSED) else shows.identity,
        watermark=dress.watermark,
        static=STATIC_PATH,
        scripts=dress.scripts if isinstance(view, AsksCard) else (),
    )
    return page(request, view, frame, status)


def plain(request: Request, view: View, *, status: int, error: str = "", state: str = "ERROR") -> Response:
    """A page that belongs to no visit; no store is asked."""
    dress, portal = dress_of(request), site_of(request).portal
    now = portal.core.clock.now if portal else datetime.now(UTC)
    frame = Frame(
        state=state,
        now=now.astimezone(dress.zone),
        language=language_of(request),
        error=error,
        path=request.url.path,
        watermark=dress.watermark,
        static=STATIC_PATH,
    )
    return page(request, view, frame, status)


def site_of(request: Request) -> Site:
    """The portal that the application serves."""
    site: Site = request.app.state.site
    return site


def dress_of(request: Request) -> PortalDress:
    """What the server adds to its pages."""
    dress: PortalDress = request.app.state.dress
    return dress


def portal_of(request: Request) -> Portal:
    """The portal.

    Raises:
        Refused: CORE_UNAVAILABLE, there is no world behind the application just now.
    """
    portal = site_of(request).portal
    if portal is None:
        raise Refused(Code.CORE_UNAVAILABLE)
    return portal
