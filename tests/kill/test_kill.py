"""Two hundred people register while the portal is killed again and again: nothing confirmed is lost.

    KILL=full python -m pytest tests/kill

By default fewer people and kills, so that it takes ten to twenty seconds for each database. The moments are
new each time; KILL_SEED repeats the draws, though not what the machine does meanwhile.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from tests.harness import postgres
from tests.kill.people import citizens, keys, serials
from tests.kill.records import Records
from tests.kill.service import Plan, Role, Victim, running
from tests.kill.walk import Doors, Walk, walk_all

from softeid.harness.registration.settings import Settings
from softeid.harness.store import SqlStore

THREADS = 4
ANSWERS = 17  # that a registration takes at least
_KEYS = 8
_PATIENCE = 60.0  # seconds, where the processes hold the databases in turn


@dataclass(frozen=True)
class Size:
    """How much is done.

    Attributes:
        people: who register at once.
        kills: of a portal.
        phones: kills of the phones' process.
    """

    people: int
    kills: int
    phones: int


SIZE = Size(200, 50, 10) if os.environ.get("KILL") == "full" else Size(40, 10, 3)


@pytest.mark.parametrize(
    ("dialect", "roles"),
    [("sqlite", ("portal", "phones")), ("postgresql", ("portal", "portal", "phones"))],
    ids=["sqlite", "postgresql: two portals"],
)
def test_nothing_confirmed_is_lost(dialect: str, roles: Sequence[Role], tmp_path: Path) -> None:
    seed = os.environ.get("KILL_SEED") or os.urandom(4).hex()
    print(f"KILL_SEED={seed}")  # shown if it fails
    dice = Random(seed)
    people = citizens(SIZE.people)
    with database(dialect, tmp_path) as core:
        phones = f"sqlite:///{tmp_path}/kept/phones.db"
        plan = Plan(core, phones, serials(people), keys(_KEYS), Settings(key_bits=2048))
        walks = [
            Walk(
                who,
                Random(dice.random()),
                address=f"10.0.{number >> 8}.{number & 255}",
                wrong_pin=number % 5 == 1,
                wrong_code=number % 5 == 2,
            )
            for number, who in enumerate(people)
        ]
        with running(plan, *roles) as victims:
            besiege(plan, victims, roles, walks, dice)
        kept = SqlStore(core, patience=_PATIENCE), SqlStore(phones, patience=_PATIENCE)
        Records(*kept).check_end(walks)
        for store in kept:
            store.close()
    assert sum(walk.unanswered for walk in walks), "no kill was noticed"


def besiege(
    plan: Plan, victims: Sequence[Victim], roles: Sequence[Role], walks: Sequence[Walk], dice: Random
) -> None:
    """Kill while people are under way, and look at the records each time."""
    portals = [victim for victim, role in zip(victims, roles, strict=True) if role == "portal"]
    (phones,) = (victim for victim, role in zip(victims, roles, strict=True) if role == "phones")
    turns = [portals[turn % len(portals)] for turn in range(SIZE.kills)] + [phones] * SIZE.phones
    dice.shuffle(turns)
    moments = sorted(dice.sample(range(SIZE.people, SIZE.people * ANSWERS * 9 // 10), len(turns)))
    core, kept = (SqlStore(url, patience=_PATIENCE) for url in (plan.core, plan.phones))
    failed = False

    def people(mine: Sequence[Walk], own: Random) -> None:
        doors = Doors([one.port for one in portals], phones.port, own)
        walk_all(mine, doors, own, lambda: failed)

    with ThreadPoolExecutor(THREADS) as pool:
        under_way = [
            pool.submit(people, walks[one::THREADS], Random(dice.random())) for one in range(THREADS)
        ]
        try:
            for victim, moment in zip(turns, moments, strict=True):
                await_answers(walks, moment, under_way)
                time.sleep(dice.random() * 0.03)
                victim.kill()
                told = [walk.told for walk in walks]
                victim.start()
                Records(core, kept).check(told)
                victim.wait()
        except BaseException:
            failed = True
            raise
        for future in under_way:
            future.result()
    core.close()
    kept.close()


def await_answers(walks: Sequence[Walk], moment: int, under_way: Sequence[Future[None]]) -> None:
    """Wait until so many requests were answered.

    Raises:
        Exception: of somebody who is under way.
    """
    while sum(walk.answered for walk in walks) < moment:
        for future in under_way:
            if future.done():
                future.result()
        assert not all(future.done() for future in under_way), "everybody is done before the last kill"
        time.sleep(0.001)


@contextmanager
def database(dialect: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database of a dialect."""
    with ExitStack() as held:
        if dialect == "sqlite":
            yield f"sqlite:///{folder}/kept/core.db"
        else:
            yield held.enter_context(postgres.server()).database()
