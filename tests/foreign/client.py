"""pyscard at the end of a pipe."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.foreign.user import User


class Client:
    """`pyscard_client.py` in a process of its own: libpcsclite takes one world per process."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        program = Path(__file__).with_name("pyscard_client.py")
        self._process = subprocess.Popen(
            [sys.executable, program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=User(Path("/"), extra=environment).environment,
            encoding="utf-8",
        )

    def ask(self, *words: str) -> object:
        """One request, one answer."""
        assert self._process.stdin
        print(*words, file=self._process.stdin, flush=True)  # into a pipe
        return self.hear()

    def hear(self) -> object:
        """The next line that it says."""
        assert self._process.stdout
        return json.loads(self._process.stdout.readline() or "null")

    def send(self, command: str) -> bytes:
        """A command that must be answered 90 00; the data of the response."""
        answer = str(self.ask("send", command))
        assert answer.endswith("9000"), (command, answer)
        return bytes.fromhex(answer[:-4])

    def read_file(self, *selects: str) -> bytes:
        """Select step by step and read to the end of the file."""
        for select in selects:
            self.send(select)
        octets = b""
        while True:
            answer = bytes.fromhex(str(self.ask("send", f"00B0{len(octets):04X}00")))
            if answer == b"\x6b\x00":
                return octets
            assert answer[-2:] == b"\x90\x00"
            octets += answer[:-2]

    def close(self) -> None:
        self._process.communicate()
        assert self._process.returncode == 0
