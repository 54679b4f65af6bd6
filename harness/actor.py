"""The people of a scenario with what they own: cards, readers, phones, browsers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from softeid.emulator import CardLike

from .clients.eid_client import EidClient
from .issuing import IssuedCard
from .reader import Reader
from .registration.app import App
from .registration.portal import Portal
from .registration.portal_life import PORTAL_ENDS
from .registration.visit import Visit
from .scenario.answer import Answer
from .scenario.people import PhoneSpec
from .scenario.stage import Stuck

PinName = Literal["pin1", "pin2", "puk"]
Use = Literal["auth", "sign"]
T = TypeVar("T")
_PAD = b"\xff"  # of a PIN block (RIA ID1 guide, VERIFY)


def names(own: Mapping[str, object], owner: str, kind: str) -> Iterator[str]:
    """What each thing of a kind is called in the world's view: mari.phone; of two, mari.Old.phone."""
    for name in own:
        yield f"{owner}.{kind}" if len(own) == 1 else f"{owner}.{name}.{kind}"


@dataclass(frozen=True)
class OwnCard:
    """A person's ID card.

    Attributes:
        issued: the card with what its issuer knows.
        shown: the same with a trace around it, as it goes into readers.
    """

    issued: IssuedCard
    shown: CardLike

    def digits(self, pin: PinName) -> str:
        """The digits that are right now."""
        return self.issued.permanent.pins[pin.upper()].value.rstrip(_PAD).decode()

    def tries(self, pin: PinName) -> int:
        """How many are left."""
        return self.issued.permanent.pins[pin.upper()].tries

    def typed(self, pin: PinName, text: str) -> str:
        """The digits that somebody types: `right` and `wrong` stand for some, anything else for itself.

        Raises:
            Stuck: a prompt for PINs does not take the text.
        """
        right = self.digits(pin)
        if text == "right":
            return right
        if text == "wrong":  # well-formed, and another one
            return "".join(str((int(digit) + 1) % 10) for digit in right)
        if not re.fullmatch(r"[0-9]{1,12}", text):
            raise Stuck(f"a card's prompt takes 1 to 12 digits, not {text[:40]!r}")
        return text


@dataclass
class Desk:
    """A card reader on somebody's desk, and the card in it."""

    reader: Reader
    card: OwnCard | None = None

    def insert(self, card: OwnCard) -> None:
        """Put a card in, in place of what is there."""
        self.remove()
        self.reader.insert(card.shown)
        self.card = card

    def remove(self) -> OwnCard | None:
        """Take the card out; what was there."""
        card, self.card = self.card, None
        self.reader.remove()
        return card


@dataclass(frozen=True)
class Card:
    """A card in a reader, as a step uses it."""

    own: OwnCard
    reader: Reader

    @property
    def client(self) -> EidClient:
        """A program that uses it."""
        return EidClient(self.reader.transmit)

    def transmit(self, apdu: bytes) -> Answer:
        """One exchange."""
        return Answer.of(self.reader.transmit(apdu))


@dataclass
class Phone:
    """A phone with the app on it, and the PINs that its owner has in mind."""

    owner: str
    spec: PhoneSpec
    app: App
    codes: list[str] = field(default_factory=list)  # that it showed, the last one last

    def look(self) -> None:
        """See whether it shows another code than before."""
        code = self.app.device.code
        if code and code not in self.codes[-1:]:
            self.codes.append(code)


@dataclass
class Browser:
    """A browser with the portal in it."""

    owner: str
    name: str
    portal: Portal
    visit: Visit

    def fresh(self) -> Visit:
        """The visit as it stands, or another one where the last is over."""
        if self.visit.state in PORTAL_ENDS:
            self.visit = self.portal.visit(self.owner, self.name)
            self.portal.core.observer.entered(self.visit.machine, self.visit.state, {})
        return self.visit


@dataclass
class Actor:
    """One of the people."""

    name: str
    own: OwnCard | None
    desks: Mapping[str, Desk]
    phones: Mapping[str, Phone]
    browsers: Mapping[str, Browser]

    def thing(self, kind: str, chosen: str | None) -> object:
        """What they have of a kind: the first, or the one chosen by name.

        Raises:
            Stuck: there is no card in the reader.
        """
        match kind:
            case "phone":
                return _one(self.phones, chosen)
            case "browser":
                return _one(self.browsers, chosen)
            case "card":
                desk = _one(self.desks, chosen)
                if desk.card is None:
                    raise Stuck(f"there is no card in {self.name}'s reader")
                return Card(desk.card, desk.reader)
            case "reader":
                return _one(self.desks, chosen)
            case _:
                return self


def _one(own: Mapping[str, T], chosen: str | None) -> T:
    return own[chosen] if chosen else next(iter(own.values()))
