"""The table of command and moment to outcome, played on a card and written into the documentation.

python -m tests.tear.table > docs/tearing.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from tests.tear.case import NEW, PINS, SILENT, SILENT_AFTER_VERIFY, Case, cases
from tests.tear.cut import Cut, Ended, Way, in_memory
from tests.tear.rule import Held

from softeid.emulator.pin import PinState

SHOWN = "PIN1"  # PIN2 and PUK are alike, which a test proves

_PAGE = """# Torn out of the reader

What a card holds after power went at any moment, and what the host can know of it. Every row is played on a
card by `python -m tests.tear.table`, which writes this page; tests hold it against cards in memory and
against card files.

## How to read it

A *durable write* is the card's call of `commit`: when it returns the state is stored for good, in a card
file by a transaction of SQLite that is on the disk. Power goes before the first durable write of a command,
between two of them, after the last one while the answer has not yet left, or after that. "Nothing" under
*the host has* means that it waits in vain and learns no more than that the card is gone. What was verified
is gone in every row, as after any reset.

A durable write that is refused, by a full disk for example, is no cut: the host is told 6581, and [decision
0003](decisions/0003-spend-the-try-first.md) says what the card holds then.

Every command that compares a value spends the try, stores that, and compares then ([decision
0003](decisions/0003-spend-the-try-first.md)). So these hold in every row:

- No try is won. A counter rises only as the whole command raises it: after a right value, or by RESET RETRY
  COUNTER.
- At most one try is lost, also when the value was right. A right value on the last try, cut between its
  first two writes, leaves a blocked PIN.
- A value is the old one or the new one, never something else; a PIN is blocked exactly when no try is left.
- What the host was told is durable: with the answer in hand it knows what the card holds.

## The table

The rows are those of PIN1. PIN2 behaves alike, and so does the PUK, but that nothing resets it.

{tables}
## What the host can conclude

Without an answer the card is in one of these states; VERIFY without data asks for the counter and costs
nothing. With the answer there is one state.

| command | case | tries before | without an answer | with its answer |
|---|---|---|---|---|
{conclusions}

## What writes nothing

In these not one durable write happens, however they are answered, so power may go at any moment:

{silent}

Nor does a command that ends before it compares: the PIN is blocked, the length is wrong, the PUK was not
verified.

## Below the durable write

A transaction of SQLite is a dozen writes to the disk, and each of them may be cut at any octet.
`tests/tear` records what a process does to its disk (write, truncate, sync, create, link, rename, unlink)
during each command of the table, during the making of a card file and during `card set`, and plays it back
up to every point: whole; with the last write cut short; and after a loss of power in which what was not yet
synced is missing, is there in part, or is garbage. From each such disk the card file must open and hold the
state before the durable write that was under way or the one after it, and nothing else; once the write has
returned, the state after it. Beside this, `make soak` kills a thousand processes at random moments.

## Real cards

Spending the try before the comparison is what the Java Card API has `OwnerPINxWithPredecrement` for
(classic edition 3.0.5 and later). Of every PIN that API says that the counter takes no part in a
transaction that is under way (`javacard.framework.PIN`): aborting one brings no try back. In which order
the cards of our profiles store is not public.
"""


class Row(NamedTuple):
    """One moment of one command.

    Attributes:
        moment: when power goes, in words.
        cuts: the ways to be cut there; all must end alike.
        ended: how they did.
    """

    moment: str
    cuts: tuple[Cut | None, ...]
    ended: Ended


def moments(writes: int) -> Iterator[tuple[str, tuple[Cut | None, ...]]]:
    """When a command of so many durable writes can be cut; a wrong card may have none."""
    for done in range(writes):
        cuts = (Cut(done, "after"), Cut(done + 1, "before"))[not done :]
        first = "before the first write" if writes > 1 else "before the write"
        yield f"between writes {done} and {done + 1}" if done else first, cuts
    yield "before the answer", ((Cut(writes, "after"),) if writes else ()) + (Cut(writes, "answer"),)
    yield "after the answer", (None,)


def rows(case: Case, way: Way = in_memory) -> list[Row]:
    """Play a command to its end, then once for each cut.

    Raises:
        AssertionError: two ways to be cut at one moment end differently.
    """
    writes = way(case, None).told.writes
    made = []
    for moment, cuts in moments(writes):
        first, *others = (way(case, cut) for cut in cuts)
        for other in others:
            assert (other.told.answer, other.memory) == (first.told.answer, first.memory), f"{case}: {moment}"
        made.append(Row(moment, cuts, first))
    return made


def page() -> str:
    """The whole document."""
    played = [(case, rows(case)) for case in cases(SHOWN)]
    return _PAGE.format(
        tables="\n".join(_tables(played)),
        conclusions="\n".join(_conclusions(played)),
        silent="\n".join(f"- {one}" for one in (*SILENT, *SILENT_AFTER_VERIFY)),
    )


def _tables(played: Sequence[tuple[Case, list[Row]]]) -> Iterator[str]:
    """A table for each command."""
    for command, group in groupby(played, lambda one: one[0].command):
        yield f"### {command}\n"
        yield "| case | tries before | power goes | the host has | value after | tries after |"
        yield "|---|---|---|---|---|---|"
        for case, case_rows in group:
            for number, row in enumerate(case_rows):
                what = f"{case.what} | {_tries(case.before)}" if not number else " | "
                has = row.ended.told.answer.hex().upper() if row.ended.told.answer else "nothing"
                after = row.ended.memory[SHOWN]
                yield f"| {what} | {row.moment} | {has} | {_value(after)} | {_tries(after)} |"
        yield ""


def _conclusions(played: Sequence[tuple[Case, list[Row]]]) -> Iterator[str]:
    """What is possible without an answer, and what is known with it."""
    for case, case_rows in played:
        silent = dict.fromkeys(row.ended.memory[SHOWN] for row in case_rows if not row.ended.told.answer)
        told, memory = case_rows[-1].ended
        assert told.answer
        possible = "; or ".join(_state(one) for one in silent)
        known = f"{told.answer.hex().upper()}: {_state(memory[SHOWN])}"
        yield f"| {case.command} | {case.what} | {_tries(case.before)} | {possible} | {known} |"


def _state(held: Held) -> str:
    return f"{_value(held)} value, {_tries(held)}"


def _value(held: Held) -> str:
    return {PINS[SHOWN]: "old", NEW: "new"}[held.value]


def _tries(held: Held) -> str:
    """The counter, and the state where it says more."""
    return f"{held.tries}" if held.state is PinState.READY else f"{held.tries} ({held.state})"


if __name__ == "__main__":
    sys.stdout.write(page())
