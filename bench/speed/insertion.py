"""SP6: how soon pcscd tells its clients of a card that goes in or comes out, against its own polling.

The anchor is the same card and bridge at a pcscd that nobody hastens; it looks every 0.4 s. Insertions and
removals come at moments that have nothing to do with those looks.
"""

from __future__ import annotations

import random
import time
from contextlib import closing
from itertools import chain
from statistics import median
from time import perf_counter

from bench.speed import card, stock
from bench.speed.measure import Row, Spread, cores, pinned, us

from softeid.emulator import CardLike
from softeid.vpcd.bridge import Bridge, tcp
from softeid.vpcd.pcscd import PrivateStack
from softeid.vpcd.states import ABSENT, PRESENT, ReaderStates

_POLL = 0.4  # seconds
_LATEST = _POLL / 40
_PATIENCE = 5.0  # seconds


def measure(short: bool) -> list[Row]:
    """Insertion and removal, and the latest of all."""
    times, polled, rounds = (20, 2, 5) if short else (100, 4, 10)
    found = stock.enclose()
    made = card.issued().card
    seen: dict[str, list[list[float]]] = {name: [] for name in ("in", "out", "polled in", "polled out")}
    with (
        pinned(cores()[-1]),
        stock.Stock(found) as slow,
        PrivateStack(find=lambda: found) as stack,
        closing(ReaderStates(slow.socket)) as eye,
    ):
        for _ in range(rounds):
            went, came = zip(*(_hastened(stack, made) for _ in range(times)), strict=True)
            seen["in"].append(list(went))
            seen["out"].append(list(came))
            went, came = zip(*(_polled(slow, eye, made) for _ in range(polled)), strict=True)
            seen["polled in"].append(list(went))
            seen["polled out"].append(list(came))
    return [
        *(
            _row(what, seen[name], seen[f"polled {name}"])
            for what, name in (("insertion", "in"), ("removal", "out"))
        ),
        _late(seen["in"] + seen["out"], rounds * times),
    ]


def _hastened(stack: PrivateStack, made: CardLike) -> tuple[float, float]:
    began = perf_counter()
    slot = stack.insert(made)
    went_in = perf_counter() - began
    time.sleep(random.uniform(0, 0.02))
    began = perf_counter()
    slot.remove()
    return went_in, perf_counter() - began


def _polled(slow: stock.Stock, eye: ReaderStates, made: CardLike) -> tuple[float, float]:
    reader = slow.reader(0)
    time.sleep(random.uniform(0, _POLL))
    bridge = Bridge(made, tcp(stock.HOST, slow.port(0)))
    began = perf_counter()
    bridge.insert()
    _await(eye, reader, PRESENT)
    went_in = perf_counter() - began
    time.sleep(random.uniform(0, _POLL))
    began = perf_counter()
    bridge.pull()
    _await(eye, reader, ABSENT)
    came_out = perf_counter() - began
    bridge.remove()
    return went_in, came_out


def _await(eye: ReaderStates, reader: str, flag: int) -> None:
    """Wait until pcscd tells its clients of a state."""
    while not eye.watch()[reader].flags & flag:
        if eye.changed(_PATIENCE):
            eye.take_event()
        else:
            raise TimeoutError(f"pcscd did not notice in {_PATIENCE} s")
    eye.unwatch()


def _row(what: str, ours: list[list[float]], polled: list[list[float]]) -> Row:
    rounds = [median(theirs) / median(own) for own, theirs in zip(ours, polled, strict=True)]
    middle = {"pcscd by itself": us(median(chain(*polled))), "ours": us(median(chain(*ours)))}
    return Row("SP6", f"{what} seen", Spread.of(rounds), 100, at_most=False, figures=middle)


def _late(seen: list[list[float]], times: int) -> Row:
    took = sorted(chain(*seen))
    late = sum(one > _LATEST for one in took)
    return Row(
        "SP6",
        f"later than {us(_LATEST)}, of {times} insertions and removals each",
        Spread(late, late, late),
        0,
        at_most=True,
        unit="",
        figures={"99 %": us(took[len(took) * 99 // 100]), "latest": us(took[-1])},
    )
