"""What every server of pages does alike: forms, languages, static files, and a page for each error.

A page is drawn by `pages`; what it shows is read by the site that serves it. Whatever goes wrong is a page
too: nobody ever sees a framework's own words.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from hashlib import sha256
from typing import Any, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Scope

from ..registration.refusal import Refused
from ..registration.vocabulary import Code
from .api import JsonRoute
from .messages import LANGUAGES, SOURCE
from .pages.render import STATIC, Frame, View, render
from .problem import RIM_STATUS, RimCode, problem

LANGUAGE_COOKIE: Final = "softeid-language"
"""Keeps the language that somebody chose; nothing else depends on it."""
_A_YEAR = 365 * 86400
_MOST_FIELDS = 32
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_FORM = "application/x-www-form-urlencoded"
_BY_STATUS = {status: code for code, status in RIM_STATUS.items() if code is not RimCode.HTTPS_REQUIRED}


@dataclass(frozen=True)
class Dress:
    """What a server adds to each of its pages.

    Attributes:
        zone: in which times are shown.
        watermark: the lab can be reached from other machines: pages say TEST across their height.
        scripts: addresses of further scripts; the server's policy must allow their origins.
    """

    zone: tzinfo = UTC
    watermark: bool = False
    scripts: tuple[str, ...] = ()


# --- languages ------------------------------------------------------------------------------------


def language_of(request: Request) -> str:
    """The language to answer in: asked for, chosen before, or preferred by the browser; else English."""
    for chosen in (request.query_params.get("lang", ""), request.cookies.get(LANGUAGE_COOKIE, "")):
        if chosen in LANGUAGES:
            return chosen
    return next(_preferred(request.headers.get("accept-language", "")), SOURCE)


def _preferred(accepted: str) -> Iterator[str]:
    """Languages of ours in the order of an Accept-Language field (RFC 9110, 12.5.4)."""
    weighed: list[tuple[float, int, str]] = []
    for place, part in enumerate(accepted[:1000].split(",")):
        name, _, weight = part.partition(";")
        language = name.strip().lower().partition("-")[0]
        found = re.fullmatch(r"\s*q=([01](?:\.\d{0,3})?)\s*", weight)
        quality = float(found[1]) if found else 1.0
        if language in LANGUAGES and quality:
            weighed.append((-quality, place, language))
    yield from (language for _, _, language in sorted(weighed))


# --- forms ----------------------------------------------------------------------------------------


class Form:
    """What a native form sent: each field once, texts only."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        """Hold fields by name."""
        self._fields = fields

    def text(self, name: str, most: int = 1000) -> str:
        """A field; empty where it was not sent.

        Args:
            name: of the field.
            most: characters that it may have.

        Raises:
            Refused: BAD_REQUEST, it is longer, or has characters that nobody types.
        """
        value = self._fields.get(name, "")
        if len(value) > most or _CONTROL.search(value):
            raise Refused(Code.BAD_REQUEST, field=name)
        return value

    @property
    def csrf(self) -> str:
        """The token against forged requests."""
        return self.text("csrf", 100)

    def __contains__(self, name: str) -> bool:
        return name in self._fields


async def posted(request: Request) -> Form:
    """The form in the body of a request.

    Raises:
        HTTPException: 415, the body is none.
        Refused: BAD_REQUEST, it cannot be read.
    """
    told = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if told != _FORM:
        raise HTTPException(415)
    body = await request.body()
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        raise Refused(Code.BAD_REQUEST, field="form") from None
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise Refused(Code.BAD_REQUEST, field="form")
    return Form(fields)


# --- answers --------------------------------------------------------------------------------------


def page(request: Request, view: View, frame: Frame, status: int = 200) -> Response:
    """A page as an answer; it is never kept by anybody."""
    answer = HTMLResponse(render(view, frame), status)
    answer.headers["Content-Language"] = frame.language
    answer.headers["Vary"] = "Accept-Language, Cookie"
    if request.query_params.get("lang") == frame.language:
        secure = request.app.state.policy.secure
        answer.set_cookie(
            LANGUAGE_COOKIE, frame.language, max_age=_A_YEAR, httponly=True, samesite="lax", secure=secure
        )
    return answer


def see(path: str) -> Response:
    """Send the browser on, by GET, to a path of this server."""
    return RedirectResponse(path, 303)


ErrorPage = Callable[[Request, Code | RimCode, Mapping[str, object]], Response]
"""(request, what is wrong, its details) -> a page that tells it."""


class PageRoute(APIRoute):
    """A route whose every refusal is a page."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The framework's handler, with our words for what it refuses."""
        handler: Callable[[Request], Awaitable[Response]] = super().get_route_handler()

        async def told(request: Request) -> Response:
            wrong: ErrorPage = request.app.state.wrong
            try:
                return await handler(request)
            except Refused as refusal:
                return wrong(request, refusal.code, refusal.detail)
            except HTTPException as error:
                return _with_fields(wrong(request, _code_of(error), {}), error)
            except RequestValidationError:
                return wrong(request, RimCode.NOT_FOUND, {})

        return told


def router() -> APIRouter:
    """For pages: they are no part of an API's description."""
    return APIRouter(route_class=PageRoute, include_in_schema=False)


def furnish(app: FastAPI, wrong: ErrorPage, apis: tuple[str, ...] = ()) -> None:
    """Give an application its static files, and a page for each error.

    Args:
        app: its `state.policy` is the server's.
        wrong: makes the page.
        apis: beginnings of paths that only programs ask: they are answered with problems.
    """
    app.state.wrong = wrong

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return _with_fields(told(_code_of(error), request.scope), error)

    async def on_bug(request: Request, bug: Exception) -> Response:
        return told(RimCode.INTERNAL_ERROR, request.scope)

    def told(code: Code | RimCode, scope: Scope) -> Response:
        """What no route of pages refuses itself; no store is asked."""
        if isinstance(scope.get("route"), JsonRoute) or scope["path"].startswith(apis):
            return problem(code, scope["path"])
        return wrong(Request({**scope, "app": app}), code, {})

    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_bug)
    app.state.told = told
    app.include_router(_static)
    app.include_router(_help)


def _code_of(error: HTTPException) -> Code | RimCode:
    return _BY_STATUS.get(error.status_code, Code.BAD_REQUEST)


def _with_fields(answer: Response, error: HTTPException) -> Response:
    answer.headers.update(error.headers or {})
    return answer


# --- help -----------------------------------------------------------------------------------------

_help = router()


@_help.api_route("/help/{code}", methods=["GET", "HEAD"])
def help_with(request: Request, code: str) -> Response:
    """What a code of the catalogue means; an application may have a page of its own before this."""
    if code not in Code.__members__:
        raise HTTPException(404)
    wrong: ErrorPage = request.app.state.wrong
    answer = wrong(request, Code(code), {})
    answer.status_code = 200
    return answer


# --- static files ---------------------------------------------------------------------------------

_FILES: Mapping[str, bytes] = {
    one.name: one.read_bytes() for one in sorted(STATIC.iterdir()) if one.suffix in _TYPES
}
_VERSION = sha256(b"".join(name.encode() + octets for name, octets in _FILES.items())).hexdigest()[:16]
STATIC_PATH: Final = f"/static/{_VERSION}"
"""Where stylesheet and scripts lie; other files have another path, so nobody need ask twice."""

_static = router()


@_static.api_route("/static/{version}/{name}", methods=["GET", "HEAD"])
async def static(version: str, name: str) -> Response:
    """One file, for ever."""
    octets = _FILES.get(name)
    if octets is None or version != _VERSION:
        raise HTTPException(404)
    kept = {"Cache-Control": f"public, max-age={_A_YEAR}, immutable"}
    return Response(octets, 200, kept, _TYPES[name[name.rindex(".") :]])
