"""A stranger's file is data: whatever it is, there is one clear error and nothing was changed."""

from __future__ import annotations

import os
import random
import re
import socket
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.harness.card_file.cards import CLOCK, authority, edited, hot_journal, made, record

from softeid.harness.card_file import journal
from softeid.harness.card_file.error import CardFileError
from softeid.harness.card_file.file import CardFile, read_record
from softeid.harness.card_file.place import MAX_OCTETS
from softeid.harness.person import Person
from softeid.harness.pki import leaf

Bad = Callable[[Path], object]


def refused(path: Path) -> str:
    """The error of both ways to open a file, which leave it and its folder as they were."""
    ordinary = path.is_file() and path.stat().st_size <= 2 * MAX_OCTETS
    octets = path.read_bytes() if ordinary else b""
    names = sorted(os.listdir(path.parent))
    told = []
    for deed in (CardFile.open, read_record):
        with pytest.raises(CardFileError) as error:
            deed(path)
        told.append(str(error.value))
    assert sorted(os.listdir(path.parent)) == names
    assert not ordinary or path.read_bytes() == octets
    assert told[0] == told[1]
    return told[0]


# --- what it is ---------------------------------------------------------------------------------------------


def _sparse(path: Path) -> None:
    path.touch(0o600)
    os.truncate(path, 10_000_000_000)


def _socket(path: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as one:
        one.bind(str(path))


def _of_mode(mode: int) -> Bad:
    return lambda path: made(path.parent).chmod(mode)


def _written(octets: bytes) -> Bad:
    def write(path: Path) -> None:
        path.touch(0o600)
        path.write_bytes(octets)

    return write


def _linked(path: Path) -> None:
    made(path.parent, name="real.card")
    path.symlink_to("real.card")


def _database(*statements: str) -> Bad:
    def make(path: Path) -> None:
        path.touch(0o600)
        with closing(sqlite3.connect(path)) as file:
            for statement in statements:
                file.execute(statement)

    return make


KINDS: dict[str, tuple[Bad, str]] = {
    "nothing": (lambda path: None, "expected a card file, found nothing"),
    "an empty file": (_written(b""), "expected a card file, found an empty file"),
    "text": (
        _written(b"Dear reader,\n" * 40),
        "expected a card file, found something else, not even a SQLite",
    ),
    "the first octets of a database": (
        _written(b"SQLite format 3\0"),
        "found something else, not even a SQLite",
    ),
    "another program's database": (
        _database("CREATE TABLE t (x)"),
        "found a SQLite database of another program",
    ),
    "a later version": (
        lambda path: _edit(made(path.parent), "PRAGMA user_version = 9"),
        "expected version 1 to 1 of a card file, found version 9",
    ),
    "version 0": (
        lambda path: _edit(made(path.parent), "PRAGMA user_version = 0"),
        "expected version 1 to 1 of a card file, found version 0",
    ),
    "a write-ahead log": (
        lambda path: _edit(made(path.parent), "PRAGMA journal_mode = WAL"),
        "expected a database with a rollback journal, found one with a write-ahead log",
    ),
    "a folder": (lambda path: path.mkdir(), r"found no ordinary file \(d"),
    "a FIFO": (lambda path: os.mkfifo(path, 0o600), r"found no ordinary file \(p"),
    "a socket": (_socket, r"found no ordinary file \(s"),
    "a link": (_linked, "expected a card file, found a link"),
    "a dangling link": (lambda path: path.symlink_to("nowhere"), "expected a card file, found a link"),
    "a link to itself": (lambda path: path.symlink_to(path.name), "expected a card file, found a link"),
    "a link to a device": (lambda path: path.symlink_to("/dev/zero"), "expected a card file, found a link"),
    "a sparse file of 10 GB": (_sparse, "expected at most 4,194,304 octets, found 10,000,000,000"),
    "what the group may read": (_of_mode(0o640), "expected a file that only you may open, found -rw-r-----"),
    "what all may write": (_of_mode(0o602), "expected a file that only you may open, found -rw-----w-"),
}


@pytest.mark.parametrize(("make", "told"), KINDS.values(), ids=KINDS)
def test_what_is_no_card_file(tmp_path: Path, make: Bad, told: str) -> None:
    path = tmp_path / "x.card"
    make(path)
    error = refused(path)
    assert error.startswith(str(path))
    assert re.search(told, error), error


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/full", "/dev/tty", "/proc/self/mem", "/"])
def test_devices_are_not_even_opened(device: str) -> None:
    for deed in (CardFile.open, read_record):
        with pytest.raises(CardFileError):
            deed(Path(device))


def test_a_name_with_a_nul() -> None:
    with pytest.raises(CardFileError, match="expected the name of a file"):
        read_record(Path("x\0.card"))


def test_a_second_name_is_refused_to_those_who_would_write(tmp_path: Path) -> None:
    """The journal of a process that was killed lies beside the other."""
    path = made(tmp_path)
    (tmp_path / "second.card").hardlink_to(path)
    for one in (path, tmp_path / "second.card"):
        read_record(one)
        with pytest.raises(CardFileError, match=r"expected a file with one name, found one with 2 \(hard"):
            CardFile.open(one)
    (tmp_path / "second.card").unlink()
    CardFile.open(path).close()


def test_a_second_name_that_the_making_left_over_is_taken_away(tmp_path: Path) -> None:
    path = made(tmp_path)
    for name in (".x.card-4711-0123abcd", ".x.card-4711-89abcdef"):
        (tmp_path / name).hardlink_to(path)
    other = tmp_path / ".x.card-4711-ffffffff"  # of another card that is being made
    other.write_bytes(b"x")
    CardFile.open(path).close()
    assert sorted(tmp_path.iterdir()) == sorted([other, path])


def test_advice_for_modes_is_the_command_that_helps(tmp_path: Path) -> None:
    path = made(tmp_path)
    path.chmod(0o644)
    with pytest.raises(CardFileError) as error:
        read_record(path)
    subprocess.run(error.value.advice.partition(": ")[2].split(), check=True)
    read_record(path)


def test_somebody_elses_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, me = made(tmp_path), os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    assert f"expected a file of yours (user {me + 1}), found one of user {me}" in refused(path)


def test_a_file_that_is_exchanged_while_it_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between our look at the file and SQLite's opening somebody puts another in its place."""
    path, connect = made(tmp_path), sqlite3.connect
    others = iter([made(tmp_path, record("expired"), f"{number}.card") for number in range(2)])

    def exchanged(*given: object, **options: object) -> sqlite3.Connection:
        next(others).rename(path)
        return connect(*given, **options)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr("softeid.harness.card_file.database.sqlite3.connect", exchanged)
    for deed in (CardFile.open, read_record):
        with pytest.raises(CardFileError, match="expected the file that was there before, found another"):
            deed(path)


# --- what is in it ------------------------------------------------------------------------------------------


def _edit(path: Path, *statements: str) -> None:
    with edited(path) as file:
        for statement in statements:
            file.execute(statement)


_PIN_TABLE = "(SELECT sql FROM sqlite_schema WHERE name = 'pin')"
SHAPES = {
    "a trigger": (
        "CREATE TRIGGER t AFTER UPDATE ON pin BEGIN UPDATE pin SET tries = 3, state = 'ready'; END",
        "found the trigger 't'",
    ),
    "a view": ("CREATE VIEW v AS SELECT * FROM pin", "found the view 'v'"),
    "a view in place of a table": (
        "DROP TABLE switch; CREATE VIEW switch AS SELECT 'a' AS name, hex(zeroblob(1000000000)) AS choice",
        "found the view 'switch' of another shape",
    ),
    "a virtual table": ("CREATE VIRTUAL TABLE f USING fts5(x)", "found the table 'f"),
    "another table": ("CREATE TABLE more (x)", "found the table 'more'"),
    "an index": ("CREATE INDEX i ON pin (tries)", "found the index 'i'"),
    "an index on an expression": ("CREATE INDEX i ON pin (upper(state))", "found the index 'i'"),
    "a generated column": (
        "ALTER TABLE card ADD COLUMN g TEXT AS (upper(seed))",
        "found the table 'card' of another shape",
    ),
    "no table": ("DROP TABLE history", "found no table history"),
    "a table of another shape": (
        "DROP TABLE history; CREATE TABLE history (place, at, what)",
        "found the table 'history' of another shape",
    ),
    "statistics": ("ANALYZE", "found the table 'sqlite_stat"),
}


@pytest.mark.parametrize(("statements", "told"), SHAPES.values(), ids=SHAPES)
def test_other_tables_than_ours(tmp_path: Path, statements: str, told: str) -> None:
    path = made(tmp_path)
    with edited(path) as file:
        file.executescript(statements)
    error = refused(path)
    assert f"expected the tables of version 1, nothing else, {told}" in error, error


COUNT = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n"
DAY = "2026-01-01T00:00:00+00:00"
VALUES = {
    "no card": ("DELETE FROM card", "card: expected one row, found 0"),
    "two cards": (
        "INSERT INTO card SELECT 2, profile, NULL, person, state, document_number, seed FROM card",
        "card",
    ),
    "an unknown profile": (
        "UPDATE card SET profile = 'esteid-2077'",
        "card.profile: expected one of esteid-2018",
    ),
    "a profile that is none": (
        "UPDATE card SET profile_text = 'x: ['",
        "card.profile: expected the profile of a card",
    ),
    "a profile of another name": (
        "UPDATE card SET profile_text = 'profile: mine' || char(10) || 'like: esteid-2018'",
        "card.profile",
    ),
    "a profile that names a file": (
        "UPDATE card SET profile = '../../etc/passwd'",
        "card.profile: expected one of",
    ),
    "a long profile": (
        "UPDATE card SET profile_text = printf('%.*c', 2000000, 'x')",
        "at most 1048576 characters",
    ),
    "an unknown switch": ("INSERT INTO switch VALUES ('x', 'y')", "card.profile"),
    "many switches": (
        f"{COUNT} WHERE i < 99) INSERT INTO switch SELECT i, i FROM n",
        "switch: expected at most 64 rows, found more",
    ),
    "an unknown state": ("UPDATE card SET state = 'wonderful'", "card.state: expected a state of a card"),
    "a number that is none": (
        "UPDATE card SET document_number = 'ZZ12'",
        "card.document_number: expected ZZ and",
    ),
    "a number of a real series": (
        "UPDATE card SET document_number = 'AS1234567'",
        "expected ZZ and seven digits",
    ),
    "a seed that moves the cursor": (
        "UPDATE card SET seed = char(27) || '[2J'",
        "card.seed: expected printable text",
    ),
    "text that is no UTF-8": ("UPDATE card SET seed = CAST(X'FF' AS TEXT)", "found a damaged one"),
    "a long seed": ("UPDATE card SET seed = printf('%.*c', 5000, 'x')", "card.seed: expected at most 4096"),
    "no surname": ("DELETE FROM record WHERE name = 'surname'", "record: expected surname"),
    "another surname": (
        "UPDATE record SET value = 'TAMM' WHERE name = 'surname'",
        "record surname: expected that of",
    ),
    "another code in the record": (
        "UPDATE record SET value = '37605030299' WHERE name = 'personal-code'",
        "record personal-code: expected that of jaak in the table of persons, found another",
    ),
    "a day that is none": (
        "UPDATE record SET value = '31 02 2030' WHERE name = 'expiry'",
        "record expiry: expected a",
    ),
    "another number in the record": (
        "UPDATE record SET value = 'ZZ0000000' WHERE name = 'document-number'",
        "record document-number",
    ),
    "a person who is not in the table": (
        "UPDATE card SET person = '37605030299'",
        "card.person: expected a person of the table of test persons, found somebody else's personal code",
    ),
    "no key": ("DELETE FROM private_key", "private_key: expected authentication, signature, found nothing"),
    "a key too many": (
        "INSERT INTO private_key VALUES ('more', X'00')",
        "private_key: expected authentication",
    ),
    "a key that is none": (
        "UPDATE private_key SET pkcs8 = X'3000'",
        "expected a key in PKCS #8, found 2 octets",
    ),
    "a huge key": (
        "UPDATE private_key SET pkcs8 = zeroblob(1000000)",
        "expected a key in PKCS #8, found 1000000",
    ),
    "a certificate that is none": ("UPDATE certificate SET der = X'3000'", "expected a certificate in DER"),
    "a certificate of another use": (
        "UPDATE certificate SET name = name || 'x'",
        "certificate: expected authent",
    ),
    "octets behind a certificate": (
        "UPDATE certificate SET der = CAST(der || X'00' AS BLOB)",
        "expected a certificate in DER",
    ),
    "no PIN": ("DELETE FROM pin WHERE name = 'PUK'", "pin: expected PIN1, PIN2, PUK, found PIN1, PIN2"),
    "too many tries": ("UPDATE pin SET tries = 15", "pin PIN1: expected 0 to 3 tries, found 15"),
    "negative tries": ("UPDATE pin SET tries = -1", "CHECK constraint"),
    "blocked with tries": ("UPDATE pin SET state = 'blocked'", "CHECK constraint"),
    "ready without tries": ("UPDATE pin SET tries = 0", "CHECK constraint"),
    "an unknown state of a PIN": ("UPDATE pin SET state = 'open'", "CHECK constraint"),
    "a short PIN": ("UPDATE pin SET block = X'31'", "pin PIN1: expected a block of 12 octets"),
    "a huge PIN": ("UPDATE pin SET block = zeroblob(1000000)", "pin PIN1: expected a block of 12 octets"),
    "an endless history": (
        f"{COUNT} WHERE i < 2000) INSERT INTO history (at, what) SELECT '{DAY}', i FROM n",
        "history: expected at most 1000 rows, found more",
    ),
    "a history that is full at its end": (
        "INSERT INTO history VALUES (9223372036854775807, '2026-01-01T00:00:00+00:00', 'x')",
        "history: expected places that are counted from 1",
    ),
    "an event at no time": (
        "UPDATE history SET at = 'yesterday'",
        "history: expected an instant with a zone",
    ),
    "an event in no zone": (
        "UPDATE history SET at = '2026-01-01T00:00:00'",
        "history: expected an instant with",
    ),
    "an event at the end of time": (
        "UPDATE history SET at = '9999-12-31T23:59:59-12:00'",
        "history: expected an",
    ),
    "an event that rings": ("UPDATE history SET what = char(7)", "history: expected printable text"),
}


@pytest.mark.parametrize(("statement", "told"), VALUES.values(), ids=VALUES)
def test_other_values_than_ours(tmp_path: Path, statement: str, told: str) -> None:
    path = made(tmp_path)
    _edit(path, statement)
    error = refused(path)
    assert told in error, error


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("pin", "UPDATE pin SET tries = 'three'"),
        ("pin", "UPDATE pin SET tries = NULL"),
        ("card", "UPDATE card SET state = X'00'"),
        ("private_key", "UPDATE private_key SET pkcs8 = 'text'"),
        ("certificate", "UPDATE certificate SET der = 1.5"),
        ("history", "UPDATE history SET at = 7"),
    ],
)
def test_values_of_other_types_than_their_columns(tmp_path: Path, table: str, change: str) -> None:
    """The table is made without its types; its text is exchanged afterwards, as only an attacker does it."""
    path = made(tmp_path)
    with edited(path) as file:
        (text,) = file.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
        loose = (
            text.replace("STRICT, ", "").replace(" STRICT", "").replace("NOT NULL", "").replace("NULL", "")
        )
        loose = "\n".join(line.partition("--")[0] for line in loose.splitlines())
        for kind in ("TEXT", "BLOB"):
            loose = loose.replace(f" {kind} ", " ")
        file.execute(f"ALTER TABLE {table} RENAME TO before")
        file.execute(loose)
        file.execute(f"INSERT INTO {table} SELECT * FROM before")
        file.execute("DROP TABLE before")
        file.execute(change)
        file.execute("UPDATE sqlite_schema SET sql = ? WHERE name = ?", (text, table))
    refused(path)


def test_keys_of_another_kind(tmp_path: Path) -> None:
    form = Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
    keys = {
        "on another curve": ec.generate_private_key(ec.SECP256R1()).private_bytes(*form),
        "RSA": rsa.generate_private_key(65537, 2048).private_bytes(*form),
    }
    for name, octets in keys.items():
        path = made(tmp_path, name=f"{name}.card")
        with edited(path) as file:
            file.execute("UPDATE private_key SET pkcs8 = ? WHERE name = 'signature'", (octets,))
        assert "private_key signature: expected a key on secp384r1" in refused(path)


def test_a_key_with_the_public_half_of_another(tmp_path: Path) -> None:
    path = made(tmp_path)
    with edited(path) as file:
        rows = dict(file.execute("SELECT name, pkcs8 FROM private_key"))
        half = 2 * 48  # octets of a point on secp384r1 without its first
        mixed = rows["signature"][:-half] + rows["authentication"][-half:]
        file.execute("UPDATE private_key SET pkcs8 = ? WHERE name = 'signature'", (mixed,))
    assert "private_key signature: expected a key in PKCS #8" in refused(path)


def _certificate(subject: Person, folder: Path, **more: object) -> Path:
    """A card whose authentication certificate bears somebody's name."""
    key = record().keys["authentication"].public_key()
    wanted = leaf.authentication(subject, key, CLOCK.now, CLOCK.now.replace(year=2030))
    path = made(folder)
    with edited(path) as file:
        der = authority().issue(wanted, **more).public_bytes(Encoding.DER)  # type: ignore[arg-type]
        file.execute("UPDATE certificate SET der = ? WHERE name = 'authentication'", (der,))
    return path


def test_a_certificate_of_somebody_who_may_be_alive(tmp_path: Path) -> None:
    """The code is well-formed and in no table; softeid itself would refuse to make such a card."""
    stranger = Person("x", "37605030299", "TAMM", "JAAN", "nowhere", "stranger")
    error = refused(_certificate(stranger, tmp_path))
    assert "certificate authentication: subject: expected a person of the table of persons" in error


def test_a_persons_code_under_another_name(tmp_path: Path) -> None:
    jaak = record().person
    error = refused(_certificate(Person("x", jaak.code, "TAMM", "JAAN", "nowhere", "x"), tmp_path))
    assert "certificate authentication: subject" in error


def test_a_certificate_of_a_real_authority(tmp_path: Path) -> None:
    """Signed by whoever; only the name matters to people."""
    path = made(tmp_path)
    with edited(path) as file:
        (der,) = file.execute("SELECT der FROM certificate WHERE name = 'signature'").fetchone()
        ours = b"SOFTEID TEST of ESTEID2018"
        assert ours in der
        der = der.replace(ours, b"ESTEID2018 ESTEID2018 ESTE")
        file.execute("UPDATE certificate SET der = ? WHERE name = 'signature'", (der,))
    error = refused(path)
    assert "certificate signature: authority name: expected a name that begins with SOFTEID TEST" in error


# --- damage -------------------------------------------------------------------------------------------------


def _opens_or_says_why(path: Path) -> bool:
    """Whether it opens; whatever happens is a card or one clear error, and the file stays as it is."""
    octets, opened = path.read_bytes(), []
    for deed in (read_record, CardFile.open):
        with suppress(CardFileError):
            found = deed(path)
            opened.append(found)
            if isinstance(found, CardFile):
                found.close()
    assert path.read_bytes() == octets
    return bool(opened)


def test_cut_anywhere(tmp_path: Path) -> None:
    path = made(tmp_path)
    whole = path.read_bytes()
    cuts = {*range(0, len(whole), 4096), *range(110), *random.Random(1).sample(range(len(whole)), 200)}
    for cut in cuts:
        path.write_bytes(whole[:cut])
        assert not _opens_or_says_why(path), cut


def test_a_bit_turned_anywhere(tmp_path: Path) -> None:
    path, dice = made(tmp_path), random.Random(2)
    whole, opened = path.read_bytes(), 0
    places = [*range(100), *dice.sample(range(100, len(whole)), 700)]
    for place in places:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << dice.randrange(8)
        path.write_bytes(damaged)
        opened += _opens_or_says_why(path)
    assert 0 < opened < len(places)  # free room is no harm


def test_pages_in_another_order(tmp_path: Path) -> None:
    path, dice = made(tmp_path), random.Random(3)
    whole = path.read_bytes()
    pages = [whole[at : at + 4096] for at in range(0, len(whole), 4096)]
    for _ in range(100):
        shuffled = [pages[0], *dice.choices(pages, k=len(pages) - 1)]
        path.write_bytes(b"".join(shuffled))
        _opens_or_says_why(path)


# --- what lies beside ---------------------------------------------------------------------------------------


def test_a_log_beside_is_not_read(tmp_path: Path) -> None:
    path = made(tmp_path)
    path.with_name("x.card-wal").write_bytes(b"whatever")
    assert "expected no write-ahead log beside a card file, found one" in refused(path)


@pytest.mark.parametrize("header", ["whole", "damaged"])
def test_a_journal_that_names_a_super_journal_deletes_nothing(tmp_path: Path, header: str) -> None:
    """SQLite deletes the file whose name stands at the end of a journal (SQLite file format, 3)."""
    (tmp_path / "copy").mkdir()
    path = hot_journal(made(tmp_path), tmp_path / "copy")
    victim = tmp_path / "letter"
    victim.write_text("dear")
    name = os.fsencode(victim)
    trailer = b"\0\0\0\1" + name + len(name).to_bytes(4, "big") + (sum(name) & 0xFFFFFFFF).to_bytes(4, "big")
    with journal.beside(path, "-journal").open("r+b") as file:
        if header == "damaged":
            file.write(b"\x01")
        file.seek(0, os.SEEK_END)
        file.write(trailer + bytes.fromhex("D9D505F920A163D7"))
    assert "found one that names a super-journal" in refused(path)
    assert victim.exists()


def _grow(path: Path) -> None:
    with journal.beside(path, "-journal").open("r+b") as file:
        file.seek(16)
        file.write((1 << 24).to_bytes(4, "big"))


def _move(path: Path) -> None:
    moved = journal.beside(path, "-journal").rename(path.parent.parent / "journal")
    journal.beside(path, "-journal").symlink_to(moved)


def _fifo(path: Path) -> None:
    journal.beside(path, "-journal").unlink()
    os.mkfifo(journal.beside(path, "-journal"))


def _large(path: Path) -> None:
    os.truncate(journal.beside(path, "-journal"), 1 << 30)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_grow, "found one of a database of 68,719,476,736 octets"),
        (_move, "found Too many levels of symbolic links"),
        (_fifo, "found no ordinary file (p"),
        (_large, "found 1,073,741,824 octets"),
    ],
    ids=["of a huge database", "a link", "a FIFO", "of 1 GB"],
)
def test_a_journal_that_is_not_ours(tmp_path: Path, change: Bad, told: str) -> None:
    (tmp_path / "copy").mkdir()
    path = hot_journal(made(tmp_path), tmp_path / "copy")
    change(path)
    error = refused(path)
    assert told in error, error


def test_damaged_journals(tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    path = hot_journal(made(tmp_path), tmp_path / "copy")
    beside, dice = journal.beside(path, "-journal"), random.Random(4)
    whole, log = path.read_bytes(), beside.read_bytes()
    for _ in range(150):
        damaged = bytearray(log[: dice.choice([len(log), dice.randrange(len(log))])])
        for at in dice.sample(range(len(damaged)), min(2, len(damaged))):
            damaged[at] = dice.randrange(256)
        path.write_bytes(whole)
        beside.write_bytes(damaged)
        beside.chmod(0o600)
        with suppress(CardFileError):
            read_record(path)
    assert path.stat().st_size <= MAX_OCTETS
