"""The app on the device: the person's side of a registration.

It holds its share of each key, encrypted under a PIN that it keeps nowhere and cannot check. Up to the PINs
it works by itself; from the keys on the core says what state the registration is in.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ..pki.leaf import Use
from .app_life import APP_ENDS, APP_LIFE, AppEvent, require
from .confirmation import CONFIRMED, message_of
from .key_server import Request
from .key_share import split
from .model import Device, Registration, Terms
from .observer import Machine
from .pin_rule import PinNumber, check_pair, check_pin, proposed, warnings
from .refusal import Refused
from .screen import METHODS, Screen, screen_of
from .vocabulary import AppState, Code, EventName, Reason

if TYPE_CHECKING:
    from .phones import Phones

USES: dict[PinNumber, Use] = {1: Use.AUTHENTICATION, 2: Use.SIGNATURE}
_TYPED = re.compile(r"[0-9]{1,12}")


class App:
    """One installation of the app, on one device.

    Attributes:
        machine: how observers know it.
        device: what it stores.
    """

    def __init__(self, phones: Phones, device: Device) -> None:
        """Open the app on a device."""
        self._phones = phones
        self._core = phones.core
        self._memory = phones.memory(device)
        self._random = self._memory.random
        self.device = device
        self.machine = Machine("app", device.info.owner, device.info.name)

    @property
    def state(self) -> AppState:
        """Where the registration stands, as far as this device knows."""
        return self.device.state

    # --- step 1 -----------------------------------------------------------------------------------

    def register(self) -> None:
        """Start a registration; after one that failed, from the beginning with new keys.

        Raises:
            Refused: DEVICE_HAS_ACCOUNT, APP_BAD_STATE.
        """
        self._core.wake()
        if self.state is AppState.ACTIVE:
            raise Refused(Code.DEVICE_HAS_ACCOUNT)
        if self.state in APP_ENDS:
            self.device = self._phones.wiped(self.device)
            self._memory.warnings = ()
        require(self.state, AppEvent.REGISTER, self.device.reason)
        self._tell(EventName.REGISTRATION_STARTED)
        self._move(AppEvent.REGISTER)

    def choose_country(self, country: str) -> None:
        """Say in which country one lives: two capital letters.

        Raises:
            Refused: APP_BAD_STATE, BAD_REQUEST, COUNTRY_UNSUPPORTED.
        """
        self._begin(AppEvent.COUNTRY_CHOSEN)
        if not re.fullmatch("[A-Z]{2}", country):
            raise Refused(Code.BAD_REQUEST, field="country")
        if country not in self._core.settings.countries:
            raise Refused(Code.COUNTRY_UNSUPPORTED, country=country)
        self.device.country = country
        self._move(AppEvent.COUNTRY_CHOSEN)

    def choose_method(self, method: str = METHODS[0]) -> None:
        """Choose how to prove who one is.

        Raises:
            Refused: APP_BAD_STATE, BAD_REQUEST, METHOD_NOT_IMPLEMENTED.
        """
        self._begin(AppEvent.METHOD_CHOSEN)
        if method not in METHODS:
            raise Refused(Code.BAD_REQUEST, field="method")
        if method != METHODS[0]:
            raise Refused(Code.METHOD_NOT_IMPLEMENTED, method=method)
        self.device.method = method
        self._move(AppEvent.METHOD_CHOSEN)

    def accept_terms(self, *, scrolled: bool = True, language: str = "en") -> None:
        """Accept the terms of use.

        Args:
            scrolled: whether they were scrolled to their end.
            language: in which they were shown.

        Raises:
            Refused: APP_BAD_STATE, TERMS_NOT_READ.
        """
        self._begin(AppEvent.TERMS_ACCEPTED)
        if not scrolled:
            raise Refused(Code.TERMS_NOT_READ)
        now = self._core.clock.now
        self.device.terms = Terms(self._core.terms_version, language, now)
        self.device.due[AppEvent.PIN_ENTRY_TIMEOUT] = (
            self._core.clock.steady + self._core.settings.t_pin_entry
        )
        self._tell(EventName.TERMS_ACCEPTED, version=self._core.terms_version, language=language)
        self._move(AppEvent.TERMS_ACCEPTED)

    def decline_terms(self) -> None:
        """Do not accept them, or go back.

        Raises:
            Refused: APP_BAD_STATE.
        """
        self._begin(AppEvent.TERMS_DECLINED)
        self._tell(EventName.TERMS_DECLINED)
        self._move(AppEvent.TERMS_DECLINED)

    # --- step 2 -----------------------------------------------------------------------------------

    def choose_pin1(self, pin: str, repeat: str | None = None) -> None:
        """Choose PIN1, which protects the authentication key.

        Args:
            pin: 4 to 12 digits.
            repeat: the second entry; None where a proposed PIN is taken.

        Raises:
            Refused: APP_BAD_STATE, PIN_REPEAT_MISMATCH, PIN_FORMAT, or one of the three PIN_TOO_ codes.
        """
        self._begin(AppEvent.PIN1_CHOSEN)
        self._check(1, pin, repeat)
        self._memory.pin1 = pin
        self._move(AppEvent.PIN1_CHOSEN)

    def choose_pin2(self, pin: str, repeat: str | None = None) -> None:
        """Choose PIN2, which protects the signature key; the keys are made and the app shows a code.

        Args:
            pin: 5 to 12 digits, another than PIN1.
            repeat: the second entry; None where a proposed PIN is taken.

        Raises:
            Refused: as `choose_pin1`, and PIN_EQUAL.
        """
        self._begin(AppEvent.PIN2_CHOSEN)
        self._check(2, pin, repeat)
        check_pair(self._memory.pin1, pin, self._core.settings)
        pin1, self._memory.pin1 = self._memory.pin1, ""
        self._make_keys(pin1, pin)
        self._move(AppEvent.PIN2_CHOSEN)
        self._show_code()

    def choose_pins(
        self, pin1: str, pin2: str, pin1_repeat: str | None = None, pin2_repeat: str | None = None
    ) -> None:
        """Choose both at once; a refusal of either leaves everything as it was.

        Raises:
            Refused: as `choose_pin1` and `choose_pin2`.
        """
        self._begin(AppEvent.PIN1_CHOSEN)
        self._check(1, pin1, pin1_repeat)
        self._check(2, pin2, pin2_repeat)
        check_pair(pin1, pin2, self._core.settings)
        self.choose_pin1(pin1)
        self.choose_pin2(pin2)

    def proposed_pins(self) -> tuple[str, str]:
        """Random PINs that satisfy every rule."""
        return proposed(self._random, self._core.settings)

    def back(self) -> None:
        """Go back from PIN2 to PIN1, which is forgotten.

        Raises:
            Refused: APP_BAD_STATE.
        """
        self._begin(AppEvent.BACK)
        self._memory.pin1 = ""
        self._move(AppEvent.BACK)

    def recover_pins(self) -> None:
        """PINs cannot be recovered, reset or changed.

        Raises:
            Refused: PIN_UNRECOVERABLE.
        """
        raise Refused(Code.PIN_UNRECOVERABLE)

    # --- steps 3 to 6 -----------------------------------------------------------------------------

    def foreground(self) -> None:
        """Come back to the foreground: a fresh code replaces the shown one (SID-RCD-010)."""
        self._core.wake()
        if self.state in (AppState.KEYS_READY, AppState.CODE_SHOWN):
            self._show_code()

    def restart(self) -> None:
        """Kill the app and start it again: what is stored goes on; what was in memory is gone."""
        self._core.wake()
        self._memory.pin1, self._memory.warnings = "", ()
        if (self.state, AppEvent.KILLED) in APP_LIFE:
            self._move(AppEvent.KILLED)
        self.foreground()

    def accept_identity(self) -> None:
        """Say yes to the person that the app shows.

        Raises:
            Refused: APP_BAD_STATE.
        """
        self._begin(AppEvent.IDENTITY_ACCEPTED)
        self._core.decide_identity(self.device.registration, accepted=True)

    def reject_identity(self) -> None:
        """Say "not me": somebody else's card was used.

        Raises:
            Refused: APP_BAD_STATE.
        """
        self._begin(AppEvent.IDENTITY_REJECTED)
        self._core.decide_identity(self.device.registration, accepted=False)

    def confirm_pin(self, number: PinNumber, typed: str) -> None:
        """Type a chosen PIN again. Whether it is right is found out by the core alone.

        Args:
            number: which PIN the screen asks for.
            typed: 1 to 12 digits; lengths are not checked, since any PIN opens the share to some number.

        Raises:
            Refused: APP_BAD_STATE, PIN_FORMAT, PIN_WRONG, KEY_LOCKED, KEY_DESTROYED, TERMS_OUTDATED.
        """
        use = USES[number]
        self._begin(CONFIRMED[use])
        if not _TYPED.fullmatch(typed):
            raise Refused(Code.PIN_FORMAT, pin=number)
        device = self.device
        share = device.shares[use]
        message = message_of(self._core.certificate_request(device.registration, use), share.modulus)
        part = share.signature_share(typed, device.secret, message)
        request = Request(self._random(16), device.otps[use], part)
        device.otps[use] = self._core.confirm_pin(device.registration, use, request)

    def delete(self) -> None:
        """Delete the app with a registration that is not finished.

        Raises:
            Refused: APP_BAD_STATE.
        """
        self._begin(AppEvent.DELETED)
        if self.device.registration:
            self._core.abandon(self.device.registration)
        else:
            self._move(AppEvent.DELETED)

    # --- what is seen -----------------------------------------------------------------------------

    def screen(self) -> Screen:
        """Look at the screen."""
        registered = self.device.registration
        registration = self._core.registration(registered) if registered else None
        shown = screen_of(self.device, registration, self._core.settings, self._core.clock)
        return replace(shown, warnings=self._memory.warnings)

    def ring(self) -> None:
        """Choosing PINs took too long."""
        self._memory.pin1 = ""
        self._tell(EventName.REGISTRATION_TERMINATED, reason=Reason.PIN_ENTRY_TIMEOUT)
        self._move(AppEvent.PIN_ENTRY_TIMEOUT, Reason.PIN_ENTRY_TIMEOUT)

    # --- inside -----------------------------------------------------------------------------------

    def _begin(self, event: AppEvent) -> None:
        self._core.wake()
        require(self.state, event, self.device.reason)

    def _move(self, event: AppEvent, reason: Reason | None = None) -> None:
        self._enter(APP_LIFE[self.state, event], reason)

    def _enter(self, state: AppState, reason: Reason | None) -> None:
        self.device.state, self.device.reason = state, reason
        self._core.observer.entered(self.machine, state, {"reason": reason} if reason else {})

    def follow(self, registration: Registration) -> None:
        """Learn what state the registration entered at the core."""
        if registration.state in APP_ENDS and registration.state is not AppState.ACTIVE:
            self.device.shares.clear()
            self.device.otps.clear()
            self.device.code = ""
        self._enter(registration.state, registration.reason)

    def _check(self, number: PinNumber, pin: str, repeat: str | None) -> None:
        check_pin(number, pin, self._core.settings)
        if repeat is not None and repeat != pin:
            raise Refused(Code.PIN_REPEAT_MISMATCH, pin=number)

    def _make_keys(self, pin1: str, pin2: str) -> None:
        """Make both keys, keep our shares, hand the others to the core; primes and PINs are forgotten."""
        device, core = self.device, self._core
        assert device.terms
        core_shares = {}
        for use, pin in ((Use.AUTHENTICATION, pin1), (Use.SIGNATURE, pin2)):
            primes = core.primes(core.settings.key_bits)
            device.shares[use], core_shares[use] = split(primes, pin, device.secret, self._random)
        enrolment = core.enrol(device.info, device.country, device.method, device.terms, core_shares)
        device.registration, device.otps = enrolment.registration, dict(enrolment.otps)
        self._memory.warnings = warnings(pin1, pin2)
        device.due.clear()  # from here on the core watches the time

    def _show_code(self) -> None:
        self.device.code = self._core.issue_code(self.device.registration)

    def _tell(self, event: EventName, **data: object) -> None:
        self._core.audit.tell(event, self.machine.owner, self.device.registration, **data)
