"""From a sequence that confuses a card to the shortest one that does, and to a vector that shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from math import inf

from tests.hostile.command import Step
from tests.hostile.duel import AUDIT, GUARDED, SETUPS, Confusion, Duel, Setup
from tests.hostile.step import Sequence, encode

from softeid.emulator import CardLike, StatusError
from softeid.emulator.apdu import Command
from softeid.emulator.facts import SWITCHES

_WIDTH = 32  # octets in a line of a vector
Dress = Callable[[CardLike], CardLike]


def bare(card: CardLike) -> CardLike:
    """The card as it is."""
    return card


def take(duel: Duel, step: Step) -> None:
    """Do one step to the card.

    Raises:
        Confusion: the card is confused.
    """
    if isinstance(step, str):
        duel.event(step)
    else:
        duel.send(step)


def minimal(sequence: Sequence, dress: Dress = bare) -> Sequence:
    """A sequence that confuses a card too, and in which nothing can be left out.

    A last command that may be refused for one reason is taken for simpler than one with several: a vector
    names one status word.

    Args:
        sequence: one that confuses it.
    """
    found, weight = _weighed(sequence, dress)
    better: Sequence | None = found
    while better:
        found = better
        better = None
        for simpler in _simpler(found):
            other, other_weight = _weighed(simpler, dress)
            if other_weight < weight:
                better, weight = other, other_weight
                break
    return found


def _weighed(sequence: Sequence, dress: Dress) -> tuple[Sequence, tuple[float, ...]]:
    """The same up to the step that confuses, which may be one of the audit, and how complicated it is."""
    duel = Duel(sequence.setup, dress)
    steps = (*sequence.steps, *AUDIT)
    for at, step in enumerate(steps, 1):
        try:
            take(duel, step)
        except Confusion as found:
            cut = steps[:at]
            weight = found.words, at, sum(map(len, cut)), SETUPS.index(sequence.setup)
            return sequence._replace(steps=cut), weight
    return sequence, (inf,)


def _simpler(sequence: Sequence) -> Iterator[Sequence]:
    """Sequences with less in them, those with the least first."""
    setup, steps = sequence
    if setup != SETUPS[0]:
        yield sequence._replace(setup=SETUPS[0])
        yield sequence._replace(setup=setup._replace(profile=setup.profile.removesuffix(GUARDED)))
        for switch in setup.switches:
            rest = tuple(one for one in setup.switches if one != switch)
            yield sequence._replace(setup=setup._replace(switches=rest))
    size = len(steps) // 2
    while size:
        for at in range(0, len(steps), size):
            yield sequence._replace(steps=steps[:at] + steps[at + size :])
        size //= 2
    for at, step in enumerate(steps):
        if isinstance(step, bytes):
            for shorter in _shorter(step):
                yield sequence._replace(steps=(*steps[:at], shorter, *steps[at + 1 :]))


def _shorter(apdu: bytes) -> Iterator[bytes]:
    try:
        command = Command.parse(apdu)
    except StatusError:
        yield from (apdu[: len(apdu) * part // 4] for part in (1, 2, 3) if len(apdu) > 4)
        return
    simplest = command.encode()
    if len(simplest) < len(apdu):
        yield simplest
    if command.ne:
        yield command._replace(ne=0).encode()
    for cut in sorted({len(command.data) * part // 4 for part in (0, 1, 2, 3)} - {len(command.data)}):
        yield command._replace(data=command.data[:cut]).encode()


def name(sequence: Sequence) -> str:
    """A file name for its vector."""
    return f"found-{sha256(encode(sequence)).hexdigest()[:12]}.vector"


def vector(sequence: Sequence, date: str, dress: Dress = bare) -> str:
    """A sequence as a vector whose answers are those that are right.

    Args:
        sequence: one that confuses, with its last step.
        date: of the finding, as in 2026-11-24.
    """
    setup, lines = sequence.setup, []
    title = "nothing is wrong"
    duel = Duel(setup, dress)
    for step in sequence.steps:
        try:
            take(duel, step)
        except Confusion as found:
            title = str(found)
        if isinstance(step, str):
            lines.append(f"! {step}")
        else:
            lines += [*_hex(">", step), *_answer(duel)]
    header = {
        "title": " ".join(title.split()),
        "origin": "found by the hostile host (python -m tests.hostile), and made as short as it goes",
        "date": date,
        "licence": "Apache-2.0",
        "card": "EstEID 2018, just powered on; PINs 1234, 12345, 12345678",
        "profile": setup.profile,
        "switches": ", ".join(f"{switch}={choice}" for switch, choice in setup.switches),
    }
    if lines and lines[-1].startswith("!"):
        lines += ["> 00A4000C", "< 9000"]
    told = [f"{key}: {text}" for key, text in header.items() if text]
    return "\n".join([*told, "", *lines, ""])


def setup_of(profile: str | None, switches: str | None) -> Setup:
    """The card that a vector's header names.

    Args:
        profile: None: that of the first setup.
        switches: as in `short-read=6282, ef-dir=present`.

    Raises:
        ValueError: there is no such card.
    """
    chosen = dict(one.strip().split("=", 1) for one in switches.split(",")) if switches else {}
    ordered = tuple((one, chosen.pop(one)) for one in SWITCHES if one in chosen)
    setup = Setup(profile or SETUPS[0].profile, ordered)
    if chosen or setup not in SETUPS:
        raise ValueError(f"no such card: {setup}, {chosen}")
    return setup


def _answer(duel: Duel) -> list[str]:
    """What is right after the last command; wildcards for certificates and for what is random."""
    expected = duel.expected
    words = sorted(expected.words)
    made_up = len(expected.data) >= 8 and min(expected.data) >= 0x80
    data = f"<len {len(expected.data)}>" if made_up else expected.data.hex(" ").upper()
    also = f"      # or {', '.join(f'{word:04X}' for word in words[1:])}" if words[1:] else ""
    return [f"< {data} {words[0]:04X}".replace("  ", " ") + also]


def _hex(sign: str, octets: bytes) -> list[str]:
    parts = [octets[at : at + _WIDTH].hex(" ").upper() for at in range(0, len(octets), _WIDTH)]
    return [f"{sign} {parts[0]}" if parts else sign, *(f"     {part}" for part in parts[1:])]
