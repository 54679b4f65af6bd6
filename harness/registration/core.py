"""The core: registrations from their keys on, registration codes, key shares, accounts, the audit trail.

It does no I/O. App and portal call it; it tells them what becomes of a registration through `watch`. Timers
are data: `next_due` says when something falls due, `wake` does what is due now. What ends a registration
destroys its keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Protocol
from uuid import UUID

from ..clock import Clock
from ..pki.authority import Authority
from ..pki.leaf import Use
from ..seed import Seed
from .account_certificate import ACCOUNT_AUTHORITY
from .app_life import APP_ENDS, APP_LIFE, AppEvent, require
from .audit import Audit
from .confirmation import Confirmation
from .contact import Contact
from .identity import Identity
from .key_server import KeyServer, Request
from .key_share import CoreShare, Primes
from .machine import earliest
from .model import Account, DeviceInfo, Enrolment, Registration, SignedApplication, Terms
from .observer import Observer, Unseen
from .outbox import Outbox
from .refusal import Refused
from .registration_code import CodeBook, Standing
from .settings import Settings
from .vocabulary import AppState, Code, EventName, Reason

Watcher = Callable[[Registration], None]
"""Told whenever a registration enters a state."""


class Timed(Protocol):
    """Something with timers of its own: an app, a visit to the portal."""

    def next_due(self) -> datetime | None:
        """When it must be rung next."""

    def ring(self) -> None:
        """Do what fell due first."""


class Core:
    """The account server of one world.

    Attributes:
        clock: the scenario's now.
        settings: the rules.
        observer: told about states and events.
        audit: the audit trail.
        outbox: messages to people.
        authority: issues the certificates of accounts.
        accounts: by document number.
        terms_version: of the terms in force; may change while a registration is under way.
    """

    def __init__(
        self,
        clock: Clock,
        seed: Seed,
        settings: Settings,
        *,
        primes: Callable[[int], Primes],
        observer: Observer | None = None,
    ) -> None:
        """Make a core that knows nobody.

        Args:
            clock: the scenario's.
            seed: what codes, numbers and passwords are drawn from.
            settings: the rules.
            primes: gives the primes of a key of so many bits (`KeyPool`).
            observer: whom to tell.
        """
        self.clock = clock
        self.settings = settings
        self.seed = seed
        self.observer: Observer = observer or Unseen()
        self.audit = Audit(clock, self.observer.told)
        self.outbox = Outbox()
        self.authority = Authority(seed, clock, ACCOUNT_AUTHORITY)
        self.accounts: dict[str, Account] = {}
        self.terms_version = settings.terms_version
        self.primes = primes
        self._random = seed.stream("core")
        self._codes = CodeBook(seed.stream("registration codes"))
        self._confirmation = Confirmation(self, KeyServer(settings, seed.stream("one-time passwords")))
        self._registrations: dict[str, Registration] = {}
        self._watchers: dict[str, list[Watcher]] = {}
        self._timed: list[Timed] = []
        self._wrong_codes: dict[str, list[datetime]] = {}

    # --- time ----------------------------------------------------------------------------------

    def attend(self, timed: Timed) -> None:
        """Take the timers of an app or a visit along."""
        self._timed.append(timed)

    def next_due(self) -> datetime | None:
        """When something falls due next, here, in an app or on the portal; None if nothing ever does."""
        return min((at for at, _ in self._dues()), default=None)

    def wake(self) -> None:
        """Do what is due at the clock's now, in the order in which it fell due."""
        while True:
            at, ring = min(self._dues(), key=lambda due: due[0], default=(None, None))
            if at is None or ring is None or at > self.clock.now:
                return
            ring()

    def move_clock(self, instant: datetime) -> None:
        """Move the clock, and do what falls due on the way, each at its instant.

        Raises:
            ValueError: the instant is in the past.
        """
        while (due := self.next_due()) is not None and due <= instant:
            self.clock.move_to(max(due, self.clock.now))
            self.wake()
        self.clock.move_to(instant)

    def _dues(self) -> Iterator[tuple[datetime, Callable[[], None]]]:
        for registration in self._registrations.values():
            if due := earliest(APP_LIFE, registration.state, registration.due):
                yield due[0], partial(self._fell_due, registration, due[1])
        for timed in self._timed:
            if at := timed.next_due():
                yield at, timed.ring

    def _fell_due(self, registration: Registration, event: AppEvent) -> None:
        if event is AppEvent.ISSUE_AGAIN:
            self._confirmation.issue(registration)
        else:
            self.move(registration, event, _TIMERS[event])

    # --- what the app asks for ------------------------------------------------------------------

    def enrol(
        self, device: DeviceInfo, country: str, method: str, terms: Terms, shares: dict[Use, CoreShare]
    ) -> Enrolment:
        """Take the core's shares of two new keys: a registration begins.

        Args:
            device: where it is registered.
            country: the country of residence that was chosen.
            method: how the person will prove who they are.
            terms: what they accepted.
            shares: for each use.
        """
        keys = {use: self._confirmation.take(use, share) for use, share in shares.items()}
        reg_id = str(UUID(bytes=self._random(16), version=4))
        self._registrations[reg_id] = Registration(reg_id, device, country, method, terms, keys)
        self._watchers[reg_id] = []
        self.tell(EventName.KEYS_GENERATED, self._registrations[reg_id], bits=self.settings.key_bits)
        return Enrolment(reg_id, {use: key.otp for use, key in keys.items()})

    def watch(self, reg_id: str, watcher: Watcher) -> None:
        """Tell somebody whenever the registration enters a state."""
        self._watchers[reg_id].append(watcher)

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
        now = self.clock.now
        life = self.settings.t_code
        if registration.code and not self.settings.code_refresh_resets:
            life = registration.code.expires_at - now
        code, registration.code = self._codes.issue(reg_id, now, life)
        registration.due[AppEvent.DEADLINE] = registration.code.expires_at
        if not first:
            self.tell(EventName.CODE_REFRESHED, registration, generation=registration.code.generation)
        self.tell(EventName.CODE_ISSUED, registration, generation=registration.code.generation)
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
            registration.due[AppEvent.PIN_ENTRY_TIMEOUT] = self.clock.now + self.settings.t_pin_entry
            self.move(registration, event)
        else:
            self.tell(EventName.APP_IDENTITY_REJECTED, registration)
            self.tell(EventName.SECURITY_RELAY_SUSPECTED, registration)
            self.move(registration, event, Reason.NOT_ME)

    def certificate_request(self, reg_id: str, use: Use) -> bytes:
        """What the app's share must sign to confirm a PIN: CertificationRequestInfo, DER.

        Raises:
            Refused: APP_BAD_STATE.
        """
        return self._confirmation.content(self._registrations[reg_id], use)

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

    def match(self, code: str, identity: Identity, contact: Contact, who: str) -> Registration:
        """Bind the registration whose app shows a code to the person who typed it.

        Args:
            code: nine digits.
            identity: who logged in.
            contact: how they can be reached.
            who: whose browser it is, for the audit trail.

        Raises:
            Refused: RC_COOLDOWN, RC_EXPIRED, COUNTRY_MISMATCH; RC_WRONG for whatever else does not match,
                which counts.
        """
        now = self.clock.now
        self._check_cooldown(identity)
        standing, record = self._codes.look_up(code, now)
        registration = self._registrations[record.registration] if record else None
        if registration and standing is Standing.EXPIRED:
            self._reject(who, registration, Reason.RC_EXPIRED)
            raise Refused(Code.RC_EXPIRED)
        if not registration or standing is not Standing.LIVE or registration.state is not AppState.CODE_SHOWN:
            self._wrong_codes.setdefault(identity.semantics_id, []).append(now)
            self._reject(who, registration, Reason.RC_USED if registration else Reason.RC_WRONG)
            raise Refused(Code.RC_WRONG)
        if registration.country != identity.country:
            self._reject(who, registration, Reason.COUNTRY_MISMATCH)
            raise Refused(Code.COUNTRY_MISMATCH, country=identity.country)
        self._codes.burn(registration.reg_id, now)
        registration.identity, registration.contact = identity, contact
        if self.settings.deadline_scope == "code":
            del registration.due[AppEvent.DEADLINE]
        self.audit.tell(EventName.CODE_ACCEPTED, who, registration.reg_id)
        self.tell(EventName.IDENTITY_BOUND, registration, identity=identity.semantics_id)
        return registration

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
        now = self.clock.now
        registration.application = application
        if self.settings.deadline_scope == "portal":
            registration.due.pop(AppEvent.DEADLINE, None)
        registration.due[AppEvent.CONFIRM_TIMEOUT] = now + self.settings.t_confirm
        self.audit.tell(
            EventName.APPLICATION_SIGNED,
            who,
            registration.reg_id,
            digest=application.digest.hex(),
            certificate=f"{application.certificate.serial_number:X}",
        )
        contacts = (*self._contacts(registration.identity), registration.contact)
        device = registration.device.name
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
        for watcher in self._watchers[registration.reg_id]:
            watcher(registration)

    def tell(self, event: EventName, registration: Registration, **data: object) -> None:
        """Add an event about a registration to the audit trail."""
        self.audit.tell(event, registration.device.owner, registration.reg_id, **data)

    def _bury(self, registration: Registration) -> None:
        """Destroy the shares; the code is used up, unless its time ended it."""
        for key in registration.keys.values():
            key.destroy()
        if registration.state is AppState.EXPIRED:
            self.tell(EventName.REGISTRATION_EXPIRED, registration)
        else:
            self._codes.burn(registration.reg_id, self.clock.now)
        if registration.state is AppState.TERMINATED:
            self.tell(EventName.REGISTRATION_TERMINATED, registration, reason=registration.reason)
        self.tell(EventName.REGISTRATION_ABANDONED, registration, state=registration.state)

    def _reject(self, who: str, registration: Registration | None, why: Reason) -> None:
        self.audit.tell(EventName.CODE_REJECTED, who, registration.reg_id if registration else "", why=why)

    def _check_cooldown(self, identity: Identity) -> None:
        """So many wrong codes of one person in a day are enough (SID-RCD-012)."""
        since = self.clock.now - self.settings.cooldown
        recent = [at for at in self._wrong_codes.get(identity.semantics_id, ()) if at > since]
        if len(recent) >= self.settings.cooldown_attempts:
            again = recent[-self.settings.cooldown_attempts] + self.settings.cooldown
            raise Refused(Code.RC_COOLDOWN, retry_after=(again - self.clock.now).total_seconds())

    def _contacts(self, identity: Identity) -> list[Contact]:
        """How a person could be reached when earlier accounts were made."""
        return [
            account.contact
            for account in self.accounts.values()
            if account.identity.semantics_id == identity.semantics_id
        ]


_TIMERS = {
    AppEvent.DEADLINE: Reason.DEADLINE_PASSED,
    AppEvent.PIN_ENTRY_TIMEOUT: Reason.PIN_ENTRY_TIMEOUT,
    AppEvent.CONFIRM_TIMEOUT: Reason.CONFIRM_TIMEOUT,
}
