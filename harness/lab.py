"""Where the product's scenarios are played: a world for each, over a route to its cards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from shutil import which

from .front import FRONTS, Front, Room, lab_installed
from .pki.error import PkiError
from .reader import Reader
from .route import HANDS, MADE_TO_ORDER, ROUTES, SEVERAL_CARDS, Route
from .scenario.language import Language
from .scenario.scenario import Scenario
from .scenario.stage import Stuck, Worlds
from .seed import Seed
from .world import ORIGIN, World

# What `needs:` may name, and the program that shows it is there; `pcsc` is the route's business.
_PROGRAMS: Mapping[str, str] = {
    "chromium": "chromium",
    "firefox": "firefox-esr",
    "opensc": "pkcs11-tool",
    "postgresql": "psql",
}


@dataclass(frozen=True)
class Lab:
    """A stage; it pickles, since its route does.

    Attributes:
        route: the way to the cards.
        front: the way to portal and phones.
    """

    route: Route = ROUTES["direct"]
    front: Front = FRONTS["session"]

    @property
    def language(self) -> Language:
        """The words of the product's world."""
        from .steps import LANGUAGE

        return LANGUAGE

    def lacking(self, scenario: Scenario) -> tuple[str, ...]:
        """What this route, front or machine has not got."""
        return tuple(dict.fromkeys(need for need in _needs(scenario) if self._lacks(need)))

    def _lacks(self, need: str) -> bool:
        if need == "http":
            return need not in self.front.has
        if need == "pages":
            return not lab_installed()
        return need in self.route.cannot or (need in _PROGRAMS and not which(_PROGRAMS[need]))

    @contextmanager
    def open(self, readers: int) -> Iterator[Worlds]:
        """Open route and front once, for all worlds to come."""
        with self.route.open(readers) as free, self.front.open(ORIGIN) as house:

            @contextmanager
            def world(scenario: Scenario, seed: Seed) -> Iterator[World]:
                try:
                    with house.room() as room:
                        yield _made(scenario, seed, free, room)
                finally:
                    for reader in free:
                        reader.remove()

            yield world


def _needs(scenario: Scenario) -> Iterator[str]:
    """What a scenario says that it needs, and what its people and steps imply."""
    yield from scenario.needs
    yield from (call.step.needs for call in scenario)
    if any(arguments.get("pull") for call in scenario for arguments in call.tries):
        yield HANDS
    cards = [person.card for person in scenario.people.values() if person.card]
    if len(cards) > 1:
        yield SEVERAL_CARDS
    if any(card.switches or card.kind != "id-card" for card in cards):
        yield MADE_TO_ORDER


def _made(scenario: Scenario, seed: Seed, readers: Sequence[Reader], room: Room) -> World:
    try:
        return World(scenario, seed, readers, room)
    except PkiError as impossible:
        raise Stuck(str(impossible)) from impossible
