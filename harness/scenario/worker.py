"""A worker process, which plays the scenarios that it is dealt, one after the other.

A worker is started anew (spawn), so it shares neither thread nor lock with the command. It finds the
scenarios in their files again, since steps are functions, and sends plain events back.
"""

from __future__ import annotations

import pickle
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic

from .event import Cell, Event, Started
from .limit import GRACE_S
from .loader import load
from .play import play
from .stage import Stage

SET_UP_S = 120.0
"""How long a worker may take to open its route, or to set a scenario up or take it down."""


@dataclass(frozen=True)
class Work:
    """What every worker of a run is told."""

    files: tuple[Path, ...]
    stage: Stage
    seed: str
    trace: Path | None
    timeline: Path | None
    readers: int


@dataclass(frozen=True)
class Free:
    """Sent by a worker that has nothing to play."""


@dataclass(frozen=True)
class Failed:
    """Sent by a worker that cannot go on: its route does not open."""

    error: Exception


Message = Event | Free | Failed


def _main(work: Work, pipe: Connection) -> None:
    """A worker's life: play what is dealt until None comes."""
    try:
        scenarios = {Cell.of(one): one for one in load(work.files, work.stage.language)}
        with work.stage.open(work.readers) as worlds:
            pipe.send(Free())
            while (cell := pipe.recv()) is not None:
                scenario = scenarios[cell]
                for event in play(scenario, work.stage, worlds, work.seed, work.trace, work.timeline):
                    pipe.send(event)
                pipe.send(Free())
    except (EOFError, BrokenPipeError):
        return  # the command is gone
    except Exception as error:  # noqa: BLE001  # told to the command, which raises it
        pipe.send(Failed(_portable(error)))


def _portable(error: Exception) -> Exception:
    """The error as it is where it can travel, else in words."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301  # our own octets
    except Exception:  # noqa: BLE001  # whatever its class does
        return RuntimeError(str(error) or type(error).__name__)
    return error


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """A process that begins here inherits it: the command alone hears Ctrl-C, and ends its workers."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class Worker:
    """One worker process, as the command sees it."""

    def __init__(self, work: Work) -> None:
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=_main, args=(work, theirs))
        with _interrupts_ignored():
            self._process.start()
        theirs.close()
        self.cell: Cell | None = None  # what it plays
        self.dealt_at = 0.0  # when it was dealt that, on the monotonic clock
        self.step: Started | None = None  # where it is
        self._wait_for(SET_UP_S)

    def deal(self, cell: Cell) -> None:
        """Give it a scenario to play."""
        self.cell, self.dealt_at = cell, monotonic()
        self.pipe.send(cell)
        self._wait_for(SET_UP_S)

    def receive(self) -> Message | None:
        """Its next message, once there is one; None if it died."""
        try:
            message: Message = self.pipe.recv()
        except (EOFError, OSError):
            return None
        if isinstance(message, Started):
            self.step = message
            self._wait_for(message.doing.limit + GRACE_S)
        else:
            self.step = None
            self._wait_for(SET_UP_S)
        if isinstance(message, Free):
            self.cell = None
        return message

    @property
    def seconds_left(self) -> float:
        """Until it has been silent for too long; one that is free may be."""
        return self._until - monotonic() if self.cell else SET_UP_S

    def end(self) -> None:
        """Let it close its route and end."""
        with suppress(OSError):  # it may be dead already
            self.pipe.send(None)
        self._process.join(SET_UP_S)
        self.kill()

    def kill(self) -> None:
        """End it where it stands, if it still runs."""
        self._process.kill()
        self._process.join()
        self.pipe.close()

    @property
    def exit_code(self) -> int | None:
        """How it ended; a negative number is a signal's."""
        self._process.join(GRACE_S)
        return self._process.exitcode

    def _wait_for(self, seconds: float) -> None:
        self._until = monotonic() + seconds
