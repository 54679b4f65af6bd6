"""How long something lasts, in the words in which people count."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import datetime, timedelta

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)


def span_text(begins: datetime, ends: datetime) -> str:
    """The time between two instants, rounded down: "3 years 2 months", "12 days", "1 day 5 hours".

    Args:
        begins: the earlier one, in the zone in which months are counted.
        ends: the later one, in the same zone.
    """
    months = _months(begins, ends)
    rest = ends - _later(begins, months)
    years, months = divmod(months, 12)
    if years:
        return _counted((years, "year"), (months, "month"))
    if months:
        return _counted((months, "month"), (rest.days, "day"))
    if rest >= 2 * _DAY:
        return _counted((rest.days, "day"))
    if rest >= _DAY:
        return _counted((1, "day"), ((rest - _DAY) // _HOUR, "hour"))
    if rest >= _HOUR:
        return _counted((rest // _HOUR, "hour"))
    return _counted((rest // _MINUTE, "minute")) or "less than a minute"


def _months(begins: datetime, ends: datetime) -> int:
    """Whole months of the calendar."""
    months = 12 * (ends.year - begins.year) + ends.month - begins.month
    return months if _later(begins, months) <= ends else months - 1


def _later(instant: datetime, months: int) -> datetime:
    """The same day so many months on, or the last one of a month that is shorter."""
    years, month = divmod(instant.month - 1 + months, 12)
    year = instant.year + years
    return instant.replace(year=year, month=month + 1, day=min(instant.day, monthrange(year, month + 1)[1]))


def _counted(*parts: tuple[int, str]) -> str:
    def each() -> Iterator[str]:
        for number, unit in parts:
            if number:
                yield f"{number} {unit}{'s' * (number != 1)}"

    return " ".join(each())
