"""Everything that stands behind a lab's servers, and what one can do to it; inside a transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from softeid.emulator.mistake import listed

from ..person import Person, persons
from ..pki.error import StatusRefused
from ..pki.ocsp_fault import OCSP_FAULTS
from ..pki.status import GOOD, followed, revoked, suspended
from ..registration.core import Core
from ..registration.phones import Phones
from ..registration.population_register import DocumentStatus, Guardian, PersonStatus
from ..registration.portal import Portal
from .card_desk import CardDesk, DeskCard
from .error import LabError
from .issuers import LabIssuers
from .lab_clock import LabClock

Network = Literal["well", "slow", "broken"]
Standing = Literal["good", "suspended", "revoked"]
Switched = Literal["register", "authority", "portal"]

LAST = datetime(2100, 1, 1, tzinfo=UTC)
"""The clock goes no further: what is issued then must still end before authorities do."""
FIRST = datetime(2000, 1, 1, tzinfo=UTC)
"""Nor further back."""
SLOW = timedelta(seconds=2)
"""Each way, on the lab's clock, while the network is slow."""


class Impossible(LabError):
    """What somebody wants of the lab cannot be done.

    Attributes:
        field: what it is about.
    """

    def __init__(self, field: str, told: str) -> None:
        super().__init__(told)
        self.field = field


@dataclass
class LabWorld:
    """One lab.

    Attributes:
        name: of the lab.
        seed: whose authority and cards; empty for none.
        clock: everybody's.
        portal, phones, issuers, desk: themselves.
        addresses: of the servers, by name.
        say: tells people what was done.
        network: between phones and core.
    """

    name: str
    seed: str
    clock: LabClock
    portal: Portal
    phones: Phones
    issuers: LabIssuers
    desk: CardDesk
    say: Callable[[str], None]
    addresses: Mapping[str, str] = field(default_factory=dict)
    network: Network = "well"

    @property
    def core(self) -> Core:
        """The account server."""
        return self.portal.core

    # --- time -------------------------------------------------------------------------------------

    def advance(self, by: timedelta) -> None:
        """Move the clock on; what falls due on the way happens at its own instant.

        Raises:
            Impossible: the instant is too far away, or the duration negative.
        """
        if by < timedelta():
            raise Impossible("advance", "the clock is moved on by a duration of 0 or more")
        try:
            self.set_to(self.clock.now + by)
        except OverflowError:
            raise Impossible("advance", f"the clock goes no further than {LAST:%Y-%m-%d}") from None

    def set_to(self, instant: datetime) -> None:
        """Move the clock on to an instant.

        Raises:
            Impossible: it is in the past, or too far away.
        """
        if instant < self.clock.now:
            raise Impossible("at", f"the lab's clock stands at {_told(self.clock.now)} and does not go back")
        if instant > LAST:
            raise Impossible("at", f"the clock goes no further than {LAST:%Y-%m-%d}")
        self.core.move_clock(instant)

    def set_pace(self, pace: float) -> None:
        """Let the clock run, or stand still.

        Args:
            pace: seconds in a real one.
        """
        self.clock.pace = pace

    def set_back(self, by: timedelta) -> None:
        """Correct a clock that was fast; time limits go on counting.

        Raises:
            Impossible: it would be too long ago.
        """
        if by < timedelta() or by > self.clock.now - FIRST:
            raise Impossible("back", f"the clock goes no further back than {FIRST:%Y-%m-%d}")
        self.clock.set_back(by)
        self.core.wake()

    # --- what others say ----------------------------------------------------------------------------

    def card_of(self, handle: str) -> DeskCard | None:
        """A person's card: the one in the reader, else the last that was made."""
        own = [one for one in self.desk.cards.values() if one.issued.person.handle == handle]
        return next((one for one in own if one is self.desk.inserted), own[-1] if own else None)

    def people(self) -> Iterator[Person]:
        """Those who have cards, in the order of the table."""
        known = {one.issued.person.handle for one in self.desk.cards.values()}
        return (one for one in persons().values() if one.handle in known)

    def say_of_person(
        self, person: Person, document: DocumentStatus, standing: PersonStatus, guardians: list[str]
    ) -> None:
        """Let the population register say something else of somebody.

        Raises:
            Impossible: a guardian is nobody in the table of persons.
        """
        register = self.portal.register
        for name in guardians:
            if name not in persons():
                raise Impossible("guardians", name)
        known = [persons()[name] for name in guardians]
        register.say(
            replace(
                register.entry(person.serial_number),
                document=document,
                person=standing,
                guardians=tuple(Guardian(one.serial_number, one.name) for one in known),
            )
        )
        self.say(f"register says of {person.handle}: {standing}, document {document}")

    def set_certificate(self, handle: str, use: str, standing: Standing) -> None:
        """Let the authority say something else of a certificate on somebody's card.

        Raises:
            Impossible: there is no card, or what was revoked cannot become that.
        """
        card = self.card_of(handle)
        if card is None:
            raise Impossible(use, f"{handle} has no card")
        now = self.clock.now.replace(microsecond=0)
        wanted = {"good": GOOD, "suspended": suspended(now), "revoked": revoked(now)}[standing]
        serial = card.issued.certificates[use].serial_number
        before = self.issuers.authority.register.get(serial)
        if before is None or str(before) == standing:
            return
        try:
            self.issuers.authority.register.change(serial, lambda held: followed(held, wanted))
        except StatusRefused as refused:
            raise Impossible(use, str(refused)) from None
        self.say(f"{handle}'s {use} certificate is {standing}")

    # --- faults -------------------------------------------------------------------------------------

    def set_ocsp(self, fault: str) -> None:
        """Let the cards' responder do something wrong; empty for nothing.

        Raises:
            Impossible: there is no such fault.
        """
        if fault and fault not in OCSP_FAULTS:
            raise Impossible("fault", f"expected {listed(OCSP_FAULTS, 30)}, found {fault!r}")
        self.issuers.ocsp = fault
        self.say(f"OCSP: {fault or 'as it should'}")

    def switch(self, service: Switched, answers: bool) -> None:
        """Stop a service, or let it answer again."""
        if service == "register":
            self.portal.register.answers = answers
        elif service == "authority":
            self.core.authority_answers = answers
        else:
            self.portal.line.up = answers
        self.say(f"{service} {'answers' if answers else 'is stopped'}")

    def answers(self, service: Switched) -> bool:
        """Whether a service does."""
        if service == "register":
            return self.portal.register.answers
        return self.core.authority_answers if service == "authority" else self.portal.line.up

    def set_network(self, network: Network) -> None:
        """What the way between phones and core is like from now on; mended, the apps catch up."""
        self.network = network
        for app in self.phones.apps():
            line = self.phones.memory(app.device).line
            line.up, line.lost = network != "broken", ""
            line.delay = SLOW if network == "slow" else timedelta()
            if network == "well" and app.device.registration and not app.unanswered:
                app.try_again()
        self.say(f"network: {network}")

    def set_terms(self, version: str) -> None:
        """Put other terms of use in force."""
        self.core.terms_version = version
        self.say(f"terms of use {version}")


def _told(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"
