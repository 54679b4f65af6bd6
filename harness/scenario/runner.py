"""Runs scenarios and tells what happens, as events: in this process, or dealt to worker processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from .event import Cell, Event, Planned
from .play import play
from .pool import Pool, in_order
from .scenario import Scenario
from .stage import Stage
from .worker import Work


def run(
    scenarios: Sequence[Scenario],
    stage: Stage,
    *,
    seed: str,
    jobs: int = 1,
    trace: Path | None = None,
    timeline: Path | None = None,
) -> Iterator[Event]:
    """Every scenario in its own world; events come in the order of the scenarios, whoever plays them.

    Args:
        scenarios: as `load` gives them.
        stage: where they are played.
        seed: any text; the same gives the same run, whatever the order and the number of jobs.
        jobs: how many worker processes; 1 plays in this process, whose main thread must run this.
        trace: a folder for one trace file a scenario.
        timeline: a folder for one timeline a scenario.

    Raises:
        Exception: what the stage raises when it cannot be opened.
    """
    cells = tuple(map(Cell.of, scenarios))
    yield Planned(cells)
    readers = max(map(_readers, scenarios), default=0)
    jobs = min(jobs, len(cells))
    if jobs > 1:
        files = tuple(dict.fromkeys(Path(cell.file) for cell in cells))
        with Pool(Work(files, stage, seed, trace, timeline, readers), jobs) as pool:
            yield from in_order(cells, pool.play(cells))
        return
    with stage.open(readers) as worlds:
        for scenario in scenarios:
            yield from play(scenario, stage, worlds, seed, trace, timeline)


def _readers(scenario: Scenario) -> int:
    return sum(len(person.reader) for person in scenario.people.values())
