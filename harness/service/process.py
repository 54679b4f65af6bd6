"""Processes by what nobody can have in their place: number, start and boot of the machine (proc(5))."""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_STARTED = 22  # the field of /proc/PID/stat, counted from 1: clock ticks after boot


@dataclass(frozen=True)
class ProcessId:
    """One process; another that gets its number later is another one.

    Attributes:
        pid: its number.
        started: clock ticks after the machine's boot.
        boot: names that boot.
    """

    pid: int
    started: int
    boot: str

    @classmethod
    def own(cls) -> ProcessId:
        """This process."""
        return cls.of(os.getpid())

    @classmethod
    def of(cls, pid: int) -> ProcessId:
        """The process that has a number now.

        Raises:
            OSError: there is none, or this machine has no /proc.
        """
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        after_name = told.rpartition(")")[2].split()  # from field 3 on; a name may hold anything
        return cls(pid, int(after_name[_STARTED - 3]), _BOOT.read_text(encoding="ascii").strip())

    @property
    def alive(self) -> bool:
        """Whether it still runs; what has ended and waits for its parent does not."""
        with suppress(OSError, ValueError, IndexError):
            state = Path(f"/proc/{self.pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0]
            return ProcessId.of(self.pid) == self and state not in ("Z", "X")
        return False

    def end(self, patience: float) -> bool:
        """Ask it to end, and wait until it has.

        Args:
            patience: seconds.

        Returns:
            Whether it has ended.

        Raises:
            PermissionError: it is somebody else's.
        """
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return True
        try:
            if not self.alive:  # asked after the handle was opened: it cannot be another one's any more
                return True
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, signal.SIGTERM)
            readable, _, _ = select.select([handle], [], [], patience)
            return bool(readable)
        finally:
            os.close(handle)
