"""The names of a card file: one, and while it is made a second one for a moment.

SQLite's journal lies beside the name by which a file was opened. Under a second name, a hard link or a mount
of the file alone, nobody would find it: what a killed process left half done would be taken for the card, and
be undone later, tries that were lost since included ("How To Corrupt An SQLite Database File", 2.4).
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from .error import CardFileError

_OURS = r"\.{name}-[0-9]+-[0-9a-f]{{8}}"
_MOST = 100  # characters of the card's name


def aside(path: Path) -> Path:
    """A name beside a card file, under which its octets are written before it has its own."""
    return path.with_name(f".{path.name[:_MOST]}-{os.getpid()}-{os.urandom(4).hex()}")


def check_one(path: Path, descriptor: int) -> None:
    """Refuse a file with a second name, unless one who made it was killed before that was taken away.

    Raises:
        CardFileError: there is another name, or what is at this one was mounted there.
    """
    if _is_mounted(path, descriptor):
        raise CardFileError(
            str(path),
            "a file at its own place",
            "one that is mounted there",
            "mount the folder that it is in",
        )
    if os.fstat(descriptor).st_nlink > 1:
        _tidy(path, descriptor)
    found = os.fstat(descriptor).st_nlink
    if found > 1:
        advice = f"remove the others (`find -samefile {path}` looks for them), or make them copies"
        raise CardFileError(str(path), "a file with one name", f"one with {found} (hard links)", advice)


def _is_mounted(path: Path, descriptor: int) -> bool:
    """Whether a single file was mounted at this name, as containers do."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return _mount(folder) != _mount(descriptor)
    finally:
        os.close(folder)


def _mount(descriptor: int) -> str:
    """The mount that a descriptor is of (proc_pid_fdinfo(5)); nothing where it is not told."""
    with suppress(OSError), open(f"/proc/self/fdinfo/{descriptor}", encoding="ascii") as rows:
        return next((row for row in rows if row.startswith("mnt_id:")), "")
    return ""


def _tidy(path: Path, descriptor: int) -> None:
    """Take away what the making left over."""
    ours = re.compile(_OURS.format(name=re.escape(path.name[:_MOST])))
    card = os.fstat(descriptor)
    with suppress(OSError):
        for one in path.parent.iterdir():
            if ours.fullmatch(one.name) and os.path.samestat(one.lstat(), card):
                one.unlink()
