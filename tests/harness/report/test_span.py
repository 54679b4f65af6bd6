"""Lengths of time in words."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softeid.harness.report.span import span_text


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("begins", "ends", "words"),
    [
        ("2026-03-02 09:00", "2029-05-02 09:00", "3 years 2 months"),
        ("2026-03-02 09:00", "2029-05-02 08:59", "3 years 1 month"),
        ("2026-03-02 09:00", "2027-03-02 09:00", "1 year"),
        ("2026-03-02 09:00", "2027-03-02 08:59", "11 months 27 days"),
        ("2026-03-02 09:00", "2026-04-02 09:00", "1 month"),
        ("2026-03-02 09:00", "2026-04-03 09:00", "1 month 1 day"),
        ("2026-03-02 09:00", "2026-04-02 08:59", "30 days"),
        ("2026-03-02 09:00", "2026-03-04 09:00", "2 days"),
        ("2026-03-02 09:00", "2026-03-04 08:59", "1 day 23 hours"),
        ("2026-03-02 09:00", "2026-03-03 09:00", "1 day"),
        ("2026-03-02 09:00", "2026-03-03 08:59", "23 hours"),
        ("2026-03-02 09:00", "2026-03-02 10:00", "1 hour"),
        ("2026-03-02 09:00", "2026-03-02 09:59", "59 minutes"),
        ("2026-03-02 09:00", "2026-03-02 09:00:59", "less than a minute"),
        ("2026-03-02 09:00", "2026-03-02 09:00", "less than a minute"),
        ("2026-01-31 00:00", "2026-02-28 00:00", "1 month"),
        ("2024-02-29 00:00", "2025-02-28 00:00", "1 year"),
        ("2025-12-31 00:00", "2026-01-31 00:00", "1 month"),
        ("0001-01-01 00:00", "9999-12-31 23:59", "9998 years 11 months"),
    ],
)
def test_is_rounded_down(begins: str, ends: str, words: str) -> None:
    assert span_text(at(begins), at(ends)) == words


@given(
    begins=st.datetimes(timezones=st.just(UTC)),
    length=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=40_000)),
)
def test_every_span_has_words(begins: datetime, length: timedelta) -> None:
    try:
        ends = begins + length
    except OverflowError:
        ends = datetime.max.replace(tzinfo=UTC)
    words = span_text(begins, ends)
    assert re.fullmatch(r"less than a minute|[1-9][0-9]* [a-z]+( [1-9][0-9]* [a-z]+)?", words)
