"""SP9: memory as PSS, where pages that several processes share count in parts.

So this process imports nothing of what it measures. Other users of the same libraries on the machine still
make the figures smaller.
"""

from __future__ import annotations

import os
import subprocess
import sys

from bench.speed.measure import Row, Spread, pss, tree

_STACKS = 16
_EXEC = [sys.executable, "-m", "softeid", "exec", "--", "sh", "-c", "echo there; exec cat"]
_ONE, _ALL = 18.0, 320.0  # MiB
_BECAUSE = "a Python with cryptography's EC and nothing else has {:.0f} MiB; the rest issues the card"
_EACH = "each has a nursery and a keeper of its own besides"


def measure(short: bool) -> list[Row]:
    """One process with a card, and sixteen stacks in two ways."""
    rounds = 3 if short else 5
    alone, bare, together = [], [], []
    for _ in range(rounds):
        ((process, _),) = _worlds(1)
        alone.append(process)
        bare.append(_bare())
        worlds = _worlds(_STACKS)
        together.append(sum(process + below for process, below in worlds))
    cost = Spread.of(bare).median
    return [
        _row("a process with a card and its keys (`softeid exec`)", alone, _ONE, _BECAUSE.format(cost)),
        _row(f"{_STACKS} stacks with cards, of one harness", [_one_harness() for _ in range(rounds)], _ALL),
        _row(f"{_STACKS} stacks with cards, of {_STACKS} `softeid exec`", together, _ALL, _EACH),
    ]


def _row(what: str, values: list[float], limit: float, why: str = "") -> Row:
    spread = Spread.of(values)
    told = why if spread.median > limit else ""
    return Row("SP9", what, spread, limit, at_most=True, unit="MiB", figures={}, why=told)


def _worlds(many: int) -> list[tuple[float, float]]:
    """So many `exec` at once: MiB of each one's own process, and of all below it but the command."""
    running = [
        subprocess.Popen(_EXEC, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for _ in range(many)
    ]
    try:
        for one in running:
            assert one.stdout
            if one.stdout.readline() != b"there\n":
                raise RuntimeError("`softeid exec` does not come up; try `softeid doctor`")
        return [(pss(one.pid), sum(map(pss, _service(one.pid)))) for one in running]
    finally:
        for one in running:
            one.communicate()


def _service(harness: int) -> list[int]:
    """Nursery, keeper and pcscd of a process; its command is not counted."""
    names = {pid: os.readlink(f"/proc/{pid}/exe") for pid in tree(harness)[1:]}
    return [pid for pid, name in names.items() if "python" in name or name.endswith("pcscd")]


def _one_harness() -> float:
    """MiB of a process that has all the stacks and cards, and of what serves it."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.speed.harness", str(_STACKS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as one:
        assert one.stdout
        one.stdout.readline()
        return sum(map(pss, tree(one.pid)))


def _bare() -> float:
    """MiB of a Python that has imported what a key needs."""
    program = "import cryptography.hazmat.primitives.asymmetric.ec, sys; print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as one:
        assert one.stdout
        one.stdout.readline()
        return pss(one.pid)
