"""What became of each scenario: gathered from events, for summaries, files and the exit code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import Protocol

from ..exit_code import ExitCode
from ..scenario.event import Broke, Cell, Differed, Ended, Event, Held, LeftOut, Planned, Verdict


@dataclass
class Result:
    """One scenario."""

    cell: Cell
    verdict: Verdict = "broke"  # until it has ended
    seconds: float = 0.0
    steps: int = 0  # that held
    exchanges: int = 0  # with cards
    lacking: tuple[str, ...] = ()
    problem: Differed | Broke | None = None
    covers: list[str] = field(default_factory=list)  # ids of the steps that held

    @property
    def shows(self) -> list[str]:
        """The requirements that it shows: none if it did not hold to its end."""
        return self.covers if self.verdict == "held" else []


@dataclass
class Results:
    """A whole run."""

    each: list[Result] = field(default_factory=list)
    seconds: float = 0.0  # from the first event to the last, real time
    _began: float = 0.0

    def take(self, event: Event) -> None:
        """Hear the next event."""
        if isinstance(event, Planned):
            self._began = perf_counter()
            return
        if not self.each or self.each[-1].cell != event.cell:
            self.each.append(Result(event.cell))
        result = self.each[-1]
        match event:
            case Held():
                result.steps += 1
                result.covers += event.doing.covers
            case Differed() | Broke():
                result.problem = event
            case LeftOut():
                result.lacking = event.lacking
            case Ended():
                result.verdict, result.seconds = event.verdict, event.seconds
                result.exchanges = event.exchanges
                self.seconds = perf_counter() - self._began

    def __iter__(self) -> Iterator[Result]:
        return iter(self.each)

    def having(self, *verdicts: Verdict) -> list[Result]:
        """Those with one of these verdicts."""
        return [result for result in self if result.verdict in verdicts]

    @property
    def shows(self) -> frozenset[str]:
        """The ids of all requirements that are shown."""
        return frozenset(covered for result in self for covered in result.shows)


class Report(Protocol):
    """Consumes events."""

    def take(self, event: Event) -> None:
        """Hear the next event."""
        ...


def watch(events: Iterable[Event], *reports: Report) -> Results:
    """Let reports hear of everything; what became of it all is returned."""
    results = Results()
    for event in events:
        results.take(event)
        for report in reports:
            report.take(event)
    return results


def exit_code(results: Results, strict: bool = False) -> ExitCode:
    """What a shell is told of a run.

    Args:
        strict: what was left out counts as a difference.
    """
    if not results.each:
        return ExitCode.NOTHING_MATCHED
    broke = results.having("broke")
    if broke and not results.having("differed") and all(_lost(one) for one in broke):
        return ExitCode.NO_ROUTE
    bad = results.having("differed", "broke") or (strict and results.having("left out"))
    return ExitCode.DIFFERENCE if bad else ExitCode.HELD


def _lost(result: Result) -> bool:
    return isinstance(result.problem, Broke) and result.problem.lost
