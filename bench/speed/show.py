"""The goals as people read them: a table, and a plot of how far each is from its limit."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2

from bench.speed.measure import Row
from bench.speed.run import Report
from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDTH = 150  # where there is no terminal
_WORSE, _BETTER = -2, 6  # powers of two that the plot shows
_CELL = 6  # characters for a factor of two


def show(report: Report, console: Console | None = None) -> None:
    """Print both."""
    out = console or Console()
    if not out.is_terminal:
        out.width = _WIDTH
    out.print(_table(report))
    out.print(_plot(report.rows))
    before, after = report.load
    how = (
        "with real-time priority but for SP8"
        if report.undisturbed
        else "sharing the core with other programs"
    )
    out.print(
        f"Medians of rounds in alternation, {how}. Load of the machine: {before:.1f}, then {after:.1f}."
    )


def _table(report: Report) -> Table:
    table = Table(title="Next to C", title_justify="left", show_edge=False, pad_edge=False)
    for head in ("goal", "what", "wanted", "found", "from - to", "of", "verdict", "repeat it"):
        table.add_column(head, justify="right" if head in ("wanted", "found") else "left", overflow="fold")
    for row in report.rows:
        table.add_row(
            row.goal,
            row.what,
            f"{'≤' if row.at_most else '≥'} {number(row.limit)} {row.unit}".rstrip(),
            f"{number(row.value.median)} {row.unit}".rstrip(),
            f"{number(row.value.low)} - {number(row.value.high)}",
            ", ".join(f"{name} {figure}" for name, figure in row.figures.items()),
            Text(verdict(row), style="" if row.met else "bold red"),
            repeat(row.goal),
        )
    for one in report.missing:
        for goal in one.goals:
            table.add_row(
                goal, "", "", "", "", "", Text(f"not measured, because {one.why}", "bold red"), repeat(goal)
            )
    return table


def verdict(row: Row) -> str:
    """Met or not, and what there is to say of it."""
    if row.met:
        return "met"
    return f"not met, because {row.why or 'other programs or this machine are in the way'}"


def repeat(goal: str) -> str:
    """The command that measures one goal alone."""
    return f"python -m bench speed {goal}"


def number(value: float) -> str:
    """Three digits, as people write them."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def margin(row: Row) -> float:
    """How many times better than its limit a row is; below 1 it is missed. For limits above 0."""
    return row.limit / row.value.median if row.at_most else row.value.median / row.limit


def _plot(rows: Sequence[Row]) -> Text:
    """A bar for each ratio: from its limit to the right if it is better, to the left if it is missed."""
    limit = -_WORSE * _CELL
    lines = [f"{'':<6}{'missed':>{limit}}│better than its limit, ×2 for each {_CELL} characters"]
    for row in rows:
        if row.limit:
            length = round(min(max(log2(margin(row)), _WORSE), _BETTER) * _CELL)
            left = ("▒" * -length if length < 0 else "").rjust(limit)
            lines.append(f"{row.goal:<6}{left}│{'█' * max(0, length)} {number(margin(row))} × {row.what}")
    return Text("\n".join(lines))
