"""What the language needs of a world: a small protocol, so that scenarios can be played over any.

The product's world is `harness.world`; the tests of the language bring a toy.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import NamedTuple, Protocol

from ..seed import Seed
from .language import Language
from .outcome import Seen
from .scenario import Scenario
from .timeline import Timeline
from .words import Moment

View = Mapping[str, object]


class Exchange(NamedTuple):
    """A command to a card and its response, secrets redacted."""

    text: str  # in one line, for people: named, long data cut short
    whole: tuple[str, ...]  # lines with every octet, for traces


class Stuck(Exception):
    """The scenario asks for what cannot be: the file is wrong in a way that only running it shows."""


class Lost(Stuck):
    """The way to a card is gone: a reader was unplugged, a card pulled, a service ended."""


class World(Protocol):
    """Everything that one scenario can touch."""

    @property
    def people(self) -> Container[str]:
        """Who takes part, by name."""
        ...

    @property
    def refusal(self) -> type[Exception]:
        """What is raised where portal, phone or core refuse."""
        ...

    @property
    def now(self) -> datetime:
        """The scenario's clock."""
        ...

    @property
    def exchanges(self) -> Sequence[Exchange]:
        """What went to the cards and came back so far."""
        ...

    @property
    def timeline(self) -> Timeline:
        """Everything that happened so far."""
        ...

    def moment(self, moment: Moment, who: str) -> datetime:
        """The instant that a moment means for somebody.

        Raises:
            Stuck: what it counts from did not happen, or to several people.
        """
        ...

    def move_to(self, instant: datetime) -> None:
        """Move the clock; what falls due happens on the way.

        Raises:
            Stuck: the instant is in the past.
        """
        ...

    def given(self, who: str, kind: str, chosen: str | None) -> object:
        """What somebody has of a kind (`step.KINDS`): the first, or the one chosen by name.

        Raises:
            Stuck: nothing; a card may have been taken out.
        """
        ...

    def seen(self, who: str, refusal: Exception | None) -> Seen:
        """What happened since the last time, from somebody's point of view."""
        ...

    def view(self) -> View:
        """Everything that a refusal must leave alone, by full path: mari.card.pin1.tries."""
        ...

    def path(self, who: str, path: str, chosen: Mapping[str, str]) -> str:
        """The full path of what somebody calls by a short one, on the thing that they chose."""
        ...


Worlds = Callable[[Scenario, Seed], AbstractContextManager[World]]
"""Makes the world of one scenario, and takes it down."""


class Stage(Protocol):
    """Where scenarios are played. It is sent to worker processes, so it must pickle."""

    @property
    def language(self) -> Language:
        """What scenarios for it are written in."""
        ...

    def lacking(self, scenario: Scenario) -> tuple[str, ...]:
        """What this machine or route has not got and the scenario needs; empty where it can be played."""
        ...

    def open(self, readers: int) -> AbstractContextManager[Worlds]:
        """Get ready for scenarios one after the other, each with at most so many card readers."""
        ...
