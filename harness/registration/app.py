"""The app on the device: the person's side of a registration.

It holds its share of each key, encrypted under a PIN that it keeps nowhere and cannot check. Up to the PINs
it works by itself; from the keys on the core says what state the registration is in. Every word to the core
goes over a line that may fail: what must be asked again is stored before it is asked, so that an answer that
was lost, or an app that was killed, costs neither a second pair of keys nor a false alarm of a clone.
"""

from __future__ import annotations

import re
from hashlib import sha256

from ..pki.leaf import Use
from .account_app import AccountApp, Unanswered
from .account_life import renewable
from .app_life import APP_ENDS, AppEvent, require
from .app_link import AppLink
from .confirmation import CONFIRMED, message_of
from .key_server import Request
from .key_share import split
from .model import EnrolmentRequest, Terms
from .pin_rule import PinNumber, check_pair, check_pin, may_be_date, proposed, warnings
from .refusal import Refused
from .screen import METHODS, Screen, screen_of
from .vocabulary import Code, EventName

USES: dict[PinNumber, Use] = {1: Use.AUTHENTICATION, 2: Use.SIGNATURE}
_TYPED = re.compile(r"[0-9]{1,12}")


class App(AppLink):
    """One installation of the app, on one device.

    Attributes:
        machine: how observers know it.
        device: what it stores.
    """

    # --- step 1 -----------------------------------------------------------------------------------

    def register(self) -> None:
        """Start a registration; after one that failed, from the beginning with new keys.

        Raises:
            Refused: DEVICE_HAS_ACCOUNT, APP_TOO_OLD, DEVICE_NOT_ALLOWED, APP_BAD_STATE, CORE_UNAVAILABLE.
        """
        self._start("")

    def renew(self) -> None:
        """Start a registration in place of an account that ends soon; it must be the same person's.

        Raises:
            Refused: as `register`; APP_BAD_STATE where no renewal is offered.
        """
        self._wake()
        account = self.account.known()
        if account is None or not renewable(account, self._core.clock.now):
            raise Refused(Code.APP_BAD_STATE, why="no renewal is offered")
        self._start(account.semantics_id)

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

    def accept_terms(self, *, scrolled: bool = True) -> None:
        """Accept the terms of use, as they were shown in the app's language.

        Args:
            scrolled: whether they were scrolled to their end.

        Raises:
            Refused: APP_BAD_STATE, TERMS_NOT_READ.
        """
        self._begin(AppEvent.TERMS_ACCEPTED)
        if not scrolled:
            raise Refused(Code.TERMS_NOT_READ)
        clock, device = self._core.clock, self.device
        with self._core.store.transaction():
            version = self._core.terms_version
        device.terms = Terms(version, device.language, clock.now)
        device.due[AppEvent.PIN_ENTRY_TIMEOUT] = clock.steady + self._core.settings.t_pin_entry
        self._tell(EventName.TERMS_ACCEPTED, version=version, language=device.language)
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
        self._begin_with_pins(AppEvent.PIN2_CHOSEN)
        self._check(2, pin, repeat)
        check_pair(self._memory.pin1, pin, self._core.settings)
        self._make_keys(self._memory.pin1, pin)
        self._phones.store.checkpoint()
        self._memory.pin1 = ""
        self._enrol()

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
        self._begin_with_pins(AppEvent.BACK)
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
        """Come back to the foreground: a fresh code replaces the shown one (SID-RCD-010).

        Raises:
            Refused: CORE_UNAVAILABLE.
        """
        self._wake()
        self.try_again()

    def background(self) -> None:
        """Go to the background; everything stays as it is."""
        self._wake()

    def restart(self) -> None:
        """Kill the app and start it again: what is stored goes on; what was in memory is gone."""
        self._memory.forget()
        self._wake()
        if self._memory.line.carries:
            self.try_again()

    def try_again(self) -> None:
        """Ask the core again for what it did not answer, and learn what happened meanwhile.

        Raises:
            Refused: CORE_UNAVAILABLE, and whatever the request is refused with.
        """
        self._wake()
        if self.device.enrolment:
            self._enrol()
            return
        sent, self._memory.unanswered = self._memory.unanswered, None
        if sent:
            self._send_again(sent)
            return
        self._freshen()

    def accept_identity(self) -> None:
        """Say yes to the person that the app shows.

        Raises:
            Refused: APP_BAD_STATE, CORE_UNAVAILABLE; PIN_TOO_WEAK for a birthday, where settings deny that.
        """
        self._begin(AppEvent.IDENTITY_ACCEPTED)
        self._check_birthday()
        self._ask(lambda: self._core.decide_identity(self.device.registration, accepted=True))
        self._get_requests()

    def reject_identity(self) -> None:
        """Say "not me": somebody else's card was used.

        Raises:
            Refused: APP_BAD_STATE, CORE_UNAVAILABLE.
        """
        self._begin(AppEvent.IDENTITY_REJECTED)
        self._ask(lambda: self._core.decide_identity(self.device.registration, accepted=False))

    def confirm_pin(self, number: PinNumber, typed: str) -> None:
        """Type a chosen PIN again. Whether it is right is found out by the core alone.

        Args:
            number: which PIN the screen asks for.
            typed: 1 to 12 digits; lengths are not checked, since any PIN opens the share to some number.

        Raises:
            Refused: APP_BAD_STATE, PIN_FORMAT, PIN_WRONG, KEY_LOCKED, KEY_DESTROYED, TERMS_OUTDATED,
                CORE_UNAVAILABLE.
        """
        use = USES[number]
        self._begin(CONFIRMED[use])
        if not _TYPED.fullmatch(typed):
            raise Refused(Code.PIN_FORMAT, pin=number)
        device = self.device
        share = device.shares[use]
        if not device.requests:  # the answer to "yes" was lost
            self._get_requests()
        message = message_of(device.requests[use], share.modulus)
        part = share.signature_share(typed, device.secret, message)
        self._send(Unanswered(use, Request(self._request_id(use), device.otps[use], part)))

    def delete(self) -> None:
        """Delete the app with a registration that is not finished.

        Raises:
            Refused: APP_BAD_STATE, CORE_UNAVAILABLE.
        """
        self._begin(AppEvent.DELETED)
        if self.device.registration:
            self._ask(lambda: self._core.abandon(self.device.registration))
        else:
            self._move(AppEvent.DELETED)

    # --- what is seen -----------------------------------------------------------------------------

    def screen(self) -> Screen:
        """Look at the screen; without network it shows what the app stored."""
        self._wake()
        facts = None
        if self._memory.line.carries:
            facts = self._ask(self._facts)
            self._learn(facts.registration)
        return screen_of(self.device, facts, self._core.settings, self._core.clock, self._warnings(facts))

    # --- inside -----------------------------------------------------------------------------------

    def _start(self, renews: str) -> None:
        self._wake()
        if not renews and self.account.active():
            raise Refused(Code.DEVICE_HAS_ACCOUNT)
        info, settings = self.device.info, self._core.settings
        if _version(info.app_version) < _version(settings.min_app_version):
            raise Refused(Code.APP_TOO_OLD, version=info.app_version, min=settings.min_app_version)
        if info.rooted and settings.rooted == "deny":
            raise Refused(Code.DEVICE_NOT_ALLOWED, why="rooted")
        after = self.state if self.state in APP_ENDS else None
        if after:
            self.device = self._phones.wiped(self.device, keep_account=bool(renews))
            self.account = AccountApp(self._phones, self.device)
        require(self.state, AppEvent.REGISTER, self.device.reason)
        self.device.renews = renews
        self._tell(EventName.REGISTRATION_STARTED, **({"after": after} if after else {}))
        self._move(AppEvent.REGISTER)

    def _begin_with_pins(self, event: AppEvent) -> None:
        """Begin something before the keys are made; those that are on their way are not made again."""
        self._begin(event)
        if self.device.enrolment:
            raise Refused(Code.APP_BAD_STATE, state=self.state, why="the keys are on their way")

    def _check(self, number: PinNumber, pin: str, repeat: str | None) -> None:
        check_pin(number, pin, self._core.settings)
        if repeat is not None and repeat != pin:
            raise Refused(Code.PIN_REPEAT_MISMATCH, pin=number)

    def _make_keys(self, pin1: str, pin2: str) -> None:
        """Make both keys: our shares stay here, the core's wait to be sent; primes and PINs are forgotten."""
        device, core = self.device, self._core
        shares, ready = {}, True
        for use, pin in ((Use.AUTHENTICATION, pin1), (Use.SIGNATURE, pin2)):
            primes = core.primes(core.settings.key_bits)
            ready = ready and primes.ready
            device.shares[use], shares[use] = split(primes, pin, device.secret, self._random)
        device.enrolment = EnrolmentRequest(self._random(16).hex(), shares, "ready" if ready else "empty")
        device.due.clear()  # from here on the core watches the time
        self._memory.warnings = warnings(pin1, pin2)
        self._memory.dated = {number: pin for number, pin in ((1, pin1), (2, pin2)) if may_be_date(pin)}

    def _get_requests(self) -> None:
        contents = self._ask(lambda: self._core.certificate_requests(self.device.registration))
        self.device.requests = {use: sha256(content).digest() for use, content in contents.items()}

    def _check_birthday(self) -> None:
        if not self._core.settings.pin_deny_birthday:
            return
        for number in self._birthdays(self._ask(self._facts)):
            raise Refused(Code.PIN_TOO_WEAK, pin=number, rule="birthday")


def _version(text: str) -> tuple[int, ...]:
    """The numbers of a version, without zeros at the end."""
    return tuple(int(part) for part in re.sub(r"(\.0+)+$", "", text).split("."))
