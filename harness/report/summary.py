"""The summary of a run: counts by folder, what failed, what was left out, what was shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..scenario.event import VERDICTS
from ..scenario.requirement import catalogue
from .result import Result, Results

_COLUMNS = (*VERDICTS, "steps", "APDUs", "time")


def summary(results: Results, seed: str) -> Iterator[str]:
    """Lines for people, the most important last."""
    yield from _table(results)
    for result in results.having("differed", "broke"):
        yield f"{result.verdict}: {result.cell.file}:{result.cell.mark.line}  {result.cell.name}"
    for need, names in _left_out(results).items():
        yield f"left out for want of {need}: {'; '.join(names)}"
    yield _last(results, seed)


def duration(seconds: float) -> str:
    """A length of time, eight characters or more, aligned at its unit."""
    if seconds >= 60:
        return f"{int(seconds // 60):3d}m{int(seconds % 60):02d} s"
    return f"{seconds:6.2f} s" if seconds >= 1 else f"{seconds * 1000:5.0f} ms"


def _table(results: Results) -> Iterator[str]:
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.cell.group, []).append(result)
    wide = max(map(len, (*groups, "all")), default=3)
    columns = [name for name in _COLUMNS if name not in VERDICTS or results.having(name)]
    yield _row("", columns, wide)
    for group, members in groups.items():
        yield _row(group, _figures(members, columns), wide)
    if len(groups) > 1:
        yield _row("all", _figures(results.each, columns), wide)
    yield ""


def _row(head: str, figures: Iterable[str], wide: int) -> str:
    return f"{head:<{wide}} " + " ".join(f"{figure:>9}" for figure in figures).rstrip()


def _figures(members: Sequence[Result], columns: Sequence[str]) -> Iterator[str]:
    for column in columns:
        match column:
            case "steps":
                yield str(sum(result.steps for result in members))
            case "APDUs":
                yield str(sum(result.exchanges for result in members))
            case "time":
                yield duration(sum(result.seconds for result in members)).strip()
            case _:
                yield str(sum(result.verdict == column for result in members) or "-")


def _left_out(results: Results) -> dict[str, list[str]]:
    lacking: dict[str, list[str]] = {}
    for result in results.having("left out"):
        for need in result.lacking:
            lacking.setdefault(need, []).append(result.cell.name)
    return dict(sorted(lacking.items()))


def _last(results: Results, seed: str) -> str:
    count = len(results.each)
    verdicts = ", ".join(
        f"{len(some)} {verdict}" for verdict in VERDICTS if (some := results.having(verdict))
    )
    scope = {row.id for row in catalogue().values() if row.in_scope}
    shown = len(results.shows & scope)
    return (
        f"{count} scenario{'s' * (count != 1)} in {duration(results.seconds).strip()}: {verdicts or 'none'}; "
        f"{shown} of the {len(scope)} requirements in scope shown by them, "
        f"the rest elsewhere (`softeid requirements`); seed {seed}"
    )
