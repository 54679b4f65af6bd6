"""Every bench, one after the other, or one of them.

python -m bench [--short] [--on sqlite postgresql] [--json FILE]
python -m bench speed [SP1 SP2 ...] [--short] [--shared] [--json FILE]
python -m bench registrations|accounts [--short] [--on sqlite postgresql] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.speed.run import GOALS, run
from bench.speed.show import show

from bench import accounts, registrations

SHORT = (100, 1_000)
BENCHES = ("speed", "registrations", "accounts")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 where something could not be measured through a fault of ours."""
    asked = _parser().parse_args(arguments)
    told: dict[str, Any] = {}
    failed = False
    benches = BENCHES if asked.bench == "all" else (asked.bench,)
    if "speed" in benches:
        report = run(asked.goals or GOALS, short=asked.short, shared=asked.shared)
        show(report)
        told["speed"] = report.told()
        failed = any(one.ours for one in report.missing)
    if "registrations" in benches:
        told |= registrations.run(asked.on, short=asked.short)
    if "accounts" in benches:
        told["accounts"] = {}
        for dialect in asked.on:
            grown = accounts.grown(dialect, SHORT if asked.short else accounts.SIZES)
            accounts.show(dialect, grown)
            told["accounts"][dialect] = grown
    if asked.json:
        asked.json.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    return int(failed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("bench", nargs="?", choices=("all", *BENCHES), default="all")
    parser.add_argument("goals", nargs="*", type=_goal, metavar="GOAL", help="of `speed`: SP1, SP2 ...")
    parser.add_argument(
        "--short", action="store_true", help="a few of each: a minute for `speed`, two for the rest"
    )
    parser.add_argument(
        "--shared", action="store_true", help="`speed` without real-time priority, as programs run"
    )
    parser.add_argument("--on", nargs="+", choices=("sqlite", "postgresql"), default=("sqlite", "postgresql"))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    return parser


def _goal(name: str) -> str:
    if name not in GOALS:
        raise argparse.ArgumentTypeError(f"expected one of {', '.join(GOALS)}, found {name!r}")
    return name


if __name__ == "__main__":
    sys.exit(main())
