"""The same reader behaviour on every route, over a small card."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from softeid.emulator import CardLike
from softeid.harness.reader import Reader, ReaderError
from softeid.harness.route import ROUTES

ATR = bytes.fromhex("3BDB960080B1FE451F830012233F536549440F9000F1")
COUNT = bytes.fromhex("0084000001")


class Counting:
    """A card that counts commands since power came, and says its number first."""

    atr = ATR

    def __init__(self, number: int) -> None:
        self.number = number
        self.count = 0

    def power_on(self) -> None:
        self.count = 0

    power_off = reset = power_on

    def process(self, apdu: bytes) -> bytes:
        self.count += 1
        return bytes([self.number, self.count]) + b"\x90\x00"


@pytest.fixture(params=["direct", pytest.param("vpcd", marks=[pytest.mark.pcsc, pytest.mark.pyscard])])
def readers(request: pytest.FixtureRequest) -> Iterator[Sequence[Reader]]:
    with ROUTES[request.param].open(2) as opened:
        yield opened


def answers(number: int, count: int) -> bytes:
    return bytes([number, count]) + b"\x90\x00"


def test_each_reader_reaches_its_own_card(readers: Sequence[Reader]) -> None:
    cards: list[CardLike] = [Counting(1), Counting(2)]
    for reader, card in zip(readers, cards, strict=True):
        reader.insert(card)
    assert [reader.transmit(COUNT)[0] for reader in readers] == [1, 2]


def test_a_reset_makes_the_card_forget(readers: Sequence[Reader]) -> None:
    readers[0].insert(Counting(1))
    readers[0].transmit(COUNT)
    assert readers[0].transmit(COUNT) == answers(1, 2)
    readers[0].reset()
    assert readers[0].transmit(COUNT) == answers(1, 1)


def test_a_card_is_swapped_for_another(readers: Sequence[Reader]) -> None:
    for number in (1, 2, 3):
        readers[0].insert(Counting(number))
        assert readers[0].transmit(COUNT) == answers(number, 1)
        readers[0].remove()


def test_an_empty_reader_refuses(readers: Sequence[Reader]) -> None:
    with pytest.raises(ReaderError, match="no card"):
        readers[0].transmit(COUNT)
    with pytest.raises(ReaderError, match="no card"):
        readers[0].reset()
    readers[0].remove()  # nothing happens


def test_a_full_reader_takes_no_second_card(readers: Sequence[Reader]) -> None:
    readers[0].insert(Counting(1))
    with pytest.raises(ReaderError, match="already"):
        readers[0].insert(Counting(2))
    assert readers[0].transmit(COUNT) == answers(1, 1)


@pytest.mark.parametrize("octets", [2, 255, 256, 4096, 65_000])
def test_responses_come_whole(readers: Sequence[Reader], octets: int) -> None:
    class Long(Counting):
        def process(self, apdu: bytes) -> bytes:
            return bytes(octets) + b"\x90\x00"

    readers[1].insert(Long(1))
    assert readers[1].transmit(COUNT) == bytes(octets) + b"\x90\x00"


@pytest.mark.pcsc
@pytest.mark.pyscard
def test_vpcd_carries_no_single_octet() -> None:
    with ROUTES["vpcd"].open(1) as (reader,):
        reader.insert(Counting(1))
        with pytest.raises(ReaderError, match="two octets or more"):
            reader.transmit(b"\x00")


@pytest.mark.pcsc
@pytest.mark.pyscard
def test_one_world_after_the_other_in_one_process() -> None:
    for number in (1, 2, 3):
        with ROUTES["vpcd"].open(1) as (reader,):
            reader.insert(Counting(number))
            assert reader.transmit(COUNT) == answers(number, 1)
