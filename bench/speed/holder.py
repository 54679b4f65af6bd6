"""python -m bench.speed.holder HOST PORT: our card as a process, in a slot of somebody's vpcd.

The same bridge as `softeid plug` has, with a card that is made in the same way.
"""

from __future__ import annotations

import sys

from bench.speed.card import issued

from softeid.vpcd.bridge import Bridge, tcp


def main() -> None:
    """Serve until vpcd is gone."""
    host, port = sys.argv[1:]
    Bridge(issued().card, tcp(host, int(port))).serve()


if __name__ == "__main__":
    main()
