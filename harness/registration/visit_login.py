"""Logging in to the portal with the card: by a Web eID token, or by a ticket of the login host."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from ..pki.leaf import Use
from .eligibility import Age, age_of, check_country, check_standing, needs_guardian
from .identity import Identity, document_of, identity_of
from .login_ticket import Hint
from .ocsp_check import OcspOutcome
from .portal_life import PortalEvent
from .refusal import Refused
from .visit_record import Challenge
from .vocabulary import Code, EventName
from .web_eid_token import Token, parse, parsed_certificate, proves

if TYPE_CHECKING:
    from .visit_course import Course

_TOLD: Mapping[Code, tuple[str, ...]] = {
    Code.NONCE_UNKNOWN: ("nonce",),
    Code.NO_CLIENT_CERT: ("hint", "why"),
}
"""What the audit trail tells of a refusal, besides its code."""


class Login:
    """The way from ANON to the questions, or to the review page of whoever signs for a minor."""

    def __init__(self, course: Course) -> None:
        """Work on a visit."""
        self._course = course
        self._portal = course.portal
        self._core = course.core
        self._record = course.record

    def open_link(self, link: str) -> None:
        """See `Visit.open_link`."""
        self._begin(PortalEvent.LINK_OPENED)
        guardianship = self._course.ask(lambda: self._core.guardians.look_up(link))
        self._record.guards, self._record.registration = link, guardianship.registration
        self._course.move(PortalEvent.LINK_OPENED)

    def challenge(self) -> str:
        """See `Visit.challenge`."""
        self._begin()
        clock = self._core.clock
        self._record.challenge = Challenge(self._portal.nonce(), clock.steady, clock.now)
        self._record.challenge_taken = False
        return self._record.challenge.nonce

    def by_token(self, token: str) -> Identity:
        """See `Visit.log_in`."""

        def proven() -> tuple[x509.Certificate, OcspOutcome]:
            parsed = parse(token)
            nonce = self._take_nonce()
            certificate = parsed_certificate(parsed.certificate)
            ocsp = self._check(certificate)
            self._check_token(parsed, certificate.public_key(), nonce)
            return certificate, ocsp

        return self._log_in("web-eid", proven)

    def invite(self) -> str:
        """See `Visit.invite`."""
        self._begin()
        return self._portal.tickets.invite(self._record.session_id, self._core.clock.steady)

    def by_ticket(self, ticket: str) -> Identity:
        """See `Visit.redeem`."""

        def proven() -> tuple[x509.Certificate, OcspOutcome]:
            session, now = self._record.session_id, self._core.clock.steady
            certificate = parsed_certificate(self._portal.tickets.redeem(ticket, session, now))
            return certificate, self._check(certificate)

        return self._log_in("mtls", proven)

    def abort(self, code: Code, why: str, hint: Hint | None) -> None:
        """See `Visit.abort_login`."""
        self._begin()
        detail = {name: str(value) for name, value in (("why", why), ("hint", hint)) if value}
        self._record.failed_login = code
        self._course.tell(EventName.PORTAL_LOGIN_ABORTED, code=code, **detail)
        raise Refused(code, **detail)

    # --- inside -----------------------------------------------------------------------------------

    def _begin(self, event: PortalEvent = PortalEvent.LOGIN_STARTED) -> None:
        self._course.begin(event)
        if not self._record.cookies:
            raise Refused(Code.COOKIES_REQUIRED)

    def _log_in(self, method: str, prove: Callable[[], tuple[x509.Certificate, OcspOutcome]]) -> Identity:
        """Let a person in who proves who they are, and for whom something can be done here."""
        self._begin()
        self._course.move(PortalEvent.LOGIN_STARTED)
        try:
            certificate, ocsp = prove()
            identity = identity_of(certificate)
            age, leads_to = self._admitted(identity)
        except Refused as refusal:
            self._failed(refusal)
            raise
        record, now = self._record, self._core.clock.now
        told = {
            "after": record.failed_login,
            "age": age.years if age else None,
            "leap_day": age.leap_day if age else None,
            "document": document_of(certificate),
        }
        before = record.session_id
        self._portal.rename(record)
        record.identity, record.logged_in_at, record.failed_login = identity, now, None
        record.attempts_left = self._core.settings.max_attempts
        self._course.tell(
            EventName.PORTAL_LOGIN_OK,
            method=method,
            session="new" if record.session_id != before else "kept",
            identity=identity.semantics_id,
            ocsp=ocsp,
            certificate_left=int((certificate.not_valid_after_utc - now).total_seconds()),
            certificate_age=int((now - certificate.not_valid_before_utc).total_seconds()),
            **{name: value for name, value in told.items() if value not in (None, "")},
        )
        self._course.move(PortalEvent.CERTIFICATE_VALID)
        self._course.move(leads_to)
        return identity

    def _failed(self, refusal: Refused) -> None:
        """Say in the audit trail why nobody is logged in."""
        self._record.failed_login = refusal.code
        names = _TOLD.get(refusal.code, ())
        detail = {name: str(value) for name, value in refusal.detail.items() if name in names}
        without = "hint" in detail  # the client had no certificate to offer
        event = EventName.PORTAL_LOGIN_ABORTED if without else EventName.PORTAL_LOGIN_FAILED
        self._course.tell(event, code=refusal.code, **detail)
        self._course.move(PortalEvent.LOGIN_REFUSED)

    def _check(self, certificate: x509.Certificate) -> OcspOutcome:
        return self._portal.certificates.check(certificate, Use.AUTHENTICATION, self._core.clock.now)

    def _admitted(self, identity: Identity) -> tuple[Age | None, PortalEvent]:
        """How old a person is, and where the login leads them.

        Raises:
            Refused: those of eligibility; for a guardian GUARDIAN_MISMATCH and those of the link.
        """
        record, settings = self._record, self._core.settings
        check_country(identity, settings)
        entry = self._portal.register.look_up(identity.semantics_id)
        check_standing(entry)
        age = age_of(identity, entry, settings, self._core.clock.now)
        if record.guards:
            who = record.owner
            self._course.ask(lambda: self._core.guardians.admit(record.guards, identity, who))
            return age, PortalEvent.GUARDIAN_ADMITTED
        record.guardians = entry.guardians if needs_guardian(identity, entry, age, settings) else ()
        return age, PortalEvent.ELIGIBLE

    def _take_nonce(self) -> str:
        """The challenge of this session; it is gone afterwards, whatever follows."""
        record, clock = self._record, self._core.clock
        challenge, record.challenge = record.challenge, None
        if challenge is None:
            raise Refused(Code.NONCE_UNKNOWN, nonce="used" if record.challenge_taken else "none")
        record.challenge_taken = True
        if clock.steady > challenge.issued_at + self._core.settings.t_nonce:
            raise Refused(Code.NONCE_EXPIRED, why="old")
        if clock.now < challenge.shown_at:  # none is answered before it was asked (SID-TIM-006)
            raise Refused(Code.NONCE_EXPIRED, why="future")
        return challenge.nonce

    def _check_token(self, token: Token, key: CertificatePublicKeyTypes, nonce: str) -> None:
        if proves(token, key, self._portal.origin, nonce):
            return
        for origin in self._core.settings.bad_origins:
            if proves(token, key, origin, nonce):
                self._course.tell(EventName.PORTAL_LOGIN_ORIGIN_MISMATCH, origin=origin)
        raise Refused(Code.TOKEN_SIGNATURE)
