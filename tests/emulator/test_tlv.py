"""BER-TLV: the standard's shapes, round trips, and every way to be cut off."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softeid.emulator.tlv import DataObject, TlvError, encode, find, parse

one_octet = st.integers(1, 0xFF).filter(lambda tag: tag & 0x1F != 0x1F)
two_octets = st.tuples(
    st.sampled_from([0x1F, 0x3F, 0x5F, 0x7F, 0x9F, 0xBF, 0xDF, 0xFF]), st.integers(0, 0x7F)
).map(lambda pair: pair[0] << 8 | pair[1])
three_octets = st.tuples(
    st.sampled_from([0x5F, 0x7F, 0xBF]), st.integers(0x80, 0xFF), st.integers(0, 0x7F)
).map(lambda triple: triple[0] << 16 | triple[1] << 8 | triple[2])
tags = st.one_of(one_octet, two_octets, three_octets)
objects = st.builds(DataObject, tags, st.binary(max_size=300))

# What may stand before an object, so that this begins at another octet, one beyond 256 among them.
BEFORE = [
    pytest.param(DataObject(tag, bytes(size)), id=f"after {len(encode(tag, bytes(size)))} octets")
    for tag, size in [(0x80, 0), (0x80, 1), (0x5F20, 1), (0x80, 3), (0x80, 127), (0x80, 300)]
]


@pytest.mark.parametrize(
    ("tag", "size", "head"),
    [
        pytest.param(0x80, 0, "80 00", id="empty"),
        pytest.param(0x80, 127, "80 7F", id="longest short form"),
        pytest.param(0x80, 128, "80 81 80", id="shortest long form"),
        pytest.param(0x80, 255, "80 81 FF", id="255"),
        pytest.param(0x80, 256, "80 82 01 00", id="256"),
        pytest.param(0x80, 65535, "80 82 FF FF", id="the longest"),
        pytest.param(0x7F49, 1, "7F 49 01", id="tag of two octets"),
        pytest.param(0xBF8101, 1, "BF 81 01 01", id="tag of three octets"),
    ],
)
def test_tag_and_length(tag: int, size: int, head: str) -> None:
    whole = bytes.fromhex(head) + bytes(size)
    assert encode(tag, bytes(size)) == whole
    assert parse(whole) == [DataObject(tag, bytes(size))]


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize(
    ("octets", "length"),
    [
        pytest.param("80 81 00", 0, id="0 as 81"),
        pytest.param("80 81 7F", 127, id="127 as 81"),
        pytest.param("80 81 80", 128, id="128"),
        pytest.param("80 82 00 00", 0, id="0 as 82"),
        pytest.param("80 82 00 80", 128, id="128 as 82"),
        pytest.param("80 82 03 02", 770, id="770"),
        pytest.param("80 82 FF FF", 65535, id="65535"),
    ],
)
def test_every_length_is_read_wherever_it_stands(octets: str, length: int, before: DataObject) -> None:
    """The long forms of short lengths too: ISO/IEC 7816-4, 5.2.2.2, lets 81 and 82 begin at 0."""
    own = DataObject(0x80, b"\xab" * length)
    after = DataObject(0x5F20, b"\xcd")
    assert parse(encode(*before) + bytes.fromhex(octets) + own.value + encode(*after)) == [before, own, after]


@given(st.lists(objects, max_size=4))
def test_encoding_and_parsing_are_each_others_reverse(several: list[DataObject]) -> None:
    assert parse(b"".join(encode(one.tag, one.value) for one in several)) == several


@given(objects, st.data())
def test_cut_off_anywhere_is_told(one: DataObject, data: st.DataObject) -> None:
    whole = encode(one.tag, one.value)
    size = data.draw(st.integers(1, len(whole) - 1))
    with pytest.raises(TlvError) as wrong:
        parse(whole[:size])
    assert 0 < wrong.value.at <= size


@given(st.binary(max_size=40))
def test_any_octets_parse_or_are_refused(octets: bytes) -> None:
    try:
        found = parse(octets)
    except TlvError as wrong:
        assert 0 <= wrong.at <= len(octets)  # noqa: PT017  # either outcome is right
    else:
        assert all(one.tag and isinstance(one.constructed, bool) for one in found)


# Octets, and what is wrong with them: at which octet, what was expected, what was found.
MISTAKES = [
    ("80", 1, "a length", "the end"),
    ("7F 49", 2, "a length", "the end"),
    ("80 02 AB", 2, "2 octets of value", "1"),
    ("80 05 AB AB AB", 2, "5 octets of value", "3"),
    ("80 81", 1, "1 octets of length", "0"),
    ("80 82", 1, "2 octets of length", "0"),
    ("80 82 01", 1, "2 octets of length", "1"),
    ("80 81 80", 3, "128 octets of value", "0"),
    ("80 82 01 00", 4, "256 octets of value", "0"),
    ("80 82 01 00 AB", 4, "256 octets of value", "1"),
    ("80 80", 1, "a length of one to three octets", "80"),
    ("80 83 00 00 01 AB", 1, "a length of one to three octets", "83"),
    ("5F", 1, "the rest of a tag", "the end"),
    ("5F 81", 2, "the rest of a tag", "the end"),
    ("5F 81 81 01 00", 0, "a tag of at most three octets", "4"),
    ("5F 81 81 81 01 00", 0, "a tag of at most three octets", "5"),
    ("00 00", 0, "a tag", "00"),
]


@pytest.mark.parametrize(("octets", "at", "expected", "found"), MISTAKES)
def test_what_is_wrong_is_told(octets: str, at: int, expected: str, found: str) -> None:
    with pytest.raises(TlvError) as wrong:
        parse(bytes.fromhex(octets))
    assert str(wrong.value) == f"octet {at}: expected {expected}, found {found}"


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize(("octets", "at", "expected", "found"), MISTAKES)
def test_what_is_wrong_is_told_wherever_it_stands(
    octets: str, at: int, expected: str, found: str, before: DataObject
) -> None:
    good = encode(*before)
    with pytest.raises(TlvError) as wrong:
        parse(good + bytes.fromhex(octets))
    assert (wrong.value.at, wrong.value.expected, wrong.value.found) == (at + len(good), expected, found)


@pytest.mark.parametrize("tag", [0x00, 0x1F, 0x6281, 0x5F81, 0x5F8181, 0x1000000])
def test_what_is_no_tag(tag: int) -> None:
    with pytest.raises(ValueError, match="tag"):
        encode(tag)


def test_too_long_a_value() -> None:
    with pytest.raises(ValueError, match="65535"):
        encode(0x80, bytes(65536))


@pytest.mark.parametrize(
    ("tag", "constructed"),
    [
        (0x80, False),
        (0x81, False),
        (0x9E, False),
        (0xA0, True),
        (0x62, True),
        (0xFE, True),
        (0x5F20, False),
        (0x7F49, True),
        (0x5FA020, False),
        (0x7F8101, True),
    ],
)
def test_bit_6_of_the_first_octet_alone_tells_a_constructed_object(tag: int, constructed: bool) -> None:
    """ISO/IEC 7816-4, 5.2.2.1."""
    assert DataObject(tag, b"").constructed is constructed


def test_a_path_may_have_tags_of_several_octets() -> None:
    octets = encode(0x7F49, encode(0x5F20, b"other"), encode(0xBF8101, encode(0x5F24, b"found")))
    assert find(octets, 0x7F49, 0xBF8101, 0x5F24) == b"found"


def test_children_and_paths() -> None:
    octets = bytes.fromhex("62 0A 82 01 38 A5 05 84 01 AA 84 00 80 00")
    template, last = parse(octets)
    assert template.constructed
    assert not last.constructed
    assert [one.tag for one in template.children()] == [0x82, 0xA5]
    assert find(octets, 0x62, 0xA5, 0x84) == b"\xaa"
    assert find(octets, 0x80) == b""
    assert find(octets, 0x62, 0x99) is None
    with pytest.raises(TlvError):
        find(octets, 0x62, 0x82, 0x38)
