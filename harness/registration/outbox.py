"""Messages to people: they lie in an outbox that scenarios and the lab read; nothing is ever sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .contact import Contact
from .identity import Identity

Kind = Literal["account requested", "account created"]

FRAUD_NOTICE = (
    "If you did not start this yourself, somebody may be using your ID card or deceiving you: do not enter "
    "PINs or codes that others give you, and tell the portal at once. We never send links for logging in."
)


@dataclass(frozen=True)
class Message:
    """One message as it would have gone out."""

    at: datetime
    to: str
    kind: Kind
    text: str


class Outbox:
    """Every message so far."""

    def __init__(self) -> None:
        self._messages: list[Message] = []

    @property
    def messages(self) -> tuple[Message, ...]:
        """In the order in which they were written."""
        return tuple(self._messages)

    def notify(
        self, kind: Kind, contacts: Iterable[Contact], identity: Identity, device: str, now: datetime
    ) -> None:
        """Tell everyone how a person can be reached that an account is being or was created.

        Args:
            kind: which of the two.
            contacts: where; an address that stands in several is written to once.
            identity: whose account it is.
            device: the device's name.
            now: when.
        """
        what = {
            "account requested": "A new account was requested",
            "account created": "A new account was created",
        }[kind]
        where = f"on the device “{device}” at {now:%Y-%m-%d %H:%M} UTC"
        text = f"{what} for {identity.name} {where}.\n\n{FRAUD_NOTICE}\n"
        places = dict.fromkeys(place for one in contacts for place in (one.email, one.phone) if place)
        self._messages.extend(Message(now, place, kind, text) for place in places)
