"""Lines and a progress bar on a terminal, by rich. `NO_COLOR` is obeyed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import wrap
from typing import TextIO

from rich.console import Console as Terminal
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from softeid.emulator.mistake import visible

_HANGING = " " * 18  # below the text of a failure's rows


class Drawn:
    """Lines scroll by above a bar."""

    def __init__(self, terminal: Terminal, bar: Progress) -> None:
        self._terminal = terminal
        self._bar = bar
        self._task = bar.add_task("", total=None, waits_for="")

    def line(self, text: str, style: str = "", styled: int = 0) -> None:
        """Write a line, its first `styled` characters in a style."""
        for number, row in enumerate(fitting(visible(text), self._terminal.width, whole=not styled)):
            line = Text(row)
            if styled and not number:
                line.stylize(style, 0, styled)
            self._terminal.print(line, soft_wrap=True)

    def progress(self, done: int, total: int, waits_for: str) -> None:
        """Move the bar and say what it waits for."""
        self._bar.update(self._task, completed=done, total=total, waits_for=visible(waits_for))


def fitting(text: str, width: int, whole: bool) -> list[str]:
    """A line as it fits a terminal.

    Args:
        whole: keep every word, on several rows with a hanging indent; else cut, but for the case at the end.
    """
    if len(text) <= width or text.lstrip().startswith("again "):  # that one is copied into a shell
        return [text]
    if whole:
        return wrap(text, width, subsequent_indent=_HANGING, break_long_words=False, break_on_hyphens=False)
    head, bracket, case = text.rpartition(" [")
    tail = f"{bracket}{case}" if head and text.endswith("]") else ""
    return [text[: max(0, width - len(tail) - 1)] + "…" + tail]


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
