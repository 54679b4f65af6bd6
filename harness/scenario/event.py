"""What a run tells while it goes on: plain data, for reports and across processes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal, Self

from softeid.emulator.mistake import Mark

from .expect import Difference
from .scenario import Call, Scenario

LIMIT_S = 30.0
"""How long a step may take in real time where it does not say `within`."""

Verdict = Literal["held", "differed", "broke", "left out"]
VERDICTS: tuple[Verdict, ...] = ("held", "differed", "broke", "left out")


@dataclass(frozen=True)
class Cell:
    """One scenario, as reports need it."""

    name: str
    why: str
    mark: Mark
    steps: int

    @classmethod
    def of(cls, scenario: Scenario) -> Self:
        """The same, without what it takes to run it."""
        steps = len(scenario.start) + len(scenario.calls)
        return cls(scenario.name, scenario.why, scenario.mark, steps)

    @property
    def file(self) -> str:
        return self.mark.file

    @property
    def group(self) -> str:
        """The folder that it lies in: what a reader looks for."""
        return PurePath(self.mark.file).parent.name


@dataclass(frozen=True)
class Doing:
    """One step of it."""

    step: str
    who: str
    mark: Mark
    limit: float = LIMIT_S  # seconds, real time
    covers: tuple[str, ...] = ()

    @classmethod
    def of(cls, call: Call) -> Self:
        limit = call.within.delta.total_seconds() if call.within else LIMIT_S
        return cls(call.step.name, call.who, call.mark, limit, call.covers)


@dataclass(frozen=True)
class Planned:
    """Comes first: all that will be run, in this order."""

    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Began:
    """A scenario is about to be set up."""

    cell: Cell


@dataclass(frozen=True)
class Started:
    """A step is about to be done."""

    cell: Cell
    doing: Doing
    clock: str  # the scenario's


@dataclass(frozen=True)
class Held:
    """A step ended as the scenario says."""

    cell: Cell
    doing: Doing
    seconds: float


@dataclass(frozen=True)
class Differed:
    """A step ended otherwise, or changed what it must leave alone."""

    cell: Cell
    doing: Doing
    difference: Difference
    clock: str
    exchanges: tuple[str, ...]  # the last ones with the cards, secrets redacted


@dataclass(frozen=True)
class Broke:
    """A step could not be done: the file asks for what cannot be, or we have a bug."""

    cell: Cell
    doing: Doing
    reason: str
    ours: bool
    lost: bool = False  # the way to the card is gone


@dataclass(frozen=True)
class LeftOut:
    """This machine or route lacks something that the scenario needs."""

    cell: Cell
    lacking: tuple[str, ...]


@dataclass(frozen=True)
class Ended:
    """A scenario is over."""

    cell: Cell
    verdict: Verdict
    seconds: float
    exchanges: int  # with the cards


Event = Planned | Began | Started | Held | Differed | Broke | LeftOut | Ended
