"""One visit to the portal: login with the card, questions, registration code, review, signature."""

from __future__ import annotations

import hmac
from dataclasses import replace
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from ..pki.leaf import Use
from .app_life import APP_ENDS, AppEvent
from .application import Application, application_for
from .contact import read_contact
from .identity import Identity, check_eligible, identity_of
from .model import Registration, SignedApplication
from .observer import Machine
from .portal_life import PORTAL_LIFE, PortalEvent
from .refusal import Refused
from .registration_code import normalised
from .visit_record import Page, VisitRecord
from .vocabulary import AppState, Code, EventName, PortalState, Reason
from .web_eid_token import ALGORITHMS, Token, parse, parsed_certificate, proves, signature_holds

if TYPE_CHECKING:
    from .portal import Portal


class Visit:
    """A browser's session with the portal.

    Attributes:
        machine: how observers know it.
        record: what is remembered of it.
    """

    def __init__(self, portal: Portal, record: VisitRecord) -> None:
        """Go on with a visit."""
        self._portal = portal
        self._core = portal.core
        self.machine = Machine("portal", record.owner, record.browser)
        self.record = record

    @property
    def state(self) -> PortalState:
        """Where the visit stands."""
        return self.record.state

    # --- login ------------------------------------------------------------------------------------

    def challenge(self) -> str:
        """A nonce for the Web eID application; it can be answered once, in this session, for five minutes.

        Raises:
            Refused: WRONG_STEP.
        """
        self._begin(PortalEvent.LOGIN_STARTED)
        self.record.nonce, self.record.nonce_issued_at = self._portal.nonce(), self._core.clock.steady
        return self.record.nonce

    def log_in(self, token: str) -> Identity:
        """Log in with a Web eID authentication token.

        The order is the catalogue's (group D): the token's form, the nonce, the certificate, the token's
        signature, who it is.

        Args:
            token: as it was posted, JSON.

        Raises:
            Refused: WRONG_STEP, TOKEN_ and NONCE_ codes, those of certificates, of identity and eligibility.
        """
        self._begin(PortalEvent.LOGIN_STARTED)
        self._move(PortalEvent.LOGIN_STARTED)
        try:
            parsed = parse(token)
            nonce = self._take_nonce()
            certificate = parsed_certificate(parsed.certificate)
            self._portal.certificates.check(certificate, Use.AUTHENTICATION, self._core.clock.now)
            self._check_token(parsed, certificate.public_key(), nonce)
            identity = identity_of(certificate)
            check_eligible(identity, self._core.settings)
        except Refused as refusal:
            self._tell(EventName.PORTAL_LOGIN_FAILED, code=refusal.code)
            self._move(PortalEvent.LOGIN_REFUSED)
            raise
        self._portal.rename(self.record)
        self.record.identity, self.record.attempts_left = identity, self._core.settings.max_attempts
        self._tell(EventName.PORTAL_LOGIN_OK, method="web-eid", identity=identity.semantics_id)
        self._move(PortalEvent.CERTIFICATE_VALID)
        self._move(PortalEvent.ELIGIBLE)
        return identity

    def abort_login(self, code: Code = Code.LOGIN_CANCELLED) -> None:
        """No login came about: the person gave up, or there was nothing to log in with.

        Args:
            code: LOGIN_CANCELLED or NO_CLIENT_CERT.

        Raises:
            Refused: WRONG_STEP, or that code; nothing has changed.
        """
        self._begin(PortalEvent.LOGIN_STARTED)
        self._tell(EventName.PORTAL_LOGIN_ABORTED, code=code)
        raise Refused(code)

    # --- questions and code -----------------------------------------------------------------------

    def answer(self, email: str, phone: str = "", *, consent: bool = True) -> None:
        """Answer the questions; answers may be edited until a code matches.

        Args:
            email: must be given.
            phone: with country code, or empty.
            consent: to the use of identity data; without it the visit is closed.

        Raises:
            Refused: WRONG_STEP, EMAIL_REQUIRED, EMAIL_INVALID, PHONE_INVALID.
        """
        if not consent:
            self._begin(PortalEvent.CONSENT_REFUSED)
            self._move(PortalEvent.CONSENT_REFUSED, Reason.CONSENT_REFUSED)
            return
        self._begin(PortalEvent.ANSWERED)
        self.record.contact = read_contact(email, phone)
        self._move(PortalEvent.ANSWERED)

    def enter_code(self, typed: str) -> None:
        """Type the code that the phone shows; when it matches, the review page follows by itself.

        Args:
            typed: nine digits, blanks and dashes between them are ignored.

        Raises:
            Refused: WRONG_STEP, RC_FORMAT, RC_WRONG with `attempts_left`, RC_TOO_MANY, RC_EXPIRED,
                RC_COOLDOWN, COUNTRY_MISMATCH.
        """
        self._begin(PortalEvent.CODE_ACCEPTED)
        record = self.record
        assert record.identity
        assert record.contact
        code = normalised(typed)
        try:
            registration = self._core.match(code, record.identity, record.contact, self.machine.owner)
        except Refused as refusal:
            if refusal.code is Code.RC_WRONG:
                raise self._wrong_code() from None
            raise
        record.registration = registration.reg_id
        registration.visit = record.visit_id
        self._move(PortalEvent.CODE_ACCEPTED)
        self._core.bind(registration)
        self._move(PortalEvent.REVIEW_SHOWN)

    # --- review and signature ---------------------------------------------------------------------

    def confirm(self) -> Application:
        """Confirm what the review page shows: the application to be signed; twice gives the same one.

        Raises:
            Refused: WRONG_STEP, DEADLINE_PASSED.
        """
        self._begin(PortalEvent.CONFIRM)
        record = self.record
        if self.state is PortalState.SIGNING and record.application:
            return record.application
        assert record.identity
        assert record.contact
        record.application = application_for(
            self._registration(),
            record.identity,
            record.contact,
            self._portal.identifier(),
            self._core.clock.now,
        )
        self._move(PortalEvent.CONFIRM)
        return record.application

    def sign(self, certificate: bytes, signature: bytes, algorithm: str) -> None:
        """Hand in the application's signature by the card; the same one twice changes nothing.

        Args:
            certificate: the signer's, DER.
            signature: raw r || s for ES.
            algorithm: one of the nine, RFC 7518's names.

        Raises:
            Refused: WRONG_STEP, DEADLINE_PASSED, SIGN_INVALID, SIGNER_MISMATCH, those of certificates; the
                review page follows.
        """
        self._core.wake()
        if self.record.signed and hmac.compare_digest(self.record.signed, signature):
            return
        self._begin(PortalEvent.SIGNED)
        try:
            application = self._checked(certificate, signature, algorithm)
        except Refused:
            self._move(PortalEvent.SIGNING_REFUSED)
            raise
        self.record.signed = signature
        self._move(PortalEvent.SIGNED)
        self._core.application_signed(self._registration(), application, self.machine.owner)

    def abort_signing(self) -> None:
        """No signature came about: the person gave up, PIN2 is blocked, the card was taken out.

        Raises:
            Refused: WRONG_STEP, DEADLINE_PASSED, or SIGN_ABORTED; the review page follows.
        """
        self._begin(PortalEvent.SIGNING_REFUSED)
        self._move(PortalEvent.SIGNING_REFUSED)
        raise Refused(Code.SIGN_ABORTED)

    def cancel(self) -> None:
        """Say no on the review page.

        Raises:
            Refused: WRONG_STEP, DEADLINE_PASSED.
        """
        self._end(PortalEvent.CANCELLED, Reason.USER_REFUSED)
        self._core.refuse(self._registration(), AppEvent.PORTAL_REFUSED, Reason.PORTAL_REFUSED)

    def report(self) -> None:
        """Say that this is fraud: the registration ends wherever it stands (SID-SEC-007).

        Raises:
            Refused: WRONG_STEP, DEADLINE_PASSED.
        """
        self._end(PortalEvent.REPORTED, Reason.REPORTED)
        self._core.refuse(self._registration(), AppEvent.REPORTED, Reason.REPORTED)

    def log_out(self) -> None:
        """Leave.

        Raises:
            Refused: WRONG_STEP.
        """
        self._end(PortalEvent.LOGOUT, Reason.LOGOUT)
        self._left()

    # --- what is seen -----------------------------------------------------------------------------

    def page(self) -> Page:
        """Look at the page."""
        record = self.record
        entry = record.state in (PortalState.QUESTIONS, PortalState.CODE_ENTRY)
        page = Page(
            record.state,
            record.reason,
            Code.__members__.get(record.reason) if record.reason else None,
            record.identity,
            record.attempts_left if entry else None,
        )
        if not record.registration or not record.contact:
            return page
        registration = self._registration()
        return replace(
            page,
            device=registration.device.name,
            platform=registration.device.platform,
            country=registration.country,
            email=record.contact.masked_email,
            terms=registration.terms.version,
            account="new",
        )

    def ring(self) -> None:
        """Nobody has touched the page for too long."""
        self._move(PortalEvent.IDLE, Reason.IDLE)
        self._left()

    # --- inside -----------------------------------------------------------------------------------

    def _begin(self, event: PortalEvent) -> None:
        """Refuse an event that is not listed for the state; else the page was touched."""
        self._core.wake()
        if (self.state, event) not in PORTAL_LIFE:
            reason = self.record.reason
            if reason is Reason.DEADLINE_PASSED:
                raise Refused(Code.DEADLINE_PASSED)
            raise Refused(Code.WRONG_STEP, state=self.state, **({"reason": reason} if reason else {}))
        self.record.due[PortalEvent.IDLE] = self._core.clock.steady + self._core.settings.t_portal_idle

    def _end(self, event: PortalEvent, reason: Reason) -> None:
        self._begin(event)
        self._move(event, reason)

    def _move(self, event: PortalEvent, reason: Reason | None = None) -> None:
        self.record.state, self.record.reason = PORTAL_LIFE[self.state, event], reason
        told = {"reason": reason} if reason else {}
        self._core.observer.entered(self.machine, self.record.state, told)

    def _left(self) -> None:
        if self.record.registration:
            self._core.portal_left(self._registration())

    def follow(self, registration: Registration) -> None:
        """The core says that the registration entered a state."""
        if registration.state is AppState.ACTIVE:
            event, reason = PortalEvent.APP_ACTIVE, None
        elif registration.state in APP_ENDS:
            event, reason = PortalEvent.APP_ENDED, _end_told(registration)
        else:
            return
        if (self.state, event) in PORTAL_LIFE:
            self._move(event, reason)

    def _registration(self) -> Registration:
        return self._core.registration(self.record.registration)

    def _take_nonce(self) -> str:
        """The challenge of this session; it is gone afterwards, whatever follows."""
        record = self.record
        nonce, issued_at = record.nonce, record.nonce_issued_at
        record.nonce, record.nonce_issued_at = "", None
        if not nonce or issued_at is None:
            raise Refused(Code.NONCE_UNKNOWN)
        if self._core.clock.steady > issued_at + self._core.settings.t_nonce:
            raise Refused(Code.NONCE_EXPIRED)
        return nonce

    def _check_token(self, token: Token, key: CertificatePublicKeyTypes, nonce: str) -> None:
        if proves(token, key, self._portal.origin, nonce):
            return
        for origin in self._core.settings.bad_origins:
            if proves(token, key, origin, nonce):
                self._tell(EventName.PORTAL_LOGIN_ORIGIN_MISMATCH, origin=origin)
        raise Refused(Code.TOKEN_SIGNATURE)

    def _wrong_code(self) -> Refused:
        """Count a wrong code; the last one closes the visit."""
        self.record.attempts_left -= 1
        if self.record.attempts_left:
            return Refused(Code.RC_WRONG, attempts_left=self.record.attempts_left)
        self._move(PortalEvent.CODES_EXHAUSTED, Reason.RC_TOO_MANY)
        return Refused(Code.RC_TOO_MANY)

    def _checked(self, der: bytes, signature: bytes, algorithm: str) -> SignedApplication:
        """Judge a signature: the certificate, the signature itself, then whose it is."""
        application, now = self.record.application, self._core.clock.now
        assert application
        certificate = _certificate(der)
        self._portal.certificates.check(certificate, Use.SIGNATURE, now)
        fits = algorithm in ALGORITHMS and algorithm.endswith(application.hash_function[-3:])
        key = certificate.public_key()
        if not fits or not signature_holds(key, algorithm, signature, application.digest):
            raise Refused(Code.SIGN_INVALID)
        signer = identity_of(certificate)
        assert self.record.identity
        if signer.semantics_id != self.record.identity.semantics_id:
            self._tell(EventName.IDENTITY_SWAP, signer=signer.semantics_id)
            raise Refused(Code.SIGNER_MISMATCH)
        return SignedApplication(application.text, application.digest, algorithm, signature, certificate, now)

    def _tell(self, event: EventName, **data: object) -> None:
        self._core.audit.tell(event, self.machine.owner, self.record.registration, **data)


def _certificate(der: bytes) -> x509.Certificate:
    try:
        return parsed_certificate(der)
    except Refused as bad:
        raise Refused(Code.SIGN_INVALID, field="certificate") from bad


def _end_told(registration: Registration) -> Reason:
    """What the page says when the registration ended on the device."""
    if registration.state in (AppState.REJECTED, AppState.ABANDONED):
        return Reason.APP_REJECTED
    if registration.state is AppState.EXPIRED:
        return Reason.DEADLINE_PASSED
    return registration.reason or Reason.PIN_CONFIRM_FAILED
