"""python -m bench.speed.harness NUMBER: so many private stacks with a card each, until its input ends."""

from __future__ import annotations

import sys
from contextlib import ExitStack

from bench.speed import card

from softeid.vpcd.pcscd import PrivateStack


def main() -> None:
    """Say a line when all are up."""
    with ExitStack() as stacks:
        for _ in range(int(sys.argv[1])):
            stacks.enter_context(PrivateStack()).insert(card.issued().card)
        print("there", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
