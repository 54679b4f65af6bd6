"""What happens in the lab, as lines for people: when, to whom, what; never a PIN, a code or a token."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from softeid.emulator.mistake import visible

from ..clock import Clock
from ..registration.audit import Event
from ..registration.observer import Machine
from ..registration.outbox import Message
from ..registration.store import Table

Tone = Literal["state", "event", "alarm", "letter", "lab"]
_ALARMS = ("security.", "risk.")


@dataclass(frozen=True)
class Line:
    """One thing that happened.

    Attributes:
        at: on the lab's clock.
        who: whose phone or browser, or what part of the lab.
        what: the state entered, the event with its data, the message.
        tone: how it is drawn.
    """

    at: datetime
    who: str
    what: str
    tone: Tone


class Story:
    """Hears of everything in a transaction, and tells it when that is over (`Observer`)."""

    def __init__(self, clock: Clock, tell: Callable[[Sequence[Line]], None]) -> None:
        """Begin.

        Args:
            clock: the lab's.
            tell: what to do with lines; it must not fail.
        """
        self._clock = clock
        self._tell = tell
        self._lines: list[Line] = []

    def entered(self, machine: Machine, state: str, detail: Mapping[str, object]) -> None:
        """A machine entered a state."""
        self._add(_who(machine), _with(state, detail), "state")

    def told(self, event: Event) -> None:
        """The audit trail grew."""
        tone: Tone = "alarm" if event.name.startswith(_ALARMS) else "event"
        self._add(event.who or "lab", _with(event.name, event.data), tone)

    def wrote(self, message: Message) -> None:
        """A message would have gone out; what is in it may be a code."""
        self._add("outbox", f"{message.kind}, to {message.to}", "letter")

    def lab(self, what: str) -> None:
        """Somebody told the lab to do something, or it does by itself."""
        self._add("lab", what, "lab")

    def fault(self, what: str) -> None:
        """A bug of ours, told at once: it may have happened in no transaction."""
        self._tell([Line(self._clock.now, "lab", visible(what), "alarm")])

    def begin_again(self) -> None:
        """A transaction was undone, and is tried once more."""
        self._lines.clear()

    def end(self) -> None:
        """The transaction is over."""
        lines, self._lines = self._lines, []
        if lines:
            self._tell(lines)

    def _add(self, who: str, what: str, tone: Tone) -> None:
        self._lines.append(Line(self._clock.now, visible(who), visible(what), tone))


class ToldMessages:
    """The table of messages, and whoever wants to hear of new ones."""

    def __init__(self, table: Table[Message], wrote: Callable[[Message], None]) -> None:
        """Stand around a table."""
        self._table = table
        self._wrote = wrote

    def add(self, message: Message) -> None:
        """Keep a message."""
        self._table.add(message)
        self._wrote(message)

    def values(self) -> Iterator[Message]:
        """Every message."""
        return self._table.values()

    def __len__(self) -> int:
        return len(self._table)


def _who(machine: Machine) -> str:
    return f"phone {machine.name}" if machine.kind == "app" else "portal"


def _with(word: str, data: Mapping[str, object]) -> str:
    told = " ".join(f"{name}={value}" for name, value in data.items())
    return f"{word}  {told}" if told else word
