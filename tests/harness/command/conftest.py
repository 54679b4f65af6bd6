"""A user of the command line, and the driver's end of a slot for `plug`."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.foreign.user import User

from softeid.vpcd.wire import Control, Frames, frame

_LIMIT = 60  # seconds without an octet after which the other side counts as hung


@pytest.fixture
def user(tmp_path: Path) -> User:
    """Somebody who has never used softeid before."""
    return User(tmp_path)


class Slot:
    """The driver's end of one slot: a port at which `plug` finds a reader, once it listens."""

    def __init__(self) -> None:
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.settimeout(_LIMIT)
        self.port = str(self._listener.getsockname()[1])
        self.link = socket.socket()

    def listen(self) -> None:
        """From now on somebody is there."""
        self._listener.listen()

    def accept(self) -> None:
        """Wait for the card."""
        self.link.close()
        self.link, _ = self._listener.accept()
        self.link.settimeout(_LIMIT)
        self._frames = Frames()

    def power_on(self) -> bytes:
        """Give power and ask for the ATR, as pcscd does with a card that it sees."""
        self.link.sendall(frame(bytes([Control.ON])))
        return self.ask(bytes([Control.ATR]))

    def ask(self, body: bytes) -> bytes:
        """A body that is answered, and the answer."""
        self.link.sendall(frame(body))
        while octets := self.link.recv(65536):
            if bodies := self._frames.feed(octets):
                return bodies[0]
        raise EOFError("the card is out")

    def sees_the_card_go(self) -> bool:
        """Wait until the card's end is closed, and close ours."""
        gone = self.link.recv(1) == b""
        self.link.close()
        return gone

    def close(self) -> None:
        self.link.close()
        self._listener.close()


@pytest.fixture
def slot() -> Iterator[Slot]:
    made = Slot()
    yield made
    made.close()
