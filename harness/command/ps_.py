"""`softeid ps`: the labs that are up."""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from collections.abc import Sequence

from ..exit_code import ExitCode
from ..service.error import LabError
from ..service.folder import LabRecord, records
from .card import complain

VERSION = 1
"""Of the JSON; grows when a field goes or changes its meaning."""
_HEADS = ("LAB", "STATE", "PROCESS", "SINCE (UTC)", "PORTAL", "PHONE", "CARD DESK", "LAB'S PAGE")
_SHOWN = ("portal", "phones", "desk", "lab")


def run(options: Namespace) -> int:
    """Print them.

    Returns:
        0; 3 where nobody can know of labs.
    """
    try:
        found = records(os.environ)
    except LabError as error:
        complain(error)
        return ExitCode.NO_ROUTE
    if options.json:
        print(json.dumps({"version": VERSION, "labs": [_as_data(one) for one in found]}, indent=1))
    elif found:
        _print_table([_HEADS, *map(_row, found)])
    else:
        print("softeid: no lab is up; `softeid up` brings one up", file=sys.stderr)
    return ExitCode.HELD


def _state(record: LabRecord) -> str:
    """A lab whose process is gone was killed; `up` takes its folder over."""
    return "up" if record.up else "killed"


def _row(record: LabRecord) -> tuple[str, ...]:
    since = f"{record.since:%Y-%m-%d %H:%M}"
    where = (record.addresses.get(name, "") for name in _SHOWN)
    return (record.name, _state(record), str(record.process.pid), since, *where)


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    wide = [max(len(row[column]) for row in rows) for column in range(len(_HEADS))]
    for row in rows:
        print("  ".join(f"{cell:{width}}" for cell, width in zip(row, wide, strict=True)).rstrip())


def _as_data(record: LabRecord) -> dict[str, object]:
    """One lab as JSON has it; its token is nobody else's."""
    return {
        "name": record.name,
        "state": _state(record),
        "pid": record.process.pid,
        "since": record.since.isoformat(timespec="seconds"),
        "addresses": dict(record.addresses),
        "softeid": record.softeid,
    }
