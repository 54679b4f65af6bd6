"""The registration portal's pages, from the start to the account."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from ...registration.identity import Identity
from ...registration.vocabulary import AppState
from .render import View

ConfirmBy = Literal["signature", "click"]
WEB_EID_ERRORS = (
    "ERR_WEBEID_ACTION_PENDING",
    "ERR_WEBEID_ACTION_TIMEOUT",
    "ERR_WEBEID_CONTEXT_INSECURE",
    "ERR_WEBEID_EXTENSION_UNAVAILABLE",
    "ERR_WEBEID_MISSING_PARAMETER",
    "ERR_WEBEID_NATIVE_FATAL",
    "ERR_WEBEID_NATIVE_INVALID_ARGUMENT",
    "ERR_WEBEID_NATIVE_UNAVAILABLE",
    "ERR_WEBEID_UNKNOWN_ERROR",
    "ERR_WEBEID_USER_CANCELLED",
    "ERR_WEBEID_USER_TIMEOUT",
    "ERR_WEBEID_VERSION_INVALID",
    "ERR_WEBEID_VERSION_MISMATCH",
)
"""What the Web eID extension, or the page in its place, can fail with (web-eid.js, ErrorCode)."""

WAITS = (
    AppState.IDENTITY_CHECK,
    AppState.PIN1_CONFIRM,
    AppState.PIN2_CONFIRM,
    AppState.WAIT_GUARDIAN,
    AppState.ISSUING,
)
"""What a phone can be at while the portal waits for it."""


@dataclass(frozen=True, kw_only=True)
class PortalView(View):
    """A page of the portal.

    Attributes:
        step: which of the five steps it belongs to, from 0; None stands outside of them.
    """

    service: ClassVar[str] = "portal.service"
    step: ClassVar[int | None] = None


class AsksCard:
    """A page that asks the card by Web eID."""

    web_eid_errors: ClassVar[tuple[str, ...]] = WEB_EID_ERRORS


@dataclass(frozen=True, kw_only=True)
class Start(PortalView):
    """Where everybody begins; warns of fraud first.

    Attributes:
        address: the portal's own, host and port, as a person would type it.
    """

    template: ClassVar[str] = "portal/start.html"

    address: str


@dataclass(frozen=True, kw_only=True)
class Login(AsksCard, PortalView):
    """The two ways to log in with the card.

    The form posts `token`, the Web eID token as JSON, to `action`. A login that does not come about is told
    to `aborted` as JSON, `{"code": "ERR_WEBEID_..."}`.

    Attributes:
        certificate_url: where the browser is asked for its certificate, on the login host.
        action: where the token goes.
        challenge: gives the nonce, `{"nonce": ...}`.
        aborted: is told of a login that did not come about; empty if nobody wants to know.
        hint: what may help: `connect_reader`, `insert_card`, `activate_card`, `unblock_pin`; or empty.
    """

    template: ClassVar[str] = "portal/login.html"
    step: ClassVar[int | None] = 0

    certificate_url: str
    action: str = "/login"
    challenge: str = "/auth/challenge"
    aborted: str = "/auth/aborted"
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class Questions(PortalView):
    """Where the person can be reached, and consent; posts `email`, `phone` and `consent`, or `decline`."""

    template: ClassVar[str] = "portal/questions.html"
    step: ClassVar[int | None] = 1

    identity: Identity
    email: str = ""
    phone: str = ""
    consent: bool = False


@dataclass(frozen=True, kw_only=True)
class CodeEntry(PortalView):
    """The registration code; posts `code`, or `stop`. What was typed is never shown again.

    Attributes:
        attempts_left: wrong codes that are still allowed.
        minutes: how long a code lives.
    """

    template: ClassVar[str] = "portal/code.html"
    step: ClassVar[int | None] = 2

    attempts_left: int
    minutes: int = 15


@dataclass(frozen=True, kw_only=True)
class Review(PortalView):
    """What would be made, and for whose phone; posts `mine`, `yes` or `no`, and nothing is chosen beforehand.

    Attributes:
        device: name of the phone whose code was typed.
        platform: what it runs on.
        country: chosen on the phone, two capitals.
        email: masked.
        terms: version of the terms accepted on the phone.
        terms_at: when they were accepted.
        account: whether another one is made, or that of the phone lives on.
        guardians: names of those of whom one must sign as well; empty for adults.
        address: where the phone was seen, empty if that is not to be shown.
        elsewhere: phone and browser are in different networks (SID-SEC-005).
        accounts: how many the person has already.
        confirm: what follows a yes.
    """

    template: ClassVar[str] = "portal/review.html"
    layout: ClassVar[str] = "wide"
    step: ClassVar[int | None] = 3

    identity: Identity
    device: str
    platform: str
    country: str
    email: str
    terms: str
    terms_at: datetime | None = None
    account: Literal["new", "renewal"] = "new"
    guardians: tuple[str, ...] = ()
    address: str = ""
    elsewhere: bool = False
    accounts: int = 0
    confirm: ConfirmBy = "signature"


@dataclass(frozen=True, kw_only=True)
class Sign(AsksCard, PortalView):
    """The application, to be signed with PIN2 or, where the portal is set so, with a click.

    Posts `certificate`, `signature` (Base64) and `algorithm` (RFC 7518's name); with a click nothing but the
    form; or `stop`.

    Attributes:
        device: name of the phone.
        text: the application.
        digest: of its UTF-8.
        hash_function: named as Web eID does.
        action: where the form goes.
        aborted: is told, as at `Login`, of a signature that did not come about.
        minor: for whom a guardian signs; empty for oneself.
    """

    template: ClassVar[str] = "portal/sign.html"
    step: ClassVar[int | None] = 3

    device: str
    text: str
    digest: bytes
    hash_function: str
    confirm: ConfirmBy = "signature"
    action: str = "/sign"
    aborted: str = "/sign/aborted"
    minor: str = ""

    @property
    def digest_base64(self) -> str:
        """As the Web eID application takes it."""
        return b64encode(self.digest).decode()

    @property
    def digest_shown(self) -> str:
        """In hexadecimal, in groups of four octets."""
        return self.digest.hex(" ", -4).upper()


@dataclass(frozen=True, kw_only=True)
class StepUp(PortalView):
    """A further code, sent to where the person could be reached before (SID-SEC-006); posts `otp`, or `stop`.

    Attributes:
        channel: `email` or `phone`.
        masked: the address or number.
        attempts_left: wrong codes that are still allowed.
    """

    template: ClassVar[str] = "portal/step_up.html"
    step: ClassVar[int | None] = 3

    channel: Literal["email", "phone"]
    masked: str
    attempts_left: int


@dataclass(frozen=True, kw_only=True)
class Wait(PortalView):
    """The computer is no longer needed; the page looks at `poll` and follows the phone.

    Attributes:
        device: name of the phone.
        signed_at: when the application was signed.
        until: when the phone must be done.
        phone: what it is at; `WAITS` have words of their own.
        poll: gives `{"state": ..., "phone": ...}`; a change of either brings the page again.
        guardian_link: what a minor sends to a guardian; empty for adults.
        guardian_until: how long it works.
        guardians: names of those of whom one must sign.
    """

    template: ClassVar[str] = "portal/wait.html"
    step: ClassVar[int | None] = 4

    device: str
    signed_at: datetime
    until: datetime
    phone: AppState = AppState.IDENTITY_CHECK
    poll: str = "/api/portal/session"
    guardian_link: str = ""
    guardian_until: datetime | None = None
    guardians: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Done(PortalView):
    """The account is there.

    Attributes:
        device: name of the phone.
        document_number: of the account.
        until: how long it lives.
        accounts: how many the person has now, this one among them.
    """

    template: ClassVar[str] = "portal/done.html"
    step: ClassVar[int | None] = 5

    device: str
    document_number: str
    until: datetime
    accounts: int
