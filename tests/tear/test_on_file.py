"""The same table on card files: a process plays each row and is killed where the power goes."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.tear.case import Case, cases
from tests.tear.cut import Cut, Ended, Told
from tests.tear.invariant import breaches
from tests.tear.recovery import pins_of
from tests.tear.rule import Memory, held
from tests.tear.specimen import specimen
from tests.tear.table import SHOWN, rows
from tests.tear.victim import CONTEXT, play_and_die

from softeid.harness.card_file.file import CardFile, read_record


@pytest.mark.parametrize("case", [*cases(SHOWN)], ids=str)
def test_a_card_file_ends_as_the_table_says(case: Case, tmp_path: Path) -> None:
    def on_file(case: Case, cut: Cut | None) -> Ended:
        path = tmp_path / "torn.card"
        path.unlink(missing_ok=True)
        CardFile.create(path, specimen({case.deed.pin: case.before}))
        return Ended(played(path, case, cut), found(path))

    on_disk = rows(case, on_file)
    assert list(breaches(case, on_disk)) == []
    assert on_disk == rows(case)


def played(path: Path, case: Case, cut: Cut | None) -> Told:
    """What a process tells of a case before it is killed."""
    mine, theirs = CONTEXT.Pipe()
    process = CONTEXT.Process(target=play_and_die, args=(path, theirs, case, cut), daemon=True)
    process.start()
    theirs.close()
    told = mine.recv()
    process.join()
    mine.close()
    assert isinstance(told, Told)
    return told


def found(path: Path) -> Memory:
    """The PINs in a card file, for people and for the next process alike."""
    read = pins_of(read_record(path))
    with CardFile.open(path) as file:
        assert held(file.permanent.pins) == read
    return read
