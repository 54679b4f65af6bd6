"""Ports of loopback: whether they are free, and who has them."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from .error import LabError
from .folder import records

HOST, HOST_IPV6 = "127.0.0.1", "::1"
_LISTEN = "0A"  # TCP_LISTEN in /proc/net/tcp


def check_free(ports: Sequence[int], environment: Mapping[str, str]) -> None:
    """See that nobody has one of some ports.

    Args:
        ports: those that are wanted.
        environment: where other labs may be found.

    Raises:
        LabError: one is taken; the message says by whom, if that can be known.
    """
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
                probe.listen(1)
                if held := hold_ipv6(port):
                    held.close()
            except OSError as error:
                who = _who_has(port, environment)
                told = f"port {port} is taken by {who}" if who else f"port {port}: {error.strerror}"
                last = f"N to N+{len(ports) - 1}"
                advice = f"take other ones with --port N ({last} are needed), or any with --port 0"
                raise LabError(told, advice) from None


def hold_ipv6(port: int) -> socket.socket | None:
    """Keep others from a port of ::1, and do not listen there.

    `localhost` is both addresses of loopback, and Chromium tries ::1 first, whatever /etc/hosts says. Whoever
    listened there would be `localhost` in our place, with our origin and our cookies. Where nobody listens,
    browsers go on to 127.0.0.1.

    Args:
        port: that we have at 127.0.0.1.

    Returns:
        What holds it until it is closed; None where there is no ::1.

    Raises:
        OSError: somebody has it.
    """
    try:
        held = socket.socket(socket.AF_INET6)
    except OSError:
        return None
    try:
        held.bind((HOST_IPV6, port))
    except OSError as error:
        held.close()
        if error.errno != errno.EADDRNOTAVAIL:
            raise
        return None
    return held


def _who_has(port: int, environment: Mapping[str, str]) -> str:
    """A lab of ours, or a process of this user's; empty if it cannot be known."""
    for record in records(environment):
        if record.up and any(urlsplit(address).port == port for address in record.addresses.values()):
            return f"the lab `{record.name}` (process {record.process.pid})"
    for pid in _owners({inode for number, inode in listening() if number == port}):
        name = ""
        with suppress(OSError):
            name = Path(f"/proc/{pid}/comm").read_text(errors="replace").strip()
        return f"{name or 'a process'} (process {pid})"
    return ""


def listening() -> Iterator[tuple[int, str]]:
    """Every port on which somebody listens for TCP, with its socket's inode (proc(5), /proc/net/tcp)."""
    for file in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for row in Path(file).read_text(encoding="ascii").splitlines()[1:]:
                fields = row.split()
                if fields[3] == _LISTEN:
                    yield int(fields[1].rpartition(":")[2], 16), fields[9]


def _owners(inodes: set[str]) -> Iterator[int]:
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for folder in Path("/proc").iterdir():
        if not (folder.name.isdigit() and wanted):
            continue
        with suppress(OSError):
            for one in (folder / "fd").iterdir():
                with suppress(OSError):
                    if os.readlink(one) in wanted:
                        yield int(folder.name)
