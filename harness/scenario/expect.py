"""Expectations: what a file may write under `expect:`, and whether what happened meets it.

The kind follows from what a step's function returns: nothing (a deed: `outcome`), an `Answer` of the card
(`answer`), or a frozen dataclass (what a page or a screen shows: `look`).
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

ANY = "<any>"
"""In the catalogue: some value, whichever the scenario says."""


class Difference(NamedTuple):
    """The scenario said one thing, the world did another."""

    expected: str
    found: str


class Expectation(Protocol):
    """Something that can be met or not."""

    def difference(self, found: Any) -> Difference | None:
        """None if what happened meets it."""
        ...

    def moved(self, found: Any) -> frozenset[str]:
        """The places in the world whose new state it accounts for, once it is met."""
        ...
