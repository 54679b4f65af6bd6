"""Which scenarios `-k` means, and where it cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from softeid.harness.cli import main
from softeid.harness.scenario.select import SelectionError, matches

SELECTED = [
    ("", True),
    ("pin1", True),
    ("PIN1 and blocks", True),
    ("pin1 and not blocks", False),
    ("nothing or pin", True),
    ("not pin1", False),
    ("not not pin1", True),
    ("third wrong", True),
    ("third  wrong", False),  # as it stands
    ("pin1 and not (blocks or puk)", False),
    ("(puk or pin1) and (third wrong)", True),
    ("((pin1))", True),
    ("NOT PIN1 OR BLOCKS", True),
    ("pin/card", True),
    ("[esteid", False),
]


@pytest.mark.parametrize(("expression", "chosen"), SELECTED)
def test_selection(expression: str, chosen: bool) -> None:
    assert matches(expression, "pin/card.scenario.yaml the third wrong PIN1 blocks") is chosen


NOT_SELECTED = {
    "pin1 and (": (11, "words to look for, `not` or an opening bracket", "the end"),
    "((": (3, "words to look for, `not` or an opening bracket", "the end"),
    "pin1 and": (9, "words to look for, `not` or an opening bracket", "the end"),
    "and pin1": (1, "words to look for, `not` or an opening bracket", "'and'"),
    "pin1 or or puk": (9, "words to look for, `not` or an opening bracket", "'or'"),
    "not": (4, "words to look for, `not` or an opening bracket", "the end"),
    "()": (2, "words to look for, `not` or an opening bracket", "')'"),
    "(pin1": (6, "`and`, `or` or a closing bracket", "the end"),
    "(pin1 (puk))": (7, "`and`, `or` or a closing bracket", "'('"),
    "pin1)": (5, "`and`, `or` or the end", "')'"),
}


@pytest.mark.parametrize(("expression", "told"), NOT_SELECTED.items(), ids=NOT_SELECTED)
def test_no_selection(expression: str, told: tuple[int, str, str]) -> None:
    at, expected, found = told
    with pytest.raises(SelectionError) as error:
        matches(expression, "pin1")
    assert str(error.value) == f"-k {expression!r}, character {at}: expected {expected}, found {found}"


def test_a_wrong_selection_starts_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "one.scenario.yaml"
    file.write_text("scenario: one\nwhy: two\ncard: {person: jaak}\nsteps: [log in]\n", "utf-8")
    assert main(["run", str(file), "-k", "one and ("]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith("softeid: -k 'one and (', character 10: expected words to look for, ")
    assert main(["run", str(file), "-k", "two"]) == 5


def test_a_full_name_is_no_expression(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As reports write it behind -k, whatever it holds."""
    file = tmp_path / "one.scenario.yaml"
    file.write_text("scenario: one and (\nwhy: two\ncard: {person: jaak}\nsteps: [log in]\n", "utf-8")
    assert main(["run", str(file), "-k", "one and ("]) == 0
    assert "1 held" in capsys.readouterr().out
