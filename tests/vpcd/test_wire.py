"""The frames of vpcd: round trips, every split, every truncation, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softeid.vpcd.wire import LIMIT, Control, Frames, WireError, frame, request

SELECT_MF = bytes.fromhex("00A4000C")
CONVERSATION = [b"\x01", b"\x04", SELECT_MF, bytes(300), b"\x02", b"\x00"]

bodies = st.lists(st.binary(min_size=1, max_size=600), max_size=8)


@pytest.mark.parametrize(
    ("body", "octets"),
    [
        (b"\x01", "0001 01"),
        (SELECT_MF, "0004 00A4000C"),
        (bytes(256), "0100" + "00" * 256),
        (bytes(LIMIT), "FFFF" + "00" * LIMIT),
    ],
    ids=["control", "command", "second length octet", "longest"],
)
def test_a_frame_is_length_and_body_in_one_buffer(body: bytes, octets: str) -> None:
    assert frame(body) == bytes.fromhex(octets)
    assert Frames().feed(frame(body)) == [body]


@pytest.mark.parametrize("size", [0, LIMIT + 1])
def test_a_body_that_no_frame_can_carry_is_refused(size: int) -> None:
    with pytest.raises(WireError, match=f"this one {size}"):
        frame(bytes(size))


@pytest.mark.parametrize(
    ("body", "meaning"),
    [
        (b"\x00", Control.OFF),
        (b"\x01", Control.ON),
        (b"\x02", Control.RESET),
        (b"\x04", Control.ATR),
        (b"\x00\xa4", b"\x00\xa4"),
        (SELECT_MF, SELECT_MF),
    ],
)
def test_one_octet_is_a_control_code_and_more_are_a_command(body: bytes, meaning: object) -> None:
    assert request(body) == meaning
    assert type(request(body)) is type(meaning)


@pytest.mark.parametrize("code", [code for code in range(256) if code not in {0, 1, 2, 4}])
def test_an_unknown_control_code_is_named(code: int) -> None:
    with pytest.raises(WireError, match=f"control code {code:02X}"):
        request(bytes([code]))


@given(bodies, st.data())
def test_any_split_gives_the_same_bodies(sent: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(map(frame, sent))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    frames = Frames()
    heard = []
    for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        heard += frames.feed(stream[begin:end])
    assert heard == sent
    assert not frames.incomplete


def test_a_stream_cut_at_any_octet_gives_what_is_whole_and_the_rest_later() -> None:
    stream = b"".join(map(frame, CONVERSATION))
    ends = {sum(len(frame(body)) for body in CONVERSATION[:n]) for n in range(len(CONVERSATION) + 1)}
    for cut in range(len(stream) + 1):
        frames = Frames()
        before = frames.feed(stream[:cut])
        assert before == CONVERSATION[: len(before)]
        assert frames.incomplete == (cut not in ends)
        assert before + frames.feed(stream[cut:]) == CONVERSATION


def test_a_length_of_zero_is_refused_wherever_it_stands() -> None:
    with pytest.raises(WireError, match="length 0"):
        Frames().feed(frame(SELECT_MF) + b"\x00\x00")


@given(st.binary(max_size=200))
def test_a_stream_gives_bodies_or_is_refused_and_raises_nothing_else(octets: bytes) -> None:
    try:
        for body in Frames().feed(octets):
            request(body)
    except WireError:
        return
