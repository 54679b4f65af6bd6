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


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        ("80", "octet 1: expected a length, found the end"),
        ("80 02 AB", "octet 2: expected 2 octets of value, found 1"),
        ("80 81", "octet 1: expected 1 octets of length, found 0"),
        ("80 80", "octet 1: expected a length of one to three octets, found 80"),
        ("80 83 00 00 01 AB", "octet 1: expected a length of one to three octets, found 83"),
        ("5F", "octet 1: expected the rest of a tag, found the end"),
        ("5F 81 81 81 01 00", "octet 0: expected a tag of at most three octets, found 5"),
        ("00 00", "octet 0: expected a tag, found 00"),
    ],
)
def test_message(octets: str, message: str) -> None:
    with pytest.raises(TlvError) as wrong:
        parse(bytes.fromhex(octets))
    assert str(wrong.value) == message


@pytest.mark.parametrize("tag", [0x00, 0x1F, 0x6281, 0x5F81, 0x5F8181, 0x1000000])
def test_what_is_no_tag(tag: int) -> None:
    with pytest.raises(ValueError, match="tag"):
        encode(tag)


def test_too_long_a_value() -> None:
    with pytest.raises(ValueError, match="65535"):
        encode(0x80, bytes(65536))


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
