"""Lines and a progress bar on a terminal, by rich. `NO_COLOR` is obeyed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console as Terminal
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text


class Drawn:
    """Lines scroll by above a bar."""

    def __init__(self, terminal: Terminal, bar: Progress) -> None:
        self._terminal = terminal
        self._bar = bar
        self._task = bar.add_task("", total=None, waits_for="")

    def line(self, text: str, style: str = "", styled: int = 0) -> None:
        """Write a line, its first `styled` characters in a style."""
        line = Text(text)
        if styled:
            line.stylize(style, 0, styled)
        self._terminal.print(line, soft_wrap=True)

    def progress(self, done: int, total: int, waits_for: str) -> None:
        """Move the bar and say what it waits for."""
        self._bar.update(self._task, completed=done, total=total, waits_for=waits_for)


@contextmanager
def drawing(stream: TextIO) -> Iterator[Drawn]:
    """A terminal with a bar at the bottom, which is gone afterwards."""
    plain = "NO_COLOR" in os.environ
    terminal = Terminal(file=stream, highlight=False, no_color=plain, color_system=None if plain else "auto")
    waits_for = TextColumn("{task.fields[waits_for]}", markup=False)
    bar = Progress(
        BarColumn(20), MofNCompleteColumn(), TimeElapsedColumn(), waits_for, console=terminal, transient=True
    )
    with bar:
        yield Drawn(terminal, bar)
