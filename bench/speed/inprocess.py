"""SP3: what one APDU costs in process, against vsmartcard's Python card over the same script.

That card is not imported. It runs as a process, gets the script many times over in one send, so that it never
waits, and its CPU time is read from outside. Of that time the share counts that is spent inside its function
`execute`, which takes a command and gives a response, as `process` does; reading and writing the socket and
preparing log lines are left out, though they are three fifths of what it does for a command.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from time import process_time

from bench.speed import card, vicc
from bench.speed.measure import Row, Spread, alternate, cores, cpu_time, pinned, ratios, us

from softeid.emulator import CardLike, Trace
from softeid.emulator.layer import LAYERS
from softeid.emulator.status import OK
from softeid.harness.issuing import IssuedCard

AS_DIRECT, WITH_ALL = 45.0, 35.0
_BATCHES = 20  # scripts in one send; their answers fit the sockets' buffers
_BETWEEN = 100  # scripts between two looks at the clock
_ENTRANCE = "execute"


def measure(short: bool) -> list[Row]:
    """The card as `direct` builds it, and with every layer and an observer."""
    rounds, seconds = (5, 0.6) if short else (9, 2.0)
    with pinned(cores()[-1]):
        made = card.issued("bench")
        direct, whole = made.card, Trace(_every_layer(made), lambda command, response: None)
        figures = alternate(
            rounds,
            {
                "direct": lambda: _ours(direct, seconds / 4),
                "whole": lambda: _ours(whole, seconds / 4),
                "vicc": lambda: _theirs(seconds),
            },
        )
    middle = {name: us(Spread.of(one).median) for name, one in figures.items()}
    told = {"vsmartcard's Python card": middle["vicc"]}
    if not vicc.same_interpreter():
        told[f"ours not under {vicc.PYTHON}, hence not comparable;"] = f"make .venv PYTHON={vicc.PYTHON}"
    return [
        Row(
            "SP3",
            what,
            ratios(figures["vicc"], figures[name]),
            limit,
            at_most=False,
            figures={**told, "ours": middle[name]},
            why=f"an APDU takes {middle[name]}",
        )
        for what, name, limit in (
            ("in process, as `direct` builds the card", "direct", AS_DIRECT),
            ("in process, every layer and an observer", "whole", WITH_ALL),
        )
    ]


def _every_layer(made: IssuedCard) -> CardLike:
    """The card with the layers too that its profile has not."""
    whole = made.card
    for name, layer in LAYERS.items():
        if name not in made.profile.layers:
            whole = layer(whole)
    return whole


def _ours(made: CardLike, seconds: float) -> float:
    """Seconds of one APDU."""
    process: Callable[[bytes], bytes] = made.process
    for command in card.SCRIPT:
        if process(command)[-2:] != OK:
            raise AssertionError(f"the card refuses {command.hex()}")
    scripts = 0
    began = process_time()
    while (took := process_time() - began) < seconds:
        for _ in range(_BETWEEN):
            for command in card.SCRIPT:
                process(command)
        scripts += _BETWEEN
    return took / scripts / len(card.SCRIPT)


def _theirs(seconds: float) -> float:
    """Seconds of one APDU inside `execute`."""
    with vicc.Vicc(vicc.SAMPLER, _ENTRANCE) as other:
        for command in (vicc.CREATE, *vicc.SCRIPT):
            if other.ask(command)[-2:] != OK:
                raise AssertionError(f"vsmartcard's card refuses {command.hex()}")
        batch = vicc.SCRIPT * _BATCHES
        other.process.send_signal(signal.SIGUSR1)
        sent = 0
        began = cpu_time(other.process.pid)
        while (took := cpu_time(other.process.pid) - began) < seconds:
            other.say(batch)
            for _ in batch:
                other.hear()
            sent += len(batch)
        ticks, inside = map(int, other.end().split()[-2:])
    return took / sent * inside / ticks
