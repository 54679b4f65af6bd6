"""The people of a scenario with what they own: cards, readers, phones, browsers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

from softeid.emulator import CardLike

from .clients.eid_client import EidClient
from .issuing import IssuedCard
from .reader import Reader
from .registration.app import App
from .registration.line import Line
from .registration.phones import Phones
from .registration.portal import Portal
from .registration.portal_life import PORTAL_ENDS
from .registration.visit import Visit
from .scenario.answer import Answer
from .scenario.outcome import Happening
from .scenario.people import BrowserSpec, PhoneSpec
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
    """A card reader on somebody's desk, and the card in it.

    Attributes:
        reader: itself.
        card: what is in it, whether or not a computer can see that.
        connected: whether the reader is at the computer.
    """

    reader: Reader
    card: OwnCard | None = None
    connected: bool = True

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
    phones: Phones
    app: App
    codes: list[str] = field(default_factory=list)  # that it showed, the last one last

    @property
    def line(self) -> Line:
        """Its way to the core."""
        return self.phones.memory(self.app.device).line

    def digits(self, pin: Literal["pin1", "pin2"], text: str = "right") -> str:
        """What somebody types at the app: `right` and `wrong` stand for digits, anything else for itself."""
        chosen = self.spec.pin1 if pin == "pin1" else self.spec.pin2
        wrong = "".join(str((int(digit) + 1) % 10) for digit in chosen)
        return {"right": chosen, "wrong": wrong}.get(text, text)

    def becomes_copy_of(self, other: Phone) -> None:
        """Everything that another phone stores is on this one too; whoever holds it knows its PINs."""
        self.app = self.phones.copied(other.app.device, self.app.device)
        self.spec = replace(self.spec, pin1=other.spec.pin1, pin2=other.spec.pin2)

    def look(self) -> None:
        """See whether it shows another code than before."""
        code = self.app.device.code
        if code and code not in self.codes[-1:]:
            self.codes.append(code)


class Browser:
    """A browser with the portal in it, or another tab of one.

    Attributes:
        owner: who sits at it.
        spec: as the scenario has it.
        portal: as browsers see it.
        card: with which somebody logged in last.
        link: what a minor's page showed last, to hand to a guardian.
    """

    def __init__(self, owner: str, spec: BrowserSpec, portal: Portal, tab_of: Browser | None = None) -> None:
        """Open the portal's first page, or a tab that shows what another shows."""
        self.owner = owner
        self.spec = spec
        self.portal = portal
        self.card: OwnCard | None = None
        self.link = ""
        self._tab_of = tab_of
        self._closed = False
        self._visit = tab_of.visit if tab_of else self._begun()

    @property
    def name(self) -> str:
        """Its name among the owner's."""
        return self.spec.name

    @property
    def visit(self) -> Visit:
        """What it shows, or showed last."""
        return self._tab_of.visit if self._tab_of else self._visit

    def fresh(self) -> Visit:
        """The visit as it stands, or another one where the last is over, or the browser was closed."""
        if self._tab_of:
            return self._tab_of.fresh()
        return self.another() if self._closed or self._visit.state in PORTAL_ENDS else self._visit

    def another(self) -> Visit:
        """Another visit, whatever the last one was."""
        self._visit, self._closed = self._begun(), False
        self.portal.core.observer.entered(self._visit.machine, self._visit.state, {})
        return self._visit

    def close(self) -> None:
        """The window is gone, and nobody tells the portal."""
        self._closed = True

    def _begun(self) -> Visit:
        spec = self.spec
        return self.portal.visit(self.owner, spec.name, address=spec.address, cookies=spec.cookies)


@dataclass
class Actor:
    """One of the people.

    Attributes:
        challenge: what the portal asked last, where a step keeps it.
        token: what the card made of it.
        ticket: the last one of the login host.
    """

    name: str
    own: OwnCard | None
    desks: Mapping[str, Desk]
    phones: Mapping[str, Phone]
    browsers: Mapping[str, Browser]
    challenge: str = ""
    token: str = ""
    ticket: str = ""

    def states(self) -> Iterator[Happening]:
        """The states that their browsers and phones are in."""
        sights = ((browser.visit.state, browser.visit.record.reason) for browser in self.browsers.values())
        yield from self._states(names(self.browsers, self.name, "portal"), sights)
        apps = ((phone.app.state, phone.app.device.reason) for phone in self.phones.values())
        yield from self._states(names(self.phones, self.name, "phone"), apps)

    def _states(self, places: Iterator[str], stand: Iterator[tuple[str, str | None]]) -> Iterator[Happening]:
        for place, (state, reason) in zip(places, stand, strict=True):
            detail = {"reason": reason} if reason else {}
            yield Happening("state", state, self.name, detail, f"{place}.state")

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
                if desk.card is None or not desk.connected:
                    raise Stuck(f"there is no card in {self.name}'s reader")
                return Card(desk.card, desk.reader)
            case "reader":
                return _one(self.desks, chosen)
            case _:
                return self


def _one(own: Mapping[str, T], chosen: str | None) -> T:
    return own[chosen] if chosen else next(iter(own.values()))
