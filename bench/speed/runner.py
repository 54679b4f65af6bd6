"""SP10: a card-only scenario of ten APDU steps on a ready card, against its APDUs alone.

The card is ready: in its reader, in a world that is set up. Counted is from the first step's start to the
last one's end, as whoever runs scenarios sees them; in process, and on a warm private stack through pyscard.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from bench.speed import card
from bench.speed.measure import Row, alternate, cores, pinned, ratios, us

from softeid.harness.lab import Lab
from softeid.harness.reader import Reader
from softeid.harness.route import ROUTES
from softeid.harness.scenario.event import Ended, Held, Started
from softeid.harness.scenario.loader import load
from softeid.harness.scenario.play import play
from softeid.harness.scenario.scenario import Scenario
from softeid.harness.scenario.stage import Worlds

_SEED = "bench"
_COUNTER = bytes.fromhex("00CB3FFF0A4D087006BF810102A08000")  # GET DATA: tries left of PIN1
_PLAIN = (*card.SCRIPT, _COUNTER)
_SIGNING = (*card.SCRIPT[:5], card.VERIFY, card.SET_ENVIRONMENT, card.SIGN, card.SCRIPT[-1], _COUNTER)
_HEAD = "scenario: ten commands\nwhy: a bench\ncard: {profile: esteid-2018, person: jaak}\nsteps:\n"


def measure(short: bool) -> list[Row]:
    """Files and a PIN alone, and with a signature among them; in process and on a stack."""
    rounds, plays = (5, 10) if short else (9, 60)
    return [
        _row(what, commands, limit, route, rounds, plays)
        for what, route, limit in (("in process", "direct", 10), ("on a warm stack", "vpcd", 1.5))
        for commands in (_PLAIN, _SIGNING)
    ]


def _row(where: str, commands: Sequence[bytes], limit: float, route: str, rounds: int, plays: int) -> Row:
    lab = Lab(ROUTES[route])
    with TemporaryDirectory() as folder, pinned(cores()[-1]):
        file = Path(folder) / "ten.scenario.yaml"
        file.write_text(_text(commands), "utf-8")
        (scenario,) = load([file], lab.language)
        played, alone = [], []
        with lab.open(1) as worlds, ROUTES[route].open(1) as (reader,):
            reader.insert(card.issued(_SEED).card)
            for _ in range(rounds):
                took = alternate(
                    plays,
                    {
                        "played": lambda: _played(scenario, lab, worlds),
                        "alone": lambda: _alone(reader, commands),
                    },
                )
                played.append(median(took["played"]))
                alone.append(median(took["alone"]))
    kind = "a signature among them" if commands is _SIGNING else "files and a PIN"
    return Row(
        "SP10",
        f"ten APDU steps {where}, {kind}",
        ratios(played, alone),
        limit,
        at_most=True,
        figures={"the APDUs alone": us(median(alone)), "the scenario": us(median(played))},
        why="the runner looks before and after each step at all that a refusal must leave alone",
    )


def _text(commands: Sequence[bytes]) -> str:
    steps = (f"  - apdu: {{send: {command.hex(' ').upper()}, expect: 9000}}\n" for command in commands)
    return _HEAD + "".join(steps)


def _played(scenario: Scenario, lab: Lab, worlds: Worlds) -> float:
    """Seconds from the first step's start to the last one's end."""
    began = ended = 0.0
    for event in play(scenario, lab, worlds, _SEED):
        if isinstance(event, Started):
            began = began or perf_counter()
        elif isinstance(event, Held):
            ended = perf_counter()
        elif isinstance(event, Ended) and event.verdict != "held":
            raise RuntimeError("the scenario does not hold: softeid run tells more")
    return ended - began


def _alone(reader: Reader, commands: Sequence[bytes]) -> float:
    """Seconds of the commands to a card that nobody watches, through a reader of the same kind."""
    began = perf_counter()
    for command in commands:
        reader.transmit(command)
    return perf_counter() - began
