"""Cards for the tests of card files."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from softeid.emulator import CardLike
from softeid.harness.card_file.file import CardFile
from softeid.harness.card_file.made import record_of
from softeid.harness.card_file.record import CardRecord
from softeid.harness.clock import Clock
from softeid.harness.issuing import issue_card
from softeid.harness.person import persons
from softeid.harness.pki.authority import Authority
from softeid.harness.profile_file import load_profile
from softeid.harness.seed import Seed

CLOCK = Clock(datetime(2026, 3, 2, 9, tzinfo=UTC))
SEED = "card files"
OLD, NEW = b"1234".ljust(12, b"\xff"), b"4321".ljust(12, b"\xff")
VERIFY, CHANGE = bytes.fromhex("002000010C"), bytes.fromhex("0024000118")
ASK = bytes.fromhex("00200001")
DONE, FAILED = b"\x90\x00", b"\x65\x81"

# A process that has the card PATH until its standard input ends, and says so.
HOLDER = """
import subprocess, sys
from pathlib import Path
from softeid.harness.card_file.file import CardFile
with CardFile.open(Path(sys.argv[1])):
    print("in", flush=True)
    if sys.argv[2] == "True":
        print(subprocess.Popen(["sleep", "600"], close_fds=False).pid, flush=True)
    sys.stdin.read()
"""


def authority() -> Authority:
    return Authority(Seed(SEED), CLOCK)


@cache
def record(state: str = "fresh", person: str = "jaak", profile: str = "esteid-2018") -> CardRecord:
    """A card, always the same."""
    issued = issue_card(
        load_profile(profile), persons()[person], authority(), seed=Seed(SEED), clock=CLOCK, state=state
    )
    return record_of(issued, CLOCK, state=state, profile_name=profile, seed=SEED)


def made(folder: Path, card: CardRecord | None = None, name: str = "x.card") -> Path:
    """The file of a card."""
    path = folder / name
    CardFile.create(path, card or record())
    return path


@contextmanager
def inserted(path: Path) -> Iterator[tuple[CardFile, CardLike, list[Exception]]]:
    """A card that is in and has power, and what it complained of."""
    troubles: list[Exception] = []
    with CardFile.open(path) as file:
        card = file.insert(CLOCK, _fault, troubles.append)
        card.power_on()
        yield file, card, troubles


@contextmanager
def edited(path: Path) -> Iterator[sqlite3.Connection]:
    """The file as somebody with SQLite changes it, who cares for nothing."""
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("PRAGMA ignore_check_constraints = ON")
        file.execute("PRAGMA writable_schema = ON")
        yield file


@contextmanager
def held(path: Path, *, child: bool = False) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the card; on demand with a child, whose number is its second line."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path), str(child)],
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        try:
            assert holder.stdout
            assert holder.stdout.readline() == "in\n"
            yield holder
        finally:
            holder.kill()


def hot_journal(path: Path, to: Path) -> Path:
    """A copy of a card as a process that is killed in mid-change leaves it: its journal lies beside."""
    with edited(path) as file:
        file.execute("PRAGMA cache_size = 1")
        file.execute("BEGIN IMMEDIATE")
        file.execute("UPDATE pin SET tries = 0, state = 'blocked'")
        file.executemany("INSERT INTO history (at, what) VALUES ('x', ?)", [("y" * 200,)] * 200)
        copy = to / path.name
        for suffix in ("", "-journal"):
            octets = path.with_name(path.name + suffix).read_bytes()
            copied = copy.with_name(copy.name + suffix)
            copied.write_bytes(octets)
            copied.chmod(0o600)
        file.execute("ROLLBACK")
    return copy


def in_namespace(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Python with a small disk of its own at a folder: a tmpfs that can be filled and made read-only."""
    shell = 'mount -t tmpfs -o size=512k,mode=0700 softeid-test "$1" && cd "$1" && exec "$2" -c "$3"'
    return subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", shell, "sh", folder, sys.executable, script],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def _fault(bug: Exception) -> None:
    raise AssertionError("the card has a bug") from bug
