"""The HTTP server around the site: limits, slow and rude callers, and that it ends."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from types import SimpleNamespace

import pytest
from cryptography.x509 import ocsp

from softeid.harness.clock import Clock
from softeid.harness.command import ca_server
from softeid.harness.command.ca_server import MOST, StatusServer
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.ocsp import request
from softeid.harness.pki.ocsp_http import MAX_BODY, OCSP_REQUEST, StatusSite
from softeid.harness.seed import Seed

AUTHORITY = Authority(Seed("server"), Clock.real())
SITE = StatusSite([AUTHORITY])
QUESTION = request(AUTHORITY.issuer, AUTHORITY.root)
_LIMIT = 60


@pytest.fixture
def server() -> Iterator[StatusServer]:
    before = set(threading.enumerate())
    made = StatusServer(SITE, "127.0.0.1", 0)
    yield made
    made.close()
    assert set(threading.enumerate()) <= before, "a thread was left behind"  # others' may end meanwhile


def connected(server: StatusServer) -> socket.socket:
    host, port = server.address.removeprefix("http://").rsplit(":", 1)
    return socket.create_connection((host.strip("[]"), int(port)), _LIMIT)


def said(server: StatusServer, octets: bytes) -> bytes:
    """Everything that comes back for what is sent."""
    with connected(server) as link:
        link.sendall(octets)
        link.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: link.recv(65536), b""))


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def test_ocsp_over_a_socket(server: StatusServer) -> None:
    link = HTTPConnection(server.address.removeprefix("http://"), timeout=_LIMIT)
    link.request("POST", "/esteid2018", QUESTION, {"Content-Type": OCSP_REQUEST})
    answer = link.getresponse()
    assert answer.status == 200
    told = ocsp.load_der_ocsp_response(answer.read())
    assert told.certificate_status is ocsp.OCSPCertStatus.UNKNOWN
    link.close()


def test_head_has_no_body(server: StatusServer) -> None:
    head, body = said(server, b"HEAD /esteid2018.crl HTTP/1.1\r\nHost: x\r\n\r\n").split(b"\r\n\r\n")
    assert b"Content-Length: " in head
    assert body == b""


def posted(*headers: str, body: bytes = b"") -> bytes:
    lines = ["POST /esteid2018 HTTP/1.1", f"Content-Type: {OCSP_REQUEST}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 505),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n", 431),
        (b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nA: " + b"b" * 70000 + b"\r\n\r\n", 431),
        (b"BREW / HTTP/1.1\r\n\r\n", 501),
        (b"PUT /esteid2018 HTTP/1.1\r\n\r\n", 405),
        (posted(), 411),
        (posted("Content-Length: 5", "Transfer-Encoding: chunked", body=b"5\r\nhello\r\n0\r\n\r\n"), 411),
        (posted("Content-Length: -1"), 400),
        (posted("Content-Length: 0x10"), 400),
        (posted("Content-Length: \u0661".encode("utf-8").decode("latin-1")), 400),
        (posted(f"Content-Length: {MAX_BODY + 1}"), 413),
        (posted("Content-Length: " + "9" * 5000), 413),
        (posted("Content-Length: 0"), 200),
        (posted("Content-Length: 100", body=b"half of it"), 200),
    ],
    ids=[
        "TLS", "no address", "another version", "many headers", "a long address", "a long header",
        "no method", "the wrong method", "no length", "chunks", "a negative length", "a hexadecimal length",
        "another digit", "an octet too much", "far too much", "nothing asked", "the end too early",
    ],
)  # fmt: skip
def test_rude_callers(server: StatusServer, octets: bytes, expected: int) -> None:
    answer = said(server, octets)
    assert status(answer) == expected
    assert b"Traceback" not in answer
    if expected == 200:
        assert answer.endswith(bytes.fromhex("30030A0101")), "malformedRequest"


def test_whoever_hangs_up_is_forgotten(server: StatusServer, capfd: pytest.CaptureFixture[str]) -> None:
    for octets in (b"", b"GET", posted("Content-Length: 100"), b"GET / HTTP/1.1\r\n\r\n"):
        with connected(server) as link:
            link.sendall(octets)
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # reset, not end
    assert status(said(server, b"GET / HTTP/1.1\r\n\r\n")) == 200
    assert capfd.readouterr() == ("", "")


def test_more_callers_than_places_wait_for_their_turn(server: StatusServer) -> None:
    idle = [connected(server) for _ in range(MOST)]
    with connected(server) as late:
        late.sendall(b"GET / HTTP/1.1\r\n\r\n")
        for one in idle:
            one.close()
        assert status(late.recv(65536)) == 200


def test_closing_hangs_up_on_those_who_say_nothing() -> None:
    before = set(threading.enumerate())
    server = StatusServer(SITE, "127.0.0.1", 0)
    idle = [connected(server) for _ in range(MOST + 5)]
    server.close()
    assert set(threading.enumerate()) <= before
    for one in idle:
        one.close()


def test_octets_that_drip_in_end_with_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each comes in time, all of them do not: the connection's clock is moved, nobody waits."""
    now = 0.0
    monkeypatch.setattr(ca_server, "monotonic", lambda: now)
    mine, theirs = socket.socketpair()
    with mine, theirs:
        limited = ca_server._Limited(theirs, 10)
        mine.sendall(b"first")
        assert limited.readinto(buffer := bytearray(5)) == 5
        assert buffer == b"first"
        now = 10.0
        mine.sendall(b"second")
        with pytest.raises(TimeoutError, match="too long"):
            limited.readinto(bytearray(5))


def test_a_port_that_is_taken(server: StatusServer) -> None:
    with pytest.raises(OSError, match="in use"):
        StatusServer(SITE, "127.0.0.1", int(server.address.rsplit(":", 1)[1]))


def test_addresses_of_both_families() -> None:
    server = SimpleNamespace(server_address=("::1", 80, 0, 0))
    assert StatusServer.address.fget(SimpleNamespace(_server=server)) == "http://[::1]:80"  # type: ignore[attr-defined]
