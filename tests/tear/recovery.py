"""What a card file says when somebody opens it on a disk as power left it."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.tear.disk import Files, Image
from tests.tear.rule import Held

from softeid.harness.card_file.error import CardFileError
from softeid.harness.card_file.file import CardFile, read_record
from softeid.harness.card_file.record import CardRecord

NAME = "torn.card"  # of every card file that is torn


class Whole(NamedTuple):
    """A card as its file has it, so that two can be compared.

    Attributes:
        pins: value, tries and state by name.
        history: what happened to it.
        rest: everything that no command changes, in octets.
    """

    pins: dict[str, Held]
    history: tuple[str, ...]
    rest: bytes


def whole(record: CardRecord) -> Whole:
    """A record in that form."""
    keys = {
        name: key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        for name, key in sorted(record.keys.items())
    }
    rest = (
        record.profile_name,
        record.switches,
        record.person.code,
        record.state,
        record.document_number,
        sorted(record.holder.items()),
        sorted(record.certificates.items()),
        keys,
        record.seed,
    )
    return Whole(pins_of(record), tuple(one.what for one in record.history), repr(rest).encode())


def pins_of(record: CardRecord) -> dict[str, Held]:
    """The PINs of a record."""
    return {name: Held(pin.block, pin.tries, pin.state) for name, pin in record.pins.items()}


class Recovery:
    """A folder in which disks are laid out and card files opened, each content once.

    Attributes:
        figures: how many disks of each kind there were, and how many differed.
    """

    def __init__(self, folder: Path) -> None:
        """Nothing is laid out yet.

        Args:
            folder: an empty one of ours, best one in memory: what is opened here is synced, too.
        """
        self._folder = folder
        self._found: dict[bytes, Whole | str | None] = {}
        self.figures: Counter[str] = Counter()

    def of(self, image: Image) -> Whole | str | None:
        """The card that is found on a disk; None if there is no card file, a text if it cannot be used."""
        self.figures[image.kind] += 1
        key = sha256(repr(sorted(image.files.items())).encode()).digest()
        if key not in self._found:
            self.figures["different"] += 1
            self._found[key] = self._open(image.files, read_first=bool(key[0] & 1))
        return self._found[key]

    def _open(self, files: Files, *, read_first: bool) -> Whole | str | None:
        for old in self._folder.iterdir():
            old.unlink()
        for name, content in files.items():
            place = self._folder / Path(name).name
            place.touch(mode=0o600)
            place.write_bytes(content)
        path = self._folder / NAME
        if not path.exists():
            return None
        try:
            read = whole(read_record(path)) if read_first else None
            with CardFile.open(path) as file:
                opened = whole(file.record)
        except CardFileError as error:
            return str(error)
        return opened if read in (None, opened) else "what is read is not what is opened"
