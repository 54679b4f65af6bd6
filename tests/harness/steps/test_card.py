"""What steps read from cards that are not ours."""

from __future__ import annotations

from typing import Any

import pytest
from tests.harness.real.fake import issued

from softeid.emulator import Layer
from softeid.harness.actor import Card
from softeid.harness.reader import DirectReader
from softeid.harness.scenario.stage import Stuck
from softeid.harness.steps.card import read_file


class Boasting(Layer):
    """Says of each file that it has 65,535 octets."""

    def __init__(self) -> None:
        super().__init__(issued().card)
        self.sent: list[bytes] = []

    def process(self, apdu: bytes) -> bytes:
        self.sent.append(apdu)
        return bytes.fromhex("62048002FFFF9000") if apdu[1] == 0xA4 else super().process(apdu)


def test_a_file_that_read_binary_does_not_reach_is_not_read_elsewhere() -> None:
    nobody: Any = None
    card, reader = Boasting(), DirectReader()
    reader.insert(card)
    with pytest.raises(Stuck, match="65535 octets, of which READ BINARY reaches 32768"):
        read_file(nobody, Card(nobody, reader), path="3F00/D003")
    assert [apdu[1] for apdu in card.sent] == [0xA4]
