"""A web server in a thread of this process: uvicorn, with limits for clients that mean no good."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from socket import AF_INET, AF_INET6, IPPROTO_TCP, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, socket
from threading import Event, Thread
from types import TracebackType
from typing import Self

import h11
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from ..error import HarnessError
from ..registration.vocabulary import Code
from .problem import MEDIA_TYPE, RimCode, problem
from .security import Guard, Policy, told_by
from .tls import ServerFiles


@dataclass(frozen=True)
class Limits:
    """What one client, and all of them, may take. A request's body has its limits in `security`.

    Attributes:
        head: octets of a request's line and header fields.
        head_s: within so many seconds from the first octet, or from the connection on, they must be there.
        idle_s: so long a connection without a request is kept.
        connections: at once; who comes then is told to come later.
        grace_s: so long requests under way may go on when the server stops.
    """

    head: int = 16 * 1024
    head_s: float = 10.0
    idle_s: int = 60
    connections: int = 200
    grace_s: int = 5


class AddressError(HarnessError):
    """The server cannot listen where it should."""


class Server:
    """One application on one port. The port is taken from the beginning, so that its address is known."""

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        files: ServerFiles | None = None,
        limits: Limits | None = None,
        public: bool = False,
    ) -> None:
        """Take a port.

        Args:
            host: an IP address, of loopback.
            port: 0 lets the system choose.
            files: certificate and key; with them it speaks TLS.
            limits: what clients may take.
            public: allow an address beyond loopback.

        Raises:
            AddressError: it is taken, is no address, or is one beyond loopback.
        """
        self._limits = limits or Limits()
        self._files = files
        self._socket = _listening(host, port, public=public)
        self.host, self.port = host, int(self._socket.getsockname()[1])
        self._server: _Server | None = None
        self._thread: Thread | None = None

    @property
    def address(self) -> str:
        """`http://127.0.0.1:port`, or https."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self._files else 'http'}://{host}:{self.port}"

    def start(
        self, app: ASGIApp, policy: Policy, on_fault: Callable[[Exception], None] | None = None
    ) -> None:
        """Serve an application from now on.

        Args:
            app: which one.
            policy: what is insisted on.
            on_fault: told what the application failed with.

        Raises:
            OSError, ssl.SSLError: certificate or key cannot be used.
        """
        limits = self._limits
        config = uvicorn.Config(
            Guard(app, policy, on_fault),
            http=_protocol(limits, Guard(_too_busy(app), policy)),
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",  # what strangers send is no news; the guard tells of what we do wrong
            access_log=False,
            server_header=False,
            proxy_headers=False,
            h11_max_incomplete_event_size=limits.head,
            timeout_keep_alive=limits.idle_s,
            timeout_graceful_shutdown=limits.grace_s,
        )
        config.load()
        if self._files:
            config.ssl = tls_context(self._files)
        self._server = _Server(config)
        self._thread = Thread(target=self._serve, name=f"server on port {self.port}", daemon=True)
        self._thread.start()
        self._server.ready.wait()

    def stop(self) -> None:
        """Let requests under way end, hang up on everybody, give the port back."""
        if self._server and self._thread:
            self._server.should_exit = True
            self._thread.join()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.stop()

    def _serve(self) -> None:
        assert self._server
        try:
            self._server.run([self._socket])
        finally:
            self._server.ready.set()


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = Event()

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def tls_context(files: ServerFiles) -> ssl.SSLContext:
    """TLS 1.2 and 1.3 with a server's certificate, for clients that show none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(files.certificate, files.key)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _listening(host: str, port: int, *, public: bool) -> socket:
    try:
        address = ip_address(host)
    except ValueError:
        raise AddressError(f"expected an IP address to listen on, found {host!r}") from None
    if not address.is_loopback and not public:
        raise AddressError(f"expected an address of loopback, found {host}")
    family = AF_INET6 if address.version == 6 else AF_INET
    listener = socket(family, SOCK_STREAM, IPPROTO_TCP)  # without it asyncio sets no TCP_NODELAY
    try:
        listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError as taken:
        listener.close()
        raise AddressError(f"cannot listen on {host}, port {port}: {taken.strerror}") from taken
    return listener


def _too_busy(app: ASGIApp) -> ASGIApp:
    """What answers whoever comes when too many are there already, in the application's own words."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        response = told_by(app)(RimCode.TOO_BUSY, scope)
        response.headers["Connection"] = "close"
        await response(scope, receive, send)

    return answer


def _protocol(limits: Limits, busy: ASGIApp) -> type[H11Protocol]:
    """HTTP/1.1 that waits for the head of a request only so long.

    Args:
        limits: of what clients may take.
        busy: answers a connection above the limit; those that are there are not disturbed by it.
    """

    class Patient(H11Protocol):
        _slow: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if len(self.connections) > limits.connections:
                self.app = busy
            self._watch()

        def handle_events(self) -> None:
            super().handle_events()
            self._watch()

        def connection_lost(self, exc: Exception | None) -> None:
            self._give_up_watching()
            super().connection_lost(exc)

        def send_400_response(self, msg: str) -> None:
            """What cannot be read as HTTP is told so as everything else is."""
            octets = bytes(problem(Code.BAD_REQUEST, "about:blank").body)
            fields = [
                (b"Content-Type", MEDIA_TYPE.encode()),
                (b"Content-Length", str(len(octets)).encode()),
                (b"X-Content-Type-Options", b"nosniff"),
                (b"Connection", b"close"),
            ]
            if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
                for event in (
                    h11.Response(status_code=400, headers=fields, reason=b"Bad Request"),
                    h11.Data(data=octets),
                    h11.EndOfMessage(),
                ):
                    self.transport.write(self.conn.send(event) or b"")
            self.transport.close()

        def _watch(self) -> None:
            """A timer runs while the head of a request is awaited, and not anew with each octet."""
            awaited = self.conn.their_state is h11.IDLE and not self.timeout_keep_alive_task
            if not awaited or self.transport.is_closing():
                self._give_up_watching()
            elif self._slow is None:
                self._slow = self.loop.call_later(limits.head_s, self.timeout_keep_alive_handler)

        def _give_up_watching(self) -> None:
            if self._slow:
                self._slow.cancel()
                self._slow = None

    return Patient
