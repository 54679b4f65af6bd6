"""The keeper: one process per stack, which lives in the stack's namespaces and outlives the harness.

It makes the stack's folder and socket, enters the namespaces, is pcscd's parent, makes sockets in the
stack's network, and clears up when the harness says so or is gone.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import socket
from collections.abc import Iterator, Sequence
from typing import Self

from .namespaces import Refused, cover, die_with_parent, enter, signal_thread
from .orders import PACKET, PORT, SLOTS_PER_DRIVER, Birth, Order, Word, driver_name, pack, socket_path, unpack

_CONFIGURATION, _EMPTY, _DRIVER = "/run/conf", "/run/empty", "/run/vpcd{}.so"  # on a tmpfs of our own
_GRACE_MS = 2000  # for pcscd after SIGTERM

# Number of clock_nanosleep: what a thread does that waits for its next look at a slot.
_SLEEPING = {"x86_64": "230", "aarch64": "115"}.get(os.uname().machine)


def keep(birth: Birth, line: socket.socket, log: int, harness: int, options: Sequence[str]) -> None:
    """Keep one stack until the harness closes the line or is gone.

    Args:
        line: the harness's end of it gives orders (SOCK_SEQPACKET).
        log: where pcscd writes.
        harness: pidfd of the harness's process.
        options: pcscd's, beyond those that every stack has.
    """
    try:
        with _listening(birth.folder) as listener:
            enter()
            _furnish(birth)
            line.send(pack(Word.READY))
            with _Pcscd(birth.pcscd, options, listener, log) as pcscd:
                _obey(line, harness, pcscd)
    except BrokenPipeError:  # the harness is gone
        return
    except Refused as refusal:
        line.send(pack(Word.REFUSED, refusal.step, refusal.code))
    except OSError as failure:
        line.send(pack(Word.FAILED, str(failure)))


@contextlib.contextmanager
def _listening(folder: str) -> Iterator[int]:
    """pcscd's socket in a folder that only its owner may enter: clients may come from now on, and wait."""
    base, name = os.path.split(folder)
    base_descriptor = os.open(base, os.O_PATH | os.O_DIRECTORY)  # a base in /run is covered later
    os.mkdir(name, mode=0o700, dir_fd=base_descriptor)
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(socket_path(folder))
            listener.listen(128)
            yield listener.fileno()
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(socket_path(name), dir_fd=base_descriptor)
        os.rmdir(name, dir_fd=base_descriptor)


def _furnish(birth: Birth) -> None:
    """Put reader.conf and drivers where this stack's pcscd finds them, and nothing else.

    Each driver is a copy: vpcd keeps its slots in globals. The drivers that the distribution would load
    by itself are hidden, or they would take the machine's real readers.
    """
    os.mkdir(_CONFIGURATION)
    os.mkdir(_EMPTY)
    with open(f"{_CONFIGURATION}/vpcd", "w") as configuration:
        for number in range(birth.drivers):
            copy = _DRIVER.format(number)
            with open(birth.driver, "rb") as driver, open(copy, "wb") as copied:
                copied.write(driver.read())
            port = PORT + number * SLOTS_PER_DRIVER
            configuration.write(
                f'FRIENDLYNAME "{driver_name(number)}"\nDEVICENAME /dev/null:{port}\n'
                f"LIBPATH {copy}\nCHANNELID {port}\n"
            )
    if os.path.isdir(birth.driver_folder):
        cover(birth.driver_folder, _EMPTY)


def _obey(line: socket.socket, harness: int, pcscd: _Pcscd) -> None:
    """Do what the harness orders, until it stops ordering."""
    poll = select.poll()
    poll.register(line, select.POLLIN)
    poll.register(harness, select.POLLIN)
    while harness not in [descriptor for descriptor, _ in poll.poll()]:
        match unpack(line.recv(PACKET)):
            case [Order.START]:
                socket.send_fds(line, [pack(Word.STARTED)], [pcscd.start()])
            case [Order.SOCKET]:
                with socket.socket() as fresh:
                    socket.send_fds(line, [pack(Word.SOCKET)], [fresh.fileno()])
            case [Order.NUDGE]:
                pcscd.nudge()
            case [Order.END, signal_number]:
                line.send(pack(Word.ENDED, pcscd.end(int(signal_number))))
            case _:  # the line is closed
                return


class _Pcscd:
    """The child."""

    def __init__(self, program: str, options: Sequence[str], listener: int, log: int) -> None:
        self._program = program
        self._arguments = ["pcscd", "--foreground", "--config", _CONFIGURATION, *options]
        self._listener = listener
        self._log = log
        self._child: tuple[int, int] | None = None  # pid, pidfd
        self._status = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end(signal.SIGTERM)

    def start(self) -> int:
        """Start it, after the one before has been reaped; gives its pidfd."""
        self.end(signal.SIGTERM)
        keeper = os.getpid()
        child = os.fork()
        if child == 0:
            try:
                self._become(keeper)
            finally:
                os._exit(127)
        self._child = child, os.pidfd_open(child)
        return self._child[1]

    def end(self, signal_number: int) -> int:
        """Send a signal, wait, and kill what has not ended then; nothing to do for one that was ended before.

        Returns:
            its exit status, negative for a signal.
        """
        if self._child is None:
            return self._status
        child, descriptor = self._child
        self._child = None
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(descriptor, signal_number)
            ended = select.poll()
            ended.register(descriptor, select.POLLIN)
            if not ended.poll(_GRACE_MS):
                signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        self._status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        os.close(descriptor)
        return self._status

    def nudge(self) -> None:
        """End the sleep between two looks at a slot, 0.4 s, for each thread that is in it.

        SIGUSR1 means "read reader.conf again" and does no harm; a signal with a handler ends a sleep. Never
        before pcscd serves: in its first 3 ms it has no handler, and would die (observed with 1.9.9).
        Where the kernel does not tell what a thread is doing, pcscd looks in its own time.
        """
        if self._child is None:
            return
        child = self._child[0]
        with contextlib.suppress(OSError):  # it is gone, or the kernel has no such file
            for thread in map(int, os.listdir(f"/proc/{child}/task")):
                if thread != child and _sleeps(child, thread):
                    signal_thread(child, thread, signal.SIGUSR1)

    def _become(self, keeper: int) -> None:
        """In the child: become pcscd, handing on the socket as systemd does (sd_listen_fds(3))."""
        die_with_parent(signal.SIGKILL)
        if os.getppid() != keeper:
            return
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDONLY)
        sources = [
            fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10)
            for fd in (nothing, self._log, self._log, self._listener)
        ]
        for target, source in enumerate(sources):
            os.dup2(source, target)
        activation = {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
        os.execve(self._program, self._arguments, activation)  # noqa: S606 (no shell is wanted)


def _sleeps(process: int, thread: int) -> bool:
    """Whether a thread waits in clock_nanosleep; a thread that has ended meanwhile does not."""
    try:
        with open(f"/proc/{process}/task/{thread}/syscall") as call:
            return call.read().split()[0] == _SLEEPING
    except OSError:
        return False
