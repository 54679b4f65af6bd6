"""Measures goals, each family in a process of its own, and shows them.

A process of its own: nothing of one family is warm, pinned or in a namespace for the next.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from bench.speed.measure import SHARED, Row, undisturbed
from bench.speed.tools import Lacking

from softeid.vpcd.errors import DriverMissing, NamespacesForbidden, PcscdMissing

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "roundtrip": ("SP1", "SP2"),
    "inprocess": ("SP3",),
    "signature": ("SP4",),
    "start": ("SP5",),
    "insertion": ("SP6",),
    "scale": ("SP8",),
    "memory": ("SP9",),
    "runner": ("SP10",),
}
"""Modules of this package, and the goals that each measures."""

GOALS = tuple(goal for goals in FAMILIES.values() for goal in goals)
_LACKING = 4  # exit code of a family's process


@dataclass(frozen=True)
class Missing:
    """Goals that could not be measured.

    Attributes:
        ours: whether that is an error, and no lack of the machine's.
    """

    goals: tuple[str, ...]
    why: str
    ours: bool


@dataclass(frozen=True)
class Report:
    """What became of a run."""

    rows: tuple[Row, ...]
    missing: tuple[Missing, ...]
    load: tuple[float, float]  # of the last minute, before and after
    undisturbed: bool  # with real-time priority

    def told(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "rows": [row.told() for row in self.rows],
            "missing": [{"goals": one.goals, "why": one.why} for one in self.missing],
            "load": self.load,
            "real-time priority": self.undisturbed,
            "cores": os.cpu_count(),
            "python": sys.version,
        }


def run(goals: Iterable[str] = GOALS, *, short: bool = False, shared: bool = False) -> Report:
    """Measure.

    Args:
        goals: whose families are wanted; a family's other goals are left out.
        short: about a minute for all.
        shared: leave other programs their turns.
    """
    if shared:
        os.environ[SHARED] = "yes"
    wanted = set(goals)
    before = os.getloadavg()[0]
    rows: list[Row] = []
    missing: list[Missing] = []
    for family, theirs in FAMILIES.items():
        if not (asked := tuple(goal for goal in theirs if goal in wanted)):
            continue
        print(f"{' '.join(asked)} ...", file=sys.stderr, flush=True)
        found = _measured(family, asked, short=short)
        if isinstance(found, Missing):
            missing.append(found)
        else:
            rows += (row for row in found if row.goal in wanted)
    return Report(tuple(rows), tuple(missing), (before, os.getloadavg()[0]), undisturbed())


def _measured(family: str, goals: tuple[str, ...], *, short: bool) -> Sequence[Row] | Missing:
    command = [sys.executable, "-m", "bench.speed.run", family, *(["--short"] if short else [])]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode == 0:
        return [Row.heard(told) for told in json.loads(done.stdout)]
    lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
    if done.returncode != _LACKING:
        print(done.stderr, file=sys.stderr)
    return Missing(goals, lines[-1], done.returncode != _LACKING)


def main() -> int:
    """In a family's process: measure it, and say its rows as JSON."""
    family, *rest = sys.argv[1:]
    out = os.dup(1)
    os.dup2(2, 1)  # what somebody else prints is not JSON
    try:
        rows = import_module(f"bench.speed.{family}").measure("--short" in rest)
    except Lacking as lacking:
        print(f"needs {lacking}", file=sys.stderr)
        return _LACKING
    except (PcscdMissing, DriverMissing, NamespacesForbidden) as missing:
        print(f"needs a private stack: {missing}. {missing.advice}", file=sys.stderr)
        return _LACKING
    with os.fdopen(out, "w") as told:
        json.dump([row.told() for row in rows], told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
