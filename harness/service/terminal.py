"""The terminal of `softeid up`: a line for each thing that happens; colours only where somebody looks."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import TextIO

from softeid.emulator.mistake import visible

from .story import Line, Tone

_STYLES: Mapping[Tone, str] = {
    "state": "bold",
    "event": "",
    "alarm": "bold red",
    "letter": "cyan",
    "lab": "magenta",
}
_WHO = 24  # columns


class Terminal:
    """Writes lines from several threads, one after the other."""

    def __init__(self, stream: TextIO) -> None:
        """Write to a stream.

        Args:
            stream: with a terminal behind it, or without.
        """
        self._stream = stream
        self._lock = Lock()
        self._gone = False
        self._paint = _rich(stream) if stream.isatty() and "NO_COLOR" not in os.environ else None

    def say(self, text: str, style: str = "") -> None:
        """One line."""
        with self._lock:
            self._write(visible(text), style)

    def tell(self, lines: Sequence[Line]) -> None:
        """What happened; with nobody to hear it, the lab goes on in silence."""
        with self._lock:
            for line in lines:
                when = f"{line.at:%H:%M:%S}"
                self._write(f"{when}  {line.who[:_WHO]:{_WHO}}  {line.what}", _STYLES[line.tone])

    def _write(self, text: str, style: str) -> None:
        if self._gone:
            return
        try:
            if self._paint:
                self._paint(text, style)
            else:
                self._stream.write(f"{text}\n")
            self._stream.flush()
        except (OSError, ValueError):
            self._gone = True


def _rich(stream: TextIO) -> Callable[[str, str], None]:
    from rich.console import Console  # only here: it is slow to import, and drawn nowhere else

    console = Console(file=stream, highlight=False, soft_wrap=True)
    return lambda text, style: console.print(text, style=style or None, markup=False)
