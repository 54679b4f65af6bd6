"""Octets as a card and what is done to it, and back: a fuzzer changes, a corpus keeps, a test replays them.

first octets   setup: number of the card among `SETUPS`, two octets, modulo their number
00 to 7F       so many octets follow: a command as it is
80 to 9F       one octet follows: a command of the vocabulary; its number is (code & 1) * 256 + octet
A0 to CF       two octets follow: bend the next command (`BENDS`); several bends go one after the other
D0 to DF       reset, power off, power on, or off and on
E0 to EF       one octet follows: GET RESPONSE with that Le
F0 to FF       two octets of length and so many octets follow: a command as it is
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tests.hostile.command import BENDS, VOCABULARY, Bend, Step
from tests.hostile.duel import SETUPS, Setup

from softeid.emulator.vector import EVENTS

MAX_STEPS = 400  # of one sequence
_SETUP_OCTETS = 2

_HAPPENINGS: tuple[tuple[str, ...], ...] = (*((event,) for event in EVENTS), ("power_off", "power_on"))


class Sequence(NamedTuple):
    """One card and what is done to it."""

    setup: Setup
    steps: tuple[Step, ...]


def decode(octets: bytes) -> Sequence:
    """What octets mean; every octet string means something."""
    setup = SETUPS[int.from_bytes(octets[:_SETUP_OCTETS], "big") % len(SETUPS)]
    steps: list[Step] = []
    for step in _steps(octets[_SETUP_OCTETS:]):
        steps.append(step)
        if len(steps) == MAX_STEPS:
            break
    return Sequence(setup, tuple(steps))


def encode(sequence: Sequence) -> bytes:
    """Octets that mean a sequence.

    Raises:
        ValueError: a command has more than 65,535 octets.
    """
    found = [SETUPS.index(sequence.setup).to_bytes(_SETUP_OCTETS, "big")]
    for step in sequence.steps:
        if isinstance(step, str):
            found.append(bytes([0xD0 + EVENTS.index(step)]))
        elif len(step) < 0x80:
            found.append(bytes([len(step)]) + step)
        elif len(step) <= 0xFFFF:
            found.append(b"\xf0" + len(step).to_bytes(2, "big") + step)
        else:
            raise ValueError(f"a command of {len(step)} octets")
    return b"".join(found)


def _steps(octets: bytes) -> Iterator[Step]:
    bends: list[tuple[Bend, int, int]] = []
    at = 0
    while at < len(octets):
        code, first, second = (*octets[at : at + 3], 0, 0)[:3]
        at += 1
        if 0xA0 <= code < 0xD0:
            bends.append((BENDS[(code - 0xA0) % len(BENDS)], first, second))
            at += 2
            continue
        if 0xD0 <= code < 0xE0:
            yield from _HAPPENINGS[code & 3]
            continue
        if code < 0x80:
            apdu, at = octets[at : at + code], at + code
        elif code < 0xA0:
            apdu, at = VOCABULARY[((code & 1) << 8 | first) % len(VOCABULARY)], at + 1
        elif code < 0xF0:
            apdu, at = bytes([0x00, 0xC0, 0x00, 0x00, first]), at + 1
        else:
            end = at + 2 + (first << 8 | second)
            apdu, at = octets[at + 2 : end], end
        yield from _bent(apdu, bends)
        bends.clear()


def _bent(apdu: bytes, bends: Iterable[tuple[Bend, int, int]]) -> list[Step]:
    found: list[Step] = [apdu]
    for bend, one, two in bends:
        found = [
            made
            for old in found[:MAX_STEPS]
            for made in ([old] if isinstance(old, str) else bend(old, one, two))
        ]
    return found
