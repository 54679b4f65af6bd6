"""Validities at a moment, and their bars."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softeid.harness.report.validity import Axis, Phase, Validity

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
INSTANTS = st.datetimes(timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("begins", "ends", "phase", "words"),
    [
        pytest.param(-DAY, 3 * DAY, Phase.WITHIN, "expires in 3 days", id="valid"),
        pytest.param(
            -DAY, timedelta(0), Phase.WITHIN, "expires in less than a minute", id="the last instant"
        ),
        pytest.param(-DAY, -SECOND, Phase.AFTER, "expired less than a minute ago", id="a second later"),
        pytest.param(-9 * DAY, -2 * DAY, Phase.AFTER, "expired 2 days ago", id="expired"),
        pytest.param(timedelta(0), DAY, Phase.WITHIN, "expires in 1 day", id="the first instant"),
        pytest.param(SECOND, DAY, Phase.BEFORE, "not valid until 2026-03-02", id="a second before"),
        pytest.param(DAY, -DAY, Phase.NEVER, "ends before it begins", id="the wrong way round"),
    ],
)
def test_what_a_validity_is_at_a_moment(begins: timedelta, ends: timedelta, phase: Phase, words: str) -> None:
    validity = Validity(NOW + begins, NOW + ends)
    assert validity.phase(NOW) is phase
    assert validity.words(NOW) == words


@given(
    spans=st.lists(st.tuples(INSTANTS, INSTANTS), max_size=4),
    at=INSTANTS,
    width=st.integers(min_value=3, max_value=120),
)
def test_a_bar_lies_where_its_time_lies(
    spans: list[tuple[datetime, datetime]], at: datetime, width: int
) -> None:
    validities = [Validity(min(span), max(span)) for span in spans]
    axis = Axis.over(validities, at, width)
    assert 1 <= axis.now <= width - 2
    for validity in validities:
        first, last = axis.bar(validity)
        assert 0 <= first <= last < width
        assert {
            Phase.BEFORE: axis.now < first,
            Phase.WITHIN: first <= axis.now <= last,
            Phase.AFTER: last < axis.now,
        }[validity.phase(at)]


def test_bars_share_their_axis() -> None:
    whole = Validity(NOW - 50 * DAY, NOW + 50 * DAY)
    half = Validity(NOW, NOW + 50 * DAY)
    axis = Axis.over([whole, half], NOW, 101)
    assert (axis.bar(whole), axis.bar(half), axis.now) == ((0, 100), (50, 100), 50)


def test_years_stand_where_they_begin() -> None:
    axis = Axis.over([Validity(datetime(2025, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))], NOW, 731)
    assert list(axis.years()) == [(2026, 365), (2027, 730)]


def test_a_moment_alone_is_an_axis() -> None:
    axis = Axis.over([], NOW, 3)
    assert axis.now == 1
    assert list(axis.years()) == []
