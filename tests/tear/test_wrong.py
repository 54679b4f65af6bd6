"""Cards with a bug on purpose: the table's rules see each of them, and in the words that name it."""

from __future__ import annotations

import pytest
from tests.tear.case import cases
from tests.tear.invariant import breaches
from tests.tear.table import rows
from tests.tear.wrong import WRONG_CARDS


@pytest.mark.parametrize(
    ("bug", "command", "what", "seen"),
    [
        ("compares first", "VERIFY", "wrong", "compared before the try was spent"),
        ("compares first", "VERIFY", "right", "compared before the try was spent"),
        ("spends in memory", "VERIFY", "wrong on the last try", "compared before the try was spent"),
        ("spends in memory", "CHANGE REFERENCE DATA", "right old value", "compared before the try was spent"),
        ("gives back too early", "VERIFY", "wrong again", "between writes 1 and 2: a try was won"),
        ("answers first", "VERIFY", "wrong", "the host was told 63c2"),
        ("answers first", "CHANGE REFERENCE DATA", "right old value", "the host was told 9000"),
        ("forgets to store", "VERIFY", "right", "the host was told 9000"),
        ("forgets to store", "CHANGE REFERENCE DATA", "right old value", "the host was told 9000"),
    ],
)
def test_a_bug_is_seen(bug: str, command: str, what: str, seen: str) -> None:
    (case,) = (one for one in cases("PIN1") if (one.command, one.what) == (command, what))
    found = list(breaches(case, rows(case, WRONG_CARDS[bug])))
    assert any(seen in one for one in found), found
