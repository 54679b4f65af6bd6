"""A failure, explained: where, what was expected, what was found, and the command that repeats it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from shlex import quote

from ..scenario.event import Broke, Cell, Differed

_SHOWN = 200  # characters of a line of a file


@dataclass(frozen=True)
class Again:
    """How a scenario of this run is run again.

    Attributes:
        seed: the run's.
        options: what else belongs to the command, such as `--via vpcd`.
    """

    seed: str
    options: str = ""

    def command(self, cell: Cell) -> str:
        """The command for one scenario."""
        words = ["softeid run", quote(cell.file), f"-k {quote(cell.name)}", f"--seed {quote(self.seed)}"]
        return " ".join([*words, *filter(None, [self.options])])


def explained(problem: Differed | Broke, again: Again) -> Iterator[str]:
    """Lines for people; `head  text` with the heads aligned."""
    doing, cell = problem.doing, problem.cell
    yield f"{doing.mark.file}:{doing.mark.line}  {doing.step}, by {doing.who}"
    if line := quoted(doing.mark.file, doing.mark.line):
        yield f"   | {line}"
    if isinstance(problem, Differed):
        yield from _row("expected", problem.difference.expected)
        yield from _row("found", problem.difference.found)
        yield from _row("clock", problem.clock)
        yield from _row("card", "\n".join(problem.exchanges))
    else:
        yield from _row("our fault" if problem.ours else "cannot be", problem.reason)
    yield from _row("why", cell.why)
    yield from _row("again", again.command(cell))


def _row(head: str, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines()):
        yield f"{'' if number else head:<10} {line}"


def quoted(file: str, number: int) -> str:
    """A line of a scenario file, without its indentation; empty where there is none."""
    lines = _lines(file)
    line = lines[number - 1].strip() if 0 < number <= len(lines) else ""
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"


@cache
def _lines(file: str) -> tuple[str, ...]:
    try:
        return tuple(Path(file).read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError):  # it may have changed meanwhile
        return ()
