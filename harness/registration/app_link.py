"""The app's dealings with the core: what it asks, what it learns, and what it asks again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from ..pki.leaf import Use
from .account_app import AccountApp, Unanswered
from .app_life import APP_ENDS, APP_LIFE, AppEvent, require
from .confirmation import CONFIRMED
from .model import Device, OwnAccount, Registration
from .observer import Machine
from .pin_rule import is_birthday
from .refusal import Refused
from .screen import ScreenFacts
from .vocabulary import AppState, Code, EventName, Reason

if TYPE_CHECKING:
    from .phones import Phones

T = TypeVar("T")


class AppLink:
    """What every part of the app stands on.

    Attributes:
        device: what the app stores.
        machine: how observers know it.
        account: the account that is on the device.
    """

    def __init__(self, phones: Phones, device: Device) -> None:
        """Open the app on a device."""
        self._phones = phones
        self._core = phones.core
        self._memory = phones.memory(device)
        self._random = self._memory.random
        self.device = device
        self.account = AccountApp(phones, device)
        self.machine = Machine("app", device.owner, device.label)

    @property
    def state(self) -> AppState:
        """Where the registration stands, as far as this device knows."""
        return self.device.state

    @property
    def _kept(self) -> Device | OwnAccount:
        """Where the registration's keys lie: with the account, once it is active."""
        own = self.device.account
        return own if own and self.state is AppState.ACTIVE else self.device

    def ring(self) -> None:
        """Choosing PINs took too long."""
        self._tell(EventName.REGISTRATION_TERMINATED, reason=Reason.PIN_ENTRY_TIMEOUT)
        self._move(AppEvent.PIN_ENTRY_TIMEOUT, Reason.PIN_ENTRY_TIMEOUT)

    @property
    def unanswered(self) -> bool:
        """Whether the app waits for an answer that was lost."""
        return self.device.enrolment is not None or self._memory.unanswered is not None

    def _wake(self) -> None:
        """Let what is due happen; and whoever was killed between two PINs has forgotten the first."""
        with self._core.store.transaction():
            self._core.wake()
        device = self.device
        if device.state is AppState.PIN2_SET and not device.enrolment and not self._memory.pin1:
            self._move(AppEvent.KILLED)

    def _begin(self, event: AppEvent) -> None:
        self._wake()
        require(self.state, event, self.device.reason)

    def _ask(self, act: Callable[[], T]) -> T:
        return self._memory.line.ask(self._core, act)

    def _move(self, event: AppEvent, reason: Reason | None = None) -> None:
        self._enter(APP_LIFE[self.state, event], reason)

    def _enter(self, state: AppState, reason: Reason | None) -> None:
        if state in APP_ENDS:
            self.device.forget()
            self._memory.forget()
        self.device.state, self.device.reason = state, reason
        self._core.observer.entered(self.machine, state, {"reason": reason} if reason else {})

    def follow(self, registration: Registration) -> None:
        """Learn what state the registration entered at the core."""
        device = self.device
        if registration.state is AppState.ACTIVE:
            device.account = OwnAccount(
                registration.document_number, device.shares, device.otps, device.pending
            )
        self._enter(registration.state, registration.reason)

    def _catch_up(self) -> None:
        """Ask the core what state the registration is in."""
        if self.device.registration and self.state not in APP_ENDS:
            self._learn(self._ask(lambda: self._core.registration(self.device.registration)))

    def _learn(self, registration: Registration | None) -> None:
        """Enter the state that the core says, where nobody could tell before."""
        if registration is None or self.state in APP_ENDS:
            return
        if (registration.state, registration.reason) != (self.state, self.device.reason):
            self.follow(registration)

    def _enrol(self) -> None:
        """Send the core its shares; its answer begins the registration, and the app asks for a code."""
        device, request = self.device, self.device.enrolment
        assert device.terms
        assert request
        self._phones.store.checkpoint()
        terms = device.terms
        enrolment = self._ask(
            lambda: self._core.enrol(
                device.info, device.country, device.method, terms, request, device.renews
            )
        )
        device.enrolment = None
        device.registration, device.otps = enrolment.registration, dict(enrolment.otps)
        self._move(AppEvent.PIN2_CHOSEN)
        self._freshen()

    def _freshen(self) -> None:
        """Learn what happened meanwhile; where a code is shown, or should be, get a fresh one."""
        device = self.device
        if not device.registration or self.state in APP_ENDS:
            return

        def asked() -> Registration:
            registration = self._core.registration(device.registration)
            if registration.state in (AppState.KEYS_READY, AppState.CODE_SHOWN):
                code = self._core.issue_code(device.registration)
                issued = registration.code
                shown.append((code, issued.expires_at if issued else None))
            return registration

        shown: list[tuple[str, datetime | None]] = []
        self._learn(self._ask(asked))
        for code, until in shown:
            if self.state is AppState.CODE_SHOWN:
                device.code, device.code_until = code, until

    def _request_id(self, use: Use) -> bytes:
        """The name of the next request of a key: the one that got no answer, or a new one."""
        found = self.device.pending.get(use)
        if found is None:
            found = self.device.pending[use] = self._random(16)
        return found

    def _send(self, sent: Unanswered) -> None:
        """Send the share of a certificate request; kept for another try while no answer comes."""
        use, registered = sent.use, self.device.registration
        self._phones.store.checkpoint()
        try:
            otp = self._ask(lambda: self._core.confirm_pin(registered, use, sent.request))
        except Refused as refusal:
            if refusal.code is Code.CORE_UNAVAILABLE:
                self._memory.unanswered = sent
            elif refusal.code is Code.APP_BAD_STATE:
                self._catch_up()
            else:
                self._kept.pending.pop(use, None)
            raise
        self._kept.pending.pop(use, None)
        if use in self._kept.otps:
            self._kept.otps[use] = otp
        self._catch_up()

    def _send_again(self, sent: Unanswered) -> None:
        """Send a request again; a confirmation that the core has long taken is no failure."""
        if sent.wanted:
            self.account.send(sent)
            return
        try:
            self._send(sent)
        except Refused as refusal:
            if refusal.code is not Code.APP_BAD_STATE or (self.state, CONFIRMED[sent.use]) in APP_LIFE:
                raise

    def _facts(self) -> ScreenFacts:
        """What the core tells the app for its screen."""
        registered = self.device.registration
        registration = self._core.registration(registered) if registered else None
        return ScreenFacts(registration, self.account.found(), self.account.others(registration))

    def _warnings(self, facts: ScreenFacts | None) -> tuple[str, ...]:
        rooted = self.device.info.rooted and self._core.settings.rooted == "warn"
        told = {"ROOTED": rooted, "PIN_BIRTHDAY": self._birthdays(facts)}
        return (*self._memory.warnings, *(word for word, so in told.items() if so))

    def _birthdays(self, facts: ScreenFacts | None) -> list[int]:
        """Which PINs are the birthday of the person that the app shows."""
        identity = facts.registration.identity if facts and facts.registration else None
        born = identity.birth_date if identity else None
        if born is None or self.state is not AppState.IDENTITY_CHECK:
            return []
        return [number for number, pin in self._memory.dated.items() if is_birthday(pin, born)]

    def _tell(self, event: EventName, **data: object) -> None:
        with self._core.store.transaction():
            self._core.audit.tell(event, self.machine.owner, self.device.registration, **data)
