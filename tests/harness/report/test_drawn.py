"""How a line fits a terminal."""

from __future__ import annotations

import pytest

from softeid.harness.report.drawn import fitting

STORY = "ok       10 ms  pin  the third wrong PIN1 blocks the card [esteid-2018x]"


@pytest.mark.parametrize(
    ("width", "row"),
    [
        pytest.param(len(STORY), STORY, id="it fits"),
        pytest.param(50, "ok       10 ms  pin  the third wro… [esteid-2018x]", id="the case is kept"),
        pytest.param(10, "… [esteid-2018x]", id="the case alone"),
    ],
)
def test_a_story_stays_on_one_row(width: int, row: str) -> None:
    assert fitting(STORY, width, whole=False) == [row]


def test_a_story_without_a_case_is_cut_at_its_end() -> None:
    assert fitting("ok  a story that is long", 12, whole=False) == ["ok  a story…"]


def test_details_keep_every_word_below_each_other() -> None:
    rows = fitting("       found      one two three four five six seven eight", 40, whole=True)
    assert rows == ["       found      one two three four", " " * 18 + "five six seven eight"]
    assert all(len(row) <= 40 for row in rows)


def test_the_command_that_repeats_it_is_left_as_it_is() -> None:
    command = "       again      softeid run a.scenario.yaml -k 'the third wrong PIN1' --seed 1"
    assert fitting(command, 40, whole=True) == [command]
