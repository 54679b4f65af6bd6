"""Opening a card file by its name: an ordinary file of ours, of a size and a header that a card file has.

All of this is looked at before SQLite sees the file, since SQLite follows links, takes any file of any user,
makes an empty file into a database, and believes whatever journal lies beside.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from . import journal
from .error import CardFileError
from .schema import APPLICATION, newest

MAX_OCTETS = 4 << 20
"""Of one card file. A card has 40,000; a long history and a profile of its own add some 200,000."""

_MAGIC = b"SQLite format 3\0"  # SQLite file format, 1.3.1
_HEADER = 100  # octets
_FORMAT = slice(18, 20)  # file format write and read version: 1 and 1 for a rollback journal (1.3.3)
_USER_VERSION = slice(60, 64)
_APPLICATION_ID = slice(68, 72)

FORBIDDEN = 0o077  # mode bits: a card file has private keys and PINs


def opened(path: Path, *, to_write: bool) -> int:
    """A descriptor of a card file, the caller's to close.

    Args:
        path: the file; folders in it may be links, the file itself may not.
        to_write: False for reading, which is all that may be possible.

    Raises:
        CardFileError: it is none, or not ours alone.
    """
    descriptor = _descriptor(path, os.O_RDWR if to_write else os.O_RDONLY)
    try:
        _check(path, descriptor)
    except BaseException as error:
        os.close(descriptor)
        if isinstance(error, OSError):  # a file of the kernel's, such as /proc/self/mem
            raise not_opened(path, error) from None
        raise
    return descriptor


def still_there(path: Path, descriptor: int) -> bool:
    """Whether the name still leads to the file that was opened."""
    try:
        return os.path.samestat(path.lstat(), os.fstat(descriptor))
    except OSError:
        return False


def check_size(path: Path, descriptor: int) -> None:
    """Refuse a file that is larger than any card.

    Raises:
        CardFileError: as said.
    """
    size = os.fstat(descriptor).st_size
    if size > MAX_OCTETS:
        raise CardFileError(str(path), f"at most {MAX_OCTETS:,} octets", f"{size:,}")


def _descriptor(path: Path, mode: int) -> int:
    try:
        _check_kind(path, path.lstat())  # opening a device may do something
        return os.open(path, mode | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise not_opened(path, error) from None


def not_opened(path: Path, error: OSError | ValueError) -> CardFileError:
    """Why a file cannot be opened, made or linked."""
    if isinstance(error, ValueError):  # a NUL in its name
        return CardFileError(repr(str(path)), "the name of a file", str(error))
    match error.errno:
        case errno.ENOENT:
            advice = f"`softeid card new {path}` makes one"
            return CardFileError(str(path), "a card file", "nothing", advice)
        case errno.ELOOP:
            return CardFileError(str(path), "a card file", "a link", "name the file itself")
        case errno.EACCES | errno.EROFS:
            advice = "copy it to where you may write"
            return CardFileError(str(path), "a file that you may use", os.strerror(error.errno), advice)
    return CardFileError(str(path), "a card file", error.strerror or str(error))


def not_made(path: Path, error: OSError | ValueError) -> CardFileError:
    """Why a file cannot be made."""
    if isinstance(error, ValueError):  # a NUL in its name
        return CardFileError(repr(str(path)), "the name of a file", str(error))
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return CardFileError(str(path), "a folder to make it in", "none")
        case errno.EPERM | errno.EOPNOTSUPP:
            advice = "choose a folder on a disk of this machine"
            return CardFileError(str(path), "a file system with hard links", "another", advice)
    return CardFileError(str(path), "a file that can be made", error.strerror or str(error))


def _check_kind(path: Path, found: os.stat_result) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise CardFileError(str(path), "a card file", "a link", "name the file itself")
    if not stat.S_ISREG(found.st_mode):
        kind = stat.filemode(found.st_mode)
        raise CardFileError(str(path), "a card file", f"no ordinary file ({kind})")


def _check(path: Path, descriptor: int) -> None:
    found = os.fstat(descriptor)
    _check_kind(path, found)
    check_owner(path, found)
    check_size(path, descriptor)
    if not journal.check(path, MAX_OCTETS):
        check_header(path, descriptor)


def check_owner(path: Path, found: os.stat_result) -> None:
    """Refuse what belongs to another user, or others may read.

    Raises:
        CardFileError: as said.
    """
    if found.st_uid != os.geteuid():
        advice = "make a copy of your own"
        raise CardFileError(
            str(path), f"a file of yours (user {os.geteuid()})", f"one of user {found.st_uid}", advice
        )
    if found.st_mode & FORBIDDEN:
        advice = f"if it is a card and nobody was there whom you do not trust: chmod 600 {path}"
        raise CardFileError(str(path), "a file that only you may open", stat.filemode(found.st_mode), advice)


def check_header(path: Path, descriptor: int) -> None:
    """Refuse what does not begin as a card file does; not before its journal, if any, was played back.

    Raises:
        CardFileError: as said.
    """
    header = os.pread(descriptor, _HEADER, 0)
    if not header:
        raise CardFileError(str(path), "a card file", "an empty file")
    if len(header) < _HEADER or not header.startswith(_MAGIC):
        raise CardFileError(str(path), "a card file", "something else, not even a SQLite database")
    application, version = (int.from_bytes(header[at], "big") for at in (_APPLICATION_ID, _USER_VERSION))
    if application != APPLICATION:
        raise CardFileError(str(path), "a card file", "a SQLite database of another program")
    check_version(path, version)
    if header[_FORMAT] != b"\x01\x01":
        advice = f"`sqlite3 {path} 'PRAGMA journal_mode = DELETE'` gives it back its rollback journal"
        raise CardFileError(
            str(path), "a database with a rollback journal", "one with a write-ahead log", advice
        )


def check_version(path: Path, version: int) -> None:
    """Refuse a file of a later softeid.

    Raises:
        CardFileError: as said.
    """
    if not 1 <= version <= newest():
        advice = "take the softeid that wrote it, or a later one" if version > newest() else ""
        raise CardFileError(
            str(path), f"version 1 to {newest()} of a card file", f"version {version}", advice
        )
