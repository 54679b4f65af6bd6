"""Command chaining and GET RESPONSE, around a card that records what reaches it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softeid.emulator import Layer
from softeid.emulator.apdu import Command
from softeid.emulator.layer import LAYERS, MAX_CHAINED, CommandChaining, GetResponse


class Recorder:
    """Answers every command with fixed octets and keeps what it was asked."""

    atr = bytes.fromhex("3B80800101")

    def __init__(self, answer: str = "9000") -> None:
        self.answer = bytes.fromhex(answer)
        self.heard: list[str] = []

    def power_on(self) -> None:
        self.heard.append("on")

    def power_off(self) -> None:
        self.heard.append("off")

    def reset(self) -> None:
        self.heard.append("reset")

    def process(self, apdu: bytes) -> bytes:
        self.heard.append(apdu.hex().upper())
        return self.answer


def send(card: Layer, *commands: str) -> list[str]:
    return [card.process(bytes.fromhex(command)).hex().upper() for command in commands]


RESETS: list[Callable[[Layer], None]] = [Layer.power_on, Layer.power_off, Layer.reset]


@pytest.mark.parametrize("make", [Layer, *LAYERS.values()])
def test_a_layer_hands_on_what_it_does_not_know(make: Callable[[Recorder], Layer]) -> None:
    within = Recorder("AABB9000")
    layer = make(within)
    assert layer.atr == within.atr
    assert send(layer, "", "00", "00A4000C", "00B0000002", "FF0000000000") == ["AABB9000"] * 5
    for reset in RESETS:
        reset(layer)
    assert within.heard == ["", "00", "00A4000C", "00B0000002", "FF0000000000", "on", "off", "reset"]


@pytest.mark.parametrize(
    ("commands", "answers", "heard"),
    [
        pytest.param(
            ["1088000002 0102", "1088000002 0304", "0088000001 05 60"],
            ["9000", "9000", "9000"],
            ["0088000005010203040560"],
            id="three commands become one",
        ),
        pytest.param(
            ["1088000001 01", "00880000"], ["9000", "9000"], ["008800000101"], id="last one without data"
        ),
        pytest.param(
            ["1088000001 01", "0088000000"], ["9000", "9000"], ["00880000010100"], id="last one with Le alone"
        ),
        pytest.param(
            ["1288000001 01", "0288000001 02"], ["9000", "9000"], ["02880000020102"], id="channel 2"
        ),
        pytest.param(["10880000"], ["6700"], [], id="no data in a chained command"),
        pytest.param(["1088000060"], ["6700"], [], id="Le alone in a chained command"),
        pytest.param(["10880000 02 01"], ["6700"], [], id="malformed first"),
        pytest.param(
            ["1088000001 01", "00880000 02 01", "0088000001 02"],
            ["9000", "6700", "9000"],
            ["008800000102"],
            id="a malformed one ends the chain",
        ),
        pytest.param(
            ["1088000001 01", "1022000001 02", "0088000001 03"],
            ["9000", "6883", "9000"],
            ["008800000103"],
            id="a chain within a chain",
        ),
        pytest.param(
            ["1088000001 01", "00A4000C", "0088000001 02"],
            ["9000", "9000", "9000"],
            ["00A4000C", "008800000102"],
            id="another command ends the chain and is heard as sent",
        ),
        pytest.param(
            ["1088000001 01", "0188000001 02"],
            ["9000", "9000"],
            ["018800000102"],
            id="another channel is another command",
        ),
        pytest.param(
            ["1088000001 01", "9088000001 02"],
            ["9000", "9000"],
            ["908800000102"],
            id="bit 5 of a proprietary class chains nothing",
        ),
        pytest.param(["9088000001 02"], ["9000"], ["908800000102"], id="nor does it begin a chain"),
        pytest.param(
            ["1188000001 01", "0188000001 02"], ["9000", "9000"], ["01880000020102"], id="channel 1"
        ),
        pytest.param(
            ["1088000001 01", "1188000001 02", "0088000001 03"],
            ["9000", "6883", "9000"],
            ["008800000103"],
            id="a chain of another channel within a chain",
        ),
        *(
            pytest.param(
                ["1088000001 01", f"{other} 01 02"],
                ["9000", "9000"],
                [f"{other}0102"],
                id=f"another header ends the chain: {other}",
            )
            for other in ("00890000", "00880100", "00880001")
        ),
    ],
)
def test_chaining(commands: list[str], answers: list[str], heard: list[str]) -> None:
    within = Recorder()
    assert send(CommandChaining(within), *commands) == answers
    assert within.heard == heard


def test_a_chain_has_a_length_to_which_it_may_grow() -> None:
    within = Recorder()
    layer = CommandChaining(within)
    part = "108800 00 80" + "AB" * 128
    assert send(layer, *[part] * (MAX_CHAINED // 128)) == ["9000"] * (MAX_CHAINED // 128)
    assert send(layer, part) == ["6700"]
    assert send(layer, "0088000001 01") == ["9000"]
    assert within.heard == ["008800000101"]
    send(layer, *[part] * (MAX_CHAINED // 128 - 1), "0088000080" + "CD" * 128)
    assert Command.parse(bytes.fromhex(within.heard[1])).data == b"\xab" * (MAX_CHAINED - 128) + b"\xcd" * 128


@given(st.binary(min_size=1, max_size=700), st.lists(st.integers(0, 700)), st.integers(0, 256))
def test_however_it_is_cut_a_chain_is_one_command(data: bytes, cuts: list[int], ne: int) -> None:
    within = Recorder()
    layer = CommandChaining(within)
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    parts = [data[start:end] for start, end in pairwise(places)]
    for part in parts[:-1]:
        assert layer.process(Command(0x10, 0x88, 0, 0, part).encode()) == b"\x90\x00"
    layer.process(Command(0x00, 0x88, 0, 0, parts[-1], ne).encode())
    assert [Command.parse(bytes.fromhex(heard)) for heard in within.heard] == [
        Command(0, 0x88, 0, 0, data, ne)
    ]


@pytest.mark.parametrize("reset", RESETS)
def test_reset_in_the_middle_of_a_chain(reset: Callable[[Layer], None]) -> None:
    within = Recorder()
    layer = CommandChaining(within)
    send(layer, "1088000001 01")
    reset(layer)
    send(layer, "0088000001 02")
    assert within.heard[1:] == ["008800000102"]


EIGHT = "0102030405060708"


@pytest.mark.parametrize(
    ("commands", "answers"),
    [
        pytest.param(["00B0000008"], [EIGHT + "9000"], id="all of it"),
        pytest.param(["00B0000000"], [EIGHT + "9000"], id="Le 00"),
        pytest.param(["00B00000"], [EIGHT + "9000"], id="without Le: T=0 could not ask"),
        pytest.param(["00B00000 0103"], [EIGHT + "9000"], id="case 3 whose last octet is less"),
        pytest.param(["00B00000 0103 03"], ["0102036105"], id="case 4"),
        pytest.param(["00B00000 000003"], ["0102036105"], id="extended"),
        pytest.param(["00B00000 000103"], [EIGHT + "9000"], id="extended whose last octet is less"),
        pytest.param(["00B0000003", "00C0000005"], ["0102036105", "04050607089000"], id="the rest"),
        pytest.param(["00B0000003", "00C0000000"], ["0102036105", "04050607089000"], id="the rest by Le 00"),
        pytest.param(["00B0000003", "00C00000FF"], ["0102036105", "04050607089000"], id="the rest and more"),
        pytest.param(
            ["00B0000003", "00C0000002", "00C0000003"],
            ["0102036105", "04056103", "0607089000"],
            id="in three pieces",
        ),
        pytest.param(
            ["00B0000003", "00C0000005", "00C0000005"],
            ["0102036105", "04050607089000", "01020304056103"],
            id="nothing waits: the card is asked",
        ),
        pytest.param(
            ["00B0000003", "00A4000C", "00C0000005"],
            ["0102036105", EIGHT + "9000", "01020304056103"],
            id="another command throws the rest away",
        ),
        pytest.param(
            ["00B0000003", "00C0000105"], ["0102036105", "01020304056103"], id="not GET RESPONSE for this"
        ),
        pytest.param(
            ["00B0000003", "00C00000"], ["0102036105", EIGHT + "9000"], id="GET RESPONSE without Le"
        ),
        pytest.param(
            ["00B0000003", "00C00000 01 AA 02"], ["0102036105", "01026106"], id="GET RESPONSE with data"
        ),
        pytest.param(
            ["00B0000003", "00B0000004"], ["0102036105", "010203046104"], id="read again, not read on"
        ),
        pytest.param(["00B00000 02 01"], [EIGHT + "9000"], id="malformed: the card's answer as it is"),
    ],
)
def test_get_response(commands: list[str], answers: list[str]) -> None:
    assert send(GetResponse(Recorder(EIGHT + "9000")), *commands) == answers


@pytest.mark.parametrize("ne", [1, 2, 3, 7, 8, 9, 254, 255, 256])
def test_a_reader_gets_as_much_as_it_asked_for_and_no_more(ne: int) -> None:
    """From the card and from GET RESPONSE alike, however much there is; Le 00 asks for 256."""
    for there in {0, 1, ne - 1, ne, ne + 1, ne + 2, 2 * ne, 2 * ne + 1, 256, 257, 512, 513}:
        data = bytes(range(256)) * 3
        layer = GetResponse(Recorder((data[:there] + b"\x90\x00").hex()))
        for command in (bytes([0, 0xB0, 0, 0, ne & 0xFF]), bytes([0, 0xC0, 0, 0, ne & 0xFF])):
            left = there - ne
            sw = bytes([0x61, min(left, 256) & 0xFF]) if left > 0 else b"\x90\x00"
            assert layer.process(command) == data[:there][:ne] + sw
            if left <= 0:
                break
            data, there = data[ne:], left


@pytest.mark.parametrize(("octets", "left"), [(1 + 255, "FF"), (1 + 256, "00"), (1 + 300, "00")])
def test_how_much_is_left(octets: int, left: str) -> None:
    assert send(GetResponse(Recorder("AB" * octets + "9000")), "00B0000001") == ["AB61" + left]


def test_the_last_piece_has_the_status_word_of_the_command() -> None:
    layer = GetResponse(Recorder(EIGHT + "6282"))
    assert send(layer, "00B0000003", "00C0000000") == ["0102036105", "04050607086282"]


@pytest.mark.parametrize("reset", RESETS)
def test_reset_while_something_waits(reset: Callable[[Layer], None]) -> None:
    within = Recorder(EIGHT + "9000")
    layer = GetResponse(within)
    send(layer, "00B0000003")
    reset(layer)
    send(layer, "00C0000005")
    assert within.heard[-1] == "00C0000005"


@given(st.binary(max_size=600), st.lists(st.integers(1, 256), min_size=1))
def test_pieces_make_the_whole(data: bytes, pieces: list[int]) -> None:
    layer = GetResponse(Recorder((data + b"\x90\x00").hex()))
    answer = layer.process(bytes([0, 0xB0, 0, 0, pieces[0] & 0xFF]))
    whole = answer[:-2]
    for ne in [*pieces[1:], *[256] * 3]:
        if answer[-2] != 0x61:
            break
        assert (answer[-1] or 256) == min(256, len(data) - len(whole))
        answer = layer.process(bytes([0, 0xC0, 0, 0, ne & 0xFF]))
        assert len(answer) - 2 <= ne
        whole += answer[:-2]
    assert whole == data
    assert answer[-2:] == b"\x90\x00"


def test_one_around_the_other() -> None:
    """The last command of a chain says how much is wanted; what is left waits outside the chain."""
    layer = GetResponse(CommandChaining(Recorder(EIGHT + "9000")))
    assert send(layer, "1088000001 01", "0088000001 02 03", "1088000001 01", "00C0000005") == [
        "9000",
        "0102036105",
        "9000",
        "01020304056103",
    ]
