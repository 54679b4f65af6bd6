"""The screens of an account: what it is, using its keys, deleting it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ...registration.pin_rule import PinNumber
from ...registration.vocabulary import KeyState
from .phone import PhoneView

KeyUse = Literal["authentication", "signature"]


@dataclass(frozen=True, kw_only=True)
class KeyLine:
    """One key of the account.

    Attributes:
        pin: that opens it.
        state: READY, TIMELOCKED or DESTROYED.
        attempts_left: tries before it is locked.
        locked_until: when it opens again.
    """

    pin: PinNumber
    state: KeyState
    attempts_left: int = 3
    locked_until: datetime | None = None

    @property
    def use(self) -> KeyUse:
        """What it is for."""
        return "authentication" if self.pin == 1 else "signature"


@dataclass(frozen=True, kw_only=True)
class AccountHome(PhoneView):
    """The account that is on the phone.

    Attributes:
        name: of the person.
        document_number: of the account.
        since, until: how long it is valid.
        keys: the one behind PIN1, the one behind PIN2.
        renewal: the account ends soon and can be renewed.
    """

    template = "phone/account.html"

    name: str
    document_number: str
    since: datetime
    until: datetime
    keys: tuple[KeyLine, ...]
    renewal: bool = False


@dataclass(frozen=True, kw_only=True)
class KeyUsed(PhoneView):
    """A key was used for a test: phone and server signed together, and the signature verifies.

    Attributes:
        use: which key.
        algorithm: of the signature, for the curious.
    """

    template = "phone/used.html"

    use: KeyUse
    algorithm: str


@dataclass(frozen=True, kw_only=True)
class DeleteAccount(PhoneView):
    """Deleting needs two letters to be typed (SID-ACC-010)."""

    template = "phone/delete.html"

    document_number: str
