"""A small TLS server on cheroot that nobody can hold up.

People take a minute to type a PIN, and all that while their handshake is open. So a connection has no thread
until its request is there as a whole: what arrives is taken in by the thread that waits for all of them.
"""

from __future__ import annotations

import io
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from time import monotonic
from typing import Any

from cheroot import server as cheroot
from cheroot.ssl import Adapter
from cheroot.ssl.pyopenssl import SSLFileobjectStreamWriter
from OpenSSL import SSL

Answer = tuple[str, dict[str, str], bytes]
"""Status line, headers and body of a response."""

Route = Callable[[SSL.Connection, str, str, str], Answer]
"""(connection, method, path, query) -> what is answered."""

_AT_ONCE = 4096  # octets that are read in one go
_END_OF_HEAD = b"\r\n\r\n"


@dataclass(frozen=True)
class Limits:
    """What one client may take.

    Args:
        patience: seconds from connection to request: long enough to find a card and type a PIN
        head: octets of request line and headers
        body: octets of a body, of which nothing is read
        connections: that wait at the same time; one more is turned away
        workers: threads that answer
    """

    patience: float = 120
    head: int = 8192
    body: int = 8192
    connections: int = 512
    workers: int = 4


class _Progress(Enum):
    """How far a connection has come."""

    WAITING = "for the client"
    THERE = "the request is there"
    OVER = "nothing more will come"


class _Octets(io.BytesIO):
    """The request's head, in the shape in which cheroot reads."""

    bytes_read = 0

    def has_data(self) -> bool:
        """Nothing waits here that the selector would not see."""
        return False


class _Tls(Adapter):
    """Puts TLS around accepted sockets; the handshake comes later."""

    def __init__(self, context: SSL.Context) -> None:
        super().__init__(None, None)
        self.context = context

    def bind(self, sock: Any) -> Any:
        return sock

    def wrap(self, sock: Any) -> tuple[SSL.Connection, dict[str, str]]:
        sock.setblocking(False)
        connection = SSL.Connection(self.context, sock)
        connection.set_accept_state()
        return connection, {}

    def get_environ(self) -> dict[str, str]:
        return {}

    def makefile(self, sock: Any, mode: str = "r", bufsize: int = -1) -> Any:
        if "r" in mode:
            return _Octets()
        writer = SSLFileobjectStreamWriter(sock, mode, bufsize)
        writer.ssl_timeout = sock.gettimeout()
        return writer


class _Request(cheroot.HTTPRequest):
    """One request; the connection ends with it."""

    close_connection = True

    def simple_response(self, status: object, msg: str = "") -> None:
        """Cheroot's own refusals, in our form and without what the client sent."""
        self.answer(self.server.refusal(str(status)))

    def answer(self, answer: Answer) -> None:
        """Send a response as a whole."""
        status, headers, body = answer
        sent = {**headers, "Content-Length": str(len(body)), "Connection": "close"}
        head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
        if self.sent_headers:
            return
        self.sent_headers = True
        with suppress(OSError):
            octets = f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1")
            self.conn.wfile.write(octets + (body))


class _Connection(cheroot.HTTPConnection):
    """One client."""

    RequestHandlerClass = _Request

    def __init__(self, server: TlsServer, sock: SSL.Connection, makefile: Any) -> None:
        super().__init__(server, sock, makefile)
        self.begun = monotonic()
        self._shaken = False
        self._refused = False
        self._head = bytearray()
        server.open.add(self)

    def advance(self) -> _Progress:
        """Take in what has arrived."""
        limits = self.server.limits
        if monotonic() - self.begun > limits.patience:
            return _Progress.OVER
        if self._refused:
            return self._drained()
        try:
            if not self._shaken:
                self.socket.do_handshake()
                self._shaken = True
            while _END_OF_HEAD not in self._head and len(self._head) <= limits.head:
                self._head += self.socket.recv(_AT_ONCE)
        except (SSL.WantReadError, SSL.WantWriteError):
            return _Progress.WAITING
        except (SSL.ZeroReturnError, SSL.SysCallError, OSError):
            return _Progress.OVER
        except SSL.Error:
            return self._refuse()
        self.rfile = _Octets(self._head)
        return _Progress.THERE

    def _refuse(self) -> _Progress:
        """The client has an alert coming. In TLS 1.3 it may have sent a request already; if we closed before
        that was read, the system would reset the connection, and the client might never see the alert."""
        self._refused = True
        with suppress(OSError):
            self.socket.sock_shutdown(socket.SHUT_WR)
        return self._drained()

    def _drained(self) -> _Progress:
        """Wait until the client goes."""
        try:
            more = os.read(self.socket.fileno(), _AT_ONCE)
        except BlockingIOError:
            return _Progress.WAITING
        except OSError:
            return _Progress.OVER
        return _Progress.WAITING if more else _Progress.OVER

    def close(self) -> None:
        """Say goodbye and go."""
        self.server.open.discard(self)
        with suppress(SSL.Error, OSError):
            self.socket.shutdown()
        super().close()


class _Gateway(cheroot.Gateway):
    """From cheroot's request to our route."""

    def respond(self) -> None:
        request = self.req
        request.answer(
            request.server.route(
                request.conn.socket,
                request.method.decode("latin-1"),
                request.path.decode("latin-1"),
                request.qs.decode("latin-1"),
            )
        )


class TlsServer(cheroot.HTTPServer):
    """Answers one request a connection.

    Attributes:
        open: the connections that are there.
    """

    ConnectionClass = _Connection
    expiration_interval = 0.1
    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        context: SSL.Context,
        route: Route,
        refusal: Callable[[str], Answer],
        limits: Limits,
    ) -> None:
        """Prepare to listen.

        Args:
            address: of loopback; port 0 lets the system choose.
            context: of TLS.
            route: answers requests.
            refusal: answers what is no request, by status line.
            limits: what one client may take.
        """
        super().__init__(address, _Gateway, limits.workers, limits.workers, "softeid TEST")
        self.ssl_adapter = _Tls(context)
        self.route = route
        self.refusal = refusal
        self.limits = limits
        self.timeout = limits.patience  # type: ignore[assignment]  # the stub says int, a float does
        self.max_request_header_size = limits.head
        self.max_request_body_size = limits.body
        self.open: set[_Connection] = set()

    def process_conn(self, conn: _Connection) -> None:
        """Something has arrived at a connection, or it is new."""
        progress = _Progress.OVER if len(self.open) > self.limits.connections else conn.advance()
        if progress is _Progress.THERE:
            super().process_conn(conn)
        elif progress is _Progress.WAITING:
            self.put_conn(conn)
        else:
            conn.close()

    def error_log(self, msg: str = "", level: int = 20, traceback: bool = False) -> None:
        """Say nothing: what cheroot would tell are peers that went away, and its words hold their octets."""
