"""A lab's folder: what it stores, and the record by which other commands find it.

    $XDG_STATE_HOME/softeid/labs/NAME/      (by default below ~/.local/state)
        lock            held while the lab is up
        lab.json        process, addresses, control token; there while the lab is up
        portal.sqlite   phones.sqlite
        tls/            key and certificate of its servers

Everything is its owner's alone. Whoever holds the lock is the lab: a record without one is left over from a
process that was killed.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from ..pki.error import HomeError
from ..pki.own_file import check_folder
from ..plain_file import octets_of
from .error import LabError
from .process import ProcessId

VERSION = 1
"""Of the record; grows when a field goes or changes its meaning."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}", re.ASCII)
_RECORD, _LOCK = "lab.json", "lock"
_MOST = 1 << 16  # octets of a record


@dataclass(frozen=True)
class LabRecord:
    """What other commands know of a lab that is up.

    Attributes:
        name: of the lab.
        process: that it runs in.
        since: when it came up.
        addresses: where to find what, by name: portal, phones, desk, lab, login, ocsp.
        token: lets programs in that tell the lab what to do.
        softeid: the version of the program.
    """

    name: str
    process: ProcessId
    since: datetime
    addresses: Mapping[str, str]
    token: str = field(repr=False)
    softeid: str

    @property
    def up(self) -> bool:
        """Whether its process still runs."""
        return self.process.alive

    def as_text(self) -> str:
        """As it lies in the file."""
        told = {"version": VERSION, **asdict(self), "since": self.since.isoformat(timespec="seconds")}
        return json.dumps(told, indent=1) + "\n"

    @classmethod
    def read(cls, text: bytes) -> LabRecord | None:
        """The record of a text; None where it is none of ours."""
        with suppress(ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            told = json.loads(text)
            if told.pop("version") == VERSION:
                since = datetime.fromisoformat(told.pop("since")).astimezone(UTC)
                record = cls(process=ProcessId(**told.pop("process")), since=since, **told)
                return record if record._sound else None
        return None

    @property
    def _sound(self) -> bool:
        """Whether everything in it is what it should be."""
        texts = (self.name, self.token, self.softeid, self.process.boot, *self.addresses.values())
        numbers = (self.process.pid, self.process.started)
        return (
            all(isinstance(one, str) and one.isascii() and one.isprintable() for one in texts)
            and all(type(one) is int and one > 0 for one in numbers)
            and all(urlsplit(address).port for address in self.addresses.values())
            and "lab" in self.addresses
        )


class LabFolder:
    """The folder of one lab.

    Attributes:
        name: of the lab.
        path: the folder; it may not be there yet.
    """

    def __init__(self, name: str, environment: Mapping[str, str]) -> None:
        """Name it; nothing is read or made yet.

        Args:
            name: small letters, digits, - and _.
            environment: XDG_STATE_HOME and HOME.

        Raises:
            LabError: the name will not do, or the environment names no place.
        """
        if not _NAME.fullmatch(name):
            expected = "a name of up to 32 small letters, digits, - and _"
            raise LabError(f"-p: expected {expected}, found {name[:60]!r}")
        self.name = name
        self.path = labs_folder(environment) / name

    @property
    def database(self) -> Path:
        """The core's store, where no other is named."""
        return self.path / "portal.sqlite"

    @property
    def phones(self) -> Path:
        """What the phones store."""
        return self.path / "phones.sqlite"

    def record(self) -> LabRecord | None:
        """What lies there of a lab that is up, or was; None if nothing does."""
        try:
            return LabRecord.read(octets_of(self.path / _RECORD, _MOST))
        except OSError:
            return None

    @contextmanager
    def taken(self) -> Iterator[LabRecord | None]:
        """Have the folder for ourselves; the record goes when the context ends.

        Yields:
            The record that a lab left which did not end by itself; None if there is none.

        Raises:
            LabError: a lab of this name is up, or the folder cannot be used.
        """
        descriptor = self._locked()
        try:
            left = self.record()
            (self.path / _RECORD).unlink(missing_ok=True)
            yield left
        finally:
            (self.path / _RECORD).unlink(missing_ok=True)
            os.close(descriptor)

    def publish(self, record: LabRecord) -> None:
        """Leave the record for other commands, as a whole.

        Raises:
            LabError: the folder cannot be written.
        """
        aside = self.path / f".{_RECORD}-{os.getpid()}"
        try:
            descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(record.as_text())
            aside.replace(self.path / _RECORD)
        except OSError as error:
            raise self._unusable(error) from None

    def forget(self) -> None:
        """Take away what the lab stored; only whoever has `taken` the folder may.

        Raises:
            LabError: something cannot be removed.
        """
        try:
            for database in (self.database, self.phones):
                for suffix in ("", "-wal", "-shm"):
                    database.with_name(database.name + suffix).unlink(missing_ok=True)
        except OSError as error:
            raise self._unusable(error) from None

    def _locked(self) -> int:
        try:
            for place in (self.path.parent.parent, self.path.parent, self.path):
                place.mkdir(mode=0o700, parents=True, exist_ok=True)
            for place in (self.path.parent, self.path):
                check_folder(place)
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(self.path / _LOCK, flags, 0o600)
        except HomeError as error:
            raise LabError(str(error), error.advice.replace("XDG_DATA_HOME", "XDG_STATE_HOME")) from None
        except OSError as error:
            raise self._unusable(error) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise self._up_already() from None
        return descriptor

    def _up_already(self) -> LabError:
        record = self.record()
        who = f" (process {record.process.pid})" if record else ""
        where = f", portal {record.addresses.get('portal', '?')}" if record else ""
        option = "" if self.name == "default" else f" -p {self.name}"
        return LabError(
            f"the lab `{self.name}` is up already{who}{where}",
            f"end it with `softeid down{option}`, or name another lab with -p",
        )

    def _unusable(self, error: OSError) -> LabError:
        where = error.filename or str(self.path)
        told = error.strerror or str(error)
        return LabError(
            f"{where}: expected a folder that can be written: {told}",
            "set XDG_STATE_HOME to a folder of yours",
        )


def labs_folder(environment: Mapping[str, str]) -> Path:
    """Where labs keep their state: the XDG Base Directory Specification's state folder.

    Raises:
        LabError: the environment names neither XDG_STATE_HOME nor HOME.
    """
    for name, below in (("XDG_STATE_HOME", ()), ("HOME", (".local", "state"))):
        base = environment.get(name, "")
        if base.startswith("/"):
            return Path(base, *below, "softeid", "labs")
    raise LabError("expected an absolute path in XDG_STATE_HOME or HOME, found none", "set one of them")


def records(environment: Mapping[str, str]) -> list[LabRecord]:
    """The records of all labs, by name; some may be of labs that were killed.

    Raises:
        LabError: as `labs_folder`.
    """
    folder = labs_folder(environment)
    try:
        names = sorted(one.name for one in folder.iterdir() if _NAME.fullmatch(one.name))
    except OSError:
        return []
    found = (LabFolder(name, environment).record() for name in names)
    return [record for record in found if record]
