"""A scenario as the runner takes it: one cell, its people and its steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from softeid.emulator.mistake import Mark

from ..registration.settings import Settings
from .expect import Expectation
from .people import People
from .step import Step
from .words import Duration, Instant, Moment


@dataclass(frozen=True)
class Call:
    """One step of a scenario, ready to be run: once for each try."""

    step: Step
    mark: Mark
    who: str
    tries: tuple[Mapping[str, Any], ...]
    expect: tuple[Expectation, ...]
    chosen: Mapping[str, str]  # phone, browser or reader by name, where one has two
    at: Moment | None = None
    within: Duration | None = None
    changes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # at the end, or after each try
    covers: tuple[str, ...] = ()
    shows: Mapping[str, frozenset[int]] = field(default_factory=dict)  # of each row: which of its outcomes


@dataclass(frozen=True)
class Scenario:
    """One cell of one scenario."""

    title: str
    cell: str
    why: str
    mark: Mark
    people: People
    at: Instant | None
    settings: Settings
    needs: tuple[str, ...]
    start: tuple[Call, ...]
    calls: tuple[Call, ...]

    @property
    def name(self) -> str:
        """What -k looks at, and what a report calls it."""
        return f"{self.title} [{self.cell}]" if self.cell else self.title

    def __iter__(self) -> Iterator[Call]:
        """Every step in order, those of the start first."""
        yield from self.start
        yield from self.calls
