"""The login host: a server of its own that asks browsers for a client certificate, and hands on what it saw.

It judges nothing. What the client has proven goes to the portal, which gives an address with a one-time
ticket; the browser is sent there. Source: the registration specification, 3.4.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus
from ipaddress import ip_address
from threading import Thread
from urllib.parse import parse_qs

from cryptography import x509
from OpenSSL import SSL

from ..registration.login_ticket import Hint, How, UnknownLink
from .login_server import Answer, Limits, TlsServer
from .login_tls import Judge, client_certificate, server_context
from .tls import ServerFiles

PATH = "/auth/mtls"

Present = Callable[[str, bytes | None, How, Hint], str]
"""(link, client certificate as DER or None, how the host came by it, what the client says of why it has none)
-> where the browser goes on, with a ticket; or `UnknownLink`."""

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Content-Type": "text/html; charset=utf-8",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_PAGE = """<!doctype html>
<html lang="en" data-state="LOGIN_HOST" data-error="{error}">
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Error: {title} - softeid TEST</title>
<aside><p><strong>TEST</strong> This is softeid, a test lab: no real person, card or service.</p></aside>
<main><h1>{title}</h1><p>{advice}</p></main>
</html>
"""

# What the page says, by status: the word for programs, then what is wrong and what to do.
_SAID = {
    HTTPStatus.BAD_REQUEST: (
        "BAD_REQUEST",
        "This request cannot be read",
        "Go back to the portal and log in again.",
    ),
    HTTPStatus.FORBIDDEN: (
        "LINK_UNKNOWN",
        "This login link cannot be used",
        "It was used already, or too much time has passed. Go back to the portal and log in again.",
    ),
    HTTPStatus.NOT_FOUND: (
        "NOT_FOUND",
        "There is nothing here",
        "This host is only for logging in. Go back to the portal.",
    ),
    HTTPStatus.INTERNAL_SERVER_ERROR: (
        "PORTAL_UNAVAILABLE",
        "The login did not come about",
        "The portal does not answer. Go back to it and try again in a moment.",
    ),
}


class LoginHost:
    """The server, in threads of this process, on loopback."""

    def __init__(
        self,
        present: Present,
        files: ServerFiles,
        authorities: Sequence[x509.Certificate],
        *,
        strict: Judge | None = None,
        resumes: bool = False,
        on_fault: Callable[[Exception], None] | None = None,
        limits: Limits | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        """Set it up.

        Args:
            present: what to do with a visitor; called in one of several threads.
            files: the server's certificate and key.
            authorities: issuers of ID cards, named to browsers.
            strict: refuse clients in the handshake, by alert; see `server_context`.
            resumes: take up TLS sessions without a new signature; see `server_context`.
            on_fault: is told what `present` failed with, other than `UnknownLink`.
            limits: what one client may take.
            host: an address of loopback.
            port: 0 lets the system choose.

        Raises:
            ValueError: the host is no IP address of loopback.
            OpenSSL.SSL.Error, OSError: the files cannot be used.
        """
        if not ip_address(host).is_loopback:
            raise ValueError(f"the login host listens on loopback only, not on {host}")
        self._present = present
        self._on_fault = on_fault
        context = server_context(files, authorities, strict, resumes=resumes)
        self._server = TlsServer((host, port), context, self._route, _refusal, limits or Limits())
        self._thread = Thread(target=self._server.serve, name="login host", daemon=True)

    def start(self) -> tuple[str, int]:
        """Listen; the address, IP and port.

        Raises:
            OSError: the port is taken.
        """
        self._server.prepare()
        self._thread.start()
        host, port = self._server.bind_addr
        return str(host), int(port)

    def stop(self) -> None:
        """Hang up on everybody."""
        self._server.stop()
        self._thread.join()

    def _route(self, connection: SSL.Connection, method: str, path: str, query: str) -> Answer:
        if path != PATH:
            return _page(HTTPStatus.NOT_FOUND)
        if method != "GET":
            return _page(HTTPStatus.BAD_REQUEST)
        try:
            link, hint = _asked(query)
        except ValueError:
            return _page(HTTPStatus.BAD_REQUEST)
        try:
            address = self._present(link, *client_certificate(connection), hint)
        except UnknownLink:
            return _page(HTTPStatus.FORBIDDEN)
        except Exception as fault:  # noqa: BLE001  # the portal's bug; the browser gets a page
            if self._on_fault:
                self._on_fault(fault)
            return _page(HTTPStatus.INTERNAL_SERVER_ERROR)
        return "303 See Other", {**_HEADERS, "Location": address}, b""


def _asked(query: str) -> tuple[str, Hint]:
    """What a request names: the portal's link, and why the client has no certificate, where it knows.

    A browser by itself does not say why; a program on the same computer, which sees the reader, can.

    Raises:
        ValueError: it names no link, or two, or a reason that nobody knows.
    """
    fields = parse_qs(query, max_num_fields=8)
    (link,) = fields.get("session", [])
    (hint,) = fields.get("hint", [Hint.CHECK_CARD])
    return link, Hint(hint)


def _page(status: HTTPStatus) -> Answer:
    error, title, advice = _SAID[status]
    page = _PAGE.format(error=error, title=title, advice=advice)
    return f"{status.value} {status.phrase}", _HEADERS, page.encode()


def _refusal(status: str) -> Answer:
    _, headers, body = _page(HTTPStatus.BAD_REQUEST)
    return status, headers, body
