"""One visit to the portal: login with the card, questions, registration code, review, signature, accounts.

It says what can be done and seen. How is said by its parts: `visit_login`, `visit_code`, `visit_signing`,
`visit_account`, over the `visit_course` that they share.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .app_life import APP_ENDS
from .application import HASH_FUNCTION, Application
from .identity import Identity
from .login_ticket import Hint
from .model import Registration
from .observer import Machine
from .portal_life import PORTAL_LIFE, PortalEvent
from .visit_account import SelfService
from .visit_code import CodeEntry
from .visit_course import Course
from .visit_login import Login
from .visit_record import Page, VisitRecord
from .visit_signing import Signing
from .vocabulary import AppState, Code, PortalState, Reason

if TYPE_CHECKING:
    from .portal import Portal


class Visit:
    """A browser's session with the portal.

    Every deed is one transaction. `Refused` with WRONG_STEP, or DEADLINE_PASSED after the registration's time
    ended, can come of each; where the core is asked, CORE_UNAVAILABLE, and then nothing has happened.

    Attributes:
        machine: how observers know it.
        record: what is remembered of it.
    """

    def __init__(self, portal: Portal, record: VisitRecord) -> None:
        """Go on with a visit."""
        self.record = record
        self._portal = portal
        self._course = Course(portal, record)
        self._login = Login(self._course)
        self._code = CodeEntry(self._course)
        self._signing = Signing(self._course)
        self._accounts = SelfService(self._course)
        self.machine: Machine = self._course.machine

    @property
    def state(self) -> PortalState:
        """Where the visit stands."""
        return self.record.state

    # --- login ------------------------------------------------------------------------------------

    def open_link(self, link: str) -> None:
        """Come by a link that a minor gave; the login then leads to the minor's application.

        Raises:
            Refused: BAD_REQUEST, GUARDIAN_LINK_USED, GUARDIAN_LINK_EXPIRED, COOKIES_REQUIRED.
        """
        self._course.deed(lambda: self._login.open_link(link))

    def challenge(self) -> str:
        """A nonce for the Web eID application; it can be answered once, in this session, for five minutes.

        Raises:
            Refused: COOKIES_REQUIRED.
        """
        return self._course.deed(self._login.challenge)

    def log_in(self, token: str) -> Identity:
        """Log in with a Web eID authentication token.

        The order is the catalogue's (group D): the token's form, the nonce, the certificate, the token's
        signature, who it is.

        Args:
            token: as it was posted, JSON.

        Raises:
            Refused: TOKEN_ and NONCE_ codes, those of certificates, identity, eligibility and guardians.
        """
        return self._course.deed(lambda: self._login.by_token(token))

    def invite(self) -> str:
        """The secret part of a link to the login host, which asks the browser for a client certificate.

        Raises:
            Refused: COOKIES_REQUIRED.
        """
        return self._course.deed(self._login.invite)

    def redeem(self, ticket: str) -> Identity:
        """Log in with what the login host saw of the browser.

        Args:
            ticket: of the login host, good for one login in this session, for half a minute.

        Raises:
            Refused: NO_CLIENT_CERT, those of certificates, identity, eligibility and guardians.
        """
        return self._course.deed(lambda: self._login.by_ticket(ticket))

    def abort_login(
        self, code: Code = Code.LOGIN_CANCELLED, *, why: str = "", hint: Hint | None = None
    ) -> None:
        """No login came about: the person gave up, or there was nothing to log in with.

        Args:
            code: LOGIN_CANCELLED or NO_CLIENT_CERT.
            why: cancelled, blocked or card_removed; relayed where the client saw another server.
            hint: what the person can do.

        Raises:
            Refused: that code; nothing has changed.
        """
        self._course.deed(lambda: self._login.abort(code, why, hint))

    # --- questions and code -----------------------------------------------------------------------

    def answer(self, email: str, phone: str = "", *, consent: bool = True) -> None:
        """Answer the questions; answers may be edited until a code matches.

        Args:
            email: must be given.
            phone: with country code, or empty.
            consent: to the use of identity data; without it the visit is closed.

        Raises:
            Refused: EMAIL_REQUIRED, EMAIL_INVALID, PHONE_INVALID.
        """
        self._course.deed(lambda: self._code.answer(email, phone, consent))

    def enter_code(self, typed: str) -> None:
        """Type the code that the phone shows; when it matches, the review page follows by itself.

        Args:
            typed: nine digits, blanks and dashes between them are ignored.

        Raises:
            Refused: RC_FORMAT, RC_WRONG with `attempts_left`, RC_TOO_MANY, RC_EXPIRED, RC_COOLDOWN,
                COUNTRY_MISMATCH, IDENTITY_MISMATCH.
        """
        self._course.deed(lambda: self._code.enter(typed))

    # --- review and signature ---------------------------------------------------------------------

    def confirm(self, hash_function: str = HASH_FUNCTION) -> Application:
        """Confirm what the review page shows: the application to be signed; twice gives the same text.

        Where a click is enough it is only shown, and the review page goes on.

        Args:
            hash_function: that the signer can use: SHA-256, SHA-384 or SHA-512.

        Raises:
            Refused: BAD_REQUEST, STEP_UP_REQUIRED.
        """
        return self._course.deed(lambda: self._signing.confirm(hash_function))

    def click(self) -> None:
        """Confirm what the review page shows without a signature, where the setting says so.

        Raises:
            Refused: STEP_UP_REQUIRED.
        """
        self._course.deed(self._signing.click)

    def step_up(self, code: str) -> None:
        """Type the further code that was sent to an earlier address of the person.

        Args:
            code: six digits; blanks are ignored.

        Raises:
            Refused: STEP_UP_FAILED with `attempts_left`; after the last one the visit is closed.
        """
        self._course.deed(lambda: self._signing.step_up(code))

    def sign(self, certificate: bytes, signature: bytes, algorithm: str) -> None:
        """Hand in the application's signature by the card; the same one twice changes nothing.

        Args:
            certificate: the signer's, DER.
            signature: raw r || s for ES.
            algorithm: one of the nine, RFC 7518's names; its hash is that of the application's text.

        Raises:
            Refused: SIGN_INVALID, SIGNER_MISMATCH, those of certificates with `since`; the review page
                follows. For a guardian also those of the link.
        """
        self._course.deed(lambda: self._signing.sign(certificate, signature, algorithm))

    def abort_signing(self, why: str = "cancelled") -> None:
        """No signature came about.

        Args:
            why: cancelled, blocked or card_removed.

        Raises:
            Refused: SIGN_ABORTED; the review page follows.
        """
        self._course.deed(lambda: self._signing.abort(why))

    def cancel(self) -> None:
        """Say no on the review page; a guardian's no ends the minor's registration."""
        self._course.deed(self._signing.cancel)

    def report(self) -> None:
        """Say that this is fraud: the registration ends wherever it stands (SID-SEC-007)."""
        self._course.deed(self._signing.report)

    # --- at any time ------------------------------------------------------------------------------

    def delete_account(self, document: str, typed: str) -> None:
        """End one of one's accounts; its certificates are revoked at this instant.

        Args:
            document: the account's number.
            typed: OK, to show that it is meant.

        Raises:
            Refused: BAD_REQUEST, with the same detail for somebody else's account and for nobody's.
        """
        self._course.deed(lambda: self._accounts.delete(document, typed))

    def presence(self, there: bool) -> None:
        """The page says whether the card is still in the reader; it matters where the setting asks for it.

        Args:
            there: whether it is.
        """
        event = PortalEvent.CARD_REMOVED
        if there or not self._portal.core.settings.require_card_presence:
            return
        if (self.state, event) in PORTAL_LIFE:
            self._course.deed(lambda: self._course.move(event, Reason.CARD_REMOVED))

    def log_out(self) -> None:
        """Leave."""
        self._course.deed(lambda: self._ended(PortalEvent.LOGOUT, Reason.LOGOUT))

    # --- what is seen -----------------------------------------------------------------------------

    def page(self) -> Page:
        """Look at the page."""
        record = self.record
        told = Code.__members__.get(record.reason) if record.reason else None
        page = Page(
            record.state,
            record.reason,
            record.error or told,
            record.detail,
            notice="fraud" if record.state in (PortalState.ANON, PortalState.REVIEW) else "",
            next="continue on the device" if record.state is PortalState.CONFIRMED else "",
            identity=record.identity,
            attempts_left=record.attempts_shown,
            email=record.contact.masked_email if record.contact else "",
            guardians=tuple(one.name for one in record.guardians),
            accounts=self._accounts.accounts(),
        )
        return self._with_registration(page) if record.registration and record.identity else page

    # --- what happens by itself -------------------------------------------------------------------

    def ring(self) -> None:
        """Nobody has touched the page for too long."""
        self._course.move(PortalEvent.IDLE, Reason.IDLE)
        self._course.left()

    def forget(self) -> None:
        """The portal was started again, and kept no sessions."""
        self.record.challenge = None
        if (self.state, PortalEvent.RESTARTED) in PORTAL_LIFE:
            closes = self.state is not PortalState.ANON
            self._course.move(PortalEvent.RESTARTED, Reason.RESTART if closes else None)
            self._course.left()

    def follow(self, registration: Registration) -> None:
        """The core says that the registration entered a state."""
        if registration.state is AppState.ACTIVE:
            event, reason = PortalEvent.APP_ACTIVE, None
        elif registration.state in APP_ENDS:
            event, reason = PortalEvent.APP_ENDED, _end_told(registration)
        else:
            return
        if (self.state, event) in PORTAL_LIFE:
            self._course.move(event, reason)

    # --- inside -----------------------------------------------------------------------------------

    def _ended(self, event: PortalEvent, reason: Reason) -> None:
        self._course.end(event, reason)
        self._course.left()

    def _with_registration(self, page: Page) -> Page:
        """With what is known of the phone, and of who signs for whom."""
        record, registration = self.record, self._course.registration()
        guardianship = self._portal.core.guardians.of(registration)
        step_up = record.step_up
        return replace(
            page,
            device=registration.device.name,
            platform=registration.device.platform,
            country=registration.country,
            phone=registration.state,
            terms=registration.terms.version,
            account="renewal" if registration.expected else "new",
            application=record.application.text if record.application else "",
            step_up="" if step_up is None else "passed" if step_up.passed else "asked",
            minor=registration.identity if record.guards else None,
            link=record.link,
            link_until=self._portal.core.clock.wall(guardianship.expires_at) if guardianship else None,
        )


def _end_told(registration: Registration) -> Reason:
    """What the page says when the registration ended on the device."""
    if registration.state in (AppState.REJECTED, AppState.ABANDONED):
        return Reason.APP_REJECTED
    if registration.state is AppState.EXPIRED:
        return Reason.DEADLINE_PASSED
    return registration.reason or Reason.PIN_CONFIRM_FAILED
