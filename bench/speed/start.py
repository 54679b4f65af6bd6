"""SP5: from nothing to a card's first answer, against pcscd's own start.

Ours begins with entering a `PrivateStack`: folder, namespaces, pcscd, vpcd, the card's insertion. The anchor
begins there too, with the same namespaces and pcscd, but a driver in C whose card answers inside it. A
pcscd alone, in namespaces that are there already, is told as well. The nursery, one process a harness, runs
before all of them; `exec` starts it while it makes the card.
"""

from __future__ import annotations

import signal
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from bench.speed import card, stock
from bench.speed.client import Follower, first_answer
from bench.speed.measure import Row, Spread, alternate, cores, pinned, ratios, us
from bench.speed.tools import built

from softeid.vpcd import installation
from softeid.vpcd.line import prepare
from softeid.vpcd.pcscd import PrivateStack

_MISSED = 0.2  # seconds: who misses pcscd's first look at a slot waits 0.4 s for the next


def measure(short: bool) -> list[Row]:
    """The ratio, and how often pcscd's first look was missed."""
    starts = 30 if short else 300
    found = installation.find()
    made = card.issued().card
    follower = Follower()
    with TemporaryDirectory(prefix="softeid-bench-") as folder, pinned(cores()[-1]):
        bare = stock.with_driver(found, built("driver.so"), Path(folder))
        prepare()

        def ours() -> float:
            began = perf_counter()
            with PrivateStack() as stack:
                slot = stack.insert(made)
                with follower.context(stack.socket) as context:
                    first_answer(context, slot.reader, card.SELECT_AUTHENTICATION)
                    return perf_counter() - began

        def own() -> float:
            began = perf_counter()
            with PrivateStack(find=lambda: bare) as stack:
                return answered(stack, began)

        def alone() -> float:
            with PrivateStack(find=lambda: bare) as stack:
                stack.kill(signal.SIGTERM)
                began = perf_counter()
                stack.restart()
                return answered(stack, began)

        def answered(stack: PrivateStack, began: float) -> float:
            with follower.context(stack.socket) as context:
                first_answer(context, stack.readers[0], card.SELECT_AUTHENTICATION)
                return perf_counter() - began

        ours(), own(), alone()
        figures = alternate(starts, {"ours": ours, "own": own, "alone": alone})
    spread = Spread.of(figures["ours"])
    missed = sum(took > _MISSED for took in figures["ours"])
    return [
        Row(
            "SP5",
            "a private stack's first answer",
            ratios(figures["ours"], figures["own"]),
            1.5,
            at_most=True,
            figures={
                "pcscd's own start": us(Spread.of(figures["own"]).median),
                "without its namespaces": us(Spread.of(figures["alone"]).median),
                "ours": us(spread.median),
            },
        ),
        Row(
            "SP5",
            f"pcscd's first look missed, of {starts} starts",
            Spread(missed, missed, missed),
            0,
            at_most=True,
            figures={"slowest": us(spread.high)},
            unit="",
        ),
    ]
