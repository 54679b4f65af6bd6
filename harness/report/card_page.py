"""What every part of a drawn card needs: the card, the sheet, and where facts show their evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from softeid.emulator.facts import MARKS, Evidence

from .card_view import CardView
from .sheet import Piece, Sheet

WIDE = 120
"""From so many columns on, what is compared stands side by side, and sources stand beside their facts."""
LABEL = 2
VALUE = 18
"""Columns of what is told as label and value."""
EVIDENCE = 76
"""The column of a fact's mark; what else is told of it stands on the left."""
_SOURCE = EVIDENCE + 3

BAD, WARN, GOOD, DIM = "red", "yellow", "green", "dim"
"""Styles: what does not work, what somebody should know, what is in order, what explains."""


class Sources:
    """The sources of facts, each with a short name: its mark and its place among those of the mark."""

    def __init__(self, evidence: Iterable[Evidence]) -> None:
        """Number them as they come."""
        each = list(evidence)
        self.counts: Mapping[str, int] = Counter(one.mark for one in each)
        self.names: dict[Evidence, str] = {}
        self._of: dict[str, list[Evidence]] = {mark: [] for mark in MARKS}
        for one in dict.fromkeys(each):
            self._of[one.mark].append(one)
            self.names[one] = f"{one.mark}{len(self._of[one.mark])}"

    def having(self, mark: str) -> list[Evidence]:
        """Those of a mark, in order."""
        return self._of[mark]


@dataclass
class Page:
    """A card on its way onto a sheet."""

    card: CardView
    sheet: Sheet
    sources: Sources = field(init=False)

    def __post_init__(self) -> None:
        self.sources = Sources(self.card.evidence())

    @property
    def wide(self) -> bool:
        """Whether there is room for two things side by side."""
        return self.sheet.width >= WIDE

    def heading(self, title: str, *pieces: Piece) -> None:
        """A section of facts begins."""
        self.sheet.heading(title, *pieces, Piece(EVIDENCE - 2, "source"))

    def fact(self, evidence: Evidence, *pieces: Piece, more: Sequence[Piece] = (), below: str = "") -> None:
        """A row with its evidence: the short name of its source, or, where there is room, all of it.

        Args:
            evidence: the fact's.
            pieces: the row.
            more: what is below it, each on a line of its own.
            below: what stands on the left of further lines, if the source needs such.
        """
        left = [pieces, *((one,) for one in more)]
        if not self.wide:
            left[0] = (*pieces, Piece(EVIDENCE, self.sources.names[evidence], DIM))
            for line in left:
                self.sheet.row(*line)
            return
        source = self.sheet.wrapped(evidence.source, self.sheet.width - _SOURCE)
        marks = [Piece(EVIDENCE, evidence.mark, DIM)]
        for line, part, mark in zip_longest(left, source, marks):
            beside = (mark or Piece(EVIDENCE, ""), Piece(_SOURCE, part or "", DIM))
            self.sheet.row(*(line or [Piece(LABEL, below.rstrip(), DIM)]), *beside)
