"""Cards that do it wrong, each in one way: what the tests must see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from unittest import mock

from tests.tear.case import Case
from tests.tear.cut import Build, Cut, Ended, in_memory
from tests.tear.victim import serve

from softeid.emulator import pin as pin_module
from softeid.emulator.card import build_card
from softeid.emulator.errors import StatusError
from softeid.emulator.layer import CardLike, Layer
from softeid.emulator.pin import Pin
from softeid.emulator.status import SW

Commit = Callable[[], None]
Matches = Callable[[Pin, bytes, Commit], bool]


def compares_first(pin: Pin, block: bytes, commit: Commit) -> bool:
    """Spends the try only after the comparison: whoever cuts power in between guesses for ever."""
    _refuse_blocked(pin)
    right = _compared(block, pin.value)
    pin.tries = pin.limit if right else pin.tries - 1
    commit()
    return right


def spends_in_memory(pin: Pin, block: bytes, commit: Commit) -> bool:
    """Counts down before the comparison, but stores that only afterwards."""
    _refuse_blocked(pin)
    pin.tries -= 1
    right = _compared(block, pin.value)
    commit()
    if right:
        pin.tries = pin.limit
        commit()
    return right


def gives_back_too_early(pin: Pin, block: bytes, commit: Commit) -> bool:
    """Stores a full counter before it takes the wrong value off."""
    _refuse_blocked(pin)
    left, pin.tries = pin.tries, pin.limit
    commit()
    right = _compared(block, pin.value)
    if not right:
        pin.tries = left - 1
        commit()
    return right


def _compared(block: bytes, value: bytes) -> bool:
    """As the card compares, so that whoever watches sees it."""
    return bool(vars(pin_module)["compare_digest"](block, value))


def _refuse_blocked(pin: Pin) -> None:
    if not pin.tries:
        raise StatusError(SW.BLOCKED, "blocked")


class AnswersFirst(Layer):
    """Stores when the next command comes: until then the host knows what the card may forget."""

    def __init__(self, card: CardLike, commit: Commit, held_back: list[None]) -> None:
        super().__init__(card)
        self._commit, self._held_back = commit, held_back

    def process(self, apdu: bytes) -> bytes:
        """Store what the last command left to be stored, then answer."""
        while self._held_back:
            self._held_back.pop()
            self._commit()
        return self._card.process(apdu)


def answers_first(*made: Any, commit: Commit, **how: Any) -> CardLike:
    """A card that commits after its answer."""
    held_back: list[None] = []
    card = build_card(*made, commit=partial(held_back.append, None), **how)
    return AnswersFirst(card, commit, held_back)


def forgets_to_store(*made: Any, commit: Commit, **how: Any) -> CardLike:
    """A card that stores its first write alone."""
    stored: list[None] = []

    def once() -> None:
        if not stored:
            commit()
        stored.append(None)

    return build_card(*made, commit=once, **how)


def with_matches(matches: Matches, case: Case, cut: Cut | None) -> Ended:
    """A way to play a case on cards that compare otherwise."""
    with mock.patch.object(Pin, "matches", matches):
        return in_memory(case, cut)


def with_build(build: Build, case: Case, cut: Cut | None) -> Ended:
    """A way to play a case on cards that are made otherwise."""
    return in_memory(case, cut, build)


WRONG_CARDS: Mapping[str, Callable[[Case, Cut | None], Ended]] = {
    "compares first": partial(with_matches, compares_first),
    "spends in memory": partial(with_matches, spends_in_memory),
    "gives back too early": partial(with_matches, gives_back_too_early),
    "answers first": partial(with_build, answers_first),
    "forgets to store": partial(with_build, forgets_to_store),
}


def serve_answers_first(path: Path, host: Connection) -> None:
    """`serve` with a card that commits after its answer."""
    with mock.patch("tests.tear.victim.build_card", answers_first):
        serve(path, host)
