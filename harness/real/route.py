"""The route `reader:NAME`: the card that is in a real reader plays the scenario's card."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import ClassVar

from softeid.emulator import CardLike

from ..clients.eid_client import CardRefused, EidClient, PinName
from ..clock import Clock
from ..issuing import IssuedCard
from ..reader import Context, DirectReader, Reader
from ..route import HANDS, KNOWN_ISSUER, MADE_TO_ORDER, SEVERAL_CARDS
from ..scenario.scenario import Scenario
from ..scenario.stage import Stuck
from ..scenario.step import Harm
from .admission import harmful, leave, strangers
from .link import Link, Pcsc
from .sight import PINS, look

_KNOWN = ("PIN1", "PIN2")  # their right values are; a PUK always counts as `block`


@dataclass(frozen=True)
class RealReader:
    """The way to a card in a reader of the system.

    Attributes:
        reader: its name, or a part that only one reader has.
        allowed: the worst that may be done to the card.
        context: establishes a PC/SC context.
    """

    reader: str
    allowed: Harm = "none"
    context: Callable[[], Pcsc] = Context

    cannot: ClassVar[frozenset[str]] = frozenset({HANDS, KNOWN_ISSUER, MADE_TO_ORDER, SEVERAL_CARDS})

    @property
    def name(self) -> str:
        """As `--via` has it."""
        return f"reader:{self.reader}"

    def admit(self, scenarios: Sequence[Scenario], played: Sequence[Scenario]) -> None:
        """Look at what scenarios would do with the card, then at the card; nothing is begun.

        Args:
            scenarios: all that were chosen.
            played: those of them that this route can play.

        Raises:
            Refused: some would harm it too much, or are not about this card.
            HarnessError: leave was given for a card that is not ours, or was used already.
            NoReader, NoEid, NoService, PcscMissing: there is no card to look at.
            Lost: it was taken away meanwhile.
        """
        harmful(scenarios, self.allowed)
        with self._linked() as link, link:
            sight = look(link)
        leave(sight, self.allowed)
        strangers(played, sight, Clock.real().now)

    @contextmanager
    def open(self, readers: int) -> Iterator[Sequence[Reader]]:
        """So many readers, of which the one is real to which the card of a scenario belongs."""
        with self._linked() as link:
            made = [Slot(link) for _ in range(readers)]
            try:
                yield made
            finally:
                for one in made:
                    one.remove()

    @contextmanager
    def _linked(self) -> Iterator[Link]:
        with closing(self.context()) as context, closing(Link(context, self.reader, self.allowed)) as link:
            yield link


class Slot(DirectReader):
    """One of a scenario's readers: empty, or the real one with the card in it."""

    def __init__(self, link: Link) -> None:
        super().__init__()
        self._link = link

    def body(self, issued: IssuedCard) -> CardLike:
        """The card that is there, in place of one that was made."""
        return Plastic(self._link, issued)


class Plastic:
    """The card in the real reader while a scenario is played. A made card goes along and shows the counters.

    The made card is given every command too, so what a scenario's view sees of counters is what they must
    be by then; nothing is asked of the real card between steps.
    """

    def __init__(self, link: Link, issued: IssuedCard) -> None:
        self._link = link
        self._issued = issued
        self._held = False
        pins = issued.profile.pins
        self._right = {pins[pin].reference: pins[pin].block(issued.pins[pin]) for pin in _KNOWN}

    @property
    def atr(self) -> bytes:
        return self._link.atr

    def power_on(self) -> None:
        """The scenario takes the card: begin a transaction.

        Raises:
            Stuck: its answer to reset or its counters are not those of the scenario's card.
            Lost: the way to the card is gone.
        """
        if self.atr != self._issued.profile.atr.octets:
            raise Stuck("the card in the reader is not the scenario's: its answer to reset is another")
        self._link.__enter__()
        self._held = True
        self._compare("before it begins")
        self._link.reset()  # the scenario's first command finds nothing selected
        self._link.right = self._right
        self._issued.card.power_on()

    def power_off(self) -> None:
        """The scenario is over: look whether the counters are where they must be, and end the transaction.

        Raises:
            Stuck: they are not.
        """
        held, self._held = self._held, False
        if not held:
            return
        try:
            if not self._link.lost:
                self._compare("after it")
        finally:
            self._link.__exit__()
            self._issued.card.power_off()

    def reset(self) -> None:
        self._link.reset()
        self._issued.card.reset()

    def process(self, apdu: bytes) -> bytes:
        answer = self._link.transmit(apdu)
        self._issued.card.process(apdu)
        return answer

    def _compare(self, when: str) -> None:
        client = EidClient(self._link.transmit)
        try:
            found = {pin: client.pin_counter(pin).left for pin in PINS}
        except CardRefused as refused:
            raise Stuck(f"the card in the reader does not tell its counters: {refused}") from None
        expected = {pin: self._issued.permanent.pins[pin].tries for pin in PINS}
        if found != expected:
            raise Stuck(f"the card's counters {when}: expected {_told(expected)}, found {_told(found)}")


def _told(counters: Mapping[PinName, int]) -> str:
    return ", ".join(f"{pin} {left}" for pin, left in counters.items())
