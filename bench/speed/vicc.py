"""vsmartcard's Python card (Debian: vsmartcard-vpicc): a program of its own, reached through its socket.

It is under the GPL. Nothing of it is imported or contained here; what we know of it is how it answers.

- Debian 12 installs its modules where Python does not look, and it imports pycryptodome by a name that
  Debian's package has not (vsmartcard 3.3): the environment below makes it run, unchanged.
- UPDATE BINARY without Le ends it with a traceback, and so does SELECT that asks for an FCP: the script asks
  for what it can answer.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from bench.speed.tools import BUILT, Lacking

PYTHON = "/usr/bin/python3"  # what the package's own first line says
_PROGRAM = "/usr/bin/vicc"
_MODULES = "/usr/lib/python3/site-packages/virtualsmartcard"
_PYCRYPTODOME = Path("/usr/lib/python3/dist-packages/Cryptodome")
SAMPLER = str(Path(__file__).with_name("sampler.py"))
_POWER_ON, ATR = b"\x01", b"\x04"
_PATIENCE = 20.0  # seconds
FILE_SIZE = 1200

# CREATE FILE of a transparent EF A001 in its MF: the same amount of file to read as a certificate has.
CREATE = bytes.fromhex(f"00E0000010 620E 8002{FILE_SIZE:04X} 820101 8302A001 8A0105")
SCRIPT = (
    bytes.fromhex("00A4000C023F00"),
    bytes.fromhex("00A4000C02A001"),
    *(bytes.fromhex(f"00B0{offset:04X}F0") for offset in range(0, 1000, 200)),
    bytes.fromhex("00200001 04 31323334"),
    bytes.fromhex("0084000008"),
)


def command(*before: str) -> list[str]:
    """How to start it, with `{host}` and `{port}`.

    Args:
        before: what stands between Python and the program.

    Raises:
        Lacking: a package is missing.
    """
    missing = not Path(_PROGRAM).exists() or not _PYCRYPTODOME.exists()
    if missing:
        raise Lacking("vsmartcard's Python card: apt-get install vsmartcard-vpicc python3-pycryptodome")
    return [PYTHON, *before, _PROGRAM, "--type", "iso7816", "--hostname", "{host}", "--port", "{port}"]


def environment() -> dict[str, str]:
    """What it needs to find its own modules and pycryptodome."""
    names = BUILT / "names"
    names.mkdir(parents=True, exist_ok=True)
    alias = names / "Crypto"
    if not alias.is_symlink():
        alias.symlink_to(_PYCRYPTODOME)
    return {"PYTHONPATH": os.pathsep.join([_MODULES, str(names)])}


def same_interpreter() -> bool:
    """Whether we run under the very binary that it runs under."""
    return os.path.realpath(sys.executable) == os.path.realpath(PYTHON)


class Vicc:
    """It as a process, with us in the place of vpcd; in a `with` statement."""

    def __init__(self, *before: str) -> None:
        """Start it.

        Args:
            before: what stands between Python and the program.
        """
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(_PATIENCE)
            port = server.getsockname()[1]
            self.process = subprocess.Popen(
                [word.format(host="127.0.0.1", port=port) for word in command(*before)],
                env={**os.environ, **environment()},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            self._link, _ = server.accept()
        self._link.settimeout(_PATIENCE)
        self._link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._held = b""

    def __enter__(self) -> Self:
        self.say([_POWER_ON])
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> str:
        """Close the connection, which ends it; gives what it said on standard error."""
        self._link.close()
        return self.process.communicate(timeout=_PATIENCE)[1]

    def say(self, messages: Sequence[bytes]) -> None:
        """Send messages in one go; there must be room for all answers in the sockets' buffers."""
        self._link.sendall(b"".join(len(one).to_bytes(2, "big") + one for one in messages))

    def hear(self) -> bytes:
        """The next answer. It sends length and body apart, so each must be acknowledged at once."""
        while len(self._held) < 2 or len(self._held) < 2 + int.from_bytes(self._held[:2], "big"):
            octets = self._link.recv(1 << 16)
            if not octets:
                raise ConnectionError("vsmartcard's card closed the connection")
            self._link.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            self._held += octets
        end = 2 + int.from_bytes(self._held[:2], "big")
        answer, self._held = self._held[2:end], self._held[end:]
        return answer

    def ask(self, message: bytes) -> bytes:
        """One message and its answer."""
        self.say([message])
        return self.hear()
