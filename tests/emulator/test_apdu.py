"""Command APDUs: every case, both ways, and cut off at every octet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softeid.emulator import StatusError
from softeid.emulator.apdu import Command

HEADER = "00 A4 04 0C "
LONG = "AB" * 300


@pytest.mark.parametrize(
    ("octets", "data", "ne"),
    [
        pytest.param("", "", 0, id="case 1"),
        pytest.param("01", "", 1, id="case 2 short, one octet"),
        pytest.param("FF", "", 255, id="case 2 short, 255 octets"),
        pytest.param("00", "", 256, id="case 2 short, Le 00 means 256"),
        pytest.param("01 00", "00", 0, id="case 3 short, one octet that is 00"),
        pytest.param("02 00 00", "00 00", 0, id="case 3 short, two octets that look like Lc"),
        pytest.param("FF" + "AB" * 255, "AB" * 255, 0, id="case 3 short, 255 octets"),
        pytest.param("01 AB 01", "AB", 1, id="case 4 short"),
        pytest.param("01 AB 00", "AB", 256, id="case 4 short, Le 00 means 256"),
        pytest.param("FF" + "AB" * 255 + "00", "AB" * 255, 256, id="case 4 short, everything there is"),
        pytest.param("00 0001", "", 1, id="case 2 extended, one octet"),
        pytest.param("00 0100", "", 256, id="case 2 extended, 256 octets"),
        pytest.param("00 FFFF", "", 65535, id="case 2 extended, 65535 octets"),
        pytest.param("00 0000", "", 65536, id="case 2 extended, Le 0000 means 65536"),
        pytest.param("00 0001 AB", "AB", 0, id="case 3 extended, one octet"),
        pytest.param("00 0002 AB CD", "AB CD", 0, id="case 3 extended, two octets"),
        pytest.param("00 012C" + LONG, LONG, 0, id="case 3 extended, 300 octets"),
        pytest.param("00 FFFF" + "AB" * 65535, "AB" * 65535, 0, id="case 3 extended, 65535 octets"),
        pytest.param("00 0001 AB 0001", "AB", 1, id="case 4 extended"),
        pytest.param("00 012C" + LONG + "0000", LONG, 65536, id="case 4 extended, Le 0000 means 65536"),
    ],
)
def test_each_case(octets: str, data: str, ne: int) -> None:
    command = Command.parse(bytes.fromhex(HEADER + octets))
    assert command == Command(0x00, 0xA4, 0x04, 0x0C, bytes.fromhex(data), ne)


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param("", id="nothing"),
        pytest.param("00", id="one octet"),
        pytest.param("00A404", id="three octets"),
        pytest.param(HEADER + "02 AB", id="short data cut off"),
        pytest.param(HEADER + "01 AB CD EF", id="more than data and Le"),
        pytest.param(HEADER + "00 00", id="half an extended length"),
        pytest.param(HEADER + "00 0002 AB", id="extended data cut off"),
        pytest.param(HEADER + "00 0001 AB 00", id="half an extended Le"),
        pytest.param(HEADER + "00 0001 AB 0000 00", id="more than extended data and Le"),
        pytest.param(HEADER + "00 0000 AB", id="extended Lc 0000 with data"),
        pytest.param(HEADER + "00 0000 AB CD", id="extended Lc 0000 with data and Le"),
    ],
)
def test_no_command_of_any_case(octets: str) -> None:
    with pytest.raises(StatusError) as refused:
        Command.parse(bytes.fromhex(octets))
    assert refused.value.sw == 0x6700


@pytest.mark.parametrize(
    "octets", ["05 0102030405 00", "00 0105" + "AB" * 261 + "0000"], ids=["short", "extended"]
)
def test_cut_off_at_every_octet_is_another_case_or_none(octets: str) -> None:
    """A cut command is refused, except where what is left happens to be whole: cases 1, 2, and 3 for 4."""
    whole = bytes.fromhex(HEADER + octets)
    data, le = Command.parse(whole).data, 1 if whole[4] else 2
    accepted = set()
    for size in range(len(whole)):
        try:
            Command.parse(whole[:size])
        except StatusError as refused:
            assert refused.sw == 0x6700  # noqa: PT017  # either outcome is a command's right
        else:
            accepted.add(size)
    case_2 = 5 if whole[4] else 7
    assert accepted == {4, 5, case_2, case_2 + len(data)} - {len(whole)}
    assert max(accepted) == len(whole) - le


commands = st.builds(
    Command,
    *[st.integers(0, 255)] * 4,
    st.one_of(st.binary(max_size=260), st.just(b"\xab" * 65535)),
    st.one_of(st.integers(0, 260), st.sampled_from([65535, 65536])),
)


@given(commands)
def test_encoding_and_parsing_are_each_others_reverse(command: Command) -> None:
    assert Command.parse(command.encode()) == command


@given(st.binary(max_size=300))
def test_octets_that_parse_mean_the_same_when_encoded_again(octets: bytes) -> None:
    try:
        command = Command.parse(octets)
    except StatusError:
        return
    assert Command.parse(command.encode()) == command
    assert len(command.encode()) <= len(octets)


@pytest.mark.parametrize(
    "command",
    [Command(0, 0, 0, 0, b"a" * 65536), Command(0, 0, 0, 0, b"", 65537)],
    ids=["Nc 65536", "Ne 65537"],
)
def test_what_no_command_can_carry(command: Command) -> None:
    with pytest.raises(ValueError, match="do not fit a command"):
        command.encode()
