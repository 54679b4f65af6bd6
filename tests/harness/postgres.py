"""A PostgreSQL of the tests' own, from the system's packages: a folder, a socket in it, no port."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from pwd import getpwnam
from typing import Any

from tests.machine import lacking

from softeid.vpcd.installation import advice_to_install

_DEBIAN = Path("/usr/lib/postgresql")
_USERS = ("postgres", "nobody")  # PostgreSQL refuses to run as root
_USER = "softeid"


class Server:
    """A running server.

    Attributes:
        folder: has its data, its socket and its log.
    """

    def __init__(self, programs: Path, folder: Path, *, durable: bool) -> None:
        """Make the data folder and start a server on it.

        Args:
            programs: has `initdb` and `pg_ctl`.
            folder: empty, and short: a socket's path has 107 octets at most.
            durable: whether a commit waits for the disk; tests that end no machine need not.
        """
        self.folder = folder
        self._programs = programs
        self._fsync = "on" if durable else "off"
        self._count = count(1)
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            other = next(user for name in _USERS if (user := _user(name)))
            os.chown(folder, other.pw_uid, other.pw_gid)
            self._as = {"user": other.pw_uid, "group": other.pw_gid, "extra_groups": []}
        told = ("--encoding=UTF8", "--locale=C", "--auth=trust", "--no-sync", f"--username={_USER}")
        self._run("initdb", "-D", str(folder / "data"), *told)
        self._keeper = self._keep()
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-k {self.folder} -c listen_addresses= -c fsync={self._fsync} -c max_connections=60"
        log = str(self.folder / "log")
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-l", log, "-o", options, "start")

    def stop(self) -> None:
        """Stop it at once."""
        self._run("pg_ctl", *self._to_stop)

    def end(self) -> None:
        """Stop it for good."""
        assert self._keeper.stdin
        self._keeper.stdin.close()
        self._keeper.wait()

    @property
    def _to_stop(self) -> tuple[str, ...]:
        return "-D", str(self.folder / "data"), "-w", "-m", "immediate", "stop"

    def _keep(self) -> subprocess.Popen[bytes]:
        """Whoever stops the server and clears its folder when we are gone, in whichever way."""
        script = 'cat; "$@"; rm -rf "$0"/*'
        command = ["sh", "-c", script, str(self.folder), str(self._programs / "pg_ctl"), *self._to_stop]
        return subprocess.Popen(
            command,
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **self._as,
        )

    def database(self) -> str:
        """The URL of a new, empty database."""
        name = f"db{next(self._count)}"
        self._run("createdb", "-h", str(self.folder), "-U", _USER, name)
        return f"postgresql://{_USER}@/{name}?host={self.folder}"

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        done = subprocess.run(
            command,
            check=False,
            text=True,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if program == "pg_ctl" else subprocess.PIPE,  # its server keeps a pipe
            stderr=subprocess.DEVNULL if program == "pg_ctl" else subprocess.STDOUT,
            env={"PATH": os.defpath, "LC_ALL": "C"},
            **self._as,
        )
        assert done.returncode == 0, f"{program}: {done.stdout}"


@contextmanager
def server(*, durable: bool = False) -> Iterator[Server]:
    """A server for as long as this lasts; the test is skipped, in CI failed, where there are no programs."""
    programs = _programs()
    if programs is None:
        lacking(f"PostgreSQL's programs are lacking. {advice_to_install('postgresql')}")
    assert programs
    folder = Path(tempfile.mkdtemp(prefix="softeid-pg-", dir="/tmp"))
    try:
        started = Server(programs, folder, durable=durable)
        try:
            yield started
        finally:
            started.end()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path | None:
    """The folder of the newest installed version's programs."""
    found = [one.parent for one in _DEBIAN.glob("*/bin/initdb")]
    if not found and (elsewhere := shutil.which("initdb")):
        found = [Path(elsewhere).resolve().parent]
    return max(found, key=lambda one: int(one.parent.name) if one.parent.name.isdigit() else 0, default=None)


def _user(name: str) -> Any:
    try:
        return getpwnam(name)
    except KeyError:
        return None
