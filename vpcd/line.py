"""The harness's lines to its nursery and to its keepers."""

from __future__ import annotations

import atexit
import fcntl
import os
import socket
import sys
import threading

from .errors import KeeperGone, NamespacesForbidden, StackError, sysctl
from .orders import HARNESS, ORDERS, PACKET, Birth, Order, Word, pack, unpack

# The nursery runs without site-packages, hence quickly, and is told where `softeid` is.
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_BOOT = f"import sys; sys.path.append(sys.argv[1]); from {__package__}.nursery import main; main()"
_PATIENCE = 10.0  # seconds for an answer


class KeeperLine:
    """One keeper, to whom orders are given; from any thread, one at a time."""

    def __init__(self, birth: Birth, log: int) -> None:
        """Have a keeper made; `ready` tells what became of it.

        Args:
            log: descriptor that pcscd writes to.
        """
        self._busy = threading.Lock()
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line.settimeout(_PATIENCE)
        try:
            with theirs:
                _nursery.bear(birth, [theirs.fileno(), log])
        except BaseException:
            self._line.close()
            raise

    def ready(self) -> None:
        """Wait until the keeper has its namespaces and pcscd's socket listens.

        Raises:
            NamespacesForbidden: and the keeper is gone.
            StackError: the folder cannot be made, or the driver not be read; and the keeper is gone.
        """
        self._hear()

    def start(self) -> int:
        """Start pcscd; gives a pidfd, the caller's to close."""
        return self._order(Order.START)[1][0]

    def end(self, signal_number: int) -> int:
        """End pcscd; gives its exit status, negative for a signal."""
        return int(self._order(Order.END, signal_number)[0][1])

    def socket(self) -> socket.socket:
        """A TCP socket in the stack's network, not connected."""
        return socket.socket(fileno=self._order(Order.SOCKET)[1][0])

    def nudge(self) -> None:
        """Let pcscd look at its slots now."""
        with self._busy:
            self._say(Order.NUDGE)

    def hang_up(self) -> None:
        """Let the keeper end pcscd and clear up, and wait until it has."""
        with self._busy, self._line:
            try:
                self._line.shutdown(socket.SHUT_WR)
                while self._line.recv(PACKET):
                    pass
            except OSError:  # it is gone already, or does not go
                return

    def _order(self, *words: str | int) -> tuple[list[str], list[int]]:
        with self._busy:
            self._say(*words)
            return self._hear()

    def _say(self, *words: str | int) -> None:
        try:
            self._line.send(pack(*words))
        except OSError as gone:
            raise KeeperGone from gone

    def _hear(self) -> tuple[list[str], list[int]]:
        try:
            packet, descriptors, _, _ = socket.recv_fds(self._line, PACKET, 1)
        except OSError as gone:
            raise KeeperGone from gone
        for descriptor in descriptors:  # what `exec` starts must not inherit them; recv_fds ignores flags
            os.set_inheritable(descriptor, False)
        match unpack(packet):
            case [Word.REFUSED, step, code]:
                raise NamespacesForbidden(step, int(code), root=os.geteuid() == 0, read=sysctl)
            case [Word.FAILED, what]:
                raise StackError(
                    f"the private stack cannot be set up: {what}",
                    "Its folder must exist and be yours to write in, and vsmartcard's driver be readable.",
                )
            case [""]:
                raise KeeperGone
            case words:
                return words, descriptors


class _Nursery:
    """The nursery of this process, started when it is first needed."""

    def __init__(self) -> None:
        self._busy = threading.RLock()
        self._orders: socket.socket | None = None
        self._child = 0
        self._harness = 0  # who started it: a process forked from us starts its own

    def start(self) -> socket.socket:
        """Start it, unless this process has one; our end of its orders."""
        with self._busy:
            if self._orders is None or self._harness != os.getpid():
                if self._orders is not None:
                    self._orders.close()  # the one of the process that we were forked from
                self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                self._harness = os.getpid()
                with theirs:
                    self._child = _spawn(theirs.fileno())
                atexit.register(self.end)
            return self._orders

    def bear(self, birth: Birth, descriptors: list[int]) -> None:
        """Have a keeper made; if the nursery was killed, by a new one."""
        packet = pack(*birth)
        with self._busy:
            try:
                socket.send_fds(self.start(), [packet], descriptors)
            except BrokenPipeError:
                self.end()
                socket.send_fds(self.start(), [packet], descriptors)

    def end(self) -> None:
        """Let it go; stacks stay with their keepers until this process ends."""
        with self._busy:
            atexit.unregister(self.end)
            if self._orders is not None and self._harness == os.getpid():
                self._orders.close()
                self._orders = None
                os.waitpid(self._child, 0)


def _spawn(orders: int) -> int:
    """Start the nursery's process with its two descriptors; posix_spawn, since we may have threads."""
    harness = os.pidfd_open(os.getpid())
    # Above 10, so that neither is overwritten while they are moved to their places.
    high: list[int] = []
    # A caller may have closed standard error; its number may then be that of a socket of ours, which the
    # nursery must not hold. What is meant to be inherited is not close-on-exec.
    told = (
        (os.POSIX_SPAWN_DUP2, 2, 1) if _inherited(2) else (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)
    )
    try:
        for descriptor in (orders, harness):
            high.append(fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10))
        return os.posix_spawn(
            sys.executable,
            [sys.executable, "-I", "-S", "-c", _BOOT, _ROOT],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                told,
                (os.POSIX_SPAWN_DUP2, 1, 2),
                (os.POSIX_SPAWN_DUP2, high[0], ORDERS),
                (os.POSIX_SPAWN_DUP2, high[1], HARNESS),
            ],
        )
    finally:
        for descriptor in [harness, *high]:
            os.close(descriptor)


def _inherited(descriptor: int) -> bool:
    """Whether a descriptor is open and meant for processes that we start."""
    try:
        return os.get_inheritable(descriptor)
    except OSError:
        return False


_nursery = _Nursery()


def prepare() -> None:
    """Start the nursery now, so that its 30 ms pass while the caller does something else."""
    _nursery.start()
