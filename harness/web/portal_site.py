"""The portal as browsers and programs reach it: pages with native forms, and the JSON API, on one session."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from starlette.responses import Response

from ..error import HarnessError
from ..registration.vocabulary import Code
from . import portal_card, portal_routes
from .pages.portal_end import Notice
from .pages.render import View
from .portal_api import portal_api
from .portal_view import refused
from .portal_window import PortalDress, plain
from .problem import RimCode, header_fields, status_of
from .session import Site
from .site import furnish

PROGRAMS = ("/api/", "/auth/", "/openapi.json")
"""Beginnings of paths where what is not there, or comes in a wrong way, is told to a program."""


class DressError(HarnessError):
    """The settings of a portal's server do not fit together."""


def portal_site(site: Site, dress: PortalDress) -> FastAPI:
    """The application.

    Args:
        site: the portal that it serves.
        dress: what its server adds to its pages.

    Raises:
        DressError: a script comes from an origin that the server's policy does not allow.
    """
    allowed = {site.policy.origin, *site.policy.scripts}
    for script in dress.scripts:
        parts = urlsplit(script)
        origin = f"{parts.scheme}://{parts.netloc}"
        if parts.netloc and origin not in allowed:
            raise DressError(f"script {script}: expected an origin of the server's policy, found {origin}")
    app = portal_api(site)
    app.state.policy, app.state.dress = site.policy, dress
    app.include_router(portal_card.programs)
    app.include_router(portal_card.routes)
    app.include_router(portal_routes.routes)
    furnish(app, _wrong, PROGRAMS)
    return app


def _wrong(request: Request, code: Code | RimCode, detail: Mapping[str, object]) -> Response:
    """A page that tells what is wrong with a request; no store is asked."""
    status = status_of(code)
    view = _notice(code, detail) or refused(Code(code), detail, logged_in=True, retry="/")
    if isinstance(view, Notice) and view.about == "not_found":
        status = 404
    answer = plain(request, view, status=status, error=str(code))
    told = {name: value for name, value in detail.items() if isinstance(value, (int, float))}
    answer.headers.update(dict(header_fields(status, told)))
    return answer


def _notice(code: Code | RimCode, detail: Mapping[str, object]) -> View | None:
    """A page that stands alone, where no code of the catalogue says it better."""
    if code is RimCode.NOT_FOUND or (code is Code.BAD_REQUEST and detail.get("field") == "link"):
        return Notice(about="not_found")
    if code in (Code.CORE_UNAVAILABLE, RimCode.TOO_BUSY, RimCode.INTERNAL_ERROR):
        return Notice(about="maintenance")
    if code is Code.COOKIES_REQUIRED:
        return Notice(about="cookies")
    if code is Code.BAD_REQUEST or isinstance(code, RimCode):
        return Notice(about="bad_request")
    return None
