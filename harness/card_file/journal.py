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


def beside(path: Path, suffix: str) -> Path:
    """The file beside a database that SQLite uses: "-journal", "-wal"."""
    return path.with_name(f"{path.name}{suffix}")


def check(path: Path, most: int) -> None:
    """Refuse what no card file of ours has beside it.

    Args:
        path: the card file.
        most: octets of a database.

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
        return
    except OSError as error:
        raise _refused(path, error.strerror or str(error)) from None
    try:
        _check(path, descriptor, most)
    finally:
        os.close(descriptor)


def _check(path: Path, descriptor: int, most: int) -> None:
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        raise _refused(path, f"no ordinary file ({stat.filemode(found.st_mode)})")
    if found.st_uid != os.geteuid():
        raise _refused(path, f"one of user {found.st_uid}")
    if found.st_size > 2 * most:
        raise _refused(path, f"{found.st_size:,} octets")
    # SQLite looks for the name first, whatever the header is.
    if os.pread(descriptor, 8, max(found.st_size - 8, 0)) == _MAGIC:
        raise _refused(path, "one that names a super-journal, which would be deleted")
    header = os.pread(descriptor, _HEADER, 0)
    before = int.from_bytes(header[_PAGES], "big") * int.from_bytes(header[_PAGE_SIZE], "big")
    if header.startswith(_MAGIC) and before > most:  # without it nothing is played back
        raise _refused(path, f"one of a database of {before:,} octets")


def _refused(path: Path, found: str) -> CardFileError:
    advice = "it is none that softeid left there; move it away and look at the card with `softeid card show`"
    return CardFileError(
        str(beside(path, "-journal")), "no journal, or that of a killed process", found, advice
    )
