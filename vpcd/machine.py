"""What `doctor` may ask of the machine that it runs on."""

from __future__ import annotations

import contextlib
import ctypes
import glob
import importlib.util
import os
import shutil
import subprocess
import sys

from . import installation
from .errors import StackError
from .line import KeeperLine
from .orders import Birth, socket_path
from .states import ReaderStates

_LISTENING = "0A"  # TCP_LISTEN, proc(5)


class Machine:
    """The real one; tests hand in another of the same shape."""

    @property
    def python(self) -> tuple[int, int, int]:
        """Version of this interpreter."""
        return sys.version_info[:3]

    def first_of(self, patterns: tuple[str, ...]) -> str | None:
        """The first file that one of these patterns names."""
        return next((path for pattern in patterns for path in sorted(glob.glob(pattern))), None)

    def program(self, name: str) -> str | None:
        """Where a program is that the user would start by name."""
        return shutil.which(name)

    def says(self, *command: str) -> str:
        """What a command prints, on both streams; empty when it cannot be started."""
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603 (our own words)
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return done.stdout + done.stderr

    def loads(self, library: str) -> bool:
        """Whether a shared library can be loaded."""
        try:
            ctypes.CDLL(library)
        except OSError:
            return False
        return True

    def imports(self, module: str) -> bool:
        """Whether Python finds a module."""
        return importlib.util.find_spec(module) is not None

    def namespaces(self) -> StackError | None:
        """Try the whole recipe of a private stack but for pcscd; what refused, if anything did."""
        folder = os.path.dirname(socket_path(f"/tmp/softeid-{os.urandom(6).hex()}"))  # noqa: S108 (owner's alone)
        log = os.open(os.devnull, os.O_WRONLY)
        line = KeeperLine(Birth(folder, 0, "", installation.DRIVER_FOLDERS[0], "", ""), log)
        try:
            line.ready()
        except StackError as refusal:
            return refusal
        finally:
            line.hang_up()
            os.close(log)
        return None

    def pcscd_answers(self, path: str) -> list[str] | None:
        """The readers of the pcscd behind a socket; None if it does not answer."""
        try:
            pcscd = ReaderStates(path, timeout=2.0)
        except OSError:
            return None
        try:
            return list(pcscd.now())
        except OSError:
            return None
        finally:
            pcscd.close()

    def listens(self, port: int) -> bool:
        """Whether somebody listens on a TCP port; only looked up, since a connection would be a card."""
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            with contextlib.suppress(OSError), open(table) as sockets:
                for line in list(sockets)[1:]:
                    _, local, _, state = line.split()[:4]
                    if state == _LISTENING and local.endswith(f":{port:04X}"):
                        return True
        return False
