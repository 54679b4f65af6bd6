"""SP4: P-384 signatures over PC/SC, against what `cryptography` makes in process; all on one core."""

from __future__ import annotations

from statistics import median
from time import perf_counter

from bench.speed import card, stock
from bench.speed.measure import Row, Spread, alternate, cores, pinned, ratios, us
from bench.speed.roundtrip import OURS, ready
from bench.speed.tools import built
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

_HASH = bytes(range(48))


def measure(short: bool) -> list[Row]:
    """The rates' ratio."""
    rounds, times, short_times = (5, 300, 2000) if short else (9, 1500, 10000)
    found = stock.enclose()
    with pinned(cores()[-1]), stock.Stock(found) as stack:
        stack.insert(OURS, 0)
        stack.insert([built("card"), "{host}", "{port}"], 1)
        client, floor = stack.client(0), stack.client(1)
        ready(client, card.SELECT_AUTHENTICATION, card.VERIFY, card.SET_ENVIRONMENT, card.SIGN)
        key = ec.generate_private_key(ec.SECP384R1())
        algorithm = ec.ECDSA(Prehashed(hashes.SHA384()))

        def in_process() -> float:
            took = []
            for _ in range(times):
                began = perf_counter()
                key.sign(_HASH, algorithm)
                took.append(perf_counter() - began)
            return median(took)

        figures = alternate(
            rounds,
            {
                "ours": lambda: client.send(times, card.SIGN).median,
                "in process": in_process,
                "floor": lambda: floor.send(short_times, card.SELECT_CERTIFICATE).median,
            },
        )
    middle = {name: Spread.of(one).median for name, one in figures.items()}
    best = middle["in process"] / (middle["in process"] + middle["floor"])
    why = (
        f"a round trip to a card in C alone takes {us(middle['floor'])}: if ours computed nothing else, "
        f"{best:.2f} would be reached"
    )
    return [
        Row(
            "SP4",
            "rate of P-384 signatures through pcscd and vpcd",
            ratios(figures["in process"], figures["ours"]),
            0.8,
            at_most=False,
            figures={
                "cryptography": f"{1 / middle['in process']:,.0f}/s",
                "ours": f"{1 / middle['ours']:,.0f}/s",
            },
            why=why,
        )
    ]
