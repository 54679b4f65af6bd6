"""PINs: the table of their life, exhaustively, and the order of spending a try, storing and comparing."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softeid.emulator import StatusError
from softeid.emulator.errors import CommitError
from softeid.emulator.pin import PIN_LIFE, Pin, PinEvent, PinState

RIGHT, WRONG, NEW = b"1234" + b"\xff" * 8, b"4321" + b"\xff" * 8, b"9999" + b"\xff" * 8
T, R, B = PinState.TRANSPORT, PinState.READY, PinState.BLOCKED


def stored() -> None:
    """A commit that has nothing to store."""


def pin_in(state: PinState) -> Pin:
    pin = Pin(RIGHT, 3, T if state is T else R)
    if state is B:
        pin.tries = 0
    return pin


def suffer(pin: Pin, event: PinEvent) -> None:
    """Make an event happen to a PIN."""
    if event is PinEvent.SUCCEEDED:
        assert pin.matches(RIGHT, stored)
    elif event is PinEvent.FAILED:
        assert not pin.matches(WRONG, stored)
    elif event is PinEvent.EXHAUSTED:
        pin.tries = min(pin.tries, 1)
        assert not pin.matches(WRONG, stored)
    elif event is PinEvent.CHANGED:
        pin.change(NEW, stored)
    else:
        pin.unblock(None, stored)


# State, event, what it becomes (None: refused), and tries after it.
LIFE = [
    (T, PinEvent.SUCCEEDED, T, 3),
    (T, PinEvent.FAILED, T, 2),
    (T, PinEvent.EXHAUSTED, B, 0),
    (T, PinEvent.CHANGED, R, 3),
    (T, PinEvent.UNBLOCKED, R, 3),
    (R, PinEvent.SUCCEEDED, R, 3),
    (R, PinEvent.FAILED, R, 2),
    (R, PinEvent.EXHAUSTED, B, 0),
    (R, PinEvent.CHANGED, R, 3),
    (R, PinEvent.UNBLOCKED, R, 3),
    (B, PinEvent.SUCCEEDED, None, 0),
    (B, PinEvent.FAILED, None, 0),
    (B, PinEvent.EXHAUSTED, None, 0),
    (B, PinEvent.CHANGED, None, 0),
    (B, PinEvent.UNBLOCKED, R, 3),
]


def test_the_table_above_knows_every_state_and_event() -> None:
    assert {(state, event) for state, event, _, _ in LIFE} == set(product(PinState, PinEvent))
    assert {(state, event): after for state, event, after, _ in LIFE if after} == PIN_LIFE


@pytest.mark.parametrize(("state", "event", "after", "tries"), LIFE)
def test_life(state: PinState, event: PinEvent, after: PinState | None, tries: int) -> None:
    pin = pin_in(state)
    if after is None:
        with pytest.raises(StatusError) as refused:
            suffer(pin, event)
        assert refused.value.sw == (0x6985 if event is PinEvent.CHANGED else 0x6983)
    else:
        suffer(pin, event)
    assert (pin.state, pin.tries) == (after or state, tries)


@pytest.mark.parametrize("tries", [1, 2, 3])
@pytest.mark.parametrize("block", [RIGHT, WRONG], ids=["right", "wrong"])
def test_the_try_is_stored_as_spent_before_the_comparison(
    tries: int, block: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin = Pin(RIGHT, 3)
    pin.tries = tries
    order: list[tuple[str, int, PinState]] = []

    def compared(one: bytes, two: bytes) -> bool:
        order.append(("compare", pin.tries, pin.state))
        return one == two

    monkeypatch.setattr("softeid.emulator.pin.compare_digest", compared)
    pin.matches(block, lambda: order.append(("commit", pin.tries, pin.state)))
    spent = (tries - 1, R if tries > 1 else B)
    assert order[:2] == [("commit", *spent), ("compare", *spent)]
    assert order[2:] == ([("commit", 3, R)] if block == RIGHT else [])


@pytest.mark.parametrize("tries", [1, 2, 3])
@pytest.mark.parametrize(
    ("block", "torn_at", "stays"),
    [(RIGHT, 1, "all"), (RIGHT, 2, "one less"), (WRONG, 1, "all")],
    ids=["right, before anything is stored", "right, before the tries are given back", "wrong"],
)
def test_a_card_torn_out_at_a_commit_never_gains_a_try(
    tries: int, block: bytes, torn_at: int, stays: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit that fails is the moment at which power goes; before the first one nothing was compared."""
    pin, stored_tries, commits = Pin(RIGHT, 3), tries, 0
    pin.tries = tries

    def commit() -> None:
        nonlocal commits, stored_tries
        commits += 1
        if commits == torn_at:
            raise OSError("power gone")
        stored_tries = pin.tries

    if torn_at == 1:
        monkeypatch.setattr("softeid.emulator.pin.compare_digest", pytest.fail)
    with pytest.raises(OSError, match="power gone"):
        pin.matches(block, commit)
    assert stored_tries == (tries if stays == "all" else tries - 1)


@pytest.mark.parametrize("tries", [1, 2, 3])
@pytest.mark.parametrize("refused", [1, 2])
def test_a_commit_that_is_refused_leaves_in_memory_what_is_stored(tries: int, refused: int) -> None:
    pin, commits = Pin(RIGHT, 3), 0
    pin.tries = tries
    stored_now = (pin.state, pin.tries, pin.value)

    def commit() -> None:
        nonlocal commits, stored_now
        commits += 1
        if commits == refused:
            raise CommitError("disk full")
        stored_now = (pin.state, pin.tries, pin.value)

    with pytest.raises(CommitError):
        pin.matches(RIGHT, commit)
    assert (pin.state, pin.tries, pin.value) == stored_now


@pytest.mark.parametrize("state", [R, T, B])
@pytest.mark.parametrize("deed", ["change", "unblock", "unblock with a new value"])
def test_a_new_value_that_is_not_stored_is_none(state: PinState, deed: str) -> None:
    pin = pin_in(state)
    before = (pin.state, pin.tries, pin.value)

    def commit() -> None:
        raise CommitError("disk full")

    with pytest.raises(StatusError) as refused:
        pin.change(NEW, commit) if deed == "change" else pin.unblock(
            None if deed == "unblock" else NEW, commit
        )
    assert refused.value.sw == (0x6985 if (deed, state) == ("change", B) else 0x6581)
    assert (pin.state, pin.tries, pin.value) == before


def test_a_blocked_pin_is_neither_compared_nor_counted_nor_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    pin = pin_in(B)
    monkeypatch.setattr("softeid.emulator.pin.compare_digest", pytest.fail)
    with pytest.raises(StatusError, match="blocked"):
        pin.matches(RIGHT, lambda: pytest.fail("stored"))
    assert pin.tries == 0


def test_new_values() -> None:
    pin = Pin(RIGHT, 3)
    commits: list[bytes] = []
    pin.change(NEW, lambda: commits.append(pin.value))
    assert not pin.matches(RIGHT, stored)
    assert pin.matches(NEW, stored)
    pin.unblock(RIGHT, lambda: commits.append(pin.value))
    pin.unblock(None, lambda: commits.append(pin.value))
    assert commits == [NEW, RIGHT, RIGHT]


@pytest.mark.parametrize("left", [-1, 4])
def test_impossible_tries(left: int) -> None:
    with pytest.raises(ValueError, match="0 to 3"):
        Pin(RIGHT, 3).tries = left


@pytest.mark.parametrize(
    ("state", "tries", "after"), [(R, 1, R), (R, 0, B), (T, 1, T), (T, 3, T), (T, 0, B), (B, 1, R), (B, 0, B)]
)
def test_tries_that_are_set_block_and_unblock_and_change_no_other_state(
    state: PinState, tries: int, after: PinState
) -> None:
    pin = pin_in(state)
    pin.tries = tries
    assert (pin.tries, pin.state) == (tries, after)


@pytest.mark.parametrize(("tries", "sw"), [(3, 0x63C3), (2, 0x63C2), (1, 0x63C1), (0, 0x6983)])
def test_what_a_refusal_says(tries: int, sw: int) -> None:
    pin = Pin(RIGHT, 3)
    pin.tries = tries
    assert pin.refusal().sw == sw


@given(st.lists(st.sampled_from(["right", "wrong", "unblock", "change"]), max_size=30))
def test_tries_rise_only_by_a_right_value_or_the_puk(deeds: list[str]) -> None:
    pin = Pin(RIGHT, 3)
    for deed in deeds:
        before = pin.tries
        if deed == "unblock":
            pin.unblock(None, stored)
        else:
            try:
                if pin.matches(WRONG if deed == "wrong" else RIGHT, stored) and deed == "change":
                    pin.change(RIGHT, stored)
            except StatusError:
                assert before == 0
        assert pin.tries <= before or deed != "wrong"
        assert (pin.tries == 0) == (pin.state is B)
