"""Speaks JSON over HTTP with one server of the lab, and says no as that one does."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import quote

from ..error import HarnessError
from ..registration.refusal import Refused
from ..registration.vocabulary import Code

_STANDARD = frozenset({"type", "status", "title", "detail", "instance", "code", "docs"})
"""Members that every problem has; the others are the refusal's details."""

_STALE_S = 30.0
"""A connection that was idle for longer is given up, before the server does it while we send."""


class Unexpected(HarnessError):
    """A server answered with what no session says: a fault, or a request of ours that it cannot read."""


class Answered(NamedTuple):
    """An answer.

    Attributes:
        status: of HTTP.
        fields: of the header, by name in small letters; of several `Set-Cookie` the last.
        body: octets.
    """

    status: int
    fields: Mapping[str, str]
    body: bytes


class JsonClient:
    """One connection, kept open, which is opened again where it has become too old."""

    def __init__(
        self,
        host: str,
        port: int,
        fields: Mapping[str, str],
        heard: Callable[[str, str, int], None] = lambda method, path, status: None,
    ) -> None:
        """Nothing is sent yet.

        Args:
            host: where the server listens.
            port: where the server listens.
            fields: that go with every request.
            heard: is told method, path and status of each exchange.
        """
        self._heard = heard
        self._connection = HTTPConnection(host, port, timeout=60)
        self._fields = fields
        self._used_at = 0.0

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def exchange(
        self, method: str, path: str, fields: Mapping[str, str], body: bytes | None = None
    ) -> Answered:
        """One request and its answer, whatever it is.

        Raises:
            Unexpected: the server does not answer.
        """
        if monotonic() - self._used_at > _STALE_S:
            self._connection.close()
        try:
            self._connection.request(method, path, body, {**self._fields, **fields})
            response: HTTPResponse = self._connection.getresponse()
            octets = response.read()
        except (OSError, HTTPException) as broken:
            self._connection.close()
            raise Unexpected(f"{method} {path}: no answer ({type(broken).__name__})") from broken
        self._used_at = monotonic()
        self._heard(method, path, response.status)
        return Answered(response.status, {k.lower(): v for k, v in response.getheaders()}, octets)

    def forge(self, path: str, cookie: Mapping[str, str]) -> Answered:
        """Post what a page of another site can: the cookie goes along; no token, no word of where it is from.

        Args:
            path: of the API.
            cookie: the field of the header; empty where the browser has none.

        Raises:
            Unexpected: the server does not answer.
        """
        return self.exchange("POST", path, {**cookie, "Content-Type": "application/json"}, b"{}")

    def json(
        self, method: str, path: str, fields: Mapping[str, str], body: Mapping[str, object] | None = None
    ) -> tuple[Answered, Any]:
        """One request with JSON both ways.

        Returns:
            The answer, and its body read as JSON; a problem is one of them.

        Raises:
            Unexpected: the server does not answer, or with something else.
        """
        octets = None if body is None else json.dumps(body).encode()
        typed = {} if octets is None else {"Content-Type": "application/json"}
        answered = self.exchange(method, path, {**fields, **typed}, octets)
        try:
            return answered, json.loads(answered.body)
        except ValueError:
            raise Unexpected(f"{method} {path}: {answered.status} without JSON") from None


def insist(method: str, path: str, answered: Answered, body: Any) -> None:
    """Raise what a server refused with; nothing if it did what was asked.

    Raises:
        Refused: as the session on the other side raised it.
        Unexpected: the refusal is not a session's.
    """
    if answered.status < 400:
        return
    code = body.get("code")
    if code not in Code.__members__:
        raise Unexpected(f"{method} {path}: {answered.status} {code}")
    raise Refused(Code(code), **{key: value for key, value in body.items() if key not in _STANDARD})


def label(owner: str, thing: str) -> str:
    """Whom a client acts for, as the lab's servers read it."""
    return f"{quote(owner, safe='')}/{quote(thing, safe='')}"
