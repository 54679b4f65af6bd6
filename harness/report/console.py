"""The terminal: one line a scenario, colour only for what needs somebody, the summary last and complete.

On a terminal a line at the bottom says how far the run is and what it waits for. Elsewhere there are plain
lines and no cursor play. rich is imported where something is drawn, and only there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol, TextIO

from softeid.emulator.mistake import visible

from ..scenario.event import Began, Broke, Differed, Ended, Event, Planned, Started, Verdict
from .failure import Again, explained
from .result import Results
from .summary import duration, summary

_MARKS: Mapping[Verdict, str] = {"held": "ok", "differed": "FAIL", "broke": "STOP", "left out": "left"}
_STYLES: Mapping[Verdict, str] = {"differed": "bold red", "broke": "bold magenta", "left out": "yellow"}
_INDENT = " " * 7


class Paper(Protocol):
    """Where lines go."""

    def line(self, text: str, style: str = "", styled: int = 0) -> None:
        """Write a line, its first `styled` characters in a style."""
        ...

    def progress(self, done: int, total: int, waits_for: str) -> None:
        """Say how far the run is."""
        ...


class Plain:
    """Lines and nothing else."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def line(self, text: str, style: str = "", styled: int = 0) -> None:
        print(visible(text), file=self._stream, flush=True)

    def progress(self, done: int, total: int, waits_for: str) -> None:
        """Say nothing: a log keeps every line."""


class Console:
    """Draws a run as it goes on."""

    def __init__(self, paper: Paper, again: Again) -> None:
        self._paper = paper
        self._again = again
        self._results = Results()
        self._total = 0
        self._done = 0
        self._wide = 0

    def take(self, event: Event) -> None:
        """Draw what an event changes."""
        self._results.take(event)
        match event:
            case Planned():
                self._total = len(event.cells)
                self._wide = max((len(cell.group) for cell in event.cells), default=0)
            case Began():
                self._wait_for(event.cell.name)
            case Started():
                self._wait_for(f"{event.cell.name}: {event.doing.step}")
            case Ended():
                self._ended(event)

    def finish(self) -> None:
        """Draw the summary."""
        self._paper.line("")
        for line in summary(self._results, self._again.seed):
            self._paper.line(line)

    def _ended(self, event: Ended) -> None:
        mark, group = _MARKS[event.verdict], event.cell.group
        line = f"{mark:<5} {duration(event.seconds)}  {group:<{self._wide}}  {event.cell.name}"
        self._paper.line(line, _STYLES.get(event.verdict, ""), len(mark))
        problem = self._results.each[-1].problem
        if isinstance(problem, Differed | Broke):
            for detail in explained(problem, self._again):
                self._paper.line(f"{_INDENT}{detail}")
        self._done += 1
        self._wait_for("")

    def _wait_for(self, what: str) -> None:
        self._paper.progress(self._done, self._total, what)


@contextmanager
def console(stream: TextIO, again: Again) -> Iterator[Console]:
    """A console on a stream: drawn where it is a terminal, plain lines elsewhere; ends with the summary.

    Args:
        stream: standard output, as a rule.
        again: how to run a scenario once more.
    """
    if not stream.isatty() or os.environ.get("TERM") == "dumb":
        drawn = Console(Plain(stream), again)
        yield drawn
    else:
        from .drawn import drawing

        with drawing(stream) as paper:
            drawn = Console(paper, again)
            yield drawn
    drawn.finish()
