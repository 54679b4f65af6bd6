"""A lab that `softeid up` keeps, in a home of the test's own, on free ports."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.foreign.user import Ended, User

LIMIT = 60  # seconds after which a lab counts as hung
_LAST_LINE = "`softeid clock"


@dataclass
class RunningLab:
    """One that is up.

    Attributes:
        user: whose it is.
        name: of the lab.
        process: of the lab.
        welcome: what it said when everything answered.
        said: what it said after that, once it has ended.
    """

    user: User
    name: str
    process: subprocess.Popen[str]
    welcome: list[str]
    said: str = ""

    @property
    def folder(self) -> Path:
        """Where it keeps its state."""
        return labs_of(self.user) / self.name

    @property
    def record(self) -> dict[str, Any]:
        """What other commands know of it."""
        told: dict[str, Any] = json.loads((self.folder / "lab.json").read_text(encoding="utf-8"))
        return told

    def address(self, name: str) -> str:
        """Where one of its servers is, with a slash at the end."""
        return str(self.record["addresses"][name])

    def softeid(self, command: str, *options: str) -> Ended:
        """A command about this lab."""
        return self.user.call(command, "-p", self.name, *options)

    def ended(self) -> Ended:
        """Wait for its end; what it said since."""
        out, err = self.process.communicate(timeout=LIMIT)
        return Ended(self.process.returncode, out, err)


def labs_of(user: User) -> Path:
    """Where labs keep their state."""
    return user.home / ".local" / "state" / "softeid" / "labs"


def start(user: User, *options: str, name: str = "test") -> RunningLab:
    """Bring a lab up, and wait until everything answers."""
    process = user.start(*user.softeid, "up", "-p", name, *(options or ("--port", "0")))
    assert process.stdout
    welcome: list[str] = []
    for line in process.stdout:
        welcome.append(line.rstrip("\n"))
        if line.startswith(_LAST_LINE):
            return RunningLab(user, name, process, welcome)
    _, err = process.communicate(timeout=LIMIT)
    raise AssertionError(f"softeid up ended with {process.returncode}: {welcome} {err}")


@contextmanager
def lab_up(user: User, *options: str, name: str = "test") -> Iterator[RunningLab]:
    """A lab for as long as the block; it ends cleanly."""
    lab = start(user, *options, name=name)
    try:
        yield lab
    finally:
        lab.process.terminate()
        ended = lab.ended()
        lab.said = ended.out
    assert (ended.code, ended.err) == (0, "")
    assert not (lab.folder / "lab.json").exists()
