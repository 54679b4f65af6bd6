"""SIGKILL at random moments of processes that have a card: no counter rises, no file is ever unreadable.

    TEAR=full python -m pytest -s tests/tear/test_sigkill.py

By default few kills, in full a thousand, and twenty of a whole `softeid exec --card`. The moments are new
each time; KILL_SEED repeats the draws, though not what the machine does meanwhile.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random

import pytest
from tests.tear.siege import Siege, Victim
from tests.tear.victim import Forked, serve
from tests.tear.whole import Program
from tests.tear.wrong import serve_answers_first

FULL = os.environ.get("TEAR") == "full"
ENOUGH = 300  # rounds; it takes about five
TORN, IN_COMMAND = "torn in a write", "killed in command"  # figures


def besiege(
    path: Path, kills: int, user: Callable[[Path], Victim], see: str, *, commands_only: bool = False
) -> Siege:
    """So many kills, more until one was of a kind that chance may withhold, and the figures."""
    seed = os.environ.get("KILL_SEED") or os.urandom(4).hex()
    print(f"KILL_SEED={seed}")  # shown if it fails
    siege, began = Siege(path, Random(seed), user, commands_only=commands_only), time.monotonic()
    while siege.kills < kills or (not siege.figures[see] and siege.kills < ENOUGH):
        siege.round()
    print(f"{siege.kills} kills in {time.monotonic() - began:.0f} s, {len(siege.states)} states seen")
    for word, count in sorted(siege.figures.items()):
        print(f"  {word}: {count}")
    return siege


def test_whatever_is_killed_the_card_is_whole(tmp_path: Path) -> None:
    siege = besiege(tmp_path / "killed.card", 1000 if FULL else 50, partial(Forked, deed=serve), TORN)
    assert siege.figures[TORN]
    assert siege.figures["commands answered"]


@pytest.mark.pcsc
def test_a_program_behind_pcscd_is_killed(tmp_path: Path) -> None:
    siege = besiege(tmp_path / "killed.card", 20 if FULL else 2, Program, IN_COMMAND, commands_only=True)
    assert siege.figures[IN_COMMAND]


def test_a_card_that_commits_after_its_answer_is_seen(tmp_path: Path) -> None:
    """Any kill after an answer shows it; other bugs need a moment between two writes, which the table has."""
    wrong = partial(Forked, deed=serve_answers_first)
    siege = Siege(tmp_path / "killed.card", Random("bug"), wrong, commands_only=True)
    with pytest.raises(AssertionError, match="possible are"):
        rounds(siege, ENOUGH)


def rounds(siege: Siege, number: int) -> None:
    """So many rounds, unless one finds something."""
    for _ in range(number):
        siege.round()
