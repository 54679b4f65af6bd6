"""Every bench, one after the other.

python -m bench [--short] [--on sqlite postgresql] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from bench import accounts, registrations

SHORT = (100, 1_000)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--short", action="store_true", help="a few of each, in about two minutes")
    parser.add_argument("--on", nargs="+", choices=("sqlite", "postgresql"), default=("sqlite", "postgresql"))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    asked = parser.parse_args()
    told: dict[str, Any] = registrations.run(asked.on, short=asked.short)
    told["accounts"] = {}
    for dialect in asked.on:
        grown = accounts.grown(dialect, SHORT if asked.short else accounts.SIZES)
        accounts.show(dialect, grown)
        told["accounts"][dialect] = grown
    if asked.json:
        asked.json.write_text(json.dumps(told, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
