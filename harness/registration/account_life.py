"""An account's life after it became active: its keys are used, locked, copied, and one day it ends."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from cryptography import x509

from ..pki.leaf import Use
from ..pki.status import revoked
from .encoded_message import HashName, Padding, pkcs1v15, pss
from .key_server import LOCK_1, Answer, Key, KeyServer, Request, Verdict, gone
from .model import Account, ClosedBy, Registration
from .refusal import Refused
from .vocabulary import Code, EventName, KeyState

if TYPE_CHECKING:
    from .core import Core

_RENEWAL_MONTHS = 2
"""So long before its end an account's renewal is offered (FAQ)."""
_REASONS = {
    "app": x509.ReasonFlags.cessation_of_operation,
    "portal": x509.ReasonFlags.cessation_of_operation,
    "renewal": x509.ReasonFlags.superseded,
    "guessing": x509.ReasonFlags.privilege_withdrawn,
    "clone": x509.ReasonFlags.key_compromise,
}


class Wanted(NamedTuple):
    """A signature that is asked of an account key.

    Attributes:
        content: what is signed; the core hashes it.
        padding: pkcs1v15 or pss.
        hash_name: of the content, and of PSS's mask.
        salt: of PSS, as long as the digest; empty otherwise.
    """

    content: bytes
    padding: Padding = "pkcs1v15"
    hash_name: HashName = "sha256"
    salt: bytes = b""

    def message(self, modulus: int) -> int:
        """The encoded message for a key."""
        digest = hashlib.new(self.hash_name, self.content).digest()
        if self.padding == "pkcs1v15":
            return pkcs1v15(digest, self.hash_name, modulus.bit_length())
        return pss(digest, self.hash_name, modulus.bit_length(), self.salt)


class Used(NamedTuple):
    """A signature by an account key, and the one-time password of the next request."""

    signature: bytes
    otp: bytes


class Standing(NamedTuple):
    """What anybody may know of an account key (SID-SKM-011).

    Attributes:
        state: of the key.
        locked_for: seconds until it opens; 0 unless it is locked.
        attempts_left: wrong PINs until the next lock.
        otp_count: one-time passwords so far.
    """

    state: KeyState
    locked_for: float
    attempts_left: int
    otp_count: int


class AccountLife:
    """The core's part of it."""

    def __init__(self, core: Core, keys: KeyServer) -> None:
        """Work for a core."""
        self._core = core
        self._keys = keys

    def use(self, number: str, device_id: str, use: Use, wanted: Wanted, request: Request) -> Used:
        """Sign with an account key.

        Args:
            number: of the account, as the device knows it.
            device_id: of the device.
            use: which key.
            wanted: what to sign, and how.
            request: the app's share of the signature.

        Raises:
            Refused: BAD_REQUEST, ACCOUNT_EXPIRED, PIN_WRONG, KEY_LOCKED, KEY_DESTROYED.
        """
        account = self._usable(number, device_id)
        key, now = self.keys(account)[use], self._core.clock.steady
        message = wanted.message(key.share.modulus)
        answer = self._keys.answered(key, message, request, now)
        repeated = answer is not None
        if answer is None:
            answer = self._keys.sign(key, message, request, now)
        registration = self._core.registration(account.registration)
        if answer.verdict is Verdict.SIGNED:
            tell_use(self._core, registration, key, answer, wanted, repeated)
            return Used(answer.signature, answer.otp)
        if not repeated:
            self._failed(account, registration, key, answer)
        if answer.verdict is Verdict.CLONE:
            raise gone(key)
        raise wrong_pin(key.use, answer)

    def refresh(self, number: str, device_id: str, use: Use, otp: bytes, request_id: bytes) -> bytes:
        """A one-time password without a signature (SID-SKM-010); see `KeyServer.refresh`.

        Raises:
            Refused: BAD_REQUEST, ACCOUNT_EXPIRED, KEY_DESTROYED.
        """
        account = self._usable(number, device_id)
        key = self.keys(account)[use]
        fresh = self._keys.refresh(key, otp, request_id)
        self._core.tell(EventName.KEY_REFRESHED, self._core.registration(account.registration), key=use.value)
        return fresh

    def standing(self, account: Account, use: Use) -> Standing:
        """What becomes of a key; no secret is needed to ask."""
        key, now = self.keys(account)[use], self._core.clock.steady
        state = key.state(now)
        locked = (key.locked_until - now).total_seconds() if key.locked_until else 0.0
        left = locked if state is KeyState.TIMELOCKED else 0.0
        return Standing(state, left, key.attempts_left(), key.otp_count)

    def keys(self, account: Account) -> dict[Use, Key]:
        """The account's keys."""
        return self._core.registration(account.registration).keys

    def close(self, account: Account, by: ClosedBy) -> None:
        """End an account: its keys are gone, its certificates are revoked at this instant."""
        if account.closed_by:
            return
        core = self._core
        account.closed_by, account.closed_at = by, core.clock.now
        for key in self.keys(account).values():
            key.destroy("closed")
        since = core.clock.now.replace(microsecond=0)
        for certificate in account.certificates.values():
            core.authority.register.set(certificate.serial_number, revoked(since, _REASONS[by]))
        registration = core.registration(account.registration)
        core.tell(EventName.ACCOUNT_CLOSED, registration, document=account.document_number, by=by)

    def delete(self, number: str, device_id: str) -> None:
        """The person deletes the account in the app.

        Raises:
            Refused: BAD_REQUEST.
        """
        self.close(self._of(number, device_id), "app")

    def of_person(self, semantics_id: str) -> list[Account]:
        """The accounts that a person can use."""
        now = self._core.clock.now
        every = self._core.accounts.find(semantics_id=semantics_id)
        return [one for one in every if one.status(now) == "ACTIVE"]

    def _of(self, number: str, device_id: str) -> Account:
        account = self._core.accounts.get(number)
        if account is None or account.device_id != device_id:
            raise Refused(Code.BAD_REQUEST, field="account")
        return account

    def _usable(self, number: str, device_id: str) -> Account:
        """The account, unless its time is over; where it was closed its keys say so."""
        account = self._of(number, device_id)
        if account.status(self._core.clock.now) == "EXPIRED":
            raise Refused(Code.ACCOUNT_EXPIRED)
        return account

    def _failed(self, account: Account, registration: Registration, key: Key, answer: Answer) -> None:
        core = self._core
        tell_failure(core, registration, key, answer)
        if key.destroyed:
            self.close(account, "clone" if answer.verdict is Verdict.CLONE else "guessing")


def renewable(account: Account, now: datetime) -> bool:
    """Whether a renewal of an account is offered."""
    return account.status(now) == "ACTIVE" and now >= _months_before(account.expires_at, _RENEWAL_MONTHS)


def tell_use(
    core: Core, registration: Registration, key: Key, answer: Answer, wanted: Wanted, repeated: bool
) -> None:
    """Tell the audit trail of a signature."""
    zeros = len(answer.signature) - len(answer.signature.lstrip(b"\0"))
    further = {
        "leading_zeros": zeros,
        "forgiven": answer.attempts,
        "repeated": "yes" if repeated else "",
    }
    core.tell(
        EventName.KEY_USED,
        registration,
        key=key.use.value,
        padding=wanted.padding.removesuffix("v15"),
        hash=wanted.hash_name.replace("_", "-"),
        octets=len(answer.signature),
        **{name: value for name, value in further.items() if value},
    )


def tell_failure(core: Core, registration: Registration, key: Key, answer: Answer) -> None:
    """Tell the audit trail of a share that did not fit, or of one that came from a copy."""
    if answer.verdict is Verdict.CLONE:
        core.tell(EventName.SECURITY_CLONE, registration, key=key.use.value)
    else:
        otp = "old" if answer.old_otp else "current"
        core.tell(EventName.PIN_WRONG, registration, key=key.use.value, attempt=answer.attempts, otp=otp)
    if key.destroyed:
        core.tell(EventName.KEY_DESTROYED, registration, key=key.use.value, why=key.ended)
    elif answer.locked_until:
        until = core.clock.wall(answer.locked_until)
        core.tell(EventName.KEY_LOCKED, registration, key=key.use.value, until=until)


def wrong_pin(use: Use, answer: Answer) -> Refused:
    """What the app is told of a wrong PIN."""
    left = -answer.attempts % LOCK_1
    return Refused(Code.PIN_WRONG, pin=1 if use is Use.AUTHENTICATION else 2, attempts_left=left)


def _months_before(end: datetime, months: int) -> datetime:
    """The same day so many months earlier; the month's last day where it has no such day."""
    number = end.year * 12 + end.month - 1 - months
    for day in range(end.day, 27, -1):
        try:
            return end.replace(year=number // 12, month=number % 12 + 1, day=day)
        except ValueError:
            continue
    return end.replace(year=number // 12, month=number % 12 + 1)
