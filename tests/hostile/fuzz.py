"""One coverage-guided run of one target, in a process of its own: libFuzzer ends the process that it runs in.

    python -m tests.hostile.fuzz TARGET CORPUS FINDINGS COUNTS [--plant NAME] [options of libFuzzer]

`softeid.emulator` and the frames of `softeid.vpcd` are instrumented; the oracle and these tests are not. Ends
with 77 after a finding, whose file lies in FINDINGS. COUNTS gets `Counts`.
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

CARD = "card"
FOUND = 77  # the exit code
_COUNTS = struct.Struct("<QQQ")


class Counts(NamedTuple):
    """How much was done."""

    inputs: int
    apdus: int
    pairs: int  # of instruction and status word that were seen

    @classmethod
    def read(cls, file: Path) -> Counts:
        """What a run has written, up to its last input."""
        return cls(*_COUNTS.unpack(file.read_bytes()[: _COUNTS.size]))


def main(target: str, corpus: str, findings: str, counts: str, *options: str) -> None:
    """Run until libFuzzer ends the process."""
    import atheris

    with atheris.instrument_imports(include=["softeid.emulator", "softeid.vpcd.wire"]):
        from tests.hostile.campaign import Campaign, Finding
        from tests.hostile.door import DOORS
        from tests.hostile.planted import PLANTED

    arguments = list(options)
    planted = ExitStack()
    if "--plant" in arguments:
        at = arguments.index("--plant")
        planted.enter_context(PLANTED[arguments[at + 1]]())
        del arguments[at : at + 2]
    shared = _shared(Path(counts))
    campaign = Campaign(Path(findings))
    done = 0

    def card(octets: bytes) -> None:
        try:
            campaign(octets)
        except Finding as found:
            sys.stderr.write(f"FOUND {found}\n")
            sys.stderr.flush()
            os._exit(FOUND)
        finally:
            _COUNTS.pack_into(shared, 0, campaign.sequences, campaign.apdus, len(campaign.seen))

    def door(octets: bytes) -> None:
        nonlocal done
        done += 1
        _COUNTS.pack_into(shared, 0, done, 0, 0)
        try:
            DOORS[target].take(octets)
        except Exception:  # noqa: BLE001  # whatever it is, it is a finding
            file = Path(findings) / f"{target}.octets"
            file.write_bytes(octets)
            sys.stderr.write(f"FOUND {traceback.format_exc()}\n{file}\n")
            sys.stderr.flush()
            os._exit(FOUND)

    take: Callable[[bytes], None] = card if target == CARD else door
    atheris.Setup([sys.argv[0], *arguments, corpus], take)
    atheris.Fuzz()


def _shared(file: Path) -> mmap.mmap:
    """Memory that outlives this process as a file: libFuzzer leaves no time to write one at the end."""
    file.write_bytes(bytes(_COUNTS.size))
    with file.open("r+b") as opened:
        return mmap.mmap(opened.fileno(), 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
