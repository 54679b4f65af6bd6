"""State machines as tables: what may happen in which state, and what the state becomes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from operator import itemgetter
from typing import TypeVar

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


def terminal(table: Mapping[tuple[S, E], S]) -> frozenset[S]:
    """The states that are entered and never left."""
    return frozenset(table.values()) - {state for state, _ in table}


def earliest(
    table: Mapping[tuple[S, E], S], state: S, due: Mapping[E, datetime]
) -> tuple[datetime, E] | None:
    """The first of the timers that means anything in a state, with its instant."""
    waiting = [(at, event) for event, at in due.items() if (state, event) in table]
    return min(waiting, key=itemgetter(0)) if waiting else None
