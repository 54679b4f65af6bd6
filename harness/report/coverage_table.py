"""Coverage as a table for people: drawn on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from typing import TextIO

from softeid.emulator.mistake import visible

from .coverage import Coverage, Shown, total

_COLUMNS = ("", "id", "given", "shown by", "card via", "portal over")
_GIVEN = 48  # characters of a trigger
_SHOWN_BY = 60
_MARKS = {"shown": "ok", "missing": "--", "": ".."}
_STYLES = {"missing": "bold red", "": "dim"}


def print_table(coverage: Coverage, stream: TextIO, only_missing: bool = False) -> None:
    """Write the table and the totals.

    Args:
        stream: standard output, as a rule.
        only_missing: leave out what is shown, and what nobody has to show.
    """
    if not stream.isatty() or os.environ.get("TERM") == "dumb":
        for line in lines(coverage, only_missing):
            print(visible(line), file=stream)
    else:
        _draw(coverage, stream, only_missing)


def lines(coverage: Coverage, only_missing: bool = False) -> Iterator[str]:
    """The table in plain lines."""
    for letter, title in coverage.sections.items():
        members = coverage.section(letter)
        some = [one for one in members if one.missing] if only_missing else members
        if some:
            yield f"{letter}  {title}: {total(members)}"
            for one in some:
                mark, id_, given, shown_by, via, over = _row(one)
                ways = f"  {via}  {over}".rstrip()
                yield f"  {mark}  {id_}  {given:<{_GIVEN}}  {shown_by:<{_SHOWN_BY}}{ways}".rstrip()
            yield ""
    yield from _last(coverage)


def _last(coverage: Coverage) -> Iterator[str]:
    cells = {(proof.file, proof.name) for one in coverage.each for proof in one.scenarios}
    tests = {test for one in coverage.each for test in one.tests}
    missing = coverage.missing
    if missing:
        yield f"missing: {', '.join(one.row.id for one in missing)}"
    yield (
        f"{coverage.total} requirements in scope shown, by {_count(len(cells), 'scenario case')} "
        f"and {_count(len(tests), 'test')}; {_out_of_scope(coverage)}"
    )


def _out_of_scope(coverage: Coverage) -> str:
    rest = [one for one in coverage.each if not one.row.in_scope]
    later = Counter(one.row.later for one in rest if one.row.later)
    waiting = ", ".join(f"{count} for {what}" for what, count in later.most_common())
    optional = sum(one.row.optional and not one.row.later for one in rest)
    return f"{len(rest)} out of scope: {optional} optional, {sum(later.values())} wait ({waiting or 'none'})"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _standing(one: Shown) -> str:
    if one.proven:
        return "shown"
    return "missing" if one.missing else ""


def _row(one: Shown) -> tuple[str, str, str, str, str, str]:
    mark = _MARKS[_standing(one)]
    return mark, one.row.id, _cut(one.row.given), _shown_by(one), " ".join(one.via), " ".join(one.over)


def _cut(text: str) -> str:
    return text if len(text) <= _GIVEN else f"{text[: _GIVEN - 1]}…"


def _shown_by(one: Shown) -> str:
    """Files with the number of their cases, and tests by their names."""
    files = Counter(proof.place for proof in one.scenarios)
    told = [f"{place} ({count})" if count > 1 else place for place, count in files.items()]
    told += [test.rpartition("/")[2] for test in one.tests]
    if one.missing and one.scenarios:
        told.append(f"MISSING: {', '.join(f'{{{want}}}' for want in one.lacking)}")
    if told:
        return ", ".join(told)
    if one.row.in_scope:
        return f"MISSING: a {one.row.proof}"
    return "optional" if one.row.optional else f"later: {one.row.later}"


def _draw(coverage: Coverage, stream: TextIO, only_missing: bool) -> None:
    from rich import box
    from rich.console import Console as Terminal
    from rich.table import Table
    from rich.text import Text

    plain = "NO_COLOR" in os.environ
    terminal = Terminal(file=stream, highlight=False, no_color=plain, color_system=None if plain else "auto")
    for letter, title in coverage.sections.items():
        members = coverage.section(letter)
        some = [one for one in members if one.missing] if only_missing else members
        if not some:
            continue
        heading = Text(f"{letter}  {title}: {total(members)}", "bold")
        table = Table(*_COLUMNS, title=heading, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
        table.columns[1].no_wrap = table.columns[0].no_wrap = True
        for one in some:
            style = _STYLES.get(_standing(one), "")
            mark, id_, _, shown_by, via, over = _row(one)
            cells = (mark, id_, one.row.given, shown_by, via, over)
            table.add_row(*(Text(visible(cell), style) for cell in cells))
        terminal.print(table)
    for line in _last(coverage):
        terminal.print(visible(line), markup=False)
