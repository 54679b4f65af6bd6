"""What strangers send to the login host does no harm: to it, to others, or to the portal."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import ExitStack, suppress
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.web.login_lab import NAME, Address, LoginLab, Seen, read_to_end

from softeid.harness.web.login_host import LoginHost
from softeid.harness.web.login_server import Limits

pytestmark = pytest.mark.usefixtures("forgotten")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> LoginLab:
    return LoginLab(tmp_path_factory.mktemp("login"))


def serves(lab: LoginLab, address: Address) -> bool:
    """Whether somebody else can still log in."""
    lab.seen.clear()
    holder = lab.holder()
    return lab.browse(address, holder).status == 303 and lab.seen == [("LINK", holder.der)]


# --- octets that are no TLS -------------------------------------------------------------------------------

HELLO = bytes.fromhex("16 0301 0200 01 0001FC 0303") + bytes(32)  # the beginning of a ClientHello


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\0",
        b"GET /auth/mtls?session=LINK HTTP/1.1\r\n\r\n",
        b"\x80\x2e\x01\x00\x02",
        b"\xff" * 70000,
        HELLO,
        HELLO + b"\xff" * 600,
        bytes.fromhex("15 0301 0002 02 28"),
        bytes.fromhex("16 0303 FFFF"),
    ],
    ids=["nothing", "zero", "HTTP", "SSL 2", "much", "half a hello", "a bad hello", "an alert", "too long"],
)
def test_no_tls(lab: LoginLab, address: Address, octets: bytes) -> None:
    with socket.create_connection(address) as plain:
        with suppress(OSError):  # it may have hung up already
            plain.sendall(octets)
            plain.shutdown(socket.SHUT_WR)
        assert b"HTTP" not in read_to_end(plain)
    assert lab.seen == []
    assert serves(lab, address)


@given(st.binary(max_size=400))
def test_random_octets(lab: LoginLab, address: Address, octets: bytes) -> None:
    with socket.create_connection(address) as plain:
        with suppress(OSError):  # it may have hung up already
            plain.sendall(octets)
            plain.shutdown(socket.SHUT_WR)
        read_to_end(plain)
    assert lab.seen == []


# --- people who do not go on ------------------------------------------------------------------------------


def test_two_hundred_who_wait_keep_nobody_away(lab: LoginLab, address: Address) -> None:
    threads = set(threading.enumerate())
    with ExitStack() as waiting:
        for number in range(200):
            plain = waiting.enter_context(socket.create_connection(address))
            plain.sendall(HELLO[: number % len(HELLO)])
        assert serves(lab, address)
        assert set(threading.enumerate()) <= threads


def test_more_than_there_is_room_for(lab: LoginLab) -> None:
    """Who comes too late is turned away; when somebody leaves there is room again."""
    host = LoginHost(lab.present, lab.files, [], limits=Limits(connections=3))
    address = host.start()
    try:
        with ExitStack() as waiting:
            for _ in range(3):
                waiting.enter_context(socket.create_connection(address))
            with socket.create_connection(address, 20) as late:
                assert read_to_end(late) == b""
        assert serves(lab, address)
    finally:
        host.stop()


@pytest.mark.parametrize("begun", [b"", HELLO])
def test_patience_has_an_end(lab: LoginLab, begun: bytes) -> None:
    host = LoginHost(lab.present, lab.files, [], limits=Limits(patience=0.01))
    address = host.start()
    try:
        with socket.create_connection(address) as plain:
            plain.sendall(begun)
            assert read_to_end(plain) == b""
    finally:
        host.stop()


def test_nor_is_it_bought_by_the_octet(lab: LoginLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who sends a little now and then is no better than who is silent."""
    host = LoginHost(lab.present, lab.files, [])
    address = host.start()
    try:
        with socket.create_connection(address, 20) as plain:
            plain.sendall(HELLO[:1])
            assert serves(lab, address)  # so the one before was noticed as well
            later = monotonic() + Limits().patience
            monkeypatch.setattr("softeid.harness.web.login_server.monotonic", lambda: later)
            plain.sendall(HELLO[1:2])
            assert read_to_end(plain) == b""
    finally:
        host.stop()


def test_who_waits_when_the_host_stops(lab: LoginLab) -> None:
    host = LoginHost(lab.present, lab.files, [])
    with socket.create_connection(host.start()) as plain:
        host.stop()
        assert read_to_end(plain) == b""


# --- requests ---------------------------------------------------------------------------------------------

LONG = "x" * 9000
REQUESTS = {
    "another path": ("GET / HTTP/1.1\r\n\r\n", 404),
    "below the path": ("GET /auth/mtls/ HTTP/1.1\r\n\r\n", 404),
    "up and down": ("GET /auth/../auth/mtls?session=LINK HTTP/1.1\r\n\r\n", 404),
    "no session": ("GET /auth/mtls HTTP/1.1\r\n\r\n", 400),
    "an empty session": ("GET /auth/mtls?session= HTTP/1.1\r\n\r\n", 400),
    "two sessions": ("GET /auth/mtls?session=LINK&session=LINK HTTP/1.1\r\n\r\n", 400),
    "an unknown hint": ("GET /auth/mtls?session=LINK&hint=pay HTTP/1.1\r\n\r\n", 400),
    "two hints": ("GET /auth/mtls?session=LINK&hint=insert_card&hint=insert_card HTTP/1.1\r\n\r\n", 400),
    "many fields": (f"GET /auth/mtls?session=LINK{'&a=b' * 99} HTTP/1.1\r\n\r\n", 400),
    "POST": ("POST /auth/mtls?session=LINK HTTP/1.1\r\nContent-Length: 2\r\n\r\nab", 400),
    "HEAD": ("HEAD /auth/mtls?session=LINK HTTP/1.1\r\n\r\n", 400),
    "a small get": ("get /auth/mtls?session=LINK HTTP/1.1\r\n\r\n", 400),
    "CONNECT": ("CONNECT portal.localhost:443 HTTP/1.1\r\n\r\n", 405),
    "an address": ("GET https://other.example/auth/mtls?session=LINK HTTP/1.1\r\n\r\n", 400),
    "HTTP/2": ("GET /auth/mtls?session=LINK HTTP/2.0\r\n\r\n", 505),
    "HTTP/0.9": ("GET /auth/mtls?session=LINK\r\n\r\n", 400),
    "no request": ("\x16\x03\x01<script>\r\n\r\n", 400),
    "a long target": (f"GET /auth/mtls?session={LONG} HTTP/1.1\r\n\r\n", 414),
    "a long field": (f"GET /auth/mtls?session=LINK HTTP/1.1\r\nA: {LONG}\r\n\r\n", 413),
    "without end": (f"GET /auth/mtls?session=LINK HTTP/1.1\r\n{'A: b' * 2600}", 413),
    "a field that is none": ("GET /auth/mtls?session=LINK HTTP/1.1\r\nabc\r\n\r\n", 400),
    "a body that is announced": (
        "GET /auth/mtls?session=LINK HTTP/1.1\r\nContent-Length: 99999\r\n\r\n",
        413,
    ),
    "a length that is none": ("GET /auth/mtls?session=LINK HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
    "another coding": ("GET /auth/mtls?session=LINK HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
}


@pytest.mark.parametrize(("request_", "status"), REQUESTS.values(), ids=REQUESTS)
def test_requests_that_lead_nowhere(lab: LoginLab, address: Address, request_: str, status: int) -> None:
    seen = lab.send(address, request_.encode("latin-1"), lab.holder())
    assert seen.status == status
    assert lab.seen == []
    is_our_page(seen)


def is_our_page(seen: Seen) -> None:
    assert "TEST" in seen.body
    assert seen.headers["Content-Type"] == "text/html; charset=utf-8"
    assert 'data-error="' in seen.body
    assert "Location" not in seen.headers
    for echoed in ("LINK", "xxx", "example", "<script"):
        assert echoed not in seen.body
    assert_headers(seen)


def assert_headers(seen: Seen) -> None:
    policy = seen.headers["Content-Security-Policy"]
    assert {"default-src 'none'", "frame-ancestors 'none'"} <= set(policy.split("; "))
    assert seen.headers["Cache-Control"] == "no-store"
    assert seen.headers["Referrer-Policy"] == "no-referrer"
    assert seen.headers["X-Content-Type-Options"] == "nosniff"
    assert seen.headers["X-Frame-Options"] == "DENY"
    assert seen.headers["Connection"] == "close"
    assert "Server" not in seen.headers


def test_the_redirect_has_the_same_headers(lab: LoginLab, address: Address) -> None:
    assert_headers(lab.browse(address))


def test_who_is_refused_hears_why_and_is_let_talk(lab: LoginLab, address: Address) -> None:
    """What it has sent already must not reset the connection before it has read the alert (RFC 8446, 6)."""
    with socket.create_connection(address, 20) as plain:
        plain.sendall(b"\x16\x03\x01\x00\x05hello" + bytes(65536))
        assert read_to_end(plain)[:1] == b"\x15"
        for _ in range(16):
            plain.sendall(bytes(65536))
        assert serves(lab, address)


def test_a_request_in_small_pieces(lab: LoginLab, address: Address) -> None:
    context = ssl.create_default_context(cafile=str(lab.files.trust))
    with (
        socket.create_connection(address) as plain,
        context.wrap_socket(plain, server_hostname=NAME) as connection,
    ):
        for octet in f"GET /auth/mtls?session=A%26B HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode():
            connection.send(bytes([octet]))
        assert connection.recv(12) == b"HTTP/1.1 303"
    assert lab.seen == [("A&B", None)]


def test_nothing_is_said(lab: LoginLab, capfd: pytest.CaptureFixture[str]) -> None:
    """Links and tickets are secrets; so nobody finds them in a log."""
    host = LoginHost(lab.present, lab.files, [])
    address = host.start()
    try:
        lab.browse(address)
        for request, _ in REQUESTS.values():
            lab.send(address, request.encode("latin-1"))
        with socket.create_connection(address) as plain:
            plain.sendall(HELLO)
    finally:
        host.stop()
    assert capfd.readouterr() == ("", "")
