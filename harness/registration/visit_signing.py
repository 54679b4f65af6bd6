"""The review page, and the signature by the card: the person's own, or that of whoever signs for a minor."""

from __future__ import annotations

import hmac
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from cryptography import x509

from ..pki.leaf import Use
from .app_life import AppEvent
from .application import Application, application_text, consent_text, digest_of
from .identity import Identity, identity_of
from .model import Registration, SignedApplication
from .portal_life import PortalEvent
from .refusal import Refused
from .visit_code import networks_differ
from .visit_record import StepUp
from .vocabulary import Code, EventName, PortalState, Reason
from .web_eid_token import ALGORITHMS, parsed_certificate, signature_holds

if TYPE_CHECKING:
    from .visit_course import Course

_STEP_UP_DIGITS = 6
_OVER = (Code.CERT_EXPIRED, Code.CERT_REVOKED, Code.CERT_SUSPENDED)
"""What a certificate may have become since the login."""


class Signing:
    """From the review page to the signature."""

    def __init__(self, course: Course) -> None:
        """Work on a visit."""
        self._course = course
        self._core = course.core
        self._record = course.record

    def confirm(self, hash_function: str) -> Application:
        """See `Visit.confirm`."""
        self._course.begin(PortalEvent.CONFIRM)
        record = self._record
        clicks = self._core.settings.confirm == "click" and not record.guards
        if (clicks or record.state is PortalState.SIGNING) and record.application:
            return Application.of(record.application.text, hash_function)
        self._need_step_up()
        record.application = Application.of(self._text(), hash_function)
        if not clicks:  # where a click is enough, the review page goes on: nothing is asked of the card
            self._course.move(PortalEvent.CONFIRM)
        return record.application

    def click(self) -> None:
        """See `Visit.click`."""
        self._course.begin(PortalEvent.CLICKED)
        record, now = self._record, self._core.clock.now
        if self._core.settings.confirm != "click" or record.guards:
            raise Refused(Code.WRONG_STEP, state=record.state)
        self._need_step_up()
        record.application = record.application or Application.of(self._text())
        clicked = SignedApplication(record.application.text, record.application.digest, "", b"", None, now)

        def happens() -> None:
            self._course.move(PortalEvent.CLICKED)
            self._core.application_signed(self._course.registration(), clicked, record.owner)

        self._course.ask(happens)

    def sign(self, certificate: bytes, signature: bytes, algorithm: str) -> None:
        """See `Visit.sign`."""
        self._core.wake()
        if self._record.signed and hmac.compare_digest(self._record.signed, signature):
            return
        self._course.begin(PortalEvent.SIGNED)
        try:
            signed = self._checked(certificate, signature, algorithm)
            self._course.ask(lambda: self._take(signed))
        except Refused as refusal:
            if refusal.code is not Code.CORE_UNAVAILABLE:  # the same signature may be sent again
                self._course.move(PortalEvent.SIGNING_REFUSED)
            raise

    def abort(self, why: str) -> None:
        """See `Visit.abort_signing`."""
        self._course.begin(PortalEvent.SIGNING_REFUSED)
        self._course.move(PortalEvent.SIGNING_REFUSED)
        raise Refused(Code.SIGN_ABORTED, why=why)

    def step_up(self, typed: str) -> None:
        """See `Visit.step_up`."""
        self._course.begin(PortalEvent.STEP_UP)
        pending = self._record.step_up
        if pending is None or pending.passed:
            raise Refused(Code.WRONG_STEP, state=self._record.state)
        digits = "".join(typed.split())
        if hmac.compare_digest(pending.digest, self._hashed(digits)):
            pending.passed = True
            self._course.move(PortalEvent.STEP_UP)
            return
        pending.attempts_left -= 1
        if not pending.attempts_left:
            self._course.move(PortalEvent.STEP_UP_EXHAUSTED, Reason.STEP_UP_FAILED)
            self._course.left()
        raise Refused(Code.STEP_UP_FAILED, attempts_left=pending.attempts_left)

    def cancel(self) -> None:
        """See `Visit.cancel`."""
        self._course.begin(PortalEvent.CANCELLED)
        self._course.ask(self._refuse)

    def report(self) -> None:
        """See `Visit.report`."""
        self._course.begin(PortalEvent.REPORTED)

        def happens() -> None:
            self._course.move(PortalEvent.REPORTED, Reason.REPORTED)
            self._core.refuse(self._course.registration(), AppEvent.REPORTED, Reason.REPORTED)

        self._course.ask(happens)

    # --- inside -----------------------------------------------------------------------------------

    def _text(self) -> str:
        record, registration = self._record, self._course.registration()
        number, now = self._course.portal.identifier(), self._core.clock.now
        assert record.identity
        if record.guards:
            assert registration.application
            return consent_text(registration, registration.application, record.identity, number, now)
        assert record.contact
        return application_text(registration, record.identity, record.contact, number, now)

    def _take(self, signed: SignedApplication) -> None:
        """What happens where a signature arrives that holds."""
        record, registration = self._record, self._course.registration()
        assert record.identity
        if record.guards:
            self._core.guardians.sign(record.guards, record.identity, signed, record.owner)
            self._course.move(PortalEvent.GUARDIAN_SIGNED)
        else:
            self._course.move(PortalEvent.SIGNED)
            self._core.application_signed(registration, signed, record.owner)
        record.signed = signed.signature

    def _refuse(self) -> None:
        record = self._record
        self._course.move(PortalEvent.CANCELLED, Reason.USER_REFUSED)
        if record.guards:
            assert record.identity
            self._core.guardians.refuse(record.guards, record.identity, record.owner)
        else:
            registration = self._course.registration()
            self._core.refuse(registration, AppEvent.PORTAL_REFUSED, Reason.PORTAL_REFUSED)

    def _need_step_up(self) -> None:
        """Refuse to go on without the further code, where one is wanted; the first time it is sent.

        Raises:
            Refused: STEP_UP_REQUIRED.
        """
        record, settings = self._record, self._core.settings
        wanted = settings.step_up or (
            settings.address_mismatch == "confirm"
            and networks_differ(self._course.registration().device.address, record.address)
        )
        if not wanted or record.guards or (record.step_up and record.step_up.passed):
            return
        if record.step_up is None:
            self._send(self._course.registration())
        raise Refused(Code.STEP_UP_REQUIRED)

    def _send(self, registration: Registration) -> None:
        """Send a code to the person's earlier addresses; to the given one only where there is none."""
        record, core = self._record, self._core
        assert record.identity
        assert record.contact
        number = int.from_bytes(self._course.portal.octets(8), "big") % 10**_STEP_UP_DIGITS
        code = f"{number:0{_STEP_UP_DIGITS}d}"
        record.step_up = StepUp(self._hashed(code), core.settings.step_up_attempts)
        contacts = core.contacts(record.identity) or [record.contact]
        core.outbox.send_code(contacts, record.identity, registration.device.name, code, core.clock.now)

    def _hashed(self, code: str) -> str:
        return sha256(f"{self._record.visit_id} {code}".encode(errors="surrogatepass")).hexdigest()

    def _checked(self, der: bytes, signature: bytes, algorithm: str) -> SignedApplication:
        """Judge a signature: the certificate, the signature itself, then whose it is."""
        application, now = self._record.application, self._core.clock.now
        assert application
        certificate = _certificate(der)
        self._check(certificate, now)
        if algorithm not in ALGORITHMS:
            raise Refused(Code.SIGN_INVALID, field="algorithm")
        digest = digest_of(application.text, algorithm[-3:])
        if not signature_holds(certificate.public_key(), algorithm, signature, digest):
            raise Refused(Code.SIGN_INVALID, field="signature")
        self._check_signer(identity_of(certificate))
        return SignedApplication(application.text, digest, algorithm, signature, certificate, now)

    def _check(self, certificate: x509.Certificate, now: datetime) -> None:
        """As at login; what went wrong only after it is told apart from what was wrong before."""
        try:
            self._course.portal.certificates.check(certificate, Use.SIGNATURE, now)
        except Refused as refusal:
            login = self._record.logged_in_at
            if refusal.code not in _OVER or login is None:
                raise
            before = certificate.not_valid_after_utc < login
            if revoked_at := refusal.detail.get("revoked_at"):  # in whole seconds
                before = datetime.fromisoformat(str(revoked_at)) < login.replace(microsecond=0)
            raise Refused(refusal.code, **refusal.detail, since="before" if before else "login") from refusal

    def _check_signer(self, signer: Identity) -> None:
        assert self._record.identity
        if signer.semantics_id != self._record.identity.semantics_id:
            self._course.tell(EventName.IDENTITY_SWAP, signer=signer.semantics_id)
            raise Refused(Code.SIGNER_MISMATCH)


def _certificate(der: bytes) -> x509.Certificate:
    try:
        return parsed_certificate(der)
    except Refused as bad:
        raise Refused(Code.SIGN_INVALID, field="certificate") from bad
