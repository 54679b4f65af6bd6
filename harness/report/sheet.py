"""A sheet of lines for a terminal or a log: columns, headings, hanging indents; no line exceeds its width.

The lines are rich's texts: whoever prints them chooses colour or none. What strangers wrote is made visible
here, once for all.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from typing import NamedTuple, TextIO

from rich.console import Console
from rich.text import Text

from softeid.emulator.mistake import visible

NARROWEST, WIDEST = 80, 140
"""Columns: in a terminal that is narrower lines wrap, and what is wider reads no better."""


class Glyphs(NamedTuple):
    """The characters that are drawn with."""

    past: str = "─"
    usable: str = "━"
    unusable: str = "╌"
    now: str = "│"
    full: str = "●"
    spent: str = "○"
    branch: str = "├── "
    last: str = "└── "
    through: str = "│   "
    none: str = "–"
    cut: str = "…"


ASCII = Glyphs("-", "=", ".", "|", "*", "o", "|-- ", "`-- ", "|   ", "-", "~")
"""For streams whose encoding has no others."""


class Piece(NamedTuple):
    """A text at a column.

    Attributes:
        column: where it begins, from 0.
        text: one line.
        style: rich's.
        joins: it may follow the text before without a blank.
    """

    column: int
    text: str
    style: str = ""
    joins: bool = False


class Sheet:
    """Lines, one below the other.

    Attributes:
        width: columns that a line may have.
        glyphs: what is drawn with.
        lines: so far.
    """

    def __init__(self, width: int, glyphs: Glyphs | None = None) -> None:
        """An empty sheet."""
        self.width = width
        self.glyphs = glyphs or Glyphs()
        self.lines: list[Text] = []
        self._console = Console(file=io.StringIO(), width=width)  # measures, never prints

    def heading(self, title: str, *pieces: Piece) -> None:
        """A section begins, with the heads of its columns, which are dim unless they have a style."""
        self.lines.append(Text())
        self.row(Piece(0, title, "bold"), *(piece._replace(style=piece.style or "dim") for piece in pieces))

    def row(self, *pieces: Piece) -> None:
        """A line of texts at their columns; one that is too long moves the next, and the end is cut."""
        line = Text()
        for column, text, style, joins in pieces:
            if text:
                gap = column - line.cell_len
                line.append(" " * max(gap, 0 if joins or not line else 1))
                line.append(_shown(text), style)
        if line.cell_len > self.width:
            line.truncate(self.width - 1)
            line.append(self.glyphs.cut)
        self.lines.append(line)

    def hanging(self, column: int, text: str, *before: Piece, style: str = "") -> None:
        """A text that may need several lines, all at one column.

        Args:
            column: of the text.
            text: what may be too long.
            before: on the left of its first line.
            style: of the text.
        """
        for number, part in enumerate(self.wrapped(text, self.width - column)):
            self.row(*(() if number else before), Piece(column, part, style))

    def wrapped(self, text: str, width: int) -> list[str]:
        """A text in lines of so many columns; what has no blank to break at is broken anywhere."""
        lines = Text(_shown(text)).wrap(self._console, max(width, 1))
        return [line.plain.rstrip() for line in lines] or [""]


def _shown(text: str) -> str:
    return visible(text.replace("\t", " "))


def sheet_for(stream: TextIO) -> Sheet:
    """A sheet as wide as a terminal or COLUMNS says, else of 80; of characters that the stream has."""
    width = Console(file=stream).width
    wanted = "".join(Glyphs())
    try:
        wanted.encode(stream.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return Sheet(min(max(width, NARROWEST), WIDEST), ASCII)
    return Sheet(min(max(width, NARROWEST), WIDEST))


def print_lines(lines: Iterable[Text], stream: TextIO) -> None:
    """Write lines: in colour on a terminal unless `NO_COLOR` is set, plain elsewhere."""
    if not stream.isatty() or os.environ.get("TERM") == "dumb":
        for line in lines:
            print(line.plain.rstrip(), file=stream)
        return
    plain = "NO_COLOR" in os.environ
    terminal = Console(file=stream, highlight=False, no_color=plain, color_system=None if plain else "auto")
    for line in lines:
        terminal.print(line, soft_wrap=True)
