"""A clock that runs: with the real time, at a distance, or not at all; no test waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softeid.harness.service.lab_clock import LabClock, real_time

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Real:
    """The real time, as far as a test lets it pass."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def real() -> Real:
    return Real()


def test_it_begins_now_and_runs(real: Real) -> None:
    clock = LabClock(real)
    assert clock.now == NOON
    real.now += MINUTE
    assert clock.now == NOON  # nobody looked
    clock.look()
    assert clock.now == clock.steady == NOON + MINUTE


def test_moved_on_it_runs_on_from_there(real: Real) -> None:
    clock = LabClock(real)
    clock.move_to(NOON + 15 * MINUTE)
    real.now += MINUTE
    clock.look()
    assert clock.now == NOON + 16 * MINUTE


def test_it_stands_still_and_runs_again(real: Real) -> None:
    clock = LabClock(real)
    clock.pace = 0
    real.now += 10 * MINUTE
    clock.look()
    assert clock.now == NOON
    clock.pace = 1
    real.now += MINUTE
    clock.look()
    assert clock.now == NOON + MINUTE


def test_set_back_it_counts_on(real: Real) -> None:
    clock = LabClock(real)
    clock.set_back(20 * MINUTE)
    real.now += MINUTE
    clock.look()
    assert clock.now == NOON - 19 * MINUTE
    assert clock.steady == NOON + MINUTE


def test_it_never_goes_back_by_itself(real: Real) -> None:
    clock = LabClock(real)
    real.now -= MINUTE
    clock.look()
    assert clock.now == NOON
    with pytest.raises(ValueError, match="does not go back"):
        clock.move_to(NOON - MINUTE)


def test_another_pace(real: Real) -> None:
    clock = LabClock(real)
    clock.pace = 60
    real.now += MINUTE
    clock.look()
    assert clock.now == NOON + timedelta(hours=1)


moves = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.integers(0, 10_000)),
        st.tuples(st.just("on"), st.integers(0, 10_000)),
        st.tuples(st.just("back"), st.integers(0, 10_000)),
        st.tuples(st.just("pace"), st.integers(0, 3)),
    ),
    max_size=12,
)


@given(moves)
def test_what_is_kept_goes_on_as_if_nothing_had_happened(done: list[tuple[str, int]]) -> None:
    real = Real()
    clock = LabClock(real)
    last = clock.steady
    for what, much in done:
        match what:
            case "pass":
                real.now += timedelta(seconds=much)
                clock.look()
            case "on":
                clock.move_to(clock.now + timedelta(seconds=much))
            case "back":
                clock.set_back(timedelta(seconds=much))
            case "pace":
                clock.pace = much
        other = LabClock(real, clock.kept)
        assert (other.now, other.steady, other.pace) == (clock.now, clock.steady, clock.pace)
        assert clock.steady >= last
        last = clock.steady


def test_what_is_kept_stays_the_same_while_it_runs(real: Real) -> None:
    clock = LabClock(real)
    kept = clock.kept
    real.now += MINUTE
    clock.look()
    assert clock.kept == kept


def test_a_machine_whose_clock_was_corrected_meanwhile(real: Real) -> None:
    clock = LabClock(real)
    clock.move_to(NOON + MINUTE)
    kept = clock.kept
    real.now -= timedelta(hours=1)
    assert LabClock(real, kept).steady == NOON + MINUTE


@pytest.mark.parametrize("kept", ["", "{}", "nonsense", '{"now": "yesterday"}', "[]"])
def test_what_cannot_be_read_is_a_new_clock(real: Real, kept: str) -> None:
    assert LabClock(real, kept).now == NOON


def test_people_are_told_of_moves_and_not_of_time_passing(real: Real) -> None:
    clock = LabClock(real)
    real.now += MINUTE
    clock.look()
    assert clock.changed() == ""
    clock.move_to(clock.now + timedelta(seconds=2))  # a slow network
    assert clock.changed() == ""
    clock.move_to(clock.now + 15 * MINUTE)
    assert clock.changed() == "clock: 2026-03-02 12:16:02 UTC, runs"
    clock.pace = 0
    assert clock.changed() == "clock: 2026-03-02 12:16:02 UTC, stands still"
    real.now += MINUTE
    clock.look()
    assert clock.changed() == ""
    clock.move_to(clock.now + MINUTE)
    assert clock.changed() == "clock: 2026-03-02 12:17:02 UTC, stands still"


def test_the_real_time_never_goes_back() -> None:
    real = real_time()
    first, second = real(), real()
    assert first <= second
    assert first.tzinfo is UTC
