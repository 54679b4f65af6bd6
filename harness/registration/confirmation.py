"""The last step: key shares joined over certificate requests confirm both PINs, then the account is made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from ..pki.leaf import Use
from .account_certificate import account_leaf, document_number, request_content, signed_request
from .account_life import Wanted, tell_failure, tell_use, wrong_pin
from .app_life import AppEvent, require
from .encoded_message import pkcs1v15
from .key_server import LOCK_1, Answer, Key, KeyServer, Request, Verdict, gone
from .key_share import CoreShare
from .model import Account, Registration
from .refusal import Refused
from .vocabulary import AppState, Code, EventName, Reason

if TYPE_CHECKING:
    from .core import Core

CONFIRMED: Mapping[Use, AppEvent] = {
    Use.AUTHENTICATION: AppEvent.PIN1_CONFIRMED,
    Use.SIGNATURE: AppEvent.PIN2_CONFIRMED,
}
"""PIN1 protects the authentication key, PIN2 the signature key (1.6)."""


def message_of(digest: bytes, modulus: int) -> int:
    """The encoded message of a certificate request's SHA-256: RSA PKCS #1 v1.5."""
    return pkcs1v15(digest, "sha256", modulus.bit_length())


class Confirmation:
    """The core's part of the last step."""

    def __init__(self, core: Core, keys: KeyServer) -> None:
        """Work for a core."""
        self._core = core
        self._keys = keys
        self._numbers = core.seed.stream("document numbers")

    def take(self, use: Use, share: CoreShare) -> Key:
        """Enrol one key."""
        return self._keys.take(use, share)

    def contents(self, registration: Registration) -> dict[Use, bytes]:
        """What must be signed with each key; see `Core.decide_identity`."""
        return {use: self._content(registration, use) for use in registration.keys}

    def confirm(self, registration: Registration, use: Use, request: Request) -> bytes:
        """Take the app's share of one signature; see `Core.confirm_pin`."""
        if registration.identity is None:
            require(registration.state, CONFIRMED[use], registration.reason)
        key, now = registration.keys[use], self._core.clock.steady
        content = self._content(registration, use)
        message = message_of(sha256(content).digest(), key.share.modulus)
        answer = self._keys.answered(key, message, request, now)
        wanted = Wanted(content)
        if answer is None:
            require(registration.state, CONFIRMED[use], registration.reason)
            answer = self._keys.sign(key, message, request, now)
            if answer.verdict is Verdict.SIGNED:
                tell_use(self._core, registration, key, answer, wanted, repeated=False)
            self._follow(registration, key, answer, content)
        elif answer.verdict is Verdict.SIGNED:
            tell_use(self._core, registration, key, answer, wanted, repeated=True)
        if answer.verdict is Verdict.CLONE:
            raise gone(key)
        if answer.verdict is Verdict.WRONG_PIN:
            raise wrong_pin(use, answer)
        if registration.reason is Reason.TERMS_OUTDATED:
            raise Refused(Code.TERMS_OUTDATED)
        return answer.otp

    def issue(self, registration: Registration) -> None:
        """Issue the certificates and make the account, if the authority answers and the terms still stand."""
        core = self._core
        if registration.terms.version != core.terms_version:
            core.move(registration, AppEvent.TERMS_OUTDATED, Reason.TERMS_OUTDATED)
            return
        try:
            account = self._account(registration)
        except OSError:
            self._issue_later(registration)
            return
        core.accounts.add(account)
        self._replace(registration, account)
        registration.document_number = account.document_number
        serials = {use.value: f"{cert.serial_number:X}" for use, cert in account.certificates.items()}
        core.tell(EventName.CERTS_ISSUED, registration, document=account.document_number, **serials)
        core.tell(EventName.ACCOUNT_ACTIVATED, registration, document=account.document_number)
        contacts = [one.contact for one in core.accounts.find(semantics_id=account.semantics_id)]
        now, device = core.clock.now, account.device.name
        core.outbox.notify("account created", contacts, account.identity, device, now)
        core.move(registration, AppEvent.CERTS_ISSUED)

    def _replace(self, registration: Registration, account: Account) -> None:
        """A renewal ends the account that the device had before."""
        if registration.expected:
            for old in self._core.accounts.find(device_id=account.device_id):
                if old is not account and not old.closed_by:
                    self._core.account_life.close(old, "renewal")

    def _content(self, registration: Registration, use: Use) -> bytes:
        assert registration.identity
        return request_content(registration.identity, registration.keys[use].share.modulus)

    def _follow(self, registration: Registration, key: Key, answer: Answer, content: bytes) -> None:
        """What an answer does to the registration."""
        core = self._core
        if answer.verdict is Verdict.SIGNED:
            registration.requests[key.use] = signed_request(content, answer.signature)
            if key.use is Use.SIGNATURE and core.guardians.awaited(registration):
                core.tell(EventName.GUARDIAN_ASKED, registration)
                core.move(registration, AppEvent.GUARDIAN_AWAITED)
                return
            core.move(registration, CONFIRMED[key.use])
            if registration.state is AppState.ISSUING:
                self.issue(registration)
            return
        third = answer.verdict is Verdict.WRONG_PIN and answer.attempts % LOCK_1 == 0
        ends = third and core.settings.on_three == "terminate"
        tell_failure(core, registration, key, answer._replace(locked_until=None) if ends else answer)
        if ends:
            core.move(registration, AppEvent.PIN_CONFIRM_FAILED, Reason.PIN_CONFIRM_FAILED)
        elif key.destroyed:
            core.move(registration, AppEvent.KEY_DESTROYED)
        elif answer.locked_until:
            self._wait_for(registration, answer.locked_until)

    def _wait_for(self, registration: Registration, until: datetime) -> None:
        """A lock stops the clock of the last step: else nobody could go on after three hours."""
        for event in (AppEvent.PIN_ENTRY_TIMEOUT, AppEvent.CONFIRM_TIMEOUT, AppEvent.DEADLINE):
            if event in registration.due:
                registration.due[event] += until - self._core.clock.steady

    def _issue_later(self, registration: Registration) -> None:
        core = self._core
        registration.issue_failures += 1
        if registration.issue_failures >= core.settings.issue_attempts:
            core.move(registration, AppEvent.CA_UNAVAILABLE, Reason.CA_UNAVAILABLE)
        else:
            registration.due[AppEvent.ISSUE_AGAIN] = core.clock.steady + core.settings.t_issue_retry

    def _account(self, registration: Registration) -> Account:
        """Certificates for both keys.

        Raises:
            OSError: the authority does not answer.
        """
        assert registration.identity
        assert registration.contact
        if not self._core.authority_answers:
            raise ConnectionRefusedError("the account authority does not answer")
        core, identity = self._core, registration.identity
        begin = core.clock.now.replace(microsecond=0)
        end = _years_later(begin, core.settings.account_years)
        number = document_number(identity, self._numbers, core.accounts)
        certificates = {
            use: core.authority.issue(
                account_leaf(use, identity, number, key.share.modulus, begin, _last_second(end))
            )
            for use, key in registration.keys.items()
        }
        return Account(
            document_number=number,
            identity=identity,
            contact=registration.contact,
            device=registration.device,
            registration=registration.reg_id,
            certificates=certificates,
            created_at=begin,
            expires_at=end,
        )


def _years_later(instant: datetime, years: int) -> datetime:
    """The same day and time so many years on; 1 March where there is no 29 February."""
    try:
        return instant.replace(year=instant.year + years)
    except ValueError:
        return instant.replace(year=instant.year + years, month=3, day=1)


def _last_second(end: datetime) -> datetime:
    """A certificate's last instant belongs to it, an account's end does not."""
    return end - timedelta(seconds=1)
