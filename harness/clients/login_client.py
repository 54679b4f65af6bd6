"""A browser's way to the login host: it shows a certificate in a TLS handshake and brings a ticket back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from ..registration.client_handshake import Alert, Connection, HandshakeFailed, Key, LoginServer, answer
from ..registration.login_ticket import Hint
from ..registration.portal import Portal

_RANDOM_OCTETS = 32


class Why(StrEnum):
    """Why a browser comes back from the login host without a ticket."""

    CLOCK = "clock"
    """The server's certificate would be good at another time: the computer's clock is wrong (SID-TIM-003)."""
    RELAYED = "relayed"
    """Somebody between the two handed the handshake on (SID-SEC-003)."""
    HANDSHAKE = "handshake"
    """The client does not hold the key of the certificate that it shows."""


class NoTicket(Exception):
    """There is no ticket.

    Attributes:
        why: for the person who wonders.
    """

    def __init__(self, why: Why) -> None:
        super().__init__(f"no ticket of the login host: {why}")
        self.why = why


@dataclass(frozen=True)
class Arrival:
    """What a browser brings to the login host.

    Attributes:
        who: sits at the browser.
        link: as the portal gave it.
        off: by how much the computer's clock is fast.
        key: of the card; None where the browser has no certificate to offer.
        through: the origin of a site that stands between, and hands everything on.
        again: whether to take up the last connection's session instead of a new handshake.
        hint: what the computer knows of why there is no certificate.
    """

    who: str
    link: str
    off: timedelta
    key: Key | None = None
    through: str = ""
    again: bool = False
    hint: Hint = Hint.CHECK_CARD


class LoginHost(Protocol):
    """The login host, as one computer reaches it."""

    def reach(self, off: timedelta) -> None:
        """Open a page by https, with no card.

        Args:
            off: by how much the computer's clock is fast.

        Raises:
            NoTicket: that clock is wrong.
        """

    def ticket(self, arrival: Arrival) -> str:
        """Go there and come back with a ticket.

        Raises:
            NoTicket: there is none.
        """


class HandshakeModel:
    """The login host in this process, for runs that need no network and no library for TLS.

    Over HTTP there is the real one (`web/stand_login.py`), and nothing is left to the model.
    """

    def __init__(
        self, portal: Portal, origin: str, now: Callable[[], datetime], random: Callable[[int], bytes]
    ) -> None:
        """Open it.

        Args:
            portal: redeems the tickets.
            origin: whom the host's certificate names.
            now: the time of day that is right.
            random: gives so many octets.
        """
        self._portal = portal
        self._random = random
        self._now = now
        self._server = LoginServer(origin, random, now, resumes=portal.core.settings.login_resumption)
        self._last: Connection | None = None

    def reach(self, off: timedelta) -> None:
        """Open a page by https, with no card."""
        self._shaken(self._server.accept(self._random(_RANDOM_OCTETS)), None, off, "")

    def ticket(self, arrival: Arrival) -> str:
        """Go there and come back with a ticket."""
        last = self._last if arrival.again else None
        connection = self._server.accept(self._random(_RANDOM_OCTETS), last)
        if not arrival.again:
            self._shaken(connection, arrival.key, arrival.off, arrival.through)
        self._last = connection
        certificate, how = connection.take()
        return self._portal.present(arrival.link, certificate, how, arrival.hint)

    def _shaken(self, connection: Connection, key: Key | None, off: timedelta, through: str) -> None:
        """Let a client answer; who stands between shows another name, and can only hand the answer on."""
        hello = connection.hello
        if through:
            hello = hello._replace(origin=through)
        try:
            now = self._now() + off
            connection.authenticate(answer(hello, through or self._server.origin, now, key))
        except HandshakeFailed as failed:
            if failed.alert is Alert.CERTIFICATE_EXPIRED:
                raise NoTicket(Why.CLOCK) from None
            raise NoTicket(Why.RELAYED if through else Why.HANDSHAKE) from None
