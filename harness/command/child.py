"""A child process that our signals reach: started with clean signals, waited for, its end handed on."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# What somebody may send to us and means for the command. Stop and continue reach it through the terminal.
_HANDED_ON = frozenset(
    {
        signal.SIGHUP,
        signal.SIGINT,
        signal.SIGQUIT,
        signal.SIGTERM,
        signal.SIGUSR1,
        signal.SIGUSR2,
        signal.SIGWINCH,
    }
)
_WATCHED = _HANDED_ON | {signal.SIGCHLD}
_IGNORED_BY_PYTHON = frozenset({signal.SIGPIPE, signal.SIGXFSZ})
_SI_KERNEL = 0x80  # asm-generic/siginfo.h: the kernel sent it, here the terminal's driver


@dataclass(frozen=True)
class Child:
    """A started command."""

    pid: int

    def wait(self) -> int:
        """Hand signals on until the command ends.

        A signal that the terminal's driver sent has reached the command already: it goes to the whole
        foreground process group.

        Returns:
            its exit code, or 128 + the number of the signal that ended it.
        """
        while True:
            got = signal.sigwaitinfo(_WATCHED)
            if got.si_signo != signal.SIGCHLD:
                if got.si_code != _SI_KERNEL:
                    self._send(got.si_signo)
                continue
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code

    def _send(self, number: int) -> None:
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return  # it has just ended; SIGCHLD is on its way


def hold_signals() -> None:
    """Keep signals for `Child.wait`; called before any thread starts, since threads inherit the mask.

    Whoever started us may ignore SIGCHLD: then no end of a child would ever be told.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def start(argv: Sequence[str], environment: Mapping[str, str]) -> Child:
    """Start a command as a shell would.

    Args:
        argv: the program, looked up on PATH, and its arguments.
        environment: its whole environment.

    Raises:
        FileNotFoundError: there is no such program.
        OSError: it cannot be executed.
    """
    if not argv[0]:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), argv[0])
    pid = os.posix_spawnp(argv[0], list(argv), environment, setsigmask=[], setsigdef=_IGNORED_BY_PYTHON)
    return Child(pid)
