"""A whole `softeid exec --card FILE` as a victim, with a PC/SC program that talks to the card through pcscd.

python -m tests.tear.whole is that program: commands in hex on its input, a line each, answers on its output.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.pcsc.conftest import Client
from tests.tear.case import SELECT_QSCD

ROOT = Path(__file__).parents[2]
READER = "Virtual PCD 00 00"
_READY = "ready"


class Program:
    """The command and the program behind it; as `siege.Victim`."""

    def __init__(self, path: Path) -> None:
        """Start both."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "softeid", "exec", "--card", path, "--", sys.executable, "-m", __name__],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdin
        assert self._process.stdout
        self._to, self._from = self._process.stdin, self._process.stdout
        self._said: list[str] | None = None  # what was left to be read when it died

    def ready(self) -> None:
        """As `Victim.ready`."""
        assert self._line() == _READY

    def send(self, apdu: bytes) -> None:
        """As `Victim.send`."""
        self._to.write(f"{apdu.hex()}\n")
        self._to.flush()

    def receive(self) -> bytes:
        """As `Victim.receive`."""
        return bytes.fromhex(self._line())

    def kill(self) -> None:
        """As `Victim.kill`: the command, which has the card. Its program sees its input end."""
        self._process.kill()
        self._process.wait()
        self._to.close()
        self._said = self._from.read().split()
        self._from.close()

    def _line(self) -> str:
        if self._said is None:
            return self._from.readline().strip()
        if not self._said:
            raise EOFError
        return self._said.pop(0)


def main() -> None:
    """Hand commands on to the card, and answers back, until there are no more."""
    client = Client(os.environ["PCSCLITE_CSOCK_NAME"])
    assert client.connect(READER) == 0
    assert client.transmit(SELECT_QSCD) == (0, b"\x90\x00")
    print(_READY, flush=True)
    for line in sys.stdin:
        status, answer = client.transmit(bytes.fromhex(line))
        if status or not answer:  # removed in mid-exchange: pcscd says so, or gives no octets
            return
        print(answer.hex(), flush=True)


if __name__ == "__main__":
    main()
