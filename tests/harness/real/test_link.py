"""The guard on the way to a real card, and the way itself: names, transactions, T=0, and its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.real.fake import READER, Recorder, issued

from softeid.harness.harm import exceeds, of_command
from softeid.harness.real.link import Link, NoReader, Withheld, named
from softeid.harness.scenario.stage import Lost
from softeid.harness.scenario.step import Harm

SELECT = bytes.fromhex("00A4040C10A000000077010800070000FE00000100")
PIN1 = b"1234".ljust(12, b"\xff")
VERIFY = bytes.fromhex("002000010C")
OK = b"\x90\x00"


class Answers:
    """A card that answers as it is told to."""

    atr = bytes.fromhex("3B00")

    def __init__(self, *answers: str) -> None:
        self._answers: Iterator[bytes] = map(bytes.fromhex, answers)

    def power_on(self) -> None:
        """Nothing."""

    power_off = reset = power_on

    def process(self, apdu: bytes) -> bytes:
        return next(self._answers, OK)


HEADERS = st.sampled_from(range(256)).map(lambda ins: bytes([0, ins]))
OCTETS = st.binary(max_size=300) | st.builds(bytes.__add__, HEADERS, st.binary(max_size=40))


@given(st.lists(OCTETS, max_size=20))
def test_without_leave_nothing_leaves_but_what_reads(commands: list[bytes]) -> None:
    recorder = Recorder(Answers())
    link = Link(recorder, READER)
    for apdu in commands:
        try:
            link.transmit(apdu)
        except Withheld:
            assert of_command(apdu) != "none"
    assert recorder.only_read
    assert recorder.sent == [apdu for apdu in commands if of_command(apdu) == "none"]


@given(st.lists(OCTETS, max_size=10), st.sampled_from(["none", "try", "block"]), st.sampled_from([1, 2]))
def test_no_leave_is_overdrawn(commands: list[bytes], allowed: Harm, protocol: int) -> None:
    recorder = Recorder(Answers(*["6110"] * 5, *["6C04"] * 5), protocol=protocol)
    link = Link(recorder, READER, allowed)
    for apdu in commands:
        try:
            link.transmit(apdu)
        except Withheld:
            assert exceeds(of_command(apdu), allowed)
    assert not any(exceeds(of_command(apdu), allowed) for apdu in recorder.sent)


def test_what_is_withheld_says_what_and_why_and_no_pin() -> None:
    link = Link(Recorder(Answers()), READER)
    with pytest.raises(Withheld, match="VERIFY counts as `block`, and no more than `none`") as told:
        link.transmit(VERIFY + PIN1)
    assert PIN1.hex().upper() not in str(told.value).upper()
    with pytest.raises(Withheld, match="not known to be harmless"):
        link.transmit(b"\x00")


def test_what_was_taken_for_right_and_is_not_costs_one_try_and_no_second() -> None:
    card = issued(pins={"PIN1": "9753"})
    recorder = Recorder(card.card)
    link = Link(recorder, READER, "try")
    link.right = {0x01: PIN1}
    assert link.transmit(VERIFY + PIN1) == bytes.fromhex("63C2")
    with pytest.raises(Withheld):
        link.transmit(VERIFY + PIN1)
    assert card.permanent.pins["PIN1"].tries == 2


# --- names ------------------------------------------------------------------------------------------

READERS = ["Gemalto PC Twin 00 00", "ACS ACR39U 01 00", "ACS ACR39U 02 00"]


@pytest.mark.parametrize(
    ("name", "found"),
    [("Gemalto PC Twin 00 00", 0), ("gemalto", 0), ("ACR39U 02", 2), ("01 00", 1)],
)
def test_a_reader_by_its_name_or_a_part_of_it(name: str, found: int) -> None:
    assert named(name, READERS) == READERS[found]


def test_a_whole_name_wins_over_a_part_of_another() -> None:
    assert named("Reader", ["Reader 2", "Reader"]) == "Reader"


@pytest.mark.parametrize(
    ("name", "readers", "told"),
    [
        (
            "ACS",
            READERS,
            "several have this in their names: `ACS ACR39U 01 00`, `ACS ACR39U 02 00`; name one",
        ),
        ("Omnikey", READERS, "no such reader; there are: `Gemalto PC Twin 00 00`, `ACS"),
        ("Omnikey", [], "no such reader; there are: none"),
        ("x", ["an\x1b[31mevil x", "x\nx"], r"`an\\x1b\[31mevil x`, `x\\nx`"),
    ],
)
def test_a_name_that_means_none_or_several_lists_what_is_there(
    name: str, readers: list[str], told: str
) -> None:
    with pytest.raises(NoReader, match=told):
        named(name, readers)


def test_an_empty_reader() -> None:
    with pytest.raises(
        NoReader, match=r"reader `Empty`: PC/SC says: No smart card inserted\.; an ID card must be in"
    ):
        Link(Recorder(Answers(), [READER, "Empty"]), "Empty")


# --- transactions ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("allowed", "last"), [("none", ["end"]), ("try", ["reset", "end"])])
def test_a_transaction_begins_with_a_reset_and_what_was_verified_does_not_outlive_it(
    allowed: Harm, last: list[str]
) -> None:
    recorder = Recorder(issued().card)
    link = Link(recorder, READER, allowed)
    with link:
        link.transmit(SELECT)
    assert recorder.calls == ["connect", "begin", "reset", *last]
    link.close()
    assert recorder.calls[-1] == "disconnect"


# --- T=0 ------------------------------------------------------------------------------------------------

READ = bytes.fromhex("00B0000000")
T0: dict[str, tuple[str, list[str], list[str], str]] = {
    "as it is": ("00B0000003", ["0102039000"], ["00B0000003"], "0102039000"),
    "the rest waits": ("00CB3FFF015C00", ["6101", "019000"], ["00CB3FFF015C", "00C0000001"], "019000"),
    "in two": ("00B0000000", ["01026101", "039000"], ["00B0000000", "00C0000001"], "0102039000"),
    "no more than was asked for": ("00B0000002", ["01026101"], ["00B0000002"], "01026101"),
    "wrong Le": ("00B0000000", ["6C03", "0102039000"], ["00B0000000", "00B0000003"], "0102039000"),
    "wrong Le of a command with data": ("00CB3FFF02 5C0100", ["6C03"], ["00CB3FFF02 5C01"], "6C03"),
    "no data and Le 00": ("00A4000C00", ["9000"], ["00A4000C00"], "9000"),
    "without Le": ("00A4000C", ["6103"], ["00A4000C"], "6103"),
}  # fmt: skip


@pytest.mark.parametrize(("apdu", "answers", "sent", "answer"), T0.values(), ids=T0)
def test_t0_is_undone(apdu: str, answers: list[str], sent: list[str], answer: str) -> None:
    recorder = Recorder(Answers(*answers), protocol=1)
    assert Link(recorder, READER).transmit(bytes.fromhex(apdu)) == bytes.fromhex(answer)
    assert recorder.sent == [bytes.fromhex(one) for one in sent]


def test_over_t1_a_card_says_61_for_itself() -> None:
    assert Link(Recorder(Answers("6103")), READER).transmit(READ) == bytes.fromhex("6103")


def test_a_card_that_always_has_more_comes_to_an_end() -> None:
    recorder = Recorder(Answers(*["6101"] * 1000), protocol=1)
    assert Link(recorder, READER).transmit(READ) == bytes.fromhex("6101")
    assert len(recorder.sent) < 500


# --- the end of the way -------------------------------------------------------------------------------------

CALLS: list[Callable[[Link], object]] = [lambda link: link.transmit(SELECT), Link.reset, Link.__enter__]


@pytest.mark.parametrize("call", CALLS, ids=["transmit", "reset", "begin"])
def test_once_gone_nothing_is_tried_again(call: Callable[[Link], object]) -> None:
    recorder = Recorder(issued().card, gone_after=1)
    link = Link(recorder, READER)
    with link:
        link.transmit(SELECT)
        with pytest.raises(Lost, match="the card in `Recorder 00 00` is gone: PC/SC says: Card was removed"):
            link.transmit(SELECT)
        with pytest.raises(Lost, match="is gone"):
            call(link)
    assert recorder.calls == ["connect", "begin", "reset"]
    assert len(recorder.sent) == 2
