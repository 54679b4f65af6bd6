"""Sees everything that happens in a world, and remembers it in the words of scenarios."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from .clock import Clock
from .registration.audit import Event
from .registration.observer import Machine
from .registration.refusal import Refused
from .registration.vocabulary import EventName
from .scenario.outcome import Happening, Seen
from .scenario.timeline import Timeline

_MOMENTS = {
    EventName.CODE_ISSUED: "code",
    EventName.PORTAL_LOGIN_OK: "login",
    EventName.APPLICATION_SIGNED: "signed",
}
"""Events that a moment counts from (`scenario.words.MOMENTS`)."""


class Witness:
    """An observer of the registration.

    Attributes:
        happened: when something last happened to somebody, by name and by person.
    """

    def __init__(
        self,
        clock: Clock,
        place: Callable[[Machine], str],
        on_moment: Callable[[], None],
        timeline: Timeline,
    ) -> None:
        """Begin to look.

        Args:
            clock: the scenario's.
            place: where the world's view shows a machine.
            on_moment: told when something happened that a moment counts from.
            timeline: has everything that is seen.
        """
        self._timeline = timeline
        self._clock = clock
        self._place = place
        self._on_moment = on_moment
        self._entered: list[Happening] = []
        self._events: list[Happening] = []
        self.happened: dict[str, dict[str, datetime]] = {}

    def entered(self, machine: Machine, state: str, detail: Mapping[str, object]) -> None:
        """A machine entered a state."""
        words = {key: str(value) for key, value in detail.items()}
        place = self._place(machine)
        self._timeline.named("state", machine.owner, state, {"of": place.partition(".")[2], **words})
        self._entered.append(Happening("state", state, machine.owner, words, f"{place}.state"))

    def told(self, event: Event) -> None:
        """The audit trail grew."""
        self._timeline.named("event", event.who, event.name, event.data)
        self._events.append(Happening("event", event.name, event.who, event.data))
        if moment := _MOMENTS.get(event.name):
            self.happened.setdefault(moment, {})[event.who] = event.at
            self._on_moment()

    def seen(self, who: str, refusal: Exception | None, held: Mapping[str, tuple[Happening, ...]]) -> Seen:
        """What happened since the last time.

        Args:
            who: from whose point of view.
            refusal: how the step was refused.
            held: the states that everybody's things are in.
        """
        code = None
        if isinstance(refusal, Refused):
            detail = {key: str(value) for key, value in refusal.detail.items()}
            self._timeline.named("refusal", who, refusal.code, detail)
            code = Happening("code", refusal.code, who, detail)
        others = tuple(one for name, states in held.items() if name != who for one in states)
        seen = Seen(who, code, tuple(self._entered), held[who], tuple(self._events), others)
        self._entered.clear()
        self._events.clear()
        return seen
