"""The web server in a thread: it starts, stops, and has patience with nobody for ever."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPSConnection
from pathlib import Path

import pytest
from tests.harness.web.api_lab import BY_HTTPS, ApiLab

from softeid.harness.clients.json_client import JsonClient
from softeid.harness.clients.portal_client import RemotePortal
from softeid.harness.clock import Clock
from softeid.harness.seed import Seed
from softeid.harness.web.lab_api import lab_api
from softeid.harness.web.portal_api import portal_api
from softeid.harness.web.security import Policy
from softeid.harness.web.server import AddressError, Limits, Server
from softeid.harness.web.tls import tls_authority, write_server

DRAINED = 1024 * 1024  # octets that the server still reads, to be able to say why it will not take them
HEAD = b"GET /api/portal/session HTTP/1.1\r\nHost: portal.softeid.test\r\nX-Forwarded-Proto: https\r\n"


@pytest.fixture
def lab(make_api_lab: Callable[..., ApiLab]) -> ApiLab:
    return make_api_lab()


@pytest.fixture
def server(lab: ApiLab) -> Iterator[Server]:
    with Server(limits=Limits(head=4096, head_s=0.2)) as made:
        made.start(portal_api(lab.site), Policy(lab.site.policy.origin, proxied=True, body_s=0.2))
        yield made


def connected(server: Server) -> socket.socket:
    return socket.create_connection((server.host, server.port), timeout=20)


def heard(line: socket.socket) -> bytes:
    """Everything until the server hangs up."""
    parts = []
    while part := line.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def test_a_registration_over_sockets(lab: ApiLab, server: Server) -> None:
    client = JsonClient(server.host, server.port, BY_HTTPS)
    visit = RemotePortal(lab.portal, lambda *_: client).visit("jaak", "Browser")
    app, card = lab.to_code(lab.app()), lab.card()
    lab.to_code_entry(visit, card)
    visit.enter_code(app.device.code)
    lab.sign(visit, card)
    assert str(visit.state) == "CONFIRMED"
    client.close()


def test_it_leaves_no_thread_and_no_port(lab: ApiLab) -> None:
    before = set(threading.enumerate())
    first, second = Server(), Server()
    first.start(portal_api(lab.site), lab.site.policy)
    second.start(lab_api(lab.bench), lab.bench.policy)
    assert first.port != second.port
    client = JsonClient(second.host, second.port, {})
    assert client.json("GET", "/lab/clock", {})[1] == {"now": "2026-03-02T09:00:00Z"}
    first.stop()
    second.stop()
    client.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(30)  # a worker of the event loop may be on its way out
    assert set(threading.enumerate()) <= before
    again = Server(port=first.port)
    again.stop()


def test_a_port_that_is_taken_or_no_address() -> None:
    with (
        Server() as first,
        pytest.raises(AddressError, match=f"cannot listen on 127.0.0.1, port {first.port}"),
    ):
        Server(port=first.port)
    with pytest.raises(AddressError, match=r"expected an address of loopback, found 192\.0\.2\.1"):
        Server("192.0.2.1")
    with pytest.raises(AddressError, match="expected an IP address to listen on, found 'localhost'"):
        Server("localhost")


def test_ipv6(lab: ApiLab) -> None:
    try:
        server = Server("::1")
    except AddressError:
        pytest.skip("this machine has no IPv6 loopback")
    server.start(lab_api(lab.bench), lab.bench.policy)
    assert server.address == f"http://[::1]:{server.port}"
    client = JsonClient("::1", server.port, {})
    assert client.json("GET", "/lab/clock", {})[0].status == 200
    client.close()
    server.stop()


@pytest.mark.covers("SID-TIM-007")
def test_tls_lives_in_real_time_while_cards_do_not(lab: ApiLab, tmp_path: Path) -> None:
    files = write_server(tmp_path, tls_authority(Seed("tls"), Clock.real()))
    with Server(files=files) as server:
        origin = f"https://portal.localhost:{server.port}"
        lab.site.policy = Policy(origin)
        server.start(portal_api(lab.site), lab.site.policy)
        trust = ssl.create_default_context(cafile=str(files.trust))
        with closing(HTTPSConnection("127.0.0.1", server.port, context=trust)) as line:
            line.request("GET", "/api/portal/session", headers={"Host": f"portal.localhost:{server.port}"})
            answer = line.getresponse()
            shown = json.loads(answer.read())
        assert (answer.status, shown["server_time"]) == (200, "2026-03-02T09:00:00Z")
        assert "Secure" in str(answer.headers["set-cookie"])


# --- clients that mean no good ------------------------------------------------------------------------


@pytest.mark.parametrize("sent", [b"", b"G", HEAD, HEAD + b"X-Slow: "])
def test_a_head_that_does_not_come(server: Server, sent: bytes) -> None:
    with closing(connected(server)) as line:
        line.sendall(sent)
        assert heard(line) == b""


def test_a_head_that_comes_octet_by_octet(server: Server) -> None:
    """The time counts from the first octet on, and not anew with each."""
    with closing(connected(server)) as line:
        line.settimeout(0.02)
        for _ in range(10_000):
            try:
                line.sendall(b"G")
                if line.recv(1) == b"":
                    return
            except TimeoutError:
                continue
            except OSError:
                return
        raise AssertionError("the server waited for ever")


def test_a_body_that_does_not_come(server: Server) -> None:
    with closing(connected(server)) as line:
        line.sendall(HEAD.replace(b"GET", b"POST") + b"Content-Length: 10\r\n\r\n{")
        told = heard(line)
    assert told.startswith(b"HTTP/1.1 408 ")
    assert b'"code": "REQUEST_TIMEOUT"' in told


@pytest.mark.parametrize("size", [64 * 1024 + 1, 500_000, 5_000_000])
def test_a_body_that_is_too_large(server: Server, size: int) -> None:
    with closing(connected(server)) as line:
        try:
            line.sendall(HEAD.replace(b"GET", b"POST") + b"Content-Length: %d\r\n\r\n" % size + b"x" * size)
        except OSError:
            assert size > DRAINED  # it hung up while we were sending
            return
        try:
            told = heard(line)
        except ConnectionResetError:
            assert size > DRAINED  # what was not read any more takes the answer with it
            return
    assert told.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in told.lower()


UNREADABLE = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 50 + b"\r\n\r\n",
    "a head without end": b"GET / HTTP/1.1\r\nX: " + b"a" * 10_000,
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "a negative length": HEAD + b"Content-Length: -1\r\n\r\n",
    "a blank in a name": HEAD + b"Bad Name: 1\r\n\r\n",
    "a bare line feed in a value": HEAD + b"X: a\x00b\r\n\r\n",
    "chunks without a size": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
}


@pytest.mark.parametrize("octets", UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_http(server: Server, octets: bytes) -> None:
    with closing(connected(server)) as line:
        line.sendall(octets)
        told = heard(line)
    assert told.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in told
    assert b'"code": "BAD_REQUEST"' in told


@pytest.mark.parametrize("upgrade", [b"websocket", b"h2c"])
def test_nothing_is_upgraded(server: Server, upgrade: bytes) -> None:
    with closing(connected(server)) as line:
        line.sendall(HEAD + b"Connection: upgrade, close\r\nUpgrade: " + upgrade + b"\r\n\r\n")
        assert heard(line).startswith(b"HTTP/1.1 200 ")


def test_a_connection_serves_one_request_after_the_other(server: Server) -> None:
    with closing(connected(server)) as line:
        line.sendall((HEAD + b"\r\n") * 2 + HEAD + b"Connection: close\r\n\r\n")
        assert heard(line).count(b"HTTP/1.1 200 ") == 3


def test_too_many_at_once(lab: ApiLab) -> None:
    with Server(limits=Limits(connections=2)) as server:
        server.start(lab_api(lab.bench), lab.bench.policy)
        lines = [connected(server) for _ in range(4)]
        told = []
        for line in reversed(lines):
            line.sendall(b"GET /lab/clock HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            told.append(heard(line)[:12])
            line.close()
    assert b"HTTP/1.1 503" in told
    assert b"HTTP/1.1 200" in told
