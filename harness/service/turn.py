"""One thing at a time, at one instant: what opens every transaction of a lab."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock

from ..registration.memory import MemoryStore
from ..registration.refusal import Refused


@dataclass(frozen=True)
class Around:
    """What surrounds each turn.

    Attributes:
        begin: called first: the clock is looked at.
        undone: called where nothing is kept of what happened.
        end: called last: what happened is told.
    """

    begin: Callable[[], None]
    undone: Callable[[], None]
    end: Callable[[], None]


class Turn(MemoryStore):
    """A store that keeps nothing: the first that a request opens, so that requests wait for each other."""

    def __init__(self, around: Around) -> None:
        """Say what surrounds each turn."""
        super().__init__()
        self._around = around
        self._mine = RLock()
        self._depth = 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Wait for one's turn."""
        with self._mine:
            self._depth += 1
            try:
                if self._depth == 1:
                    self._around.begin()
                yield
            except Refused:
                raise
            except BaseException:
                self._around.undone()
                raise
            finally:
                self._depth -= 1
                if not self._depth:
                    self._around.end()
