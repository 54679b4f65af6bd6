"""What all goals share: pinning, alternation, medians, what a process costs, and a goal's row."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

SHARED = "SOFTEID_BENCH_SHARED"


class Spread(NamedTuple):
    """A median and how far the rounds lie apart."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """That of some values, one a round."""
        return cls(median(values), min(values), max(values))


@dataclass(frozen=True)
class Row:
    """One figure of a goal.

    Attributes:
        goal: "SP1".
        what: what is compared with what.
        value: in `unit`.
        limit: what it is held against.
        at_most: whether the limit is an upper one.
        unit: "×" for a ratio.
        figures: what it was made of, for people: "28.1 µs".
        why: the reason, told where it is not met.
    """

    goal: str
    what: str
    value: Spread
    limit: float
    at_most: bool
    figures: Mapping[str, str]
    unit: str = "×"
    why: str = ""

    @property
    def met(self) -> bool:
        """Whether the median is on the right side."""
        return self.value.median <= self.limit if self.at_most else self.value.median >= self.limit

    def told(self) -> dict[str, Any]:
        """As JSON has it."""
        return {**asdict(self), "value": self.value._asdict(), "met": self.met}

    @classmethod
    def heard(cls, told: Mapping[str, Any]) -> Row:
        """What `told` made."""
        fields = {name: value for name, value in told.items() if name != "met"}
        return cls(**{**fields, "value": Spread(**told["value"])})


def alternate(rounds: int, candidates: Mapping[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Measure each candidate once a round, in turn; every other round in the opposite order.

    Machines get warm and others come and go: what is compared is measured within the same moments.

    Returns:
        the figures of each candidate, one a round.
    """
    figures: dict[str, list[float]] = {name: [] for name in candidates}
    for number in range(rounds):
        names = list(candidates)
        for name in names if number % 2 == 0 else reversed(names):
            figures[name].append(candidates[name]())
    return figures


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """The median of the rounds' ratios, which is not the ratio of the medians."""
    return Spread.of([one / other for one, other in zip(ours, theirs, strict=True)])


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """This thread, and the processes that it starts meanwhile, on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """On one core and, as far as may be, alone there.

    Where the system lets us (root, or a limit `rtprio`) with real-time priority, anchors and ours alike: no
    other program comes in between then. `SHARED` in the environment asks for the ordinary one.
    """
    with on_core(core):
        if SHARED not in os.environ:
            with suppress(PermissionError):
                os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        try:
            yield
        finally:
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def undisturbed() -> bool:
    """Whether `pinned` gives real-time priority here."""
    with pinned(cores()[-1]):
        return os.sched_getscheduler(0) == os.SCHED_FIFO


def cores() -> list[int]:
    """The cores that we may use."""
    return sorted(os.sched_getaffinity(0))


def per_call(call: Callable[[], object], times: int) -> float:
    """Seconds of one call, the mean of so many in a row."""
    began = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - began) / times


def cpu_time(pid: int) -> float:
    """Seconds of CPU time, user and system, that a process has used: its clock of clock_getcpuclockid(3)."""
    return time.clock_gettime(~pid << 3 | 2)


def pss(pid: int) -> float:
    """MiB of memory of a process, pages that others share with it counted in part (proc(5), smaps_rollup)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise LookupError(f"no Pss of process {pid}")


def tree(pid: int) -> list[int]:
    """A process and all below it."""
    below = [pid]
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text("ascii").split():
            below += tree(int(child))
    return below


def us(seconds: float) -> str:
    """Seconds as microseconds, for people."""
    return f"{seconds * 1e6:.3g} µs" if seconds < 1e-3 else f"{seconds * 1e3:.3g} ms"
