"""Trace files: what went to the cards of one scenario, decoded; for the same seed the same octets again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path, PurePath

from softeid.emulator.mistake import visible

from .event import Cell, Doing
from .stage import Exchange

_READABLE = 60  # characters of a scenario's name in a file's


def file_of(folder: Path, cell: Cell, suffix: str = ".trace") -> Path:
    """Where something about a scenario is written: readable, and one for each cell of each file."""
    stem = PurePath(cell.file).name.removesuffix(".yaml").removesuffix(".scenario")
    readable = re.sub(r"[^a-z0-9]+", "-", cell.name.lower()).strip("-")[:_READABLE].strip("-")
    which = sha256(f"{cell.group}/{stem}\0{cell.name}".encode(errors="surrogatepass")).hexdigest()[:6]
    return folder / f"{cell.group or 'scenario'}-{stem}-{readable}-{which}{suffix}"


class TraceFile:
    """Written as the scenario goes on, so that it is there when something hangs."""

    def __init__(self, folder: Path, cell: Cell, seed: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = file_of(folder, cell).open("w", encoding="utf-8", errors="backslashreplace")
        self._written = 0
        where = f"{cell.group}/{PurePath(cell.file).name}"
        self._lines(visible(f"# {cell.name}"), visible(f"# {where}, seed {seed}"))

    def step(self, doing: Doing, clock: str) -> None:
        """A step begins."""
        self._lines("", f"# {clock}  {doing.step}, by {doing.who}")

    def take(self, exchanges: Sequence[Exchange]) -> None:
        """All exchanges so far: the new ones are written."""
        self._lines(*(line for one in exchanges[self._written :] for line in one.whole))
        self._written = len(exchanges)

    def close(self) -> None:
        self._file.close()

    def _lines(self, *lines: str) -> None:
        self._file.writelines(f"{line}\n" for line in lines)
        self._file.flush()
