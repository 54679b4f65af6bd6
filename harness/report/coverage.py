"""Coverage: for each requirement the scenarios and tests that show it, on which routes, and what is missing.

Nothing is run. A scenario counts by a step that covers the row, which the loader lets stand only where the
step expects an outcome of the row's; a row that wants several is shown when each of them is. A test counts by
its mark, for the rows that a test shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import NamedTuple

from ..front import FRONTS
from ..route import ROUTES
from ..scenario.evidence import Evidence
from ..scenario.requirement import Catalogue, Requirement
from ..scenario.scenario import Scenario

_OF_FRONTS = frozenset().union(*(front.has for front in FRONTS.values()))
"""What a scenario may need and only some fronts have."""


class Proof(NamedTuple):
    """One scenario with a step that covers a requirement.

    Attributes:
        name: of the cell.
        file: that holds it.
        line: of the first step that covers the requirement.
        via: the routes to the card that it can take.
        over: the fronts to portal and app that it can take.
        parts: which of the outcomes that the requirement wants, by their places.
    """

    name: str
    file: str
    line: int
    via: tuple[str, ...]
    over: tuple[str, ...]
    parts: frozenset[int]

    @property
    def place(self) -> str:
        """Folder and name of its file, as people look for it: registration/happy."""
        path = PurePath(self.file)
        return f"{path.parent.name}/{path.name.partition('.')[0]}"


@dataclass(frozen=True)
class Shown:
    """A requirement and what shows it."""

    row: Requirement
    scenarios: tuple[Proof, ...] = ()
    tests: tuple[str, ...] = ()

    @property
    def proven(self) -> bool:
        """Whether all of it is shown by what counts: a test where the row says so, else scenarios."""
        if self.row.proof == "test":
            return bool(self.tests)
        return bool(self.scenarios) and not self.lacking

    @property
    def lacking(self) -> tuple[Evidence, ...]:
        """The outcomes that the row wants and no scenario shows."""
        shown = frozenset().union(*(one.parts for one in self.scenarios))
        return tuple(want for place, want in enumerate(self.row.expect) if place not in shown)

    @property
    def missing(self) -> bool:
        """Whether somebody has to show it and nobody does."""
        return self.row.in_scope and not self.proven

    @property
    def via(self) -> tuple[str, ...]:
        """The routes to the card on which it is shown."""
        return tuple(name for name in ROUTES if any(name in one.via for one in self.scenarios))

    @property
    def over(self) -> tuple[str, ...]:
        """The fronts to portal and app on which it is shown."""
        return tuple(name for name in FRONTS if any(name in one.over for one in self.scenarios))


class Total(NamedTuple):
    """So many of those that somebody has to show are shown."""

    proven: int
    of: int

    def __str__(self) -> str:
        return f"{self.proven} of {self.of}"


@dataclass(frozen=True)
class Coverage:
    """Every requirement, or those of some sections.

    Attributes:
        each: in the catalogue's order.
        sections: what each letter is about; those that `each` has.
    """

    each: Sequence[Shown]
    sections: Mapping[str, str]

    def section(self, letter: str) -> list[Shown]:
        """Those of one section."""
        return [one for one in self.each if one.row.section == letter]

    @property
    def missing(self) -> list[Shown]:
        """Those that somebody has to show and nobody does."""
        return [one for one in self.each if one.missing]

    @property
    def total(self) -> Total:
        """Of all."""
        return total(self.each)


def total(some: Iterable[Shown]) -> Total:
    """How many of those in scope are shown."""
    scope = [one for one in some if one.row.in_scope]
    return Total(sum(one.proven for one in scope), len(scope))


def coverage(
    catalogue: Catalogue,
    scenarios: Iterable[Scenario],
    tests: Mapping[str, Sequence[str]],
    letters: Iterable[str] = (),
) -> Coverage:
    """What shows what.

    Args:
        catalogue: the requirements.
        scenarios: as loaded.
        tests: by the id that they are marked with.
        letters: only these sections; empty: all.
    """
    proofs: dict[str, list[Proof]] = {}
    for scenario in scenarios:
        for id_, proof in _proofs(scenario):
            proofs.setdefault(id_, []).append(proof)
    chosen = set(letters) or set(catalogue.sections)
    sections = {letter: title for letter, title in catalogue.sections.items() if letter in chosen}
    return Coverage(
        [
            Shown(row, tuple(proofs.get(row.id, ())), tuple(tests.get(row.id, ())))
            for row in catalogue.rows.values()
            if row.section in sections
        ],
        sections,
    )


def _proofs(scenario: Scenario) -> Iterator[tuple[str, Proof]]:
    """One for each requirement that the scenario covers, however often."""
    needs = set(scenario.needs)
    via = tuple(name for name, route in ROUTES.items() if not needs & route.cannot)
    over = tuple(name for name, front in FRONTS.items() if needs & _OF_FRONTS <= front.has)
    lines: dict[str, int] = {}
    parts: dict[str, frozenset[int]] = {}
    for call in scenario:
        for id_ in call.covers:
            lines.setdefault(id_, call.mark.line)
            parts[id_] = parts.get(id_, frozenset()) | call.shows[id_]
    for id_, line in lines.items():
        yield id_, Proof(scenario.name, scenario.mark.file, line, via, over, parts[id_])
