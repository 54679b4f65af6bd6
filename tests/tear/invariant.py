"""What must hold of every moment of every command, said of what was played: each breach as a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.tear.case import PINS, Case
from tests.tear.rule import LIMIT, Unblock, course
from tests.tear.table import Row

from softeid.emulator.pin import PinState


def breaches(case: Case, played: Sequence[Row]) -> Iterator[str]:
    """Everything that is wrong with the rows of one command.

    Args:
        case: the command.
        played: its rows, in order; the last one is that of the answer.
    """
    expected = course(case.before, case.deed, puk_verified=case.puk_verified)
    end, answer = expected.end, expected.sw.to_bytes(2, "big")
    if len(played) != len(expected.states) + 1:
        yield f"{len(played) - 2} durable writes instead of {len(expected.states) - 1}"
    for row, state in zip(played, [*expected.states, end], strict=False):
        told, after = row.ended.told, row.ended.memory[case.deed.pin]
        if told.answer not in (None, answer):
            yield f"{row.moment}: answered {told.answer.hex()}"
        if told.answer and after != end:
            yield f"{row.moment}: the host was told {told.answer.hex()}, the card holds {after}"
        if after != state:
            yield f"{row.moment}: {after} instead of {state}"
        if after.tries > case.before.tries and after not in _risen(case):
            yield f"{row.moment}: a try was won"
        if after.tries < case.before.tries - 1:
            yield f"{row.moment}: more than one try lost"
        if (after.state is PinState.BLOCKED) != (after.tries == 0):
            yield f"{row.moment}: {after.tries} tries and {after.state}"
        if any(done < 1 for done in told.compared):
            yield f"{row.moment}: compared before the try was spent"
        for name, other in row.ended.memory.items():
            if name != case.deed.pin and (other.value, other.tries) != (PINS[name], LIMIT):
                yield f"{row.moment}: {name} has changed"
    if not isinstance(case.deed, Unblock) and not played[-1].ended.told.compared:
        yield "nothing was compared"


def _risen(case: Case) -> tuple[object, ...]:
    """The states with more tries than before that the whole command could leave."""
    states = course(case.before, case.deed, puk_verified=case.puk_verified).states
    return tuple(one for one in states if one.tries == LIMIT)
