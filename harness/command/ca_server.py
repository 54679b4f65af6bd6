"""The HTTP server of `softeid ca serve`: sockets and limits around a `StatusSite`, no decision of its own."""

from __future__ import annotations

import io
import socket
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import BoundedSemaphore, Lock, Thread
from time import monotonic
from typing import Any

from softeid import __version__

from ..pki.ocsp_http import MAX_BODY, StatusSite

PATIENCE = 10.0
"""Seconds for one request from its first octet to its last: nobody occupies a thread for longer."""
MOST = 32
"""Connections at a time; the next one waits until one is through."""

_NO_LENGTH, _BAD_LENGTH, _TOO_LONG = 411, 400, 413


class StatusServer:
    """Listens on one address until closed."""

    def __init__(self, site: StatusSite, host: str, port: int) -> None:
        """Listen, in a thread of its own.

        Args:
            site: answers.
            host: an address of this machine, IPv4 or IPv6.
            port: 0 for any that is free.

        Raises:
            OSError: nobody can listen there.
        """
        self._server = _Server(site, host, port)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Where it listens, such as http://127.0.0.1:8080."""
        host, port = self._server.server_address[:2]
        text = host.decode() if isinstance(host, bytes) else str(host)
        return f"http://[{text}]:{port}" if ":" in text else f"http://{text}:{port}"

    def close(self) -> None:
        """Hang up on everybody and wait until the last thread has ended."""
        self._server.hang_up()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for them
    request_queue_size = 64

    def __init__(self, site: StatusSite, host: str, port: int) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.site = site
        self._places = BoundedSemaphore(MOST)
        self._lock = Lock()
        self._open: set[socket.socket] = set()
        self._closing = False
        super().__init__((host, port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Begin with a connection; above `MOST` the listening thread waits, and callers queue."""
        self._places.acquire()
        with self._lock:
            self._open.add(request)
            if self._closing:
                request.shutdown(socket.SHUT_RDWR)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Be through with a connection."""
        with self._lock:
            known = request in self._open
            self._open.discard(request)
        super().shutdown_request(request)
        if known:
            self._places.release()

    def hang_up(self) -> None:
        """Make every thread that waits for octets see an end, and each that comes later too."""
        with self._lock:
            self._closing = True
            for one in self._open:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever hung up, did: nothing is printed."""


class _Handler(BaseHTTPRequestHandler):
    """One request on one connection (HTTP/1.0): nothing is left to be confused about."""

    server: _Server
    server_version = f"softeid/{__version__}"
    sys_version = ""
    default_request_version = "HTTP/1.0"  # not 0.9, whose answers have no status

    def setup(self) -> None:
        super().setup()
        self.connection.settimeout(PATIENCE)
        self.rfile.close()
        self.rfile = io.BufferedReader(_Limited(self.connection, PATIENCE))

    def do_POST(self) -> None:  # the name that the library looks for
        length = self._length()
        if isinstance(length, int):
            self._respond(self.rfile.read(length))

    def do_GET(self) -> None:
        self._respond(b"")

    do_HEAD = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # the library's name
        """Say nothing."""

    def _length(self) -> int | None:
        """Content-Length; None if it is none, and was refused."""
        text = self.headers.get("Content-Length")
        if text is None or self.headers.get("Transfer-Encoding"):
            self.send_error(_NO_LENGTH)
        elif not (text.isascii() and text.isdigit()):
            self.send_error(_BAD_LENGTH)
        elif len(text) > 9 or int(text) > MAX_BODY:
            self.send_error(_TOO_LONG)
        else:
            return int(text)
        return None

    def _respond(self, body: bytes) -> None:
        answer = self.server.site.respond(self.command, self.path, dict(self.headers.items()), body)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)


class _Limited(io.RawIOBase):
    """A socket to read from until its time is up, however slowly octets drip in."""

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        self._connection = connection
        self._end = monotonic() + seconds

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what is there.

        Raises:
            TimeoutError: the time is up.
        """
        left = self._end - monotonic()
        if left <= 0:
            raise TimeoutError("the request took too long")
        self._connection.settimeout(left)
        try:
            return self._connection.recv_into(buffer)
        finally:
            self._connection.settimeout(PATIENCE)
