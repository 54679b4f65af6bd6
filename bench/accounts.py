"""How a store grows: what one look-up, one new account and one change cost at 100 and at 100,000 accounts.

    python -m bench.accounts [--sizes 100 1000] [--on sqlite postgresql] [--json FILE]

Accounts are made through the store's own interface, each with its registration, in large transactions; their
certificates and key shares are real ones from a small pool. What is timed is a transaction of its own each,
from its beginning until it is on the disk. Medians; beside each its ratio to the smallest size. A disk tires:
the last line tells what it takes for one plain fsync at that moment, which every write contains.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from softeid.harness.clock import Clock
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.leaf import Use
from softeid.harness.registration.account_certificate import ACCOUNT_AUTHORITY, account_leaf
from softeid.harness.registration.app_life import AppEvent
from softeid.harness.registration.audit import Audit
from softeid.harness.registration.contact import Contact
from softeid.harness.registration.identity import Identity
from softeid.harness.registration.key_pool import KeyPool
from softeid.harness.registration.key_server import KeyServer
from softeid.harness.registration.key_share import split
from softeid.harness.registration.model import (
    ACCOUNTS,
    REGISTRATIONS,
    Account,
    DeviceInfo,
    Registration,
    Terms,
)
from softeid.harness.registration.settings import Settings
from softeid.harness.registration.vocabulary import AppState, EventName
from softeid.harness.seed import Seed
from softeid.harness.store import SqlStore

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SIZES = (100, 1_000, 10_000, 100_000)
POOL = 4  # different pairs of keys and certificates
AT_ONCE = 500  # accounts in one transaction while the store is filled
WAITING = 100  # one registration in so many still waits for something
TIMES = 300  # each operation is timed so often

Operation = Callable[[int], object]


@dataclass(frozen=True)
class Pair:
    """An account and its registration, to be made many of."""

    account: Account
    registration: Registration


def identity(number: int) -> Identity:
    """A made-up person, whose code has no check digit that fits."""
    code = f"9{number:010d}"
    return Identity(f"PNOEE-{code}", "EE", code, "MAASIKAS", "MARI-LIIS", None)


def pool() -> list[Pair]:
    """Real keys and certificates; the accounts they belong to are made from them by `numbered`."""
    seed, clock, primes = Seed("bench"), Clock(NOW), KeyPool()
    authority = Authority(seed, clock, ACCOUNT_AUTHORITY)
    server = KeyServer(Settings(), seed.stream("keys"))
    made = []
    for number in range(POOL):
        device = DeviceInfo(f"{number:016x}", "mari", "Phone")
        who = identity(number)
        keys = {
            use: server.take(use, split(primes(2048), "1234", b"secret", seed.stream("shares", use))[1])
            for use in Use
        }
        document = f"{who.semantics_id}-AAAA-Q"
        end = NOW + timedelta(days=1095)
        certificates = {
            use: authority.issue(account_leaf(use, who, document, key.share.modulus, NOW, end))
            for use, key in keys.items()
        }
        terms, contact = Terms("2026-01", "et", NOW), Contact("mari@example.test")
        registration = Registration(f"{number}", device, "EE", "id-card", terms, keys)
        registration.identity, registration.contact, registration.state = who, contact, AppState.ACTIVE
        account = Account(document, who, contact, device, f"{number}", certificates, NOW, end)
        made.append(Pair(account, registration))
    return made


def numbered(pairs: Sequence[Pair], number: int) -> Pair:
    """The account with a number."""
    pair, who = pairs[number % POOL], identity(number)
    device = replace(pair.account.device, device_id=f"{number:016x}")
    registration = replace(pair.registration, reg_id=f"{number}", identity=who, device=device)
    if number % WAITING == 0:
        registration.state = AppState.BOUND
        registration.due = {AppEvent.DEADLINE: NOW + timedelta(seconds=number)}
    account = replace(
        pair.account,
        document_number=f"{who.semantics_id}-AAAA-Q",
        identity=who,
        device=device,
        registration=f"{number}",
    )
    return Pair(account, registration)


def fsync() -> float:
    """Microseconds that the disk takes to keep 4 KiB of a plain file, the median: no commit takes less."""
    taken = []
    with tempfile.TemporaryFile(prefix="softeid-bench-") as file:
        for _ in range(TIMES):
            begin = time.perf_counter()
            os.pwrite(file.fileno(), bytes(4096), 0)
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - begin)
    return statistics.median(taken) * 1e6


class Bench:
    """One store, growing."""

    def __init__(self, store: SqlStore, pairs: Sequence[Pair]) -> None:
        """Begin with an empty one."""
        self._store = store
        self._pairs = pairs
        self._accounts, self._registrations = store.table(ACCOUNTS), store.table(REGISTRATIONS)
        self._audit = Audit(Clock(NOW), lambda _: None, store.events)
        self._have = 0

    def fill(self, size: int) -> float:
        """Add accounts until there are so many.

        Returns:
            Seconds for one account.
        """
        begin, first = time.perf_counter(), self._have
        while self._have < size:
            with self._store.transaction():
                for number in range(self._have, min(size, self._have + AT_ONCE)):
                    self._add(number)
            self._have = min(size, self._have + AT_ONCE)
        return (time.perf_counter() - begin) / max(1, size - first)

    def measure(self) -> dict[str, float]:
        """Microseconds of each operation, the median; the disk has first written what it was given before."""
        os.sync()
        have = self._have
        step = max(1, have // TIMES) | 1
        operations: Mapping[str, Operation] = {
            "find accounts of a person": lambda n: self._accounts.find(
                semantics_id=identity(n * step % have).semantics_id
            ),
            "look a document number up": lambda n: self._accounts.get(
                f"PNOEE-9{n * step % have:010d}-AAAA-Q"
            ),
            "first that falls due": lambda _: self._registrations.first_due(),
            "tell the audit trail": lambda n: self._audit.tell(EventName.CODE_ISSUED, "mari", generation=n),
            "change a registration": lambda n: self._change(n * step % have),
            "add account and registration": lambda n: self._add(have + n),
        }
        told = {name: self._median(operation) for name, operation in operations.items()}
        self._have += TIMES
        return told | {"for comparison, a plain fsync": fsync()}

    def _median(self, operation: Operation) -> float:
        taken = []
        for number in range(TIMES):
            begin = time.perf_counter()
            with self._store.transaction():
                operation(number)
            taken.append(time.perf_counter() - begin)
        return statistics.median(taken) * 1e6

    def _add(self, number: int) -> None:
        pair = numbered(self._pairs, number)
        self._registrations.add(pair.registration)
        self._accounts.add(pair.account)

    def _change(self, number: int) -> None:
        self._registrations[f"{number}"].issue_failures += 1


@contextmanager
def database(dialect: str) -> Iterator[str]:
    """The URL of an empty database that is thrown away afterwards."""
    if dialect == "sqlite":
        with tempfile.TemporaryDirectory(prefix="softeid-bench-") as folder:
            yield f"sqlite:///{folder}/bench.db"
        return
    from tests.harness import postgres  # the tests' own server

    with postgres.server(durable=True) as server:
        yield server.database()


def grown(dialect: str, sizes: Sequence[int]) -> dict[int, dict[str, float]]:
    """What each operation costs at each size."""
    told = {}
    with database(dialect) as url:
        store = SqlStore(url)
        store.migrate()
        bench = Bench(store, pool())
        for size in sizes:
            filled = bench.fill(size)
            told[size] = bench.measure() | {"add one of many at once": filled * 1e6}
        store.close()
    return told


def show(dialect: str, told: Mapping[int, Mapping[str, float]]) -> None:
    """A table: operations down, sizes across."""
    smallest = next(iter(told.values()))
    print(f"\n{dialect}, microseconds (ratio to {next(iter(told)):,} accounts)")
    print(f"{'':30}" + "".join(f"{size:>18,}" for size in told))
    for name in smallest:
        cells = (f"{one[name]:,.0f} ({one[name] / smallest[name]:.2f})" for one in told.values())
        print(f"{name:30}" + "".join(f"{cell:>18}" for cell in cells))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of accounts, rising")
    parser.add_argument("--on", nargs="+", choices=("sqlite", "postgresql"), default=("sqlite", "postgresql"))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    asked = parser.parse_args()
    told = {}
    for dialect in asked.on:
        told[dialect] = grown(dialect, asked.sizes)
        show(dialect, told[dialect])
    if asked.json:
        asked.json.write_text(json.dumps(told, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
