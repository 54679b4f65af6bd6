"""The scenario's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from softeid.harness.clock import Clock

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_it_stands_still_until_it_is_moved() -> None:
    clock = Clock(NINE)
    assert clock.now == NINE
    clock.move_to(NINE + timedelta(milliseconds=1))
    assert clock.now == NINE + timedelta(milliseconds=1)


def test_moving_to_now_is_allowed() -> None:
    clock = Clock(NINE)
    clock.move_to(NINE)
    assert clock.now == NINE


def test_it_never_goes_back() -> None:
    clock = Clock(NINE)
    with pytest.raises(ValueError, match="does not go back"):
        clock.move_to(NINE - timedelta(microseconds=1))
    assert clock.now == NINE


def test_every_zone_becomes_utc() -> None:
    clock = Clock(datetime(2026, 3, 2, 11, tzinfo=timezone(timedelta(hours=2))))
    assert clock.now == NINE
    assert clock.now.tzinfo is UTC
    clock.move_to(datetime(2026, 3, 2, 12, tzinfo=timezone(timedelta(hours=2))))
    assert clock.now.hour == 10


def test_an_instant_without_a_zone_is_refused() -> None:
    nowhere = datetime(2026, 3, 2, 9)
    with pytest.raises(ValueError, match="needs a time zone"):
        Clock(nowhere)
    clock = Clock(NINE)
    with pytest.raises(ValueError, match="needs a time zone"):
        clock.move_to(nowhere)


def test_the_real_clock_has_whole_seconds() -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    now = Clock.real().now
    assert before <= now <= datetime.now(UTC)
    assert now.microsecond == 0


def test_a_clock_that_is_set_back_goes_on_counting() -> None:
    clock = Clock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
    clock.move_to(datetime(2026, 3, 2, 9, 10, tzinfo=UTC))
    clock.set_back(timedelta(minutes=20))
    assert clock.now == datetime(2026, 3, 2, 8, 50, tzinfo=UTC)
    assert clock.steady == datetime(2026, 3, 2, 9, 10, tzinfo=UTC)
    clock.move_to(datetime(2026, 3, 2, 8, 51, tzinfo=UTC))
    assert clock.steady == datetime(2026, 3, 2, 9, 11, tzinfo=UTC)
    assert clock.wall(clock.steady) == clock.now


def test_a_clock_is_not_set_back_by_less_than_nothing() -> None:
    with pytest.raises(ValueError, match="set back by a duration"):
        Clock(datetime(2026, 3, 2, tzinfo=UTC)).set_back(timedelta(seconds=-1))
