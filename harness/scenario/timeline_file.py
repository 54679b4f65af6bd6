"""Writes the timeline of a scenario: for people, and for programs."""

from __future__ import annotations

from pathlib import Path, PurePath

from softeid.emulator.mistake import visible

from .event import Cell
from .timeline import Timeline
from .trace import file_of


class TimelineFile:
    """A timeline as text, and the same as JSON lines beside it; written as the scenario goes on."""

    def __init__(self, folder: Path, cell: Cell, seed: str) -> None:
        """Begin both files.

        Args:
            folder: where they lie; it is made.
            cell: of which scenario.
            seed: of the run.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._files = [
            file_of(folder, cell, suffix).open("w", encoding="utf-8", errors="backslashreplace")
            for suffix in (".timeline", ".jsonl")
        ]
        self._written = 0
        where = f"{cell.group}/{PurePath(cell.file).name}"
        self._files[0].write(visible(f"# {cell.name}") + "\n" + visible(f"# {where}, seed {seed}") + "\n")

    def take(self, timeline: Timeline) -> None:
        """Write what is new."""
        fresh, self._written = timeline.entries[self._written :], len(timeline.entries)
        text, lines = self._files
        text.writelines(f"{visible(entry.line)}\n" for entry in fresh)
        lines.writelines(f"{entry.json}\n" for entry in fresh)
        for file in self._files:
            file.flush()

    def close(self) -> None:
        """Both are whole."""
        for file in self._files:
            file.close()
