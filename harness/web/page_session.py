"""Browsers at the card desk and at the lab's own pages: known only so far that a form came from such a page.

The cookie's name has the port in it: browsers send a cookie to every port of a host, and two labs side by
side must not take each other's for their own.
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256
from urllib.parse import urlsplit

from fastapi import Request

from ..registration.refusal import Refused
from ..registration.vocabulary import Code
from .security import COOKIE, Policy, from_elsewhere


class PageSessions:
    """The sessions of one server; they end with it."""

    def __init__(self, what: str, policy: Policy) -> None:
        """Begin with a secret of one's own.

        Args:
            what: of the lab this is.
            policy: the server's.
        """
        self._policy = policy
        self._secret = secrets.token_bytes(32)
        port = urlsplit(policy.origin).port or 0
        self.cookie = f"{'__Host-' if policy.secure else ''}softeid-{what}-{port}"

    def csrf(self, request: Request) -> str:
        """The token for a page's forms; a browser without a session gets one."""
        name = request.cookies.get(self.cookie, "")
        if not name:
            name = secrets.token_urlsafe(18)
            secure = "; Secure" if self._policy.secure else ""
            request.scope[COOKIE] = f"{self.cookie}={name}; HttpOnly; SameSite=Lax; Path=/{secure}"
        return self._token(name)

    def prove(self, request: Request, token: str) -> None:
        """Insist that a request comes from a page of this server.

        Raises:
            Refused: COOKIES_REQUIRED, CSRF.
        """
        name = request.cookies.get(self.cookie, "")
        if not name:
            raise Refused(Code.COOKIES_REQUIRED)
        wanted = self._token(name).encode()
        if from_elsewhere(request.headers) or not hmac.compare_digest(token.encode(errors="replace"), wanted):
            raise Refused(Code.CSRF)

    def _token(self, name: str) -> str:
        return hmac.new(self._secret, name.encode(errors="replace"), sha256).hexdigest()
