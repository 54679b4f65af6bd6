"""The account on a device: its keys are used, refreshed, and it is deleted."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from ..pki.leaf import Use
from .account_life import Used, Wanted
from .encoded_message import HashName, Padding
from .key_server import Request
from .model import Account, Device, OwnAccount, Registration
from .refusal import Refused
from .vocabulary import Code

if TYPE_CHECKING:
    from .phones import Phones

T = TypeVar("T")
_TYPED = re.compile(r"[0-9]{1,12}")
_TO_DELETE = "OK"
"""What a person types to delete an account (release notes, 19.3)."""


class Unanswered(NamedTuple):
    """A signature request that was sent and got no answer; it is sent again as it is.

    Attributes:
        use: whose key it is for.
        request: with the app's share, which depends on the PIN: it is stored nowhere.
        wanted: what is signed how; None for the certificate request of a registration.
    """

    use: Use
    request: Request
    wanted: Wanted | None = None


class AccountApp:
    """The part of the app that holds an account."""

    def __init__(self, phones: Phones, device: Device) -> None:
        """Open it on a device, which may have no account."""
        self._phones = phones
        self._core = phones.core
        self._memory = phones.memory(device)
        self._device = device

    def known(self) -> Account | None:
        """What the core knows of the account on this device.

        Raises:
            Refused: CORE_UNAVAILABLE.
        """
        return self._ask(self.found) if self._device.account else None

    def found(self) -> Account | None:
        """The same, as part of something that the core is asked."""
        own = self._device.account
        return self._core.accounts.get(own.document_number) if own else None

    def active(self) -> bool:
        """Whether the device has an account that can be used."""
        account = self.known()
        return account is not None and account.status(self._core.clock.now) == "ACTIVE"

    def others(self, registration: Registration | None) -> tuple[Account, ...]:
        """The other accounts of the person whose account or registration is on this device; as `found`."""
        known = self.found()
        identity = known.identity if known else registration.identity if registration else None
        if identity is None:
            return ()
        every = self._core.account_life.of_person(identity.semantics_id)
        return tuple(one for one in every if known is None or one.document_number != known.document_number)

    def use_key(
        self,
        use: Use,
        typed: str,
        content: bytes,
        padding: Padding = "pkcs1v15",
        hash_name: HashName = "sha256",
        *,
        number: str = "",
        otp: bytes | None = None,
    ) -> tuple[bytes, Wanted]:
        """Sign something with an account key.

        Args:
            use: which key.
            typed: its PIN; whether it is right is found out by the core alone.
            content: what is signed.
            padding: pkcs1v15 or pss.
            hash_name: of the content.
            number: whose account the request is for; by default the one on this device.
            otp: the one-time password to use; by default the current one.

        Returns:
            The signature, and what was signed how.

        Raises:
            Refused: BAD_REQUEST, PIN_FORMAT, PIN_WRONG, KEY_LOCKED, KEY_DESTROYED, ACCOUNT_EXPIRED,
                CORE_UNAVAILABLE.
        """
        self._core_wakes()
        own = self._own()
        if not _TYPED.fullmatch(typed):
            raise Refused(Code.PIN_FORMAT, pin=1 if use is Use.AUTHENTICATION else 2)
        if number and number != own.document_number:
            raise Refused(Code.BAD_REQUEST, field="account")
        salt = b""
        if padding == "pss":
            salt = self._memory.random(hashlib.new(hash_name).digest_size)
        wanted = Wanted(content, padding, hash_name, salt)
        self._settle(own, use)
        share = own.shares[use]
        part = share.signature_share(typed, self._device.secret, wanted.message(share.modulus))
        own.pending[use] = self._memory.random(16)
        request = Request(own.pending[use], own.otps[use] if otp is None else otp, part)
        return self.send(Unanswered(use, request, wanted)), wanted

    def refresh_key(self, use: Use) -> None:
        """Get a new one-time password for a key; no PIN is needed.

        Raises:
            Refused: BAD_REQUEST, ACCOUNT_EXPIRED, KEY_DESTROYED, CORE_UNAVAILABLE.
        """
        self._core_wakes()
        own = self._own()
        own.pending.setdefault(use, self._memory.random(16))
        self._refresh(own, use)

    def delete(self, typed: str) -> None:
        """Delete the account.

        Args:
            typed: OK, to show that it is meant.

        Raises:
            Refused: BAD_REQUEST, CORE_UNAVAILABLE.
        """
        self._core_wakes()
        own = self._own()
        if typed != _TO_DELETE:
            raise Refused(Code.BAD_REQUEST, field="typed")
        self._ask(lambda: self._core.account_life.delete(own.document_number, self._device.device_id))

    def _own(self) -> OwnAccount:
        if self._device.account is None:
            raise Refused(Code.BAD_REQUEST, field="account")
        return self._device.account

    def send(self, sent: Unanswered) -> bytes:
        """Send a share, for the first time or again; kept for another try while no answer comes.

        Returns:
            The signature.

        Raises:
            Refused: as `use_key`.
        """
        self._phones.store.checkpoint()
        own, life, device_id = self._own(), self._core.account_life, self._device.device_id
        use, request, wanted = sent
        assert wanted

        def sign() -> Used:
            return life.use(own.document_number, device_id, use, wanted, request)

        try:
            used = self._ask(sign)
        except Refused as refusal:
            if refusal.code is Code.CORE_UNAVAILABLE:
                self._memory.unanswered = sent
            elif refusal.code is not Code.BAD_REQUEST:  # else the answer is kept no longer: `_settle`
                own.pending.pop(use, None)
            raise
        own.pending.pop(use, None)
        own.otps[use] = used.otp
        return used.signature

    def _settle(self, own: OwnAccount, use: Use) -> None:
        """Learn the password that a lost answer had; what was asked for then is given up."""
        if use not in own.pending:
            return
        try:
            self._refresh(own, use)
        except Refused as refusal:
            if refusal.code is not Code.BAD_REQUEST:  # else we are an old copy, as the signature will show
                raise

    def _refresh(self, own: OwnAccount, use: Use) -> None:
        """Get the password that belongs to the pending request."""
        self._memory.unanswered = None
        self._phones.store.checkpoint()
        life, device_id = self._core.account_life, self._device.device_id
        number, otp, request_id = own.document_number, own.otps[use], own.pending[use]
        try:
            own.otps[use] = self._ask(lambda: life.refresh(number, device_id, use, otp, request_id))
        except Refused as refusal:
            if refusal.code is Code.CORE_UNAVAILABLE:
                raise
            own.pending.pop(use)
            raise
        own.pending.pop(use)

    def _core_wakes(self) -> None:
        with self._core.store.transaction():
            self._core.wake()

    def _ask(self, act: Callable[[], T]) -> T:
        return self._memory.line.ask(self._core, act)
