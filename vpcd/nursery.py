"""The nursery: one small process per harness, with one thread, that forks a keeper for each stack.

A harness has threads, and forking with threads is asking for deadlocks (Python 3.12 and later warn); starting
Python anew for each stack would cost 30 ms.
"""

from __future__ import annotations

import os
import select
import signal
import socket

from .keeper import keep
from .orders import HARNESS, ORDERS, PACKET, unpack_birth


def main() -> None:
    """Fork keepers until the harness is gone, or closes its end."""
    os.setsid()  # Ctrl-C is for the harness; keepers see it go
    os.chdir("/")
    signal.pthread_sigmask(signal.SIG_SETMASK, [])  # a harness may block what pcscd must get: SIGTERM
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_IGN)  # SIGCHLD: keepers are not waited for
    for descriptor in (ORDERS, HARNESS):
        os.set_inheritable(descriptor, False)
    orders = socket.socket(fileno=ORDERS)
    options: dict[str, str] = {}
    poll = select.poll()
    poll.register(orders, select.POLLIN)
    poll.register(HARNESS, select.POLLIN)
    while True:
        if ORDERS not in [descriptor for descriptor, _ in poll.poll()]:
            return
        packet, descriptors, _, _ = socket.recv_fds(orders, PACKET, 2)
        for descriptor in descriptors:  # a keeper's pcscd must not inherit them; recv_fds ignores flags
            os.set_inheritable(descriptor, False)
        if not packet:
            return
        birth = unpack_birth(packet)
        line, log = descriptors
        if birth.drivers and birth.pcscd not in options:
            options[birth.pcscd] = _help(birth.pcscd)
        if os.fork() == 0:
            try:
                orders.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                chosen = _options(options.get(birth.pcscd, ""), debug=bool(birth.debug))
                keep(birth, socket.socket(fileno=line), log, HARNESS, chosen)
            finally:
                os._exit(0)
        for descriptor in descriptors:
            os.close(descriptor)


def _help(pcscd: str) -> str:
    """What `pcscd --help` says."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.dup2(theirs, 1)
            os.execv(pcscd, ["pcscd", "--help"])  # noqa: S606 (no shell is wanted)
        finally:
            os._exit(127)
    os.close(theirs)
    with open(ours, errors="replace") as said:
        return said.read()


def _options(known: str, *, debug: bool) -> list[str]:
    """Options for pcscd, of those that its help names.

    - Debian 13's asks polkit, and turns every client away where no D-Bus runs.
    - By default it logs an error for each call that vpcd does not know, many a connection.
    """
    wanted = ["--disable-polkit", "--debug" if debug else "--critical"]
    return [option for option in wanted if option in known]
