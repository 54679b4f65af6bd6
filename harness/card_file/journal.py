"""What may lie beside a card file: the rollback journal of a process that was killed, and nothing else.

SQLite believes the files that it finds beside a database: a journal is played back into it, a write-ahead
log is read over it, and a super-journal that a journal names is deleted. Our own journal is ours, an ordinary
file, names no super-journal and is about a database of our size (SQLite file format, 3).
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from .error import CardFileError

_MAGIC = bytes.fromhex("D9 D5 05 F9 20 A1 63 D7")  # of a header, and behind the name of a super-journal
_PAGES, _PAGE_SIZE = slice(16, 20), slice(24, 28)  # of the header: the database before, and its pages
_HEADER = 28  # octets
_LEAST_NAMING = 16  # octets of a journal in which SQLite looks for a super-journal's name


def beside(path: Path, suffix: str) -> Path:
    """The file beside a database that SQLite uses: "-journal", "-wal"."""
    return path.with_name(f"{path.name}{suffix}")


def check(path: Path, most: int) -> bool:
    """Refuse what no card file of ours has beside it.

    Args:
        path: the card file.
        most: octets of a database.

    Returns:
        whether there is a journal that SQLite will play back: until then any page of the file may be garbage.

    Raises:
        CardFileError: it says what lies there.
    """
    log = beside(path, "-wal")
    if os.path.lexists(log):
        raise CardFileError(str(log), "no write-ahead log beside a card file", "one", "move it away")
    try:
        descriptor = os.open(
            beside(path, "-journal"), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        )
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _refused(path, error.strerror or str(error)) from None
    try:
        return _check(path, descriptor, most)
    finally:
        os.close(descriptor)


def _check(path: Path, descriptor: int, most: int) -> bool:
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        raise _refused(path, f"no ordinary file ({stat.filemode(found.st_mode)})")
    if found.st_uid != os.geteuid():
        raise _refused(path, f"one of user {found.st_uid}")
    if found.st_size > 2 * most:
        raise _refused(path, f"{found.st_size:,} octets")
    # SQLite looks for the name first, whatever the header is.
    named = os.pread(descriptor, 8, max(found.st_size - 8, 0)) == _MAGIC
    if named and found.st_size >= _LEAST_NAMING:
        raise _refused(path, "one that names a super-journal, which would be deleted")
    header = os.pread(descriptor, _HEADER, 0)
    if not header.startswith(_MAGIC):  # unfinished, or ended by its owner: nothing is played back
        return False
    before = int.from_bytes(header[_PAGES], "big") * int.from_bytes(header[_PAGE_SIZE], "big")
    if before > most:
        raise _refused(path, f"one of a database of {before:,} octets")
    return True


def _refused(path: Path, found: str) -> CardFileError:
    advice = "it is none that softeid left there; move it away and look at the card with `softeid card show`"
    return CardFileError(
        str(beside(path, "-journal")), "no journal, or that of a killed process", found, advice
    )
