"""One-time tickets: how a login by mutual TLS gets from the login host to the portal.

Source: the registration specification, 3.4.

    portal:      link = book.invite(session, now)        the browser goes to the login host with it
    login host:  ticket = book.present(link, certificate, how, now)   and comes back with a ticket
    portal:      certificate = book.redeem(ticket, session, now)

The login host has seen that the client holds the certificate's key, and has judged nothing else: whether the
certificate is a good one is asked when the ticket is redeemed, by the portal, so that every certificate,
however bad, gets a page that says what is wrong with it.

Links and tickets leave in the answer and are kept nowhere: the book knows their hashes.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from .refusal import Refused
from .store import Kind, Table
from .vocabulary import Code

_OCTETS = 32  # of a link or a ticket: nobody guesses 256 bits


class How(StrEnum):
    """How the login host came by a certificate."""

    SIGNED = "signed"
    """The client signed this connection's handshake: it holds the key, now."""
    RESUMED = "resumed"
    """It was known from an earlier connection or request; nothing was signed (SID-LGN-034)."""
    WITHOUT = "without"
    """The client offered none."""


class Hint(StrEnum):
    """What a person can do who came without a certificate; a portal sees no reader, so it may not know."""

    CHECK_CARD = "check_card"
    CONNECT_READER = "connect_reader"
    INSERT_CARD = "insert_card"
    UNBLOCK_PIN = "unblock_pin"
    ACTIVATE_CARD = "activate_card"


@dataclass
class LinkRecord:
    """A way to the login host, by the hash of the link; the link itself is nowhere.

    Attributes:
        digest: SHA-256 in hex.
        session: of the portal, that asked for it.
        expires_at: at this instant it is expired.
        used_at: when somebody came back from there.
    """

    digest: str
    session: str
    expires_at: datetime
    used_at: datetime | None = None


@dataclass
class TicketRecord:
    """A ticket, by its hash; the ticket itself is nowhere.

    Attributes:
        digest: SHA-256 in hex.
        session: of the portal, that it is bound to.
        certificate: the client's, DER; None where it offered none.
        how: how the login host came by it.
        expires_at: at this instant it is expired.
        hint: what to tell whoever came without a certificate.
        used_at: when it was redeemed, in whichever way that ended.
    """

    digest: str
    session: str
    certificate: bytes | None
    how: How
    expires_at: datetime
    hint: Hint = Hint.CHECK_CARD
    used_at: datetime | None = None


LOGIN_LINKS = Kind("login_links", LinkRecord, "digest")
LOGIN_TICKETS = Kind("login_tickets", TicketRecord, "digest")


class UnknownLink(Exception):
    """A link was never given out, was used already, or is too old; there is nobody to make a ticket for."""

    def __init__(self) -> None:
        super().__init__("this link to the login host is not known, was used, or is too old")


class TicketBook:
    """Links and tickets of one portal, by their hashes. All instants are those of the steady clock."""

    def __init__(
        self,
        random: Callable[[int], bytes],
        links: Table[LinkRecord],
        tickets: Table[TicketRecord],
        *,
        link_life: timedelta = timedelta(seconds=300),
        ticket_life: timedelta = timedelta(seconds=30),
    ) -> None:
        """Go on with a book.

        Args:
            random: gives so many octets.
            links: keeps the links.
            tickets: keeps the tickets.
            link_life: as long as a Web eID challenge can be answered: somebody types a PIN meanwhile.
            ticket_life: a redirect takes no longer (3.4, 3).
        """
        self._random = random
        self._links = links
        self._tickets = tickets
        self._link_life = link_life
        self._ticket_life = ticket_life

    def invite(self, session: str, now: datetime) -> str:
        """A link's secret part, for one visit to the login host: 43 characters of Base64url.

        Args:
            session: the portal's, that will redeem the ticket.
            now: when it is given out.
        """
        link = self._draw()
        self._links.add(LinkRecord(_hash(link), session, now + self._link_life))
        return link

    def present(
        self,
        link: str,
        certificate: bytes | None,
        how: How,
        now: datetime,
        hint: Hint = Hint.CHECK_CARD,
    ) -> str:
        """A ticket for what the login host has seen: 43 characters of Base64url; the link is used up.

        Args:
            link: as `invite` gave it.
            certificate: the client's, DER; None where it offered none.
            how: how the host came by it.
            now: when it is issued.
            hint: what the client knows of why it has none.

        Raises:
            UnknownLink: there is no such link, or no more.
        """
        record = self._links.get(_hash(link))
        if record is None or record.used_at is not None or now >= record.expires_at:
            raise UnknownLink
        record.used_at = now
        ticket = self._draw()
        expires_at = now + self._ticket_life
        self._tickets.add(TicketRecord(_hash(ticket), record.session, certificate, how, expires_at, hint))
        return ticket

    def redeem(self, ticket: str, session: str, now: datetime) -> bytes:
        """The certificate whose key the client has proven to hold, DER; the ticket is used up.

        In a foreign session it is used up too: whoever has it there stole it, or was lured.

        Args:
            ticket: as `present` gave it.
            session: the portal's, in which it is shown.
            now: when.

        Raises:
            Refused: NO_CLIENT_CERT with `why` ticket_unknown, ticket_used, ticket_expired, ticket_foreign or
                not_signed; with `hint` where the client had none.
        """
        record = self._tickets.get(_hash(ticket))
        if record is None:
            raise Refused(Code.NO_CLIENT_CERT, why="ticket_unknown")
        if record.used_at is not None:
            raise Refused(Code.NO_CLIENT_CERT, why="ticket_used")
        record.used_at = now
        if now >= record.expires_at:
            raise Refused(Code.NO_CLIENT_CERT, why="ticket_expired")
        if record.session != session:
            raise Refused(Code.NO_CLIENT_CERT, why="ticket_foreign")
        if record.certificate is None:
            raise Refused(Code.NO_CLIENT_CERT, hint=record.hint)
        if record.how is not How.SIGNED:
            raise Refused(Code.NO_CLIENT_CERT, why="not_signed")
        return record.certificate

    def _draw(self) -> str:
        return urlsafe_b64encode(self._random(_OCTETS)).rstrip(b"=").decode()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
