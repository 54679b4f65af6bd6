"""A process whose every write is written down: it makes card files, plays the cases on them, replaces a card.

python -m tests.tear.recorded FOLDER FLAW SCENARIO..., with shim.c loaded; `record` starts it.
"""

from __future__ import annotations

import ctypes
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tests.tear.case import NEW, Case, cases
from tests.tear.disk import Operation, read_log
from tests.tear.recovery import NAME
from tests.tear.rule import Held
from tests.tear.specimen import specimen
from tests.tear.victim import Commit, inserted

from softeid.harness.card_file.file import CardFile

ROOT = Path(__file__).parents[2]
SHIM = Path(__file__).with_name("shim.c")
PIN = "PIN1"
SET = "card set"


def built(folder: Path) -> Path:
    """shim.c as a library that can be loaded."""
    library = folder / "shim.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, SHIM], check=True)
    return library


def record(
    folder: Path, library: Path, only: Sequence[str] = (), flaw: str = ""
) -> dict[str, list[Operation]]:
    """Run this module, and read what it did below a folder, by scenario.

    Args:
        folder: an empty one.
        library: shim.c, built.
        only: some of `SCENARIOS`; without, all of them.
        flaw: one of `OVERRULED`: the way in which it does it wrong.
    """
    log = folder.with_suffix(".log")
    log.unlink(missing_ok=True)
    subprocess.run(
        [sys.executable, "-m", "tests.tear.recorded", folder, flaw, *(only or SCENARIOS)],
        cwd=ROOT,
        env={**os.environ, "LD_PRELOAD": str(library), "TEAR_FOLDER": str(folder), "TEAR_LOG": str(log)},
        check=True,
    )
    found: dict[str, list[Operation]] = {}
    for one in read_log(log):
        if one.kind == "M" and one.data.startswith(_BEGIN):
            found[one.data.removeprefix(_BEGIN).decode()] = []
        elif found:
            found[next(reversed(found))].append(one)
    return found


_BEGIN = b"scenario "


class Marks:
    """Words in the log, between the operations."""

    def __init__(self) -> None:
        self._mark = ctypes.CDLL(None).tear_mark

    def __call__(self, word: str) -> None:
        """Write one down."""
        self._mark(word.encode())

    def around(self, commit: Commit) -> Commit:
        """A `commit` that says when it begins and when it has ended."""

        def watched() -> None:
            self("begin")
            commit()
            self("end")

        return watched


def play(folder: Path, case: Case, mark: Marks) -> None:
    """Make a card file and play a case on it."""
    path = folder / NAME
    CardFile.create(path, specimen({PIN: case.before}))
    mark("made")
    with CardFile.open(path) as file:
        card = inserted(file, mark.around)
        for apdu in case.lead:
            assert card.process(apdu) == b"\x90\x00"
        mark("asked")
        answer = card.process(case.deed.apdu)
        mark(f"answered {answer.hex()}")
    mark("closed")


def set_anew(folder: Path, mark: Marks) -> None:
    """Make a card file and replace all of the card, as `card set` does."""
    path = folder / NAME
    CardFile.create(path, specimen())
    mark("made")
    with CardFile.open(path) as file:
        mark("asked")
        file.replace(specimen({"PIN2": Held(NEW, 1)}, seed="another"), "set")
        mark("answered")
    mark("closed")


class Overruled(sqlite3.Connection):
    """A database connection that does not do all that it is told."""

    ignored = ""  # how the statements begin that are not done

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        """Do a statement, unless it is one of those."""
        if self.ignored and re.match(self.ignored, sql):
            return super().execute("SELECT 1")
        return super().execute(sql, *values)


OVERRULED: Mapping[str, tuple[str, Sequence[str]]] = {
    "synchronous OFF": ("PRAGMA synchronous", ["PRAGMA synchronous = OFF"]),
    "synchronous NORMAL": ("PRAGMA synchronous", ["PRAGMA synchronous = NORMAL"]),
    "synchronous FULL": ("PRAGMA synchronous", ["PRAGMA synchronous = FULL"]),
    "journal in memory": ("PRAGMA journal_mode", ["PRAGMA journal_mode = MEMORY"]),
    "no transaction": ("BEGIN|COMMIT", []),
}
"""What a careless change to the product would do: statements that are not done, and others that are first."""


def overrule(ignored: str, instead: Sequence[str]) -> None:
    """From now on files are opened in that way."""
    connect = sqlite3.connect

    def connected(*where: Any, **how: Any) -> sqlite3.Connection:
        made = connect(*where, **how, factory=Overruled)
        for statement in instead:
            made.execute(statement)
        made.ignored = ignored
        return made

    sqlite3.connect = connected  # type: ignore[assignment]  # its overloads


SCENARIOS = {str(case): partial(play, case=case) for case in cases(PIN)} | {SET: set_anew}


if __name__ == "__main__":
    where, flaw, *names = sys.argv[1:]
    marks = Marks()
    if flaw:
        overrule(*OVERRULED[flaw])
    for name in names:
        folder = Path(where) / str(len(os.listdir(where)))
        folder.mkdir()
        marks(f"scenario {name}")
        SCENARIOS[name](folder, mark=marks)
