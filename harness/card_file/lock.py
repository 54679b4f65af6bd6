"""Who has a card: one process at a time, by flock(2) on the card file itself.

The lock lies on a descriptor that is closed in children that execute something, and goes with the process
that has it, however that ends. It knows nothing of SQLite's own locks, which are POSIX record locks: those
last for one transaction, so that `card show` can read while the card is inserted, and any close() of the file
in the same process drops them. So whoever locks closes SQLite's connection first and this descriptor last.
"""

from __future__ import annotations

import fcntl
import os

_LOCKS = "/proc/locks"


def take(descriptor: int) -> bool:
    """Lock a file for this process alone; whether that was to be had.

    Raises:
        OSError: the file system knows no locks.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def holder(descriptor: int) -> str:
    """Who has a file, for people: "process 1234", or "another process" where that cannot be seen.

    A process in another PID namespace, or in a container, has no number here (proc_locks(5)).
    """
    try:
        with open(_LOCKS, encoding="ascii") as table:
            pid = _pid(table.read(), os.fstat(descriptor))
    except (OSError, ValueError):
        pid = 0
    return f"process {pid}" if pid > 0 else "another process"


def _pid(table: str, file: os.stat_result) -> int:
    """The process with a flock on a file: `1: FLOCK ADVISORY WRITE 1234 08:01:5678 0 EOF`; 0 if none is told.

    The device told is that of the file system's superblock, which stat(2) hides on some file systems with
    subvolumes or layers; then the inode alone decides if it is the only one of its number.
    """
    exact, alike = 0, []
    for row in table.splitlines():
        words = row.split()
        if "->" in words or len(words) < 6 or words[1] != "FLOCK":
            continue
        major, minor, inode = words[5].split(":")
        if int(inode) != file.st_ino:
            continue
        alike.append(int(words[4]))
        if (int(major, 16), int(minor, 16)) == (os.major(file.st_dev), os.minor(file.st_dev)):
            exact = int(words[4])
    return exact or (alike[0] if len(alike) == 1 else 0)
