"""Deals scenarios to worker processes and puts what they tell back in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from multiprocessing.connection import wait
from time import monotonic
from typing import Self

from .event import Broke, Cell, Differed, Doing, Ended, Event, Planned
from .play import over_time
from .worker import SET_UP_S, Failed, Free, Work, Worker


class Pool:
    """So many workers; whoever is free gets the next scenario."""

    def __init__(self, work: Work, jobs: int) -> None:
        self._work = work
        self._workers = [Worker(work) for _ in range(jobs)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for worker in self._workers:
            if kind is None:
                worker.end()
            else:
                worker.kill()

    def play(self, cells: Iterable[Cell]) -> Iterator[Event]:
        """The events of these scenarios as they come.

        Raises:
            Exception: what a worker's stage raised when it could not be opened.
        """
        waiting = deque(cells)
        while waiting or any(worker.cell for worker in self._workers):
            patience = min(worker.seconds_left for worker in self._workers)
            ready = wait([worker.pipe for worker in self._workers], timeout=max(0.0, patience))
            for worker in tuple(self._workers):
                if worker.pipe in ready:
                    yield from self._heard(worker, waiting)
                elif worker.seconds_left <= 0:
                    yield from self._lost(worker, "")

    def _heard(self, worker: Worker, waiting: deque[Cell]) -> Iterator[Event]:
        message = worker.receive()
        if isinstance(message, Failed):
            raise message.error
        if isinstance(message, Free):
            if waiting:
                worker.deal(waiting.popleft())
        elif message is None:
            yield from self._lost(worker, f"the worker process ended by itself ({worker.exit_code})")
        else:
            yield message

    def _lost(self, worker: Worker, reason: str) -> Iterator[Event]:
        """The end of a scenario whose worker died or, where no reason is given, was silent for too long."""
        cell, step = worker.cell, worker.step
        worker.kill()
        if cell is None:
            raise RuntimeError(f"a worker could not begin: {reason}")
        self._workers[self._workers.index(worker)] = Worker(self._work)
        seconds = monotonic() - worker.dealt_at
        doing = step.doing if step else Doing("set up", "the lab", cell.mark)
        if step and not reason:
            yield Differed(cell, doing, over_time(doing), step.clock, ())
            yield Ended(cell, "differed", seconds, 0)
        else:
            yield Broke(cell, doing, reason or f"no sign of life within {SET_UP_S:.0f} s", ours=True)
            yield Ended(cell, "broke", seconds, 0)


def in_order(cells: Sequence[Cell], events: Iterable[Event]) -> Iterator[Event]:
    """Events of scenarios that are played side by side, in the order of the scenarios.

    Those of the first scenario that is not over come at once; those of later ones wait for their turn.
    """
    told: dict[Cell, list[Event]] = {cell: [] for cell in cells}
    turn = 0
    for event in events:
        if isinstance(event, Planned):
            continue
        told[event.cell].append(event)
        while turn < len(cells) and (ready := told[cells[turn]]):
            yield from ready
            over = isinstance(ready[-1], Ended)
            ready.clear()
            if not over:
                break
            turn += 1
