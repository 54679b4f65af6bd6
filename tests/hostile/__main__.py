"""A hostile host for as long as one likes: `make soak` runs it.

    python -m tests.hostile [--runs N] [--target NAME] [--findings FOLDER] [--keep]

Each target is fuzzed with coverage as the guide, from vectors and corpus. What is found lies in the folder as
the shortest vector that shows it, ready to be moved to tests/vectors/hostile/. Ends with 1 after a finding,
with 2 where atheris is lacking (the extra `soak`).
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from hashlib import sha1
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from tests.hostile.campaign import CORPUS, corpus, fewest, generated, seeds
from tests.hostile.door import DOORS
from tests.hostile.fuzz import CARD, Counts

RUNS = 40_000  # sequences for the card, and octet strings for each door; about five minutes
ROOT = Path(__file__).parents[2]
LONGEST = 3000  # octets of a sequence
_COVERAGE = re.compile(r"cov: (\d+) ft: (\d+) corp: (\d+)/")


class Outcome(NamedTuple):
    """How one target fared."""

    target: str
    counts: Counts
    edges: int  # of instrumented code that were run through
    features: int  # libFuzzer's: edges, and how often in powers of two
    kept: int  # inputs that reached something new
    seconds: float
    found: str  # "" or what was found


def fuzz(target: str, runs: int, findings: Path, *options: str, keep: bool = False) -> Outcome:
    """Fuzz one target in a process of its own.

    Args:
        target: "card", or a door.
        runs: inputs.
        findings: where files are put.
        options: more for `fuzz.main`.
        keep: write what the run kept to the card's committed corpus, as short as it goes.
    """
    with tempfile.TemporaryDirectory(prefix="softeid-soak-") as folder:
        findings = findings.resolve()
        pool, counts = Path(folder, "corpus"), Path(folder, "counts")
        _put(
            pool,
            [*seeds(), *corpus(), *map(generated, range(200))] if target == CARD else DOORS[target].seeds(),
        )
        findings.mkdir(parents=True, exist_ok=True)
        longest = LONGEST if target == CARD else DOORS[target].longest
        limits = (f"-runs={runs}", f"-max_len={longest}", "-timeout=30", f"-artifact_prefix={findings}/")
        began = time.monotonic()
        done = _run(target, pool, findings, counts, *options, *limits)
        seconds = time.monotonic() - began
        if keep:
            _keep(pool)
        found = done.stderr.partition("FOUND ")[2].strip()
        if done.returncode and not found:  # it took too long for one input, or too much memory
            found = f"it ended with {done.returncode}:\n{done.stderr[-3000:]}"
        edges, features, kept = map(int, (_COVERAGE.findall(done.stderr) or [(0, 0, 0)])[-1])
        return Outcome(target, Counts.read(counts), edges, features, kept, seconds, found)


def _run(
    target: str, pool: Path, findings: Path, counts: Path, *options: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.hostile.fuzz", target, pool, findings, counts, *options],
        check=False, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace",
    )  # fmt: skip


def _put(folder: Path, inputs: Iterable[bytes]) -> None:
    folder.mkdir()
    for octets in inputs:
        (folder / sha1(octets, usedforsecurity=False).hexdigest()).write_bytes(octets)


def _keep(pool: Path) -> None:
    """What the pool reaches, by as few octets as can be, in the committed corpus."""
    kept = fewest(file.read_bytes() for file in pool.iterdir())
    CORPUS.write_text("".join(f"{octets.hex()}\n" for octets in kept), "ascii")


def table(outcomes: Iterable[Outcome]) -> str:
    """The figures, for people."""
    head = f"{'target':16}{'inputs':>10}{'APDUs':>12}{'edges':>7}{'features':>10}{'kept':>7}{'seconds':>9}"
    rows = [
        f"{one.target:16}{one.counts.inputs:>10,}{one.counts.apdus:>12,}{one.edges:>7,}{one.features:>10,}"
        f"{one.kept:>7,}{one.seconds:>9.0f}  {'something' if one.found else 'nothing'}"
        for one in outcomes
    ]
    return "\n".join([f"{head}  found", *rows])


def main() -> int:
    """The command; its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.hostile", description="Fuzz the card as a hostile host."
    )
    parser.add_argument(
        "--runs",
        type=int,
        default=RUNS,
        help=f"sequences for the card, octet strings for a door (default {RUNS:,})",
    )
    parser.add_argument(
        "--target", choices=[CARD, *DOORS], action="append", help="only this one; may be repeated"
    )
    parser.add_argument("--findings", type=Path, default=Path("findings"), help="folder for what is found")
    parser.add_argument("--keep", action="store_true", help="renew the committed corpus of the card")
    chosen = parser.parse_args()
    if find_spec("atheris") is None:
        print("atheris is lacking: pip install --editable '.[soak]'", file=sys.stderr)
        return 2
    outcomes = []
    for target in chosen.target or [CARD, *DOORS]:
        outcome = fuzz(target, chosen.runs, chosen.findings, keep=chosen.keep and target == CARD)
        outcomes.append(outcome)
        if outcome.found:
            print(f"{target}: {outcome.found}", file=sys.stderr)
    print(table(outcomes))
    pairs = next((one.counts.pairs for one in outcomes if one.target == CARD), 0)
    if pairs:
        print(f"the card was seen to answer {pairs} pairs of instruction and status word")
    return int(any(one.found for one in outcomes))


if __name__ == "__main__":
    sys.exit(main())
