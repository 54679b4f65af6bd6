"""The core: registrations from their keys on, registration codes, key shares, accounts, the audit trail.

It does no I/O: records lie in a store. Phones and portal call it; it tells them what becomes of a
registration (`Party`). Timers are data: `next_due` says when something falls due, `wake` does what is due
now. What ends a registration destroys its keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import Protocol
from uuid import UUID

from ..clock import Clock, seconds_text
from ..pki.authority import Authority
from ..pki.leaf import Use
from ..seed import Seed
from .account_certificate import ACCOUNT_AUTHORITY
from .account_life import AccountLife
from .app_life import APP_ENDS, APP_LIFE, AppEvent, require
from .audit import Audit
from .code_desk import CodeDesk
from .confirmation import Confirmation
from .contact import Contact
from .guardian import GuardianDesk
from .identity import Identity
from .key_server import KeyServer, Request
from .key_share import Primes
from .machine import earliest
from .memory import MemoryStore
from .model import (
    ACCOUNTS,
    FACTS,
    MESSAGES,
    REGISTRATIONS,
    Account,
    DeviceInfo,
    Enrolment,
    EnrolmentRequest,
    Fact,
    Registration,
    SignedApplication,
    Terms,
)
from .observer import Observer, Unseen
from .outbox import Outbox
from .refusal import Refused
from .settings import Settings
from .store import Store, Table
from .vocabulary import AppState, Code, EventName, Reason


class Party(Protocol):
    """Who takes part beside the core: the phones, the portal. Each has timers of its own."""

    def next_due(self, by: datetime | None = None) -> datetime | None:
        """When it must be rung next, by the steady clock; None if never, or not until the instant `by`."""

    def ring(self) -> None:
        """Do what fell due first."""

    def follow(self, registration: Registration) -> None:
        """A registration entered a state."""


class Core:
    """The account server of one world.

    Attributes:
        clock: the scenario's now.
        settings: the rules.
        observer: told about states and events.
        audit: the audit trail.
        outbox: messages to people.
        authority: issues the certificates of accounts.
        store: keeps everything that must last.
        accounts: by document number.
        account_life: what happens to accounts that are there.
        guardians: whose signature a minor needs.
    """

    def __init__(
        self,
        clock: Clock,
        seed: Seed,
        settings: Settings,
        *,
        primes: Callable[[int], Primes],
        observer: Observer | None = None,
        store: Store | None = None,
        authority: Authority | None = None,
        code_draws: Callable[[int], bytes] | None = None,
    ) -> None:
        """Make a core, or go on with what a store remembers.

        Args:
            clock: the scenario's.
            seed: what codes, numbers and passwords are drawn from.
            settings: the rules.
            primes: gives the primes of a key of so many bits (`KeyPool`).
            observer: whom to tell.
            store: where records lie; in memory by default.
            authority: issues accounts' certificates; by default the one that the seed stands for.
            code_draws: gives so many octets, for registration codes; by default the seed's.
        """
        self.clock = clock
        self.settings = settings
        self.seed = seed
        self.observer: Observer = observer or Unseen()
        self.store: Store = store or MemoryStore()
        self.audit = Audit(clock, self.observer.told, self.store.events)
        self.outbox = Outbox(self.store.table(MESSAGES), seed.stream("messages"))
        self.authority = authority or Authority(seed, clock, ACCOUNT_AUTHORITY)
        self.accounts: Table[Account] = self.store.table(ACCOUNTS)
        self.primes = primes
        self._random = seed.stream("core")
        self._facts: Table[Fact] = self.store.table(FACTS)
        self._registrations: Table[Registration] = self.store.table(REGISTRATIONS)
        self._codes = CodeDesk(self, code_draws or seed.stream("registration codes"))
        keys = KeyServer(settings, seed.stream("one-time passwords"), clock.wall)
        self._confirmation = Confirmation(self, keys)
        self.guardians = GuardianDesk(self, seed.stream("guardians"), self._confirmation.issue)
        self.account_life = AccountLife(self, keys)
        self._parties: list[Party] = []
        self._lost = clock.steady - clock.now

    def fact(self, name: str, otherwise: Callable[[], str]) -> Fact:
        """Something that is remembered by name.

        Args:
            name: of the fact.
            otherwise: says what holds where nothing is remembered yet; it is from then on.
        """
        fact = self._facts.get(name)
        if fact is None:
            fact = Fact(name, otherwise())
            self._facts.add(fact)
        return fact

    @property
    def terms_version(self) -> str:
        """Of the terms in force; may change while a registration is under way."""
        return self.fact("terms version", lambda: self.settings.terms_version).value

    @terms_version.setter
    def terms_version(self, version: str) -> None:
        self.fact("terms version", lambda: version).value = version

    # --- time ----------------------------------------------------------------------------------

    def attend(self, party: Party) -> None:
        """Take another party along: its timers, and what it wants to hear of registrations."""
        self._parties.append(party)

    def next_due(self) -> datetime | None:
        """When something falls due next, here, on a phone or on the portal; None if nothing ever does.

        By the steady clock.
        """
        return min((at for at, _ in self._dues(None)), default=None)

    def wake(self) -> None:
        """Do what is due at the clock's now, in the order in which it fell due."""
        self._notice_clock()
        while dues := list(self._dues(self.clock.steady)):
            _, ring = min(dues, key=itemgetter(0))
            ring()

    def move_clock(self, instant: datetime) -> None:
        """Move the clock, and do what falls due on the way, each at its instant.

        Raises:
            ValueError: the instant is in the past.
        """
        while (due := self.next_due()) is not None and self.clock.wall(due) <= instant:
            self.clock.move_to(max(self.clock.wall(due), self.clock.now))
            self.wake()
        self.clock.move_to(instant)

    def _notice_clock(self) -> None:
        """Tell when the time of day went back; what counts on does not."""
        lost = self.clock.steady - self.clock.now
        if lost > self._lost:
            self.audit.tell(EventName.RISK_CLOCK_BACK, "", by=seconds_text(lost - self._lost))
        self._lost = lost

    def _dues(self, by: datetime | None) -> Iterator[tuple[datetime, Callable[[], None]]]:
        """What falls due next here and with each party; `by` leaves out what comes later."""
        registration = self._registrations.first_due(by)
        if registration and (due := earliest(APP_LIFE, registration.state, registration.due)):
            yield due[0], partial(self._fell_due, registration, due[1])
        for party in self._parties:
            if at := party.next_due(by):
                yield at, party.ring

    def _fell_due(self, registration: Registration, event: AppEvent) -> None:
        if event is AppEvent.ISSUE_AGAIN:
            self._confirmation.issue(registration)
        else:
            self.move(registration, event, _TIMERS[event])

    # --- what the app asks for ------------------------------------------------------------------

    @property
    def authority_answers(self) -> bool:
        """Whether the authority that issues accounts' certificates can be reached."""
        return self.fact("account authority", lambda: "answers").value == "answers"

    @authority_answers.setter
    def authority_answers(self, yes: bool) -> None:
        self.fact("account authority", lambda: "").value = "answers" if yes else "is down"

    def enrol(
        self,
        device: DeviceInfo,
        country: str,
        method: str,
        terms: Terms,
        request: EnrolmentRequest,
        expected: str = "",
    ) -> Enrolment:
        """Take the core's shares of two new keys: a registration begins.

        The same request sent again is answered as before (SID-NET-002).

        Args:
            device: where it is registered.
            country: the country of residence that was chosen.
            method: how the person will prove who they are.
            terms: what they accepted.
            request: the core's shares.
            expected: whose account it renews, by semantics identifier.
        """
        for known in self._registrations.find(request=request.request_id):
            return Enrolment(known.reg_id, {use: key.otp for use, key in known.keys.items()})
        shares = request.shares
        keys = {use: self._confirmation.take(use, share) for use, share in shares.items()}
        reg_id = str(UUID(bytes=self._random(16), version=4))
        registration = Registration(
            reg_id, device, country, method, terms, keys, request=request.request_id, expected=expected
        )
        registration.due[AppEvent.DEADLINE] = self.clock.steady + self.settings.t_code
        self._registrations.add(registration)
        bits = self.settings.key_bits
        self.tell(EventName.KEYS_GENERATED, registration, bits=bits, pool=request.pool)
        return Enrolment(reg_id, {use: key.otp for use, key in keys.items()})

    def registration(self, reg_id: str) -> Registration:
        """What is known of a registration."""
        return self._registrations[reg_id]

    def issue_code(self, reg_id: str) -> str:
        """A registration code for the app to show: the first, or a fresh one in place of the shown one.

        Raises:
            Refused: APP_BAD_STATE.
        """
        registration = self._registrations[reg_id]
        first = registration.state is AppState.KEYS_READY
        event = AppEvent.CODE_ISSUED if first else AppEvent.CODE_REFRESHED
        require(registration.state, event, registration.reason)
        code = self._codes.issue(registration)
        self.move(registration, event)
        return code

    def decide_identity(self, reg_id: str, accepted: bool) -> None:
        """The person says on the device whether they are who the card said.

        Raises:
            Refused: APP_BAD_STATE.
        """
        registration = self._registrations[reg_id]
        event = AppEvent.IDENTITY_ACCEPTED if accepted else AppEvent.IDENTITY_REJECTED
        require(registration.state, event, registration.reason)
        if accepted:
            self.tell(EventName.APP_IDENTITY_ACCEPTED, registration)
            registration.due[AppEvent.PIN_ENTRY_TIMEOUT] = self.clock.steady + self.settings.t_pin_entry
            self.move(registration, event)
            return
        self.tell(EventName.APP_IDENTITY_REJECTED, registration)
        self.tell(EventName.SECURITY_RELAY_SUSPECTED, registration)
        self.move(registration, event, Reason.NOT_ME)

    def certificate_requests(self, reg_id: str) -> dict[Use, bytes]:
        """What the app's shares must sign to confirm the PINs: CertificationRequestInfo, DER.

        Raises:
            Refused: APP_BAD_STATE, before the portal has said who the person is.
        """
        registration = self._registrations[reg_id]
        if registration.identity is None:
            raise Refused(Code.APP_BAD_STATE, state=registration.state)
        return self._confirmation.contents(registration)

    def confirm_pin(self, reg_id: str, use: Use, request: Request) -> bytes:
        """Join the shares over the certificate request; after both keys the account is made.

        Returns:
            The next one-time password of the key.

        Raises:
            Refused: APP_BAD_STATE, PIN_WRONG, KEY_LOCKED, KEY_DESTROYED, TERMS_OUTDATED.
        """
        return self._confirmation.confirm(self._registrations[reg_id], use, request)

    def abandon(self, reg_id: str) -> None:
        """The app was deleted.

        Raises:
            Refused: APP_BAD_STATE.
        """
        registration = self._registrations[reg_id]
        require(registration.state, AppEvent.DELETED, registration.reason)
        self.move(registration, AppEvent.DELETED)

    # --- what the portal asks for ---------------------------------------------------------------

    def match(
        self, code: str, identity: Identity, contact: Contact, who: str, address: str = ""
    ) -> Registration:
        """Bind the registration whose app shows a code to the person who typed it; see `CodeDesk.match`."""
        return self._codes.match(code, identity, contact, who, address)

    def bind(self, registration: Registration) -> None:
        """The portal accepted the code."""
        self.move(registration, AppEvent.CODE_ACCEPTED)

    def application_signed(
        self, registration: Registration, application: SignedApplication, who: str
    ) -> None:
        """The portal took a signed application: the rest happens on the device.

        Args:
            registration: which one.
            application: checked by the portal.
            who: whose browser it is.
        """
        assert registration.identity
        assert registration.contact
        registration.application = application
        if self.settings.deadline_scope == "portal":
            registration.due.pop(AppEvent.DEADLINE, None)
        registration.due[AppEvent.CONFIRM_TIMEOUT] = self.clock.steady + self.settings.t_confirm
        self.audit.tell(EventName.APPLICATION_SIGNED, who, registration.reg_id, **application.told())
        contacts = (*self.contacts(registration.identity), registration.contact)
        device, now = registration.device.name, self.clock.now
        self.outbox.notify("account requested", contacts, registration.identity, device, now)
        self.move(registration, AppEvent.APPLICATION_SIGNED)

    def refuse(self, registration: Registration, event: AppEvent, reason: Reason) -> None:
        """The person ended the registration on the portal: cancelled it, or reported it as fraud."""
        self.move(registration, event, reason)

    def portal_left(self, registration: Registration) -> None:
        """The visit is over without a decision: where no deadline ends the registration, this does."""
        bound = registration.state is AppState.BOUND
        if bound and AppEvent.DEADLINE not in registration.due:
            self.move(registration, AppEvent.DEADLINE, Reason.DEADLINE_PASSED)

    # --- common ---------------------------------------------------------------------------------

    def move(self, registration: Registration, event: AppEvent, reason: Reason | None = None) -> None:
        """Let an event happen to a registration, bury it if that ends it, and tell who watches."""
        registration.state = APP_LIFE[registration.state, event]
        registration.reason = reason
        if registration.state in APP_ENDS and registration.state is not AppState.ACTIVE:
            self._bury(registration)
        for party in self._parties:
            party.follow(registration)

    def tell(self, event: EventName, registration: Registration, **data: object) -> None:
        """Add an event about a registration to the audit trail."""
        self.audit.tell(event, registration.device.owner, registration.reg_id, **data)

    def _bury(self, registration: Registration) -> None:
        """Destroy the shares; the code is used up, unless its time ended it."""
        for key in registration.keys.values():
            key.destroy("unused")
        if registration.state is AppState.EXPIRED:
            self.tell(EventName.REGISTRATION_EXPIRED, registration)
        else:
            self._codes.burn(registration)
        if registration.state is AppState.TERMINATED:
            self.tell(EventName.REGISTRATION_TERMINATED, registration, reason=registration.reason)
        self.tell(EventName.REGISTRATION_ABANDONED, registration, state=registration.state)

    def contacts(self, identity: Identity) -> list[Contact]:
        """How a person could be reached when earlier accounts were made."""
        return [one.contact for one in self.accounts.find(semantics_id=identity.semantics_id)]


_TIMERS = {
    AppEvent.DEADLINE: Reason.DEADLINE_PASSED,
    AppEvent.PIN_ENTRY_TIMEOUT: Reason.PIN_ENTRY_TIMEOUT,
    AppEvent.CONFIRM_TIMEOUT: Reason.CONFIRM_TIMEOUT,
    AppEvent.GUARDIAN_TIMEOUT: Reason.GUARDIAN_LINK_EXPIRED,
}
