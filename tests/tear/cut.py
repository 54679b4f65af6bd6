"""Power that goes at a durable write: one command on a card in memory, cut where a test says."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Literal, NamedTuple
from unittest import mock

from tests.tear.case import Case
from tests.tear.rule import Memory, held
from tests.tear.specimen import specimen

from softeid.emulator.card import build_card
from softeid.emulator.layer import CardLike


class PowerGone(BaseException):
    """Power has gone: nothing of the card runs any more. No handler for bugs may catch it."""


class Cut(NamedTuple):
    """When power goes.

    Attributes:
        write: so many durable writes of the command, counted from 1.
        edge: as that write begins, when it is durable, or, whatever `write`, when the answer is there
            but has not left.
    """

    write: int
    edge: Literal["before", "after", "answer"]


class Power:
    """A card's `commit` that counts, and that is cut.

    Attributes:
        writes: durable writes that were begun.
        stored: those that ended.
    """

    def __init__(self, commit: Callable[[], None]) -> None:
        """Power that stays.

        Args:
            commit: makes the state durable.
        """
        self._commit = commit
        self._cut: Cut | None = None
        self.writes = self.stored = 0

    def arm(self, cut: Cut | None) -> None:
        """Count from here, and go when it says."""
        self.writes = self.stored = 0
        self._cut = cut

    def __call__(self) -> None:
        """A durable write."""
        self.writes += 1
        if self._cut == (self.writes, "before"):
            raise PowerGone
        self._commit()
        self.stored += 1
        if self._cut == (self.writes, "after"):
            raise PowerGone


class Told(NamedTuple):
    """What came of a command.

    Attributes:
        answer: what the host has; None if power was faster.
        writes: durable writes that were begun.
        compared: how many of them had ended, whenever a value was compared.
    """

    answer: bytes | None
    writes: int
    compared: tuple[int, ...]


class Ended(NamedTuple):
    """What came of a command, and the card's PINs when power comes back."""

    told: Told
    memory: Memory


Build = Callable[..., CardLike]
Way = Callable[[Case, Cut | None], Ended]


def in_memory(case: Case, cut: Cut | None, build: Build = build_card) -> Ended:
    """A command on a card whose durable memory is a variable.

    Args:
        case: the command.
        cut: when power goes; None for not before the answer has left.
        build: makes the card: `build_card`, or somebody who does it wrong.
    """
    record = specimen({case.deed.pin: case.before})
    permanent = record.permanent()
    durable = held(permanent.pins)
    power = Power(lambda: durable.update(held(permanent.pins)))
    card = build(record.profile, permanent, random=bytes, on_fault=fail, commit=power)
    return Ended(tell(card, power, case, cut), durable)


def tell(card: CardLike, power: Power, case: Case, cut: Cut | None) -> Told:
    """Play a case until power goes."""
    card.power_on()
    for apdu in case.lead:
        assert card.process(apdu) == b"\x90\x00"
    power.arm(cut)
    compared: list[int] = []

    def compare(one: bytes, two: bytes) -> bool:
        compared.append(power.stored)
        return one == two

    answer = None
    with mock.patch("softeid.emulator.pin.compare_digest", compare), suppress(PowerGone):
        answer = card.process(case.deed.apdu)
    return Told(None if cut and cut.edge == "answer" else answer, power.writes, tuple(compared))


def fail(bug: Exception) -> None:
    """The fault hook of every card that is torn."""
    raise AssertionError("the card has a bug") from bug
