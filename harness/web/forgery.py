"""The token against forged requests: another site makes the browser send its cookie, and knows no token."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256

from ..registration.refusal import Refused
from ..registration.vocabulary import Code

_CSRF = b"softeid csrf\0"


def csrf_token(session_id: str) -> str:
    """The token of a session: who knows it cannot tell the session from it, who has not cannot guess it."""
    return urlsafe_b64encode(sha256(_CSRF + session_id.encode()).digest()).rstrip(b"=").decode()


def check_csrf(session_id: str, token: str) -> None:
    """Refuse a request that the portal's own page cannot have sent.

    Args:
        session_id: as the cookie says.
        token: as it came beside the cookie.

    Raises:
        Refused: CSRF.
    """
    if not hmac.compare_digest(token.encode(errors="surrogatepass"), csrf_token(session_id).encode()):
        raise Refused(Code.CSRF)
