"""What a killed process leaves beside its card file, and files that are damaged all the same."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from tests.tear.recovery import whole
from tests.tear.specimen import specimen

from softeid.harness.card_file.error import CardFileError
from softeid.harness.card_file.file import CardFile, read_record
from softeid.harness.card_file.record import CardRecord


def opened(path: Path) -> CardRecord:
    with CardFile.open(path) as file:
        return file.record


READERS = pytest.mark.parametrize("reader", [opened, read_record], ids=["opened", "read"])
Reader = Callable[[Path], CardRecord]


@pytest.fixture
def torn(tmp_path: Path) -> Path:
    """A card file and the journal of a change that will never end; both have page 1 in it."""
    whole_one = tmp_path / "old" / "torn.card"
    whole_one.parent.mkdir()
    CardFile.create(whole_one, specimen())
    with closing(sqlite3.connect(whole_one, isolation_level=None)) as file:
        file.execute("PRAGMA synchronous = OFF")  # so that the journal can be played back from the start
        file.execute("BEGIN IMMEDIATE")
        file.execute("UPDATE pin SET tries = 1")
        file.execute("PRAGMA user_version = 7")
        for name in ("torn.card", "torn.card-journal"):
            shutil.copy(whole_one.with_name(name), tmp_path / name)
    return tmp_path / "torn.card"


@READERS
@pytest.mark.parametrize("octets", [16, 100, 4096], ids=["the magic", "the header", "the page"])
def test_the_first_page_may_be_garbage_as_long_as_a_journal_has_it(
    torn: Path, reader: Reader, octets: int
) -> None:
    with torn.open("r+b") as file:
        file.write(b"\xa5" * octets)
    assert whole(reader(torn)) == whole(specimen())


@READERS
def test_without_its_journal_it_is_refused(torn: Path, reader: Reader) -> None:
    torn.with_name("torn.card-journal").unlink()
    with torn.open("r+b") as file:
        file.write(b"\xa5" * 16)
    with pytest.raises(CardFileError, match="not even a SQLite database"):
        reader(torn)


def test_a_new_card_does_not_get_the_journal_of_another(torn: Path) -> None:
    """SQLite would play the old card's pages back into the new one."""
    torn.unlink()
    journal = torn.with_name("torn.card-journal")
    with pytest.raises(CardFileError, match="played back into a new card") as refused:
        CardFile.create(torn, specimen(seed="another"))
    assert refused.value.place == str(journal)
    assert "move it away" in refused.value.advice
    assert [one.name for one in torn.parent.iterdir() if one.is_file()] == [journal.name]
    journal.unlink()
    CardFile.create(torn, specimen(seed="another"))
    assert whole(opened(torn)) == whole(specimen(seed="another"))


def test_a_journal_that_was_not_begun_is_in_nobodys_way(tmp_path: Path) -> None:
    path = tmp_path / "new.card"
    path.with_name("new.card-journal").touch(mode=0o600)
    CardFile.create(path, specimen())
    assert whole(opened(path)) == whole(specimen())


@READERS
def test_a_schema_that_is_no_text_is_a_damaged_file(tmp_path: Path, reader: Reader) -> None:
    """SQLite quotes it in a message that Python cannot read."""
    path = tmp_path / "damaged.card"
    CardFile.create(path, specimen())
    before = path.read_bytes()
    path.write_bytes(before.replace(b"CREATE TABLE pin (", b"CREATE TABL\xff pin ("))
    assert path.read_bytes() != before
    with pytest.raises(CardFileError, match="damaged"):
        reader(path)
