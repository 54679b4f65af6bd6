"""The C programs beside us, built when they are needed, and the one that is talked to."""

from __future__ import annotations

import subprocess
from pathlib import Path
from shutil import which
from typing import NamedTuple, Self

SOURCE = Path(__file__).parent / "c"
BUILT = Path(__file__).parents[2] / "build" / "bench"  # git ignores it
_HEADERS = Path("/usr/include/PCSC")
_FLAGS = {"card": [], "client": ["-lpcsclite"], "driver.so": ["-shared", "-fPIC"]}


class Lacking(Exception):
    """Something that a goal needs is not on this machine; the text says what to do."""


def built(name: str) -> str:
    """The path of a C program, compiled if its source is newer.

    Args:
        name: `card`, `client` or `driver.so`.

    Raises:
        Lacking: no compiler, or no headers of pcsc-lite.
    """
    source = SOURCE / f"{name.removesuffix('.so')}.c"
    target = BUILT / name
    newest = max(file.stat().st_mtime for file in (source, SOURCE / "answer.h"))
    if target.exists() and target.stat().st_mtime >= newest:
        return str(target)
    if not which("gcc") or not (_HEADERS / "winscard.h").exists():
        raise Lacking("a C compiler and pcsc-lite's headers: apt-get install gcc libc6-dev libpcsclite-dev")
    BUILT.mkdir(parents=True, exist_ok=True)
    command = [
        "gcc",
        "-O2",
        "-Wall",
        "-Wextra",
        f"-I{_HEADERS}",
        "-o",
        str(target),
        str(source),
        *_FLAGS[name],
    ]
    made = subprocess.run(command, check=False, capture_output=True, text=True)
    if made.returncode:
        raise Lacking(f"what gcc asks for: {made.stderr.strip()}")
    return str(target)


class Took(NamedTuple):
    """Seconds of a round of commands, and the last response."""

    median: float
    mean: float
    response: bytes


class Client:
    """A PC/SC client in C that has a card in a reader, until the context ends."""

    def __init__(self, reader: str, socket: str) -> None:
        """Connect, as soon as pcscd has seen the card.

        Args:
            reader: its name.
            socket: pcscd's.
        """
        self._process = subprocess.Popen(
            [built("client"), reader],
            env={"PCSCLITE_CSOCK_NAME": socket},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._heard()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def ask(self, rounds: int, *commands: bytes) -> None:
        """Let it begin to send commands; `took` waits for the end."""
        assert self._process.stdin
        print(rounds, *(command.hex() for command in commands), file=self._process.stdin, flush=True)

    def took(self) -> Took:
        """What the rounds that were asked for took."""
        middle, mean, response = self._heard().split()
        return Took(int(middle) / 1e9, int(mean) / 1e9, bytes.fromhex(response))

    def send(self, rounds: int, *commands: bytes) -> Took:
        """Send commands so often."""
        self.ask(rounds, *commands)
        return self.took()

    def _heard(self) -> str:
        assert self._process.stdout
        if line := self._process.stdout.readline():
            return line
        raise RuntimeError(f"the C client ended with {self._process.wait()}")
