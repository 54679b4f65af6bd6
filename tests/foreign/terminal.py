"""A terminal for programs that ask a person: what they print is read, what they ask is answered."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.foreign.user import User

_LIMIT = 60  # seconds without a word after which a program counts as hung

_LOOK = 0.005  # seconds between two looks at whether typing is shown; nothing tells of the change


class Terminal:
    """A program that has a terminal of its own, as its session's leader."""

    def __init__(self, process: subprocess.Popen[str], end: int) -> None:
        self.process = process
        self._end = end
        self._said = ""

    def expect(self, text: str) -> str:
        """Wait until the program has printed a text; all that came up to its end, and is then done with."""
        while text not in self._said:
            if not select.select([self._end], [], [], _LIMIT)[0]:
                raise TimeoutError(f"{text!r} did not come; what came: {self._said!r}")
            octets = self._read()
            if not octets:
                raise EOFError(f"{text!r} did not come; what came: {self._said!r}")
            self._said += octets.decode()
        before, found, self._said = self._said.partition(text)
        return before + found

    def type(self, text: str) -> None:
        """Type something; Enter is a newline, Ctrl-C is 03."""
        os.write(self._end, text.encode())

    def type_secret(self, text: str) -> None:
        """Type what the program does not show, once it does not: what came before it would throw away."""
        while termios.tcgetattr(self._end)[3] & termios.ECHO:
            if self.process.poll() is not None:
                raise EOFError(f"it ended; what came: {self._said!r}")
            select.select([], [], [], _LOOK)
        self.type(text)

    def rest(self) -> str:
        """All that comes until the program and its children have ended."""
        while octets := self._read():
            self._said += octets.decode()
        return self._said

    def _read(self) -> bytes:
        try:
            return os.read(self._end, 65536)
        except OSError:  # EIO: nobody holds the other end any more
            return b""


@contextmanager
def terminal(user: User, *argv: str | Path) -> Iterator[Terminal]:
    """Start a program that reads from and writes to a terminal, which controls it."""
    ours, theirs = pty.openpty()
    try:
        with user.start("setsid", "--ctty", *argv, stdin=theirs, stdout=theirs, stderr=theirs) as process:
            os.close(theirs)
            try:
                yield Terminal(process, ours)
            except BaseException:
                process.kill()
                raise
    finally:
        os.close(ours)
