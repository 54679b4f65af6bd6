"""Plays one scenario in its own world and tells what happens, as events."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from pathlib import Path, PurePath
from time import perf_counter
from typing import NamedTuple

from ..seed import Seed
from .event import Began, Broke, Cell, Differed, Doing, Ended, Event, Held, LeftOut, Started, Verdict
from .expect import Difference
from .limit import OverTime, limited
from .perform import perform
from .scenario import Call, Scenario
from .stage import Lost, Stage, Stuck, World, Worlds
from .timeline_file import TimelineFile
from .trace import TraceFile
from .words import Duration, instant_text

EXCHANGES = 4
"""How many of a step's last exchanges a difference shows."""


def seed_of(seed: str, scenario: Scenario) -> Seed:
    """The seed of one scenario's world: neither order nor the number of workers matters to it."""
    return Seed(f"{seed}\0{scenario.name}")


def play(
    scenario: Scenario,
    stage: Stage,
    worlds: Worlds,
    seed: str,
    trace: Path | None = None,
    timeline: Path | None = None,
) -> Iterator[Event]:
    """Every event of one scenario, from `Began` to `Ended`.

    Args:
        seed: the whole run's; each scenario's world gets one derived from it.
        trace: the folder for a trace file, if one is wanted.
        timeline: the folder for a timeline, if one is wanted.
    """
    cell = Cell.of(scenario)
    yield Began(cell)
    if lacking := stage.lacking(scenario):
        yield LeftOut(cell, lacking)
        yield Ended(cell, "left out", 0.0, 0)
        return
    began = perf_counter()
    verdict: Verdict = "held"
    exchanges = 0
    setting_up = Doing("set up", next(iter(scenario.people)), scenario.mark)
    try:
        with worlds(scenario, seed_of(seed, scenario)) as world:
            files = _Files(
                TraceFile(trace, cell, seed) if trace else None,
                TimelineFile(timeline, cell, seed) if timeline else None,
            )
            for event in _steps(world, scenario, cell, files):
                verdict = _verdict(event, verdict)
                yield event
            exchanges = len(world.exchanges)
    except Stuck as stuck:
        verdict = "broke"
        yield Broke(cell, setting_up, str(stuck), ours=False, lost=isinstance(stuck, Lost))
    except Exception as bug:  # noqa: BLE001  # what cannot be set up ends its scenario, not the run
        verdict = "broke"
        yield Broke(cell, setting_up, described(bug), ours=True)
    yield Ended(cell, verdict, perf_counter() - began, exchanges)


def described(bug: BaseException) -> str:
    """An exception in one line, with the place that raised it."""
    said = f"{type(bug).__name__}: {bug}" if str(bug) else type(bug).__name__
    frames = traceback.extract_tb(bug.__traceback__)
    return f"{said} ({PurePath(frames[-1].filename).name}:{frames[-1].lineno})" if frames else said


def _verdict(event: Event, so_far: Verdict) -> Verdict:
    if isinstance(event, Differed):
        return "differed"
    return "broke" if isinstance(event, Broke) else so_far


class _Files(NamedTuple):
    """What is written while a scenario is played, where it is wanted."""

    trace: TraceFile | None
    timeline: TimelineFile | None

    def step(self, world: World, doing: Doing, clock: str) -> None:
        """A step begins."""
        world.timeline.step(doing.who, doing.step, doing.mark.line)
        if self.trace:
            self.trace.step(doing, clock)

    def take(self, world: World) -> None:
        """A step ended."""
        if self.trace:
            self.trace.take(world.exchanges)
        if self.timeline:
            self.timeline.take(world.timeline)

    def close(self) -> None:
        """The scenario ended."""
        for file in self:
            if file:
                file.close()


def _steps(world: World, scenario: Scenario, cell: Cell, files: _Files) -> Iterator[Event]:
    """One step after the other, up to the first that does not hold."""
    try:
        for call in scenario:
            doing = Doing.of(call)
            clock = instant_text(world.now)
            yield Started(cell, doing, clock)
            files.step(world, doing, clock)
            event = _step(world, cell, call, doing)
            files.take(world)
            yield event
            if not isinstance(event, Held):
                return
    finally:
        files.close()


def _step(world: World, cell: Cell, call: Call, doing: Doing) -> Held | Differed | Broke:
    began, before = perf_counter(), len(world.exchanges)
    try:
        with limited(doing.limit):
            difference = perform(world, call)
    except Stuck as stuck:
        return Broke(cell, doing, str(stuck), ours=False, lost=isinstance(stuck, Lost))
    except OverTime:
        difference = over_time(doing)
    except Exception as bug:  # noqa: BLE001  # a step's bug ends its scenario, not the run
        return Broke(cell, doing, described(bug), ours=True)
    if difference is None:
        return Held(cell, doing, perf_counter() - began)
    clock, last = instant_text(world.now), tuple(one.text for one in world.exchanges[before:][-EXCHANGES:])
    return Differed(cell, doing, difference, clock, last)


def over_time(doing: Doing) -> Difference:
    """What a step that does not end differs in."""
    return Difference(f"an end within {Duration(round(doing.limit * 1000))}", "none yet")
