"""Versions of the card file: those that there were go on opening; how an older one becomes one of today."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.harness.card_file.cards import DONE, NEW, VERIFY, edited, inserted, made, record

from softeid.emulator.pin import PinState
from softeid.harness.card_file import schema
from softeid.harness.card_file.error import CardFileError
from softeid.harness.card_file.file import CardFile, read_record

HERE = Path(__file__).parent


def kept(version: int, folder: Path) -> Path:
    """A copy of the file of a version, as it was committed with that version and never touched since.

    Each is mari's card of the seed "golden": PIN1 is 4321 and has two tries left, PIN2 is blocked, the switch
    `short-read` is set to 6282.
    """
    path = folder / "x.card"
    shutil.copyfile(HERE / f"v{version}.card", path)
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("version", schema.VERSIONS)
def test_a_file_of_every_version_opens(tmp_path: Path, version: int) -> None:
    found = read_record(kept(version, tmp_path))
    assert (found.person.handle, found.state, found.seed) == ("mari", "fresh", "golden")
    assert found.switches == {"short-read": "6282"}
    assert found.profile.on("short-read") == "6282"
    assert [(pin.tries, pin.state) for pin in found.pins.values()] == [
        (2, PinState.READY),
        (0, PinState.BLOCKED),
        (3, PinState.READY),
    ]
    with inserted(tmp_path / "x.card") as (file, card, _):
        assert card.process(VERIFY + NEW) == DONE
        assert file.permanent.file("record/surname").content == "MÄNNIK".encode()


def test_tables_are_told_by_their_text() -> None:
    with closing(sqlite3.connect(":memory:")) as file:
        schema.lay_out(file)
        assert schema.strange_part(file, schema.newest()) == ""
        (version,) = file.execute("PRAGMA user_version").fetchone()
        assert version == schema.newest()


# --- a version that does not exist yet --------------------------------------------------------------------


def add_note(file: sqlite3.Connection) -> None:
    """What version 2 of the tests adds: a table, filled from one that was there."""
    file.execute(NOTE)
    file.execute("INSERT INTO note SELECT name || ' ' || tries FROM pin")


NOTE = "CREATE TABLE note (text TEXT NOT NULL) STRICT"


@pytest.fixture
def of_version_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of version 1, while softeid is one of version 2."""
    path = made(tmp_path)
    tables = schema.VERSIONS[1].tables
    monkeypatch.setitem(schema.VERSIONS, 2, schema.Version((*tables, NOTE), add_note))
    return path


def notes(path: Path) -> list[str]:
    with edited(path) as file:
        return [text for (text,) in file.execute("SELECT text FROM note")]


def test_a_file_that_is_opened_for_use_is_migrated(of_version_1: Path) -> None:
    with CardFile.open(of_version_1) as file:
        assert file.record.document_number == record().document_number
    assert notes(of_version_1) == ["PIN1 3", "PIN2 3", "PUK 3"]
    history = [one.what for one in read_record(of_version_1).history]
    assert history == ["made: esteid-2018, jaak, fresh", "migrated from version 1 to 2"]
    CardFile.open(of_version_1).close()
    assert len(read_record(of_version_1).history) == 2


def test_a_file_that_is_only_read_stays_as_it_is(of_version_1: Path) -> None:
    octets = of_version_1.read_bytes()
    assert read_record(of_version_1).history == record().history
    assert of_version_1.read_bytes() == octets


def test_a_migration_that_fails_leaves_the_old_file(
    of_version_1: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(file: sqlite3.Connection) -> None:
        add_note(file)
        raise KeyboardInterrupt

    octets = of_version_1.read_bytes()
    monkeypatch.setitem(schema.VERSIONS, 2, schema.VERSIONS[2]._replace(upgrade=half))
    with pytest.raises(KeyboardInterrupt):
        CardFile.open(of_version_1)
    assert of_version_1.read_bytes() == octets
    monkeypatch.setitem(schema.VERSIONS, 2, schema.VERSIONS[2]._replace(upgrade=add_note))
    CardFile.open(of_version_1).close()


def test_a_newer_file_is_refused_by_an_older_softeid(
    of_version_1: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    CardFile.open(of_version_1).close()
    monkeypatch.delitem(schema.VERSIONS, 2)
    for deed in (CardFile.open, read_record):
        with pytest.raises(CardFileError, match="expected version 1 to 1 of a card file, found version 2"):
            deed(of_version_1)
