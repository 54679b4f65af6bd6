"""Messages to people: they lie in an outbox that scenarios and the lab read; nothing is ever sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .contact import Contact
from .identity import Identity
from .store import Table

Kind = Literal["account requested", "account created", "code sent"]

FRAUD_NOTICE = (
    "If you did not start this yourself, somebody may be using your ID card or deceiving you: do not enter "
    "PINs or codes that others give you, and tell the portal at once. We never send links for logging in."
)


@dataclass(frozen=True)
class Message:
    """One message as it would have gone out."""

    number: str
    at: datetime
    to: str
    kind: Kind
    text: str


class Outbox:
    """Every message so far."""

    def __init__(self, table: Table[Message], random: Callable[[int], bytes]) -> None:
        """Go on with an outbox.

        Args:
            table: keeps the messages.
            random: gives so many octets, for their numbers.
        """
        self._table = table
        self._random = random

    @property
    def messages(self) -> tuple[Message, ...]:
        """In the order in which they were written."""
        return tuple(self._table.values())

    def notify(
        self, kind: Kind, contacts: Iterable[Contact], identity: Identity, device: str, now: datetime
    ) -> None:
        """Tell everyone how a person can be reached that an account is being or was created.

        Args:
            kind: account requested or account created.
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
        self._write(kind, contacts, f"{what} for {identity.name} {where}.", now)

    def send_code(
        self, contacts: Iterable[Contact], identity: Identity, device: str, code: str, now: datetime
    ) -> None:
        """Send a code without which the portal takes no application.

        Args:
            contacts: where the person could be reached before.
            identity: who has logged in.
            device: the device's name.
            code: digits.
            now: when.
        """
        what = f"The code for a new account for {identity.name} on the device “{device}”: {code}"
        self._write("code sent", contacts, f"{what}.", now)

    def _write(self, kind: Kind, contacts: Iterable[Contact], what: str, now: datetime) -> None:
        """The same to each address, with the warning below it."""
        text = f"{what}\n\n{FRAUD_NOTICE}\n"
        places = dict.fromkeys(place for one in contacts for place in (one.email, one.phone) if place)
        for place in places:
            self._table.add(Message(self._random(8).hex(), now, place, kind, text))
