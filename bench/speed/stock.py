"""pcscd and vpcd as the distribution has them, in a world of our own, with cards as processes.

A private stack of the product hastens pcscd; here nobody does, so that the card alone makes the difference.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Self

from bench.speed.tools import BUILT, Client

from softeid.vpcd import installation
from softeid.vpcd.installation import VPCD, Installation
from softeid.vpcd.namespaces import cover, enter

HOST = "127.0.0.1"
_PORT = 35963  # vpcd's own first port; nobody else is in our network
_SLOTS = 2  # of a vpcd, at its port and the next one
_LISTENER = 3  # the descriptor that sd_listen_fds(3) begins with
_AS_LISTENER = 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"'
_PATIENCE = 10.0  # seconds until vpcd listens


def enclose() -> Installation:
    """Take this process into namespaces of its own: no real reader is seen, and vpcd's ports are ours alone.

    To be called before there is a second thread.

    Returns:
        where pcscd and the driver are from now on.

    Raises:
        Refused: the system forbids it; `softeid doctor` says more.
        StackError: there is no pcscd, or no driver.
    """
    found = installation.find()
    enter()
    here = Installation(found.pcscd, str(BUILT / "vpcd"))  # its own folder is covered
    for folder in ("/run/pcscd", "/run/empty", os.path.dirname(here.driver)):
        os.makedirs(folder, exist_ok=True)
    copyfile(found.driver, here.driver)
    cover(found.driver_folder, "/run/empty")
    return here


def with_driver(found: Installation, driver: str, folder: Path) -> Installation:
    """The same pcscd with another driver in the place of vpcd's."""
    other = Installation(found.pcscd, str(folder))
    (folder / VPCD).parent.mkdir(parents=True)
    copyfile(driver, other.driver)
    return other


class Stock:
    """One pcscd with the readers of vpcd, in a `with` statement of an `enclose`d process."""

    def __init__(self, found: Installation, number: int = 0, drivers: int = 1) -> None:
        """Describe it.

        Args:
            found: what `enclose` gave.
            number: tells stacks of one world apart.
            drivers: how many vpcd, each with two slots.
        """
        self._found = found
        self._first = _PORT + number * _SLOTS * drivers
        self._drivers = drivers
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            folder = Path(undo.enter_context(TemporaryDirectory(prefix="softeid-bench-")))
            self.socket = str(folder / "pcscd.comm")
            listener = undo.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(self.socket)
            listener.listen()
            undo.callback(_end, self._start(folder, listener.fileno()))
            for slot in range(self._drivers * _SLOTS):
                _await_listener(self._first + slot)
            self._open = undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def insert(
        self, command: Sequence[str], slot: int, environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a card's process; it ends with the stack.

        Args:
            command: `{host}` and `{port}` in it become those of the slot.
            slot: from 0.
            environment: what the process needs besides our own.
        """
        port = self._first + slot
        process = subprocess.Popen(
            [word.format(host=HOST, port=port) for word in command],
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._open.callback(_end, process)
        return process

    def port(self, slot: int) -> int:
        """Where a slot listens."""
        return self._first + slot

    def client(self, slot: int) -> Client:
        """A client of the card in a slot; waits until pcscd has seen it."""
        return self._open.enter_context(Client(self.reader(slot), self.socket))

    def reader(self, slot: int) -> str:
        """What pcscd calls a slot."""
        return f"R{slot // _SLOTS} 00 {slot % _SLOTS:02X}"

    def _start(self, folder: Path, listener: int) -> subprocess.Popen[bytes]:
        configuration = folder / "conf"
        configuration.mkdir()
        lines = []
        for number in range(self._drivers):
            copy = folder / f"vpcd{number}.so"  # each its own: vpcd keeps its slots in globals
            copyfile(self._found.driver, copy)
            port = self._first + number * _SLOTS
            lines.append(
                f'FRIENDLYNAME "R{number}"\nDEVICENAME /dev/null:{port}\nLIBPATH {copy}\nCHANNELID {port}\n'
            )
        (configuration / "vpcd").write_text("\n".join(lines), "ascii")
        pcscd = [self._found.pcscd, "--foreground", "--config", str(configuration)]
        return subprocess.Popen(
            ["/bin/sh", "-c", _AS_LISTENER, "sh", *pcscd, *_options(self._found.pcscd)],
            preexec_fn=lambda: os.dup2(listener, _LISTENER),  # noqa: PLW1509 (we have one thread)
            pass_fds=[_LISTENER],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def _options(pcscd: str) -> list[str]:
    """No polkit, which turns every client away where no D-Bus runs, and no log: as a private stack has it."""
    known = subprocess.run([pcscd, "--help"], check=False, capture_output=True, text=True).stdout
    return [option for option in ("--disable-polkit", "--critical") if option in known]


def _await_listener(port: int) -> None:
    """Wait until vpcd listens; /proc tells, since a connection would be a card."""
    wanted = f":{port:04X} "
    deadline = time.monotonic() + _PATIENCE
    while not any(
        wanted in line and " 0A " in line  # 0A: LISTEN (tcp(7))
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text("ascii").splitlines()
    ):
        if time.monotonic() > deadline:
            raise TimeoutError(f"vpcd does not listen on port {port}")
        time.sleep(0.002)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(3)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
