"""SP8: eight stacks at once, each with client, pcscd and card on one core, against the same with C cards.

All cores are full then, so nothing has real-time priority: the machine would stand still.
"""

from __future__ import annotations

from contextlib import ExitStack
from time import perf_counter

from bench.speed import card, stock
from bench.speed.measure import Row, Spread, alternate, cores, on_core, ratios
from bench.speed.roundtrip import OURS, ready
from bench.speed.tools import Client, built

_STACKS = 8
_C_CARD, _OUR_CARD = 0, 1  # slots


def measure(short: bool) -> list[Row]:
    """The ratio of the summed rates."""
    rounds, times = (5, 500) if short else (9, 4000)
    found = stock.enclose()
    theirs, ours, available = [], [], cores()
    with ExitStack() as open_stacks:
        for number in range(_STACKS):
            with on_core(available[number % len(available)]):
                stack = open_stacks.enter_context(stock.Stock(found, number))
                stack.insert([built("card"), "{host}", "{port}"], _C_CARD)
                stack.insert(OURS, _OUR_CARD)
                theirs.append(stack.client(_C_CARD))
                ours.append(stack.client(_OUR_CARD))
        for client in ours:
            ready(client, card.SELECT_AUTHENTICATION, card.SELECT_CERTIFICATE)

        def rate(clients: list[Client]) -> float:
            began = perf_counter()
            for client in clients:
                client.ask(times, card.READ_BINARY)
            for client in clients:
                client.took()
            return len(clients) * times / (perf_counter() - began)

        figures = alternate(rounds, {"C": lambda: rate(theirs), "ours": lambda: rate(ours)})
    return [
        Row(
            "SP8",
            f"{_STACKS} stacks at once, READ BINARY a second in all",
            ratios(figures["ours"], figures["C"]),
            0.85,
            at_most=False,
            figures={
                "cards in C": f"{Spread.of(figures['C']).median:,.0f}/s",
                "ours": f"{Spread.of(figures['ours']).median:,.0f}/s",
            },
        )
    ]
