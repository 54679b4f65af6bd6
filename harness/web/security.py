"""What stands around every application: limits, secure headers, the check of the host, the log.

Nothing here knows what is asked for. A request that passes has a body of at most 64 KiB, which is there as a
whole, and came under a name of ours; whatever is answered carries the headers.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from time import perf_counter
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .problem import RimCode, problem

COOKIE: Final = "softeid.set-cookie"
"""Where a request's scope holds the `Set-Cookie` field that its answer is to carry, whatever that is."""

MAX_BODY = 64 * 1024
_DRAINED = 16 * MAX_BODY  # read and thrown away, so that whoever sends too much still hears why
_HTTPS_PORT, _HTTP_PORT = 443, 80

access = logging.getLogger("softeid.access")
log = logging.getLogger("softeid.web")


@dataclass(frozen=True)
class Policy:
    """What one server insists on.

    Attributes:
        origin: `https://host[:port]` under which it is reached; who comes under another name is sent away.
            Empty takes any: for tests, and for what has no name yet.
        proxied: whether a server of ours stands in front, so that `X-Forwarded-Proto` and `X-Forwarded-For`
            can be believed.
        scripts: origins beside its own whose scripts pages may load: the card desk, in the lab.
        body_s: within so many seconds a body must be there.
    """

    origin: str = ""
    proxied: bool = False
    scripts: tuple[str, ...] = ()
    body_s: float = 10.0

    @property
    def secure(self) -> bool:
        """Whether it is reached by https."""
        return self.origin.startswith("https:")

    @property
    def hosts(self) -> frozenset[str]:
        """What the Host field may say."""
        parts = urlsplit(self.origin)
        usual = _HTTPS_PORT if self.secure else _HTTP_PORT
        bare = {parts.hostname or ""} if parts.port in (None, usual) else set()
        return frozenset({*bare, f"{parts.hostname}:{parts.port or usual}"})

    def headers(self) -> Iterator[tuple[str, str]]:
        """What every answer carries (OWASP Secure Headers; the specification, SID-SEC-009)."""
        scripts = " ".join(("'self'", *self.scripts))
        content = f"default-src 'self'; script-src {scripts}; style-src 'self'; img-src 'self'"
        around = "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        yield "Content-Security-Policy", f"{content}; {around}"
        yield "X-Content-Type-Options", "nosniff"
        yield "X-Frame-Options", "DENY"
        yield "Referrer-Policy", "no-referrer"
        yield "Cross-Origin-Opener-Policy", "same-origin"
        yield "Cross-Origin-Resource-Policy", "same-origin"
        if self.secure:  # for a day: the names of a lab serve something else tomorrow
            yield "Strict-Transport-Security", "max-age=86400"


Told = Callable[[RimCode, Scope], Response]
"""(what is turned away, the request) -> the answer."""


def _problem(code: RimCode, scope: Scope) -> Response:
    return problem(code, scope["path"])


def told_by(app: ASGIApp) -> Told:
    """How an application tells what it never hears of: its `state.told`; else as a problem."""
    told: Told = getattr(getattr(app, "state", None), "told", _problem)
    return told


class _Refusal(Exception):
    """A request that no application is to see."""

    def __init__(self, code: RimCode) -> None:
        self.code = code


class Guard:
    """An ASGI application around another."""

    def __init__(
        self, app: ASGIApp, policy: Policy, on_fault: Callable[[Exception], None] | None = None
    ) -> None:
        """Stand around an application.

        Args:
            app: which one; its `state.told`, if there is one, says how what is turned away here is told.
            policy: what is insisted on.
            on_fault: told what the application failed with; a test or a scenario fails by it.
        """
        self._app = app
        self._policy = policy
        self._hosts = policy.hosts
        self._headers = tuple(policy.headers())
        self._on_fault = on_fault
        self._told = told_by(app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        began, answer = perf_counter(), _Answer(send, scope, self._headers)
        try:
            if early := self._turned_away(scope):
                await early(scope, receive, answer.send)
            else:
                body = await self._body(scope, receive)
                await self._app(scope, _body_first(body, receive), answer.send)
        except _Refusal as refusal:
            response = self._told(refusal.code, scope)
            response.headers["Connection"] = "close"
            await response(scope, receive, answer.send)
        except Exception as bug:  # noqa: BLE001  # the last place before the client's
            self._fault(bug)
            if not answer.status:
                await self._told(RimCode.INTERNAL_ERROR, scope)(scope, receive, answer.send)
        finally:
            took = (perf_counter() - began) * 1000
            access.info("%s %s %s %.1f ms", scope["method"], _named(scope), answer.status, took)

    def _turned_away(self, scope: Scope) -> Response | None:
        """The answer to a request under a foreign name, or by plain HTTP."""
        if not self._policy.origin:
            return None
        headers = Headers(scope=scope)
        if headers.get("host", "").lower() not in self._hosts:
            return self._told(RimCode.MISDIRECTED_REQUEST, scope)
        if not self._policy.secure or scheme(scope, headers, self._policy) == "https":
            return None
        if scope["method"] in ("GET", "HEAD") and not scope["path"].startswith(("/api/", "/auth/")):
            raw: bytes = scope.get("raw_path") or b"/"
            query = b"?" + scope["query_string"] if scope["query_string"] else b""
            there = (raw.partition(b"?")[0] + query).decode("ascii", "replace")
            return RedirectResponse(f"{self._policy.origin}/{there.lstrip('/')}", 308)
        return self._told(RimCode.HTTPS_REQUIRED, scope)

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        """The whole body.

        Raises:
            _Refusal: it is too large, or does not come.
        """
        read = bytearray()
        size = 0
        try:
            async with asyncio.timeout(self._policy.body_s):
                while True:
                    message = await receive()
                    if message["type"] != "http.request":
                        raise _Refusal(RimCode.REQUEST_TIMEOUT)  # the client is gone
                    part = message.get("body", b"")
                    size += len(part)
                    read += part if size <= MAX_BODY else b""
                    if not message.get("more_body") or size > _DRAINED:
                        break
        except TimeoutError:
            raise _Refusal(RimCode.REQUEST_TIMEOUT) from None
        if size > MAX_BODY:
            raise _Refusal(RimCode.CONTENT_TOO_LARGE)
        return bytes(read)

    def _fault(self, bug: Exception) -> None:
        """Tell of a bug by its class and place; what it says may hold what somebody typed."""
        frames = traceback.extract_tb(bug.__traceback__)
        where = f"{PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "nowhere"
        log.error("a bug of ours: %s in %s", type(bug).__name__, where)
        if self._on_fault:
            self._on_fault(bug)


def scheme(scope: Scope, headers: Headers, policy: Policy) -> str:
    """`http` or `https`, by which the client came."""
    told = headers.get("x-forwarded-proto") if policy.proxied else None
    return told or str(scope["scheme"])


def from_elsewhere(headers: Headers) -> bool:
    """Whether a browser says that a page of another origin sent a request (W3C, Fetch Metadata).

    Another port of our host is another origin, and yet may set our cookies. It is not Origin that is asked:
    with our Referrer-Policy it is null (Fetch standard, 3.2).
    """
    return headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")


class _Answer:
    """Passes an answer on, with the headers of every answer."""

    def __init__(self, send: Send, scope: Scope, headers: tuple[tuple[str, str], ...]) -> None:
        self._send = send
        self._scope = scope
        self._headers = headers
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if self.status:  # the framework's own handler and ours both answered
                return
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in self._headers:
                headers[name] = value
            headers.setdefault("Cache-Control", "no-store")
            if cookie := self._scope.get(COOKIE):
                headers.append("Set-Cookie", cookie)
        await self._send(message)


def _body_first(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives a body that is there already, then what else comes."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def first() -> Message:
        return left.pop() if left else await receive()

    return first


def _named(scope: Scope) -> str:
    """The path as the application names it, without what stands in it: a link may be a secret."""
    return str(getattr(scope.get("route"), "path", "-"))
