"""`softeid doctor`: what this machine lacks, and how to get it."""

from __future__ import annotations

import json
from argparse import Namespace

from softeid.vpcd.doctor import checks

from ..exit_code import ExitCode


def run(options: Namespace) -> int:
    """Print every check; end with 3 if something is lacking that a route or a test needs."""
    found = checks()
    if options.json:
        print(json.dumps([check._asdict() for check in found], indent=1))
    else:
        width = max(len(check.name) for check in found)
        for check in found:
            mark = "ok " if check.found else "-- "
            print(f"{mark} {check.name:<{width}}  {check.detail}")
            if not check.found and check.advice:
                print(f"    {'':<{width}}  {check.advice}")
    return ExitCode.HELD if all(check.found or check.optional for check in found) else ExitCode.NO_ROUTE
