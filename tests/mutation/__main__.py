"""Change the modules that matter most in every small way, and see whether their tests notice.

python -m tests.mutation [MODULE ...] [--workers N]

Ends with 1 if a mutant survives that `survivors.toml` does not explain, or if an explanation there is stale;
with 2 if nothing can be said. The tree is copied and the copies are thrown away.
"""

from __future__ import annotations

import argparse
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import track
from rich.table import Table

from .mutant import Mutant, brood
from .subject import SUBJECTS
from .survivor import Change, Verdict, judge, read_file
from .workshop import Outcome, UnsoundError, Workshop

_MEMORY = 2 << 30  # octets that a mutant may take; one that fills a list for ever ends early


@dataclass(frozen=True)
class Result:
    """What became of a module's mutants.

    Attributes:
        module: path below the root.
        outcomes: how many ended how.
        void: proposed mutants that are none.
        survivors: with their places.
        verdict: what is said of them.
        seconds: in real time.
    """

    module: str
    outcomes: Mapping[Outcome, int]
    void: int
    survivors: Sequence[Mutant]
    verdict: Verdict
    seconds: float

    @property
    def held(self) -> bool:
        """Whether every mutant was run, and every survivor is explained, and nothing else is."""
        return not (self.verdict.unexplained or self.verdict.stale or self.outcomes[Outcome.NOT_RUN])


def main() -> int:
    """Run, print, and tell the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutation", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"by default {', '.join(SUBJECTS)}")
    parser.add_argument("--workers", type=int, default=1, choices=range(1, 65), metavar="N", help="at once")
    asked = parser.parse_args()
    for module in asked.modules:
        if module not in SUBJECTS:
            parser.error(f"expected modules of tests/mutation/subject.py, found {module}")
    if find_spec("cosmic_ray") is None:
        print("cosmic-ray is lacking; `make mutate` installs it (the extra `mutate`)", file=sys.stderr)
        return 2
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)  # the copies go away then, too
    console = Console()
    results = []
    try:
        explanations = read_file()
        with workshops(asked.workers) as copies:
            for module in asked.modules or SUBJECTS:
                results.append(result := tried(module, copies, explanations, console))
                show_survivors(result)
    except (ValueError, UnsoundError, OSError) as wrong:
        print(wrong, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("ended before its time; the copies are gone", file=sys.stderr)
        return 130
    console.print(table(results))
    return 0 if all(result.held for result in results) else 1


@contextmanager
def workshops(number: int) -> Iterator[list[Workshop]]:
    """So many copies of the tree, in a folder that goes away."""
    with TemporaryDirectory(prefix="softeid-mutate-") as folder:
        yield [Workshop(Path(folder) / str(one)) for one in range(number)]


def tried(
    module: str, copies: Sequence[Workshop], explanations: Mapping[Change, str], console: Console
) -> Result:
    """Try every mutant of a module."""
    began, tests = time.monotonic(), SUBJECTS[module]
    free: SimpleQueue[Workshop] = SimpleQueue()
    for copy in copies:
        copy.prove(module, tests)
        free.put(copy)

    def trial(mutant: Mutant) -> Outcome:
        copy = free.get()
        try:
            return copy.trial(module, tests, mutant.text)
        finally:
            free.put(copy)

    family = brood(copies[0].folder, module)
    if not console.is_terminal:
        print(f"{module}: {len(family.mutants)} mutants", flush=True)
    with ThreadPoolExecutor(len(copies)) as pool:
        try:
            running = pool.map(trial, family.mutants)
            shown = track(
                running, module, len(family.mutants), console=console, disable=not console.is_terminal
            )
            outcomes = list(shown)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    survivors = [
        mutant
        for mutant, outcome in zip(family.mutants, outcomes, strict=True)
        if outcome is Outcome.SURVIVED
    ]
    verdict = judge([mutant.change for mutant in survivors], explanations, module)
    return Result(module, Counter(outcomes), family.void, survivors, verdict, time.monotonic() - began)


def show_survivors(result: Result) -> None:
    """Print what is wrong with a module's survivors and their explanations."""
    if idle := result.outcomes[Outcome.NOT_RUN]:
        print(f"not run: {idle} mutants of {result.module}; pytest could not be started")
    unexplained = Counter(result.verdict.unexplained)
    for mutant in reversed(result.survivors):  # of two that look the same the explanation is the first one's
        change = mutant.change
        if unexplained[change]:
            unexplained[change] -= 1
            place = f"{change.module}:{mutant.line}" + (f", in {change.within}" if change.within else "")
            print(f"survived: {place}\n  - {change.was}\n  + {change.became}")
    for change in result.verdict.stale:
        print(f"stale in survivors.toml: {change.module}, in {change.within}; no such mutant survives")
        print(f"  - {change.was}\n  + {change.became}")


def table(results: Sequence[Result]) -> Table:
    """The figures, a line for each module."""
    shown = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    shown.add_column("module", no_wrap=True)
    for name in ("mutants", "killed", "hung", "survived", "explained", "void", "s"):
        shown.add_column(name, justify="right", no_wrap=True)
    for one in results:
        figures = (
            sum(one.outcomes.values()),
            one.outcomes[Outcome.KILLED],
            one.outcomes[Outcome.TIMED_OUT],
            one.outcomes[Outcome.SURVIVED],
            len(one.verdict.explained),
            one.void,
        )
        shown.add_row(one.module.removesuffix(".py"), *map(str, figures), f"{one.seconds:.0f}")
    return shown


if __name__ == "__main__":
    sys.exit(main())
