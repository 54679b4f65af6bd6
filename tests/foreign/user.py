"""A person at a shell, in a home of the test's own: calls softeid, and foreign programs that see its card."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import pytest

SOFTEID = (sys.executable, "-m", "softeid")
_LIMIT = 120  # seconds after which a program counts as hung

# Tells where its card is, then stays until its standard input ends.
_HOLDER = ("sh", "-c", 'printf "%s\\n" "$PCSCLITE_CSOCK_NAME"; exec cat')


class Ended(NamedTuple):
    """How a program ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class User:
    """Somebody with a home, in which authority, caches and configuration of foreign programs are kept.

    Attributes:
        home: the working folder too.
        softeid: how the command is called.
        uid: of an ordinary user; None for ourselves.
        extra: what the environment holds on top of the ordinary.
    """

    home: Path
    softeid: Sequence[str] = SOFTEID
    uid: int | None = None
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """All of it: nothing of the machine's configuration gets through but where programs are."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "XDG_DATA_HOME": str(self.home / ".data"),
            "LANG": "C.UTF-8",
            **self.extra,
        }

    def start(self, *argv: str | Path, **options: int) -> subprocess.Popen[str]:
        """Start a program.

        Args:
            options: of Popen, such as stdin; pipes by default.
        """
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        ids = {} if self.uid is None else {"user": self.uid, "group": self.uid, "extra_groups": []}
        return subprocess.Popen(  # type: ignore[call-overload, no-any-return]  # options by name
            [str(part) for part in argv],
            **{**pipes, **ids, **options},
            env=self.environment,
            cwd=self.home,
            encoding="utf-8",
        )

    def run(self, *argv: str | Path, typed: str = "") -> Ended:
        """Run a program to its end.

        Args:
            typed: its standard input.
        """
        with self.start(*argv) as process:
            try:
                out, err = process.communicate(typed, _LIMIT)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return Ended(process.returncode, out, err)

    def did(self, *argv: str | Path) -> str:
        """Run a program that must end well; what it printed, complaints included."""
        ended = self.run(*argv)
        assert ended.code == 0, f"{argv} ended with {ended.code}: {ended.out}{ended.err}"
        return ended.out + ended.err

    def call(self, *arguments: str | Path, typed: str = "") -> Ended:
        """Call softeid; whatever happens, nobody is shown a traceback."""
        ended = self.run(*self.softeid, *arguments, typed=typed)
        assert "Traceback" not in ended.err, ended.err
        return ended

    @contextmanager
    def card(self, *options: str | Path) -> Iterator[User]:
        """This user while a card is in: `softeid exec` with these options goes on as long as the block."""
        with self.start(*self.softeid, "exec", *options, "--", *_HOLDER) as holder:
            assert holder.stdin
            assert holder.stdout
            assert holder.stderr
            socket = holder.stdout.readline().strip()
            if not socket:
                pytest.fail(f"softeid exec did not start: {holder.stderr.read()}")
            yield replace(self, extra={**self.extra, "PCSCLITE_CSOCK_NAME": socket})
            holder.stdin.close()
            told = holder.stderr.read()
            assert holder.wait(_LIMIT) == 0, told
            assert told.count("\n") == 1, told
