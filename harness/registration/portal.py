"""The registration portal: the site that browsers visit, and what it trusts."""

from __future__ import annotations

import base64
from datetime import datetime

from ..pki.ocsp import Fetch
from .certificate_check import CertificateCheck, Trust
from .core import Core
from .line import Line
from .login_ticket import LOGIN_LINKS, LOGIN_TICKETS, Hint, How, TicketBook
from .model import Registration
from .ocsp_check import OcspCheck
from .population_register import PopulationRegister
from .store import Table
from .visit import Visit
from .visit_record import SESSIONS, VISITS, Session, VisitRecord
from .web_eid_token import NONCE_OCTETS


class Portal:
    """The site: its origin, what it trusts, and the visits to it.

    Attributes:
        origin: `https://host[:port]`.
        core: the account server behind it.
        line: the way to the core.
        certificates: judges certificates of cards.
        register: the population register that it asks.
        tickets: how a login by mutual TLS comes back from the login host.
    """

    def __init__(self, core: Core, origin: str, trusted: Trust, fetch: Fetch) -> None:
        """Open the site.

        Args:
            core: the account server.
            origin: what browsers show in their address bar, no slash at the end.
            trusted: issuers of ID cards.
            fetch: how OCSP requests travel.
        """
        self.core = core
        self.origin = origin
        self.line = Line()
        ocsp = OcspCheck(fetch, core.settings, core.seed.stream("ocsp nonces"))
        self.certificates = CertificateCheck(trusted, ocsp)
        self._random = core.seed.stream("portal")
        self.register = PopulationRegister(core.store)
        self.tickets = TicketBook(
            core.seed.stream("login tickets"),
            core.store.table(LOGIN_LINKS),
            core.store.table(LOGIN_TICKETS),
            link_life=core.settings.t_nonce,
            ticket_life=core.settings.t_ticket,
        )
        self._visits: Table[VisitRecord] = core.store.table(VISITS)
        self._sessions: Table[Session] = core.store.table(SESSIONS)
        core.attend(self)

    def visit(self, owner: str, browser: str, *, address: str = "", cookies: bool = True) -> Visit:
        """A browser comes to the site.

        Args:
            owner: who sits at it.
            browser: its name among the owner's.
            address: of its network.
            cookies: whether it keeps the cookie that it is given.
        """
        record = VisitRecord(
            self.identifier(), owner, browser, self.identifier(), address=address, cookies=cookies
        )
        self._visits.add(record)
        self._sessions.add(Session(record.session_id, record.visit_id))
        return Visit(self, record)

    def found(self, session_id: str) -> Visit | None:
        """The visit of a session identifier; None for one that is unknown or was replaced."""
        session = self._sessions.get(session_id)
        record = self._visits.get(session.visit_id) if session else None
        return Visit(self, record) if record and record.session_id == session_id else None

    def rename(self, record: VisitRecord) -> None:
        """Give a visit another session identifier; the old one leads nowhere from now on (SID-LGN-033)."""
        record.session_id = self.identifier()
        self._sessions.add(Session(record.session_id, record.visit_id))

    def present(self, link: str, certificate: bytes | None, how: How, hint: Hint = Hint.CHECK_CARD) -> str:
        """A one-time ticket for what the login host has seen of a browser.

        Args:
            link: with which the browser came there.
            certificate: the client's, DER; None where it offered none.
            how: how the host came by it.
            hint: what the client knows of why it has none.

        Raises:
            UnknownLink: there is no such link, or no more.
        """
        with self.core.store.transaction():
            return self.tickets.present(link, certificate, how, self.core.clock.steady, hint)

    def restart(self) -> None:
        """Start again: visits go on, or are gone, as the setting has it (SID-NET-004)."""
        if self.core.settings.portal_sessions == "kept":
            return
        with self.core.store.transaction():
            for record in self._visits.values():
                Visit(self, record).forget()

    def next_due(self, by: datetime | None = None) -> datetime | None:
        """When the first visit is idle for too long; None if none will be, or none until the instant `by`."""
        record = self._visits.first_due(by)
        return record.wake_at if record else None

    def ring(self) -> None:
        """Nobody has touched some page for too long."""
        record = self._visits.first_due(self.core.clock.steady)
        if record:
            Visit(self, record).ring()

    def follow(self, registration: Registration) -> None:
        """The core says that a registration entered a state."""
        record = self._visits.get(registration.visit)
        if record:
            Visit(self, record).follow(registration)

    def octets(self, count: int) -> bytes:
        """So many random octets."""
        return self._random(count)

    def identifier(self) -> str:
        """A new name, of a session or an application, that nobody can guess."""
        return self._random(16).hex()

    def nonce(self) -> str:
        """A challenge for the Web eID application, Base64."""
        return base64.b64encode(self._random(NONCE_OCTETS)).decode()
