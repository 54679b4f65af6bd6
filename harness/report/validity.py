"""Validities, and bars that show them on one axis of time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from .span import span_text


class Phase(StrEnum):
    """Where a moment lies to a validity."""

    BEFORE = "not yet valid"
    WITHIN = "valid"
    AFTER = "expired"
    NEVER = "never valid"


class Validity(NamedTuple):
    """From its first instant to its last one, which still counts (RFC 5280, 4.1.2.5); both in UTC."""

    begins: datetime
    ends: datetime

    def phase(self, at: datetime) -> Phase:
        """Where a moment lies."""
        if self.ends < self.begins:
            return Phase.NEVER
        if at < self.begins:
            return Phase.BEFORE
        return Phase.WITHIN if at <= self.ends else Phase.AFTER

    def words(self, at: datetime) -> str:
        """The same for people: "expires in 3 years 2 months", "expired 2 days ago"."""
        match self.phase(at):
            case Phase.BEFORE:
                return f"not valid until {self.begins:%Y-%m-%d}"
            case Phase.WITHIN:
                return f"expires in {span_text(at, self.ends)}"
            case Phase.AFTER:
                return f"expired {span_text(self.ends, at)} ago"
            case Phase.NEVER:
                return "ends before it begins"


class Bar(NamedTuple):
    """A validity on an axis: its first and its last cell, counted from the left."""

    first: int
    last: int


@dataclass(frozen=True)
class Axis:
    """Time from left to right over a number of cells, with one moment marked.

    The marked cell is never the first or the last, so that what ended shows on its left and what has not
    begun shows on its right, however close to the moment it is.

    Attributes:
        begins: the instant of the first cell, UTC.
        ends: the instant of the last one, UTC.
        at: the moment.
        width: cells, 3 or more.
    """

    begins: datetime
    ends: datetime
    at: datetime
    width: int

    @classmethod
    def over(cls, validities: Iterable[Validity], at: datetime, width: int) -> Axis:
        """An axis on which all of them and the moment have room."""
        instants = [at, *(instant for validity in validities for instant in validity)]
        return cls(min(instants), max(instants), at, width)

    @property
    def now(self) -> int:
        """The moment's cell."""
        return min(max(self._cell(self.at), 1), self.width - 2)

    def bar(self, validity: Validity) -> Bar:
        """The cells of a validity: at least one, and the moment's exactly when it is within."""
        first, last = self._cell(validity.begins), self._cell(validity.ends)
        match validity.phase(self.at):
            case Phase.BEFORE:
                first = max(first, self.now + 1)
                last = max(last, first)
            case Phase.WITHIN:
                first, last = min(first, self.now), max(last, self.now)
            case Phase.AFTER:
                last = min(last, self.now - 1)
                first = min(first, last)
        return Bar(first, last)

    def years(self) -> Iterator[tuple[int, int]]:
        """Each year that begins on the axis, with its cell."""
        for year in range(self.begins.year + 1, self.ends.year + 1):
            yield year, self._cell(datetime(year, 1, 1, tzinfo=UTC))

    def _cell(self, instant: datetime) -> int:
        length = self.ends - self.begins
        return round((instant - self.begins) / length * (self.width - 1)) if length else 0
