"""A card's record as rows, and rows as a record. What is read comes from outside: all of it is looked at."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from softeid.emulator.errors import EmulatorError
from softeid.emulator.facts import Profile
from softeid.emulator.pin import PinState

from ..person import Person, persons
from ..pki.card_state import CARD_STATES
from ..profile_file import load_profile, parse_own, profile_names
from .error import CardFileError
from .record import CardRecord, Happening, StoredPin
from .stranger import check_certificates, check_holder

MOST_HAPPENINGS = 1_000
"""Lines of a card's history; the oldest go first."""

_MOST_ROWS = 64  # of any other table
_MOST_TEXT = 256  # characters
_MOST_PROFILE = 1 << 20  # as the parser of profiles takes
_MOST_PLACE = 1 << 40  # of a line of the history: counted from 1


def write(file: sqlite3.Connection, record: CardRecord) -> None:
    """Put a record into the tables in place of what is there; in a transaction of the caller."""
    for table in ("card", "switch", "record", "private_key", "certificate", "pin", "history"):
        file.execute(f"DELETE FROM {table}")  # noqa: S608  # our own names
    file.execute(
        "INSERT INTO card VALUES (1, ?, ?, ?, ?, ?, ?)",
        (
            record.profile_name,
            record.profile_text,
            record.person.code,
            record.state,
            record.document_number,
            record.seed,
        ),
    )
    file.executemany("INSERT INTO switch VALUES (?, ?)", record.switches.items())
    file.executemany("INSERT INTO record VALUES (?, ?)", record.holder.items())
    file.executemany(
        "INSERT INTO private_key VALUES (?, ?)", ((n, _pkcs8(k)) for n, k in record.keys.items())
    )
    file.executemany("INSERT INTO certificate VALUES (?, ?)", record.certificates.items())
    write_pins(file, record.pins)
    add_history(file, record.history)


def write_pins(file: sqlite3.Connection, pins: Mapping[str, StoredPin]) -> None:
    """Put PINs into their rows."""
    file.executemany(
        "INSERT OR REPLACE INTO pin VALUES (?, ?, ?, ?)",
        ((name, pin.block, pin.tries, str(pin.state)) for name, pin in pins.items()),
    )


def add_history(file: sqlite3.Connection, happenings: Iterable[Happening]) -> None:
    """Put lines behind the history, and let go of the oldest where there are too many."""
    file.executemany(
        "INSERT INTO history (at, what) VALUES (?, ?)",
        ((one.at.astimezone(UTC).isoformat(timespec="seconds"), one.what) for one in happenings),
    )
    file.execute(
        "DELETE FROM history WHERE place <= (SELECT max(place) FROM history) - ?", (MOST_HAPPENINGS,)
    )


def read(file: sqlite3.Connection, path: Path) -> CardRecord:
    """The record in a file whose tables have been looked at; in a transaction of the caller.

    Raises:
        CardFileError: it holds what no card of ours holds.
    """
    return _Reading(file, path).record()


class _Reading:
    """One file that is being read."""

    def __init__(self, file: sqlite3.Connection, path: Path) -> None:
        self._file = file
        self._path = path

    def record(self) -> CardRecord:
        rows = self._rows("card", _MOST_ROWS)
        if len(rows) != 1:
            raise self._wrong("card", "one row", f"{len(rows)}")
        _, name, text, code, state, number, seed = rows[0]
        name = self._text("card.profile", name)
        if text is not None:
            text = self._text("card.profile_text", text, _MOST_PROFILE, printable=False)
        switches = self._texts("switch")
        profile = self._profile(name, text, switches)
        person = self._person(self._text("card.person", code))
        state = self._text("card.state", state)
        if state not in CARD_STATES:
            raise self._wrong("card.state", "a state of a card", repr(state))
        record = CardRecord(
            profile=profile,
            profile_name=name,
            profile_text=text,
            switches=switches,
            person=person,
            state=state,
            document_number=self._text("card.document_number", number),
            holder=self._texts("record"),
            keys=self._keys(profile),
            certificates=self._certificates(),
            pins=self._pins(profile),
            seed=None if seed is None else self._text("card.seed", seed, 1 << 12),
            history=tuple(self._history()),
        )
        check_holder(str(self._path), record)
        check_certificates(str(self._path), record)
        try:
            record.permanent()
        except EmulatorError as error:
            raise self._wrong("the card", "what its profile says", str(error)) from None
        return record

    def _profile(self, name: str, text: str | None, switches: Mapping[str, str]) -> Profile:
        if text is None and name not in profile_names():
            advice = "it may be one of a later softeid"
            raise self._wrong("card.profile", f"one of {', '.join(profile_names())}", repr(name), advice)
        try:
            profile = (
                load_profile(name) if text is None else parse_own(text, f"{self._path}: card.profile_text")
            )
            profile = profile.switched(switches)
        except EmulatorError as error:
            raise self._wrong("card.profile", "the profile of a card", str(error)) from None
        if profile.name != name:
            raise self._wrong("card.profile", f"the name of its own profile, {profile.name}", repr(name))
        return profile

    def _person(self, code: str) -> Person:
        found = next((one for one in persons().values() if one.code == code), None)
        if found is None:
            raise self._wrong("card.person", *STRANGER)
        return found

    def _keys(self, profile: Profile) -> dict[str, ec.EllipticCurvePrivateKey]:
        keys = {}
        for name, octets in self._blobs("private_key", profile.keys).items():
            try:
                key = load_der_private_key(octets, None)
            except (ValueError, TypeError, UnsupportedAlgorithm):
                raise self._wrong(
                    f"private_key {name}", "a key in PKCS #8", f"{len(octets)} octets"
                ) from None
            wanted = profile.keys[name].curve
            if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != wanted:
                found = (
                    key.curve.name if isinstance(key, ec.EllipticCurvePrivateKey) else "another kind of key"
                )
                raise self._wrong(f"private_key {name}", f"a key on {wanted}", found)
            if _pkcs8(key) != octets:
                raise self._wrong(f"private_key {name}", "PKCS #8 as softeid writes it", "another encoding")
            keys[name] = key
        return keys

    def _certificates(self) -> dict[str, bytes]:
        return self._blobs("certificate", ("authentication", "signature"))

    def _pins(self, profile: Profile) -> dict[str, StoredPin]:
        found = {}
        rows = self._named("pin", profile.pins)
        for name, facts in profile.pins.items():
            block, tries, state = rows[name]
            if not (isinstance(block, bytes) and len(block) == facts.length):
                raise self._wrong(f"pin {name}", f"a block of {facts.length} octets", "another")
            if not (isinstance(tries, int) and 0 <= tries <= facts.tries):
                raise self._wrong(f"pin {name}", f"0 to {facts.tries} tries", _short(tries))
            if state not in [str(one) for one in PinState] or (state == PinState.BLOCKED) != (tries == 0):
                raise self._wrong(f"pin {name}", f"a state that goes with {tries} tries", _short(state))
            found[name] = StoredPin(block, tries, PinState(state))
        return found

    def _history(self) -> Iterator[Happening]:
        last = 0
        for place, at, what in self._rows("history", MOST_HAPPENINGS, "ORDER BY place"):
            if not (isinstance(place, int) and last < place < _MOST_PLACE):
                raise self._wrong("history", "places that are counted from 1", _short(place))
            last = place
            try:
                instant = datetime.fromisoformat(self._text("history", at))
                instant = instant.astimezone(UTC) if instant.tzinfo else instant
            except (ValueError, OverflowError):
                instant = datetime.min
            if instant.tzinfo is None:
                raise self._wrong("history", "an instant with a zone", _short(at))
            yield Happening(instant, self._text("history", what))

    # --- rows -------------------------------------------------------------------------------------

    def _rows(self, table: str, most: int, order: str = "") -> list[tuple[object, ...]]:
        query = f"SELECT * FROM {table} {order} LIMIT {most + 1}"  # noqa: S608  # our own names
        rows: list[tuple[object, ...]] = self._file.execute(query).fetchall()
        if len(rows) > most:
            raise self._wrong(table, f"at most {most} rows", "more")
        return rows

    def _named(self, table: str, names: Iterable[str]) -> dict[str, tuple[object, ...]]:
        """Rows by their first column, which has exactly these names."""
        found = {self._text(table, name): tuple(values) for name, *values in self._rows(table, _MOST_ROWS)}
        if found.keys() != set(names):
            raise self._wrong(table, ", ".join(names), ", ".join(found) or "nothing")
        return {name: found[name] for name in names}

    def _texts(self, table: str) -> dict[str, str]:
        rows = self._rows(table, _MOST_ROWS)
        return {self._text(table, name): self._text(f"{table} {name}", value) for name, value in rows}

    def _blobs(self, table: str, names: Iterable[str]) -> dict[str, bytes]:
        found = {}
        for name, (octets,) in self._named(table, names).items():
            if not isinstance(octets, bytes):
                raise self._wrong(f"{table} {name}", "octets", _short(octets))
            found[name] = octets
        return found

    def _text(self, where: str, value: object, most: int = _MOST_TEXT, *, printable: bool = True) -> str:
        if not isinstance(value, str):
            raise self._wrong(where, "a text", _short(value))
        if len(value) > most:
            raise self._wrong(where, f"at most {most} characters", f"{len(value)}")
        if printable and not value.isprintable():
            raise self._wrong(where, "printable text", _short(value))
        return value

    def _wrong(self, where: str, expected: str, found: str, advice: str = "") -> CardFileError:
        return CardFileError(f"{self._path}: {where}", expected, found, advice)


STRANGER = (
    "a person of the table of test persons",
    "somebody else's personal code",
    "it could be a living person's; softeid takes only codes that are published for tests",
)


def _pkcs8(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _short(value: object) -> str:
    """A value of any type and size, for a message."""
    if isinstance(value, bytes):
        return f"{len(value)} octets"
    shown = repr(value[:60] if isinstance(value, str) else value)
    return shown if len(shown) <= 80 else f"{shown[:80]}…"
