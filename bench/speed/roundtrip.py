"""SP1 and SP2: one READ BINARY through pcscd and vpcd, against a C card's and vsmartcard's Python card's.

All three are in slots of one pcscd, on one core with it and their clients.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from bench.speed import card, stock, vicc
from bench.speed.measure import Row, Spread, alternate, cores, pinned, ratios, us
from bench.speed.tools import Client, built

OURS = [sys.executable, "-m", "bench.speed.holder", "{host}", "{port}"]
C_CARD, OUR_CARD, VICC = 0, 1, 2  # slots


def measure(short: bool) -> list[Row]:
    """Both goals."""
    rounds, times, few = (5, 2000, 5) if short else (9, 10000, 20)
    found = stock.enclose()
    with pinned(cores()[-1]), stock.Stock(found, drivers=2) as stack:
        stack.insert([built("card"), "{host}", "{port}"], C_CARD)
        stack.insert(OURS, OUR_CARD)
        stack.insert(vicc.command(), VICC, vicc.environment())
        theirs, ours, other = (stack.client(slot) for slot in (C_CARD, OUR_CARD, VICC))
        ready(ours, card.SELECT_AUTHENTICATION, card.SELECT_CERTIFICATE)
        ready(other, vicc.CREATE, *vicc.SCRIPT[:2])

        def read(client: Client, often: int) -> Callable[[], float]:
            return lambda: client.send(often, card.READ_BINARY).median

        figures = alternate(
            rounds, {"C": read(theirs, times), "ours": read(ours, times), "vicc": read(other, few)}
        )
    middle = {name: us(Spread.of(one).median) for name, one in figures.items()}
    return [
        Row(
            "SP1",
            "READ BINARY through pcscd and vpcd",
            ratios(figures["ours"], figures["C"]),
            1.25,
            at_most=True,
            figures={"a card in C": middle["C"], "ours": middle["ours"]},
        ),
        Row(
            "SP2",
            "the same: never 44 ms",
            ratios(figures["vicc"], figures["ours"]),
            500,
            at_most=False,
            figures={"vsmartcard's Python card": middle["vicc"], "ours": middle["ours"]},
        ),
    ]


def ready(client: Client, *commands: bytes) -> None:
    """Send what must come first, each to be answered 9000."""
    for command in commands:
        response = client.send(1, command).response
        if response[-2:] != b"\x90\x00":
            raise AssertionError(f"{command.hex()} is answered {response.hex()}")
