"""`softeid doctor`: what this machine lacks, and how to get it."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Sequence

from softeid.vpcd.doctor import NEEDS, Check, checks

from ..exit_code import ExitCode


def run(options: Namespace) -> int:
    """Print every check and what works here; end with 3 where `exec` cannot work."""
    found = checks()
    missing = {check.name for check in found if not check.found}
    if options.json:
        print(json.dumps([check._asdict() for check in found], indent=1))
    else:
        _print(found)
        for way, needed in NEEDS.items():
            lacking = ", ".join(name for name in needed if name in missing)
            print(f"softeid {way}: {f'lacks {lacking}' if lacking else 'works here'}")
        packages = " ".join(dict.fromkeys(package for check in found for package in check.packages))
        if packages:
            print(f"As root: apt-get install --no-install-recommends {packages}")
    return ExitCode.NO_ROUTE if missing.intersection(NEEDS["exec"]) else ExitCode.HELD


def _print(found: Sequence[Check]) -> None:
    width = max(len(check.name) for check in found)
    for check in found:
        mark = "ok " if check.found else ".. " if check.optional else "-- "
        print(f"{mark} {check.name:<{width}}  {check.detail}")
        if not check.found and check.advice:
            print(f"    {'':<{width}}  {check.advice}")
    print()
