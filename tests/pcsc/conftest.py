"""A real pcscd for each test that asks for one, and a small client of it without libpcsclite."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from softeid.vpcd.pcscd import PrivateStack

_HEADER = struct.Struct("=II")
_SHARED, _ANY_PROTOCOL, _LEAVE = 2, 3, 0


@pytest.fixture
def stack() -> Iterator[PrivateStack]:
    """A private stack with two readers."""
    with PrivateStack(readers=2) as running:
        yield running


class Client:
    """A PC/SC client with one context and one card at a time, straight on pcscd's socket."""

    def __init__(self, path: str) -> None:
        self._link = socket.socket(socket.AF_UNIX)
        self._link.settimeout(20)
        self._link.connect(path)
        minor = 4
        while True:
            _, theirs, refusal = self._call(0x11, "=iiI", 4, minor, 0)
            if refusal == 0:
                break
            minor = theirs
        self._context = self._call(0x01, "=III", 2, 0, 0)[1]

    def connect(self, reader: str) -> int:
        """SCardConnect; its return value."""
        answer = self._call(
            0x04, "=I128sIIiII", self._context, reader.encode(), _SHARED, _ANY_PROTOCOL, 0, 0, 0
        )
        self._card, self._protocol = answer[4], answer[5]
        return int(answer[6])

    def transmit(self, apdu: bytes) -> tuple[int, bytes]:
        """SCardTransmit; its return value and the response."""
        body = struct.Struct("=iIIIIIII")
        asked = body.pack(self._card, self._protocol, 16, len(apdu), self._protocol, 16, 65548, 0)
        self._link.sendall(_HEADER.pack(body.size, 0x09) + asked + apdu)
        answer = body.unpack(self._receive(body.size))
        return answer[7], self._receive(answer[6]) if answer[7] == 0 else b""

    def disconnect(self) -> int:
        """SCardDisconnect, leaving the card as it is; its return value."""
        return int(self._call(0x06, "=iII", self._card, _LEAVE, 0)[2])

    def close(self) -> None:
        self._link.close()

    def _call(self, command: int, layout: str, *values: Any) -> tuple[Any, ...]:
        body = struct.Struct(layout)
        self._link.sendall(_HEADER.pack(body.size, command) + body.pack(*values))
        return body.unpack(self._receive(body.size))

    def _receive(self, octets: int) -> bytes:
        received = b""
        while len(received) < octets:
            piece = self._link.recv(octets - len(received))
            if not piece:
                raise EOFError("pcscd closed the connection")
            received += piece
        return received


@pytest.fixture
def client() -> Iterator[Callable[[str], Client]]:
    """Clients of the test, each given the socket of its pcscd."""
    made: list[Client] = []

    def make(path: str) -> Client:
        made.append(Client(path))
        return made[-1]

    yield make
    for each in made:
        each.close()
