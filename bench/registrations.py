"""Registrations per second, how long they and their slowest requests take, and how much is cryptography.

    python -m bench.registrations [--short] [--on sqlite postgresql] [--json FILE]

A registration is everything from installing the app to the page that says it is done, with a card made of
software. `in process` calls the sessions, each request one transaction; `sockets` goes through the servers'
JSON APIs. One process or four work on one store. All variants are measured in alternation, in one run, with
people and servers on the same machine: compare figures of one run only.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from bench.accounts import database
from bench.doors import Sessions, Timed, over_sockets
from bench.shares import Share, share
from tests.kill.people import Citizen, citizens, keys, serials
from tests.kill.service import CONTEXT, Plan, Victim, lab
from tests.kill.walk import Walk

from softeid.harness.registration.phones import Phones
from softeid.harness.registration.settings import Settings
from softeid.harness.registration.vocabulary import PortalState
from softeid.harness.store import SqlStore
from softeid.harness.web.api import Behind

BITS = 2048  # the shortest account keys: everything but cryptography weighs most with them
CLIENTS = 4
PROCESSES = (1, 4)
_KEYS = 8
_SETTINGS = Settings(key_bits=2048)


class Took(NamedTuple):
    """Seconds of a registration, and of its slowest request."""

    whole: float
    request: float


@dataclass
class Figures:
    """What was measured of one variant.

    Attributes:
        took: each registration.
        rates: registrations per second, of each round.
        busy: seconds of CPU time of the processes that serve.
    """

    took: list[Took] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    busy: float = 0.0

    def told(self) -> dict[str, float]:
        """As JSON has it: seconds, and registrations per second."""
        wholes = sorted(one.whole for one in self.took)
        requests = sorted(one.request for one in self.took)
        return {
            "per second": sorted(self.rates)[len(self.rates) // 2],
            "p50": _at(wholes, 0.5),
            "p99": _at(wholes, 0.99),
            "request p50": _at(requests, 0.5),
            "request p99": _at(requests, 0.99),
            "cpu": self.busy / len(self.took),
            "number": len(self.took),
        }


def register(citizen: Citizen, doors: Timed) -> Took:
    """A whole registration."""
    doors.took.clear()
    walk, begin = Walk(citizen, Random(0), "192.0.2.1"), time.perf_counter()
    while walk.told.page is not PortalState.DONE:
        walk.step(doors)
    return Took(time.perf_counter() - begin, max(doors.took))


# --- in process -----------------------------------------------------------------------------------


def work(plan: Plan, first: int, number: int, told: Connection) -> None:
    """Be a process that registers people by itself: as many as it is told, again and again."""
    people = citizens(number, first)
    store, core, portal = lab(replace(plan, serials=serials(people)))
    kept = SqlStore(plan.phones)
    kept.migrate()
    doors = Sessions(Behind((kept, store), core.wake), portal, Phones(core, kept))
    register(people.pop(), doors)
    told.send(None)
    while wanted := told.recv():
        begin = time.process_time()
        took = [register(people.pop(), doors) for _ in range(wanted)]
        told.send((took, time.process_time() - begin))


class Workers:
    """Processes that register people by themselves, on one store."""

    def __init__(self, plan: Plan, folder: Path, processes: int, people: int) -> None:
        """Start them, and wait until each has done a first registration."""
        self._running = []
        for one in range(processes):
            ours, theirs = CONTEXT.Pipe()
            own = replace(plan, phones=f"sqlite:///{folder}/phones{one}.db")
            number = people // processes + 1
            process = CONTEXT.Process(target=work, args=(own, one * number, number, theirs), daemon=True)
            process.start()
            theirs.close()
            self._running.append((process, ours))
        for _, ours in self._running:
            ours.recv()

    def do(self, number: int, figures: Figures) -> None:
        """Register so many people."""
        for _, ours in self._running:
            ours.send(number // len(self._running))
        for _, ours in self._running:
            took, busy = ours.recv()
            figures.took += took
            figures.busy += busy

    def stop(self) -> None:
        """End them."""
        for process, ours in self._running:
            ours.send(0)
            process.join()


# --- over sockets ---------------------------------------------------------------------------------


class Servers:
    """Processes with servers, on one store; people are threads of ours."""

    def __init__(self, plan: Plan, folder: Path, processes: int, people: int) -> None:
        """Start them, and do a first registration with each."""
        self._people = citizens(people + processes)
        told = replace(plan, serials=serials(self._people))
        self._running = [
            Victim(replace(told, phones=f"sqlite:///{folder}/phones{one}.db"), "both")
            for one in range(processes)
        ]
        self._doors = [over_sockets(self._running[one % processes].port) for one in range(CLIENTS)]
        self._pool = ThreadPoolExecutor(CLIENTS)
        for doors in self._doors[:processes]:
            register(self._people.pop(), doors)

    def do(self, number: int, figures: Figures) -> None:
        """Register so many people."""
        before = self._busy()
        each = number // CLIENTS
        shares = [[self._people.pop() for _ in range(each)] for _ in range(CLIENTS)]
        for took in self._pool.map(_register_all, shares, self._doors):
            figures.took += took
        figures.busy += self._busy() - before

    def stop(self) -> None:
        """End them."""
        self._pool.shutdown()
        for doors in self._doors:
            doors.close()
        for one in self._running:
            one.stop()

    def _busy(self) -> float:
        return sum(_cpu_seconds(one.pid) for one in self._running)


def _register_all(people: Sequence[Citizen], doors: Timed) -> list[Took]:
    return [register(who, doors) for who in people]


def _cpu_seconds(pid: int) -> float:
    """CPU time of a process, user's and system's (proc(5), fields 14 and 15 of /proc/pid/stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# --- all of it ------------------------------------------------------------------------------------

Variant = tuple[str, str, int]


@contextmanager
def stand(variant: Variant, people: int) -> Iterator[Workers | Servers]:
    """One variant, ready."""
    dialect, how, processes = variant
    with TemporaryDirectory(prefix="softeid-bench-") as folder, database(dialect) as url:
        store = SqlStore(url)
        store.migrate()
        store.close()
        plan = Plan(url, "", (), keys(_KEYS, BITS), _SETTINGS)
        kind = Workers if how == "in process" else Servers
        ready = kind(plan, Path(folder), processes, people)
        try:
            yield ready
        finally:
            ready.stop()


def measured(dialects: Sequence[str], rounds: int, each: int) -> dict[Variant, Figures]:
    """Every variant, in alternation."""
    variants = [
        (dialect, how, number)
        for dialect in dialects
        for how in ("in process", "sockets")
        for number in PROCESSES
    ]
    figures = {variant: Figures() for variant in variants}
    with ExitStack() as held:
        standing = [held.enter_context(stand(variant, rounds * each)) for variant in variants]
        for _ in range(rounds):
            for variant, ready in zip(variants, standing, strict=True):
                begin = time.perf_counter()
                ready.do(each, figures[variant])
                figures[variant].rates.append(each / (time.perf_counter() - begin))
    return figures


def show(figures: Mapping[Variant, Figures], shares: Mapping[tuple[str, int], Share]) -> None:
    """A table of the variants; ratios to one process of the same store and way.

    The last column is the share of unavoidable cryptography in the CPU time of the processes that serve; over
    sockets the card's two signatures, half a millisecond, are counted too, though they are made by people.
    """
    print(f"\nregistrations, account keys of {BITS} bits; milliseconds")
    print(f"{'':36}{'per s':>8}{'ratio':>7}{'p50':>7}{'p99':>7}", end="")
    print(f"{'request p50':>13}{'p99':>7}{'CPU':>7}{'crypt.':>8}")
    for variant, one in figures.items():
        dialect, how, processes = variant
        told, base = one.told(), figures[dialect, how, 1].told()
        name = f"{dialect}, {how}, {processes} process{'es' if processes > 1 else ''}"
        rate, ratio = told["per second"], told["per second"] / base["per second"]
        spans = [told[key] * 1000 for key in ("p50", "p99", "request p50", "request p99", "cpu")]
        print(f"{name:36}{rate:8.2f}{ratio:7.2f}{spans[0]:7.0f}{spans[1]:7.0f}{spans[2]:13.0f}", end="")
        unavoidable = sum(shares[dialect, BITS].cryptography.values()) / spans[4]
        print(f"{spans[3]:7.0f}{spans[4]:7.0f}{unavoidable:8.0%}")


def show_share(dialect: str, bits: int, told: Share) -> None:
    """Where the CPU time of one registration goes."""
    print(f"\n{dialect}, in process, keys of {bits} bits: {told.whole:.0f} ms of CPU time,", end=" ")
    print(f"{told.share:.0%} of it unavoidable cryptography")
    for name, spent in sorted(told.cryptography.items(), key=lambda one: -one[1]):
        print(f"  {name:40}{spent:8.1f} ms")
    print("  the rest, as the profiler saw it (inflated):")
    for name, spent in sorted(told.rest.items(), key=lambda one: -one[1])[:8]:
        print(f"    {name:38}{spent:8.1f} ms")


def _at(rising: Sequence[float], part: float) -> float:
    return rising[min(len(rising) - 1, int(len(rising) * part))]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--short", action="store_true", help="a few of each, in about a minute")
    parser.add_argument("--on", nargs="+", choices=("sqlite", "postgresql"), default=("sqlite", "postgresql"))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    asked = parser.parse_args()
    told = run(asked.on, short=asked.short)
    if asked.json:
        asked.json.write_text(json.dumps(told, indent=1) + "\n", "utf-8")


def run(dialects: Sequence[str], *, short: bool) -> dict[str, Any]:
    """Measure and show all of it.

    Args:
        dialects: sqlite, postgresql.
        short: a few of each; the figures are rough then.
    """
    rounds, each = (1, 8) if short else (8, 12)  # `each` is a multiple of CLIENTS
    shares = {}
    for dialect in dialects:
        for bits in (2048, 3072):
            shares[dialect, bits] = share(dialect, bits, *((1, 3) if short else (4, 5)))
            show_share(dialect, bits, shares[dialect, bits])
    figures = measured(dialects, rounds, each)
    show(figures, shares)
    return {
        "registrations": {", ".join(map(str, key)): one.told() for key, one in figures.items()},
        "shares": {
            f"{dialect}, {bits}": {"whole": one.whole, "share": one.share, **one.cryptography}
            for (dialect, bits), one in shares.items()
        },
    }


if __name__ == "__main__":
    main()
