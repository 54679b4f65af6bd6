"""The language of vectors, and how one is played."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softeid.emulator.vector import VectorError, expected, parse_vector, play

HEAD = "title: t\norigin: o\ndate: 2026-11-24\nlicence: Apache-2.0\n"
A_LINE = "expected >, <, !, # or one of title, origin, date, licence, card, profile or switches, each once"


@pytest.mark.parametrize(
    ("text", "fits", "does_not"),
    [
        ("9000", ["9000"], ["", "6A82", "009000", "900000"]),
        (
            "04 09 <len 2> 9000",
            ["040941539000", "04090D0A9000"],
            ["0409419000", "04094153419000", "040A41539000"],
        ),
        ("<any> 9000", ["9000", "0A9000", "AB" * 300 + "9000"], ["6A82", "900A"]),
        ("0a2E9000", ["0A2E9000"], ["0AFF9000", "0D2E9000"]),
    ],
)
def test_expected(text: str, fits: list[str], does_not: list[str]) -> None:
    assert all(expected(text).fits(bytes.fromhex(answer)) for answer in fits)
    assert not any(expected(text).fits(bytes.fromhex(answer)) for answer in does_not)


@given(st.binary(max_size=40))
def test_hex_fits_itself_alone(octets: bytes) -> None:
    assert expected(octets.hex(" ")).fits(octets)
    assert not expected(octets.hex(" ")).fits(octets + b"\0")


def test_parse() -> None:
    text = (
        "# first\n\n"
        + HEAD
        + "card: any\n\n> 00A4 # SELECT\n     00 0C\n< 90\n\t00#no comment without a blank\n"
    ).replace("#no comment without a blank", "  # with a blank")
    vector = parse_vector(text, "v")
    assert dict(vector.header) == {
        "title": "t",
        "origin": "o",
        "date": "2026-11-24",
        "licence": "Apache-2.0",
        "card": "any",
    }
    (exchange,) = vector.exchanges
    assert str(exchange.mark) == "v:9:1"
    assert exchange.command == bytes.fromhex("00A4000C")
    assert exchange.expected.text == "90 00"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param(
            "",
            [
                "v:1:1: expected `date:`, found none",
                "v:1:1: expected `licence:`, found none",
                "v:1:1: expected `origin:`, found none",
                "v:1:1: expected `title:`, found none",
            ],
            id="nothing",
        ),
        pytest.param(
            HEAD, ["v:5:1: expected at least one command and its answer, found none"], id="no exchange"
        ),
        pytest.param(
            HEAD + "> 00A4000C\n",
            ["v:5:1: expected an answer (<) to the command, found the end"],
            id="no answer",
        ),
        pytest.param(
            HEAD + "< 9000\n",
            ["v:5:1: expected a command (>) before the answer, found none"],
            id="no command",
        ),
        pytest.param(
            HEAD + "> 00\n> 01\n< 9000\n",
            ["v:6:1: expected the answer (<) to the command above, found another command"],
            id="two commands",
        ),
        pytest.param(
            HEAD + "> 0\n< 9000\n",
            ["v:5:1: expected a command in hex after >, found '0'"],
            id="half an octet",
        ),
        pytest.param(
            HEAD + ">\n< 9000\n",
            ["v:5:1: expected a command in hex after >, found ''"],
            id="an empty command",
        ),
        pytest.param(
            HEAD + "> 00\n<\n", ["v:6:1: expected an answer after <, found nothing"], id="an empty answer"
        ),
        pytest.param(
            HEAD + "> 00\n< 90 <lon 2>\n",
            ["v:6:1: expected hex, <len N> or <any> in an answer, found '<lon 2>'"],
            id="a wildcard",
        ),
        pytest.param(
            HEAD + "> 00\n< <len 0>\n",
            ["v:6:1: expected hex, <len N> or <any> in an answer, found '<len 0>'"],
            id="nought",
        ),
        pytest.param(
            HEAD + "dote: x\n> 00\n< 90\n",
            [f"v:5:1: {A_LINE}, found 'dote: x'; did you mean date?"],
            id="an unknown key",
        ),
        pytest.param(
            HEAD + "date: x\n> 00\n< 90\n",
            [f"v:5:1: {A_LINE}, found 'date: x'"],
            id="a key twice",
        ),
        pytest.param(
            HEAD + "! sleep\n> 00\n< 90\n",
            ["v:5:1: expected reset, power_off or power_on after !, found 'sleep'"],
            id="an unknown event",
        ),
        pytest.param(
            HEAD + "> 00\n! reset\n< 90\n",
            ["v:6:1: expected the answer (<) to the command above, found an event"],
            id="an event before the answer",
        ),
        pytest.param(
            HEAD + "> 00\n< 90\n! reset\n",
            ["v:8:1: expected a command (>) after reset, found the end"],
            id="an event at the end",
        ),
    ],
)
def test_broken(text: str, lines: list[str]) -> None:
    with pytest.raises(VectorError) as wrong:
        parse_vector(text, "v")
    assert str(wrong.value).split("\n") == lines


@given(st.text("><!# :<>lenany09AF\n\tdreset", max_size=80))
def test_any_text_parses_or_is_told(text: str) -> None:
    try:
        vector = parse_vector(HEAD + text, "v")
    except VectorError as wrong:
        assert all(line.startswith("v:") for line in str(wrong).split("\n"))  # noqa: PT017  # either is right
    else:
        assert vector.exchanges


def test_play_ends_with_the_first_difference() -> None:
    vector = parse_vector(HEAD + "> 0020000102 3132\n< 9000\n> 00A4000C\n< 9000\n", "v")
    sent: list[bytes] = []

    def transmit(command: bytes) -> bytes:
        sent.append(command)
        return b"\x63\xc2"

    difference = play(vector, transmit)
    assert str(difference) == "v:5:1: after > 00 20 00 01 02 •• •• expected < 9000, found < 63 C2"
    assert len(sent) == 1


def test_play_without_a_difference() -> None:
    vector = parse_vector(HEAD + "> 00A4000C\n< 9000\n> 00A4000C\n< <any>\n", "v")
    assert play(vector, lambda _: b"\x90\x00") is None


EVENTFUL = HEAD + "> 00A4000C\n< 9000\n! power_off\n!  power_on # at once\n> 00B0\n< 6700\n> 00B1\n< 6700\n"


def test_events_happen_before_the_command_that_follows() -> None:
    heard: list[str] = []

    def transmit(command: bytes) -> bytes:
        heard.append(command.hex())
        return b"\x90\x00" if len(command) == 4 else b"\x67\x00"

    assert play(parse_vector(EVENTFUL, "v"), transmit, heard.append) is None
    assert heard == ["00a4000c", "power_off", "power_on", "00b0", "00b1"]


def test_events_need_somebody_to_do_them() -> None:
    with pytest.raises(ValueError, match=r"^v:9:1: power_off comes before it, and nobody is there to do it$"):
        play(parse_vector(EVENTFUL, "v"), lambda _: b"\x90\x00")
