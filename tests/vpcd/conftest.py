"""A toy card, and a reader's end of vpcd's connection, for the tests of the bridge."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from softeid.vpcd.wire import Control, Frames, frame


class ToyCard:
    """Says what was done to it; answers a command with the same octets and 90 00."""

    atr = bytes.fromhex("3B80800101")

    def __init__(self, process: Callable[[bytes], bytes] | None = None) -> None:
        self.did: list[str] = []
        self._process = process or (lambda apdu: apdu + b"\x90\x00")

    def power_on(self) -> None:
        self.did.append("on")

    def power_off(self) -> None:
        self.did.append("off")

    def reset(self) -> None:
        self.did.append("reset")

    def process(self, apdu: bytes) -> bytes:
        self.did.append(apdu.hex())
        return self._process(apdu)


class Vpcd:
    """The driver's side: listens on a port and talks to whatever card comes."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(20)
        self.address = self._listener.getsockname()
        self.attempts = 0
        self.refuse = False
        self.refused = threading.Event()
        self.link = socket.socket()

    def connect(self) -> socket.socket:
        """What the bridge is given to reach us."""
        self.attempts += 1
        if self.refuse:
            self.refused.set()
            raise ConnectionRefusedError("nobody listens")
        return socket.create_connection(self.address)

    def accept(self) -> None:
        self.link.close()
        self.link, _ = self._listener.accept()
        self.link.settimeout(20)
        self._frames = Frames()
        self._heard: list[bytes] = []

    def say(self, *bodies: bytes) -> None:
        self.link.sendall(b"".join(map(frame, bodies)))

    def hear(self) -> bytes:
        while not self._heard:
            octets = self.link.recv(65536)
            if not octets:
                raise EOFError
            self._heard = self._frames.feed(octets)
        return self._heard.pop(0)

    def ask(self, body: bytes) -> bytes:
        self.say(body)
        return self.hear()

    def power_on(self) -> bytes:
        """As pcscd does with a card that it sees: power, then the ATR."""
        self.say(bytes([Control.ON]))
        return self.ask(bytes([Control.ATR]))

    def sees_removal(self) -> bool:
        """Whether the card's end is closed; nothing more may have come."""
        return self.link.recv(1) == b""

    def close(self) -> None:
        self.link.close()
        self._listener.close()


@pytest.fixture
def vpcd() -> Iterator[Vpcd]:
    driver = Vpcd()
    yield driver
    driver.close()


@pytest.fixture
def toy_card() -> type[ToyCard]:
    return ToyCard
