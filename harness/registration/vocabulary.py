"""The closed lists of what can happen on the Smart-ID side: error codes, states, reasons, audit events.

Source: the registration specification, 1.3 (app), 1.4 (portal), 2.3 (keys), 2.5 (audit), 3.3 (codes).
Relying-party events come with what tells them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum, auto


class _Upper(StrEnum):
    """Members whose value is their name."""

    @staticmethod
    def _generate_next_value_(name: str, start: int, count: int, last_values: list[str]) -> str:
        return name


class Code(_Upper):
    """Why something is refused; never the name of a state."""

    BAD_REQUEST = auto()
    COUNTRY_UNSUPPORTED = auto()
    METHOD_NOT_IMPLEMENTED = auto()
    PIN_TOO_SHORT = auto()
    PIN_TOO_LONG = auto()
    PIN_FORMAT = auto()
    PIN_TOO_WEAK = auto()
    PIN_EQUAL = auto()
    PIN_REPEAT_MISMATCH = auto()
    PIN_UNRECOVERABLE = auto()
    EMAIL_REQUIRED = auto()
    EMAIL_INVALID = auto()
    PHONE_INVALID = auto()
    RC_FORMAT = auto()
    TOKEN_PARSE = auto()
    SIGN_INVALID = auto()

    NO_CLIENT_CERT = auto()
    LOGIN_CANCELLED = auto()
    NONCE_EXPIRED = auto()
    NONCE_UNKNOWN = auto()
    TOKEN_SIGNATURE = auto()
    CERT_EXPIRED = auto()
    CERT_NOT_YET_VALID = auto()
    CERT_UNTRUSTED = auto()
    CERT_REVOKED = auto()
    CERT_SUSPENDED = auto()
    CERT_STATUS_UNKNOWN = auto()
    CERT_WRONG_PURPOSE = auto()
    CERT_POLICY = auto()
    CERT_WEAK = auto()
    IDENTITY_UNPARSABLE = auto()
    CARD_NOT_ACTIVATED = auto()
    PIN_WRONG = auto()

    CSRF = auto()
    COOKIES_REQUIRED = auto()
    GEO_RESTRICTED = auto()
    DEVICE_NOT_ALLOWED = auto()
    DOCUMENT_EXPIRED = auto()
    DOCUMENT_INVALID = auto()
    PERSON_NOT_ELIGIBLE = auto()
    PERSONAL_CODE_INVALID = auto()
    PERSONAL_CODE_UNSUPPORTED = auto()
    AGE_NOT_ALLOWED = auto()
    AGE_UNKNOWN = auto()
    NO_GUARDIAN = auto()
    GUARDIAN_MISMATCH = auto()
    GUARDIAN_LINK_EXPIRED = auto()
    GUARDIAN_LINK_USED = auto()
    STEP_UP_REQUIRED = auto()
    STEP_UP_FAILED = auto()
    OTP_FAILED = auto()
    COUNTRY_MISMATCH = auto()
    IDENTITY_MISMATCH = auto()
    SIGNER_MISMATCH = auto()

    RC_WRONG = auto()
    RC_EXPIRED = auto()

    WRONG_STEP = auto()
    APP_BAD_STATE = auto()
    DEVICE_HAS_ACCOUNT = auto()
    TERMS_NOT_READ = auto()
    TERMS_OUTDATED = auto()
    SIGN_ABORTED = auto()
    USER_REFUSED = auto()
    APP_REJECTED = auto()
    CARD_REMOVED = auto()
    CONSENT_REFUSED = auto()

    KEY_LOCKED = auto()
    KEY_DESTROYED = auto()
    ACCOUNT_EXPIRED = auto()
    RC_TOO_MANY = auto()
    RC_COOLDOWN = auto()

    DEADLINE_PASSED = auto()
    CONFIRM_TIMEOUT = auto()
    PIN_ENTRY_TIMEOUT = auto()

    APP_TOO_OLD = auto()
    OCSP_UNAVAILABLE = auto()
    OCSP_INVALID = auto()
    OCSP_STALE = auto()
    REGISTER_UNAVAILABLE = auto()
    CORE_UNAVAILABLE = auto()
    CA_UNAVAILABLE = auto()
    PINNING_FAILED = auto()

    TLS_CLOCK = auto()
    """Told by the harness when TLS fails for a wrong clock; the portal never answers it."""


class AppState(_Upper):
    """Where a registration stands on the device (1.3)."""

    HOME = auto()
    COUNTRY = auto()
    METHOD = auto()
    TERMS = auto()
    PIN1_SET = auto()
    PIN2_SET = auto()
    KEYS_READY = auto()
    CODE_SHOWN = auto()
    BOUND = auto()
    IDENTITY_CHECK = auto()
    PIN1_CONFIRM = auto()
    PIN2_CONFIRM = auto()
    WAIT_GUARDIAN = auto()
    ISSUING = auto()
    ACTIVE = auto()
    EXPIRED = auto()
    TERMINATED = auto()
    ABANDONED = auto()
    REJECTED = auto()
    LOCKED = auto()


class PortalState(_Upper):
    """Where a visit to the portal stands (1.4)."""

    ANON = auto()
    CARD_AUTH = auto()
    AUTHENTICATED = auto()
    QUESTIONS = auto()
    CODE_ENTRY = auto()
    CODE_MATCHED = auto()
    REVIEW = auto()
    SIGNING = auto()
    CONFIRMED = auto()
    DONE = auto()
    CLOSED = auto()


class KeyState(_Upper):
    """What becomes of an account key (2.3); READY is also the app's last screen (SID-FIN-016)."""

    IN_PREPARATION = auto()
    READY = auto()
    TIMELOCKED = auto()
    DESTROYED = auto()


class Reason(_Upper):
    """Why a session ended, or why a code was rejected; stands behind a state, `TERMINATED(NOT_ME)`."""

    PIN_ENTRY_TIMEOUT = auto()
    CONFIRM_TIMEOUT = auto()
    PIN_CONFIRM_FAILED = auto()
    NOT_ME = auto()
    PORTAL_REFUSED = auto()
    CA_UNAVAILABLE = auto()
    IDENTITY_MISMATCH = auto()
    REPORTED = auto()
    RESTART = auto()
    CONSENT_REFUSED = auto()
    USER_REFUSED = auto()
    APP_REJECTED = auto()
    TERMS_OUTDATED = auto()
    GUARDIAN_LINK_EXPIRED = auto()
    GUARDIAN_REFUSED = auto()
    STEP_UP_FAILED = auto()

    LOGOUT = auto()
    IDLE = auto()
    CARD_REMOVED = auto()
    DEADLINE_PASSED = auto()

    RC_TOO_MANY = auto()
    RC_USED = auto()
    RC_WRONG = auto()
    RC_EXPIRED = auto()
    COUNTRY_MISMATCH = auto()


class EventName(StrEnum):
    """What the audit trail tells (2.5)."""

    REGISTRATION_STARTED = "registration.started"
    TERMS_ACCEPTED = "terms.accepted"
    TERMS_DECLINED = "terms.declined"
    KEYS_GENERATED = "keys.generated"
    CODE_ISSUED = "code.issued"
    CODE_REFRESHED = "code.refreshed"
    CODE_ACCEPTED = "code.accepted"
    CODE_REJECTED = "code.rejected"
    CODE_GUESSING = "code.guessing"
    PORTAL_LOGIN_OK = "portal.login.ok"
    PORTAL_LOGIN_FAILED = "portal.login.failed"
    PORTAL_LOGIN_ABORTED = "portal.login.aborted"
    PORTAL_LOGIN_ORIGIN_MISMATCH = "portal.login.origin_mismatch"
    IDENTITY_BOUND = "identity.bound"
    IDENTITY_SWAP = "identity.swap"
    IDENTITY_MISMATCH = "identity.mismatch"
    APPLICATION_SIGNED = "application.signed"
    APP_IDENTITY_ACCEPTED = "app.identity.accepted"
    APP_IDENTITY_REJECTED = "app.identity.rejected"
    PIN_WRONG = "pin.wrong"
    KEY_USED = "key.used"
    KEY_REFRESHED = "key.refreshed"
    KEY_LOCKED = "key.locked"
    KEY_DESTROYED = "key.destroyed"
    CERTS_ISSUED = "certs.issued"
    ACCOUNT_ACTIVATED = "account.activated"
    ACCOUNT_CLOSED = "account.closed"
    REGISTRATION_EXPIRED = "registration.expired"
    REGISTRATION_TERMINATED = "registration.terminated"
    REGISTRATION_ABANDONED = "registration.abandoned"
    SECURITY_CLONE = "security.clone"
    SECURITY_RELAY_SUSPECTED = "security.relay_suspected"
    GUARDIAN_ASKED = "guardian.asked"
    GUARDIAN_MISMATCH = "guardian.mismatch"
    GUARDIAN_SIGNED = "guardian.signed"
    GUARDIAN_REFUSED = "guardian.refused"
    RISK_ADDRESS_MISMATCH = "risk.address_mismatch"
    RISK_CLOCK_BACK = "risk.clock_back"


_CODES_BY_STATUS: Mapping[int, str] = {
    400: """BAD_REQUEST COUNTRY_UNSUPPORTED METHOD_NOT_IMPLEMENTED PIN_TOO_SHORT PIN_TOO_LONG PIN_FORMAT
        PIN_TOO_WEAK PIN_EQUAL PIN_REPEAT_MISMATCH PIN_UNRECOVERABLE EMAIL_REQUIRED EMAIL_INVALID
        PHONE_INVALID RC_FORMAT TOKEN_PARSE SIGN_INVALID""",
    401: """NO_CLIENT_CERT LOGIN_CANCELLED NONCE_EXPIRED NONCE_UNKNOWN TOKEN_SIGNATURE CERT_EXPIRED
        CERT_NOT_YET_VALID CERT_UNTRUSTED CERT_REVOKED CERT_SUSPENDED CERT_STATUS_UNKNOWN CERT_WRONG_PURPOSE
        CERT_POLICY CERT_WEAK IDENTITY_UNPARSABLE CARD_NOT_ACTIVATED PIN_WRONG""",
    403: """CSRF COOKIES_REQUIRED GEO_RESTRICTED DEVICE_NOT_ALLOWED DOCUMENT_EXPIRED DOCUMENT_INVALID
        PERSON_NOT_ELIGIBLE PERSONAL_CODE_INVALID PERSONAL_CODE_UNSUPPORTED AGE_NOT_ALLOWED AGE_UNKNOWN
        NO_GUARDIAN GUARDIAN_MISMATCH GUARDIAN_LINK_EXPIRED GUARDIAN_LINK_USED STEP_UP_REQUIRED STEP_UP_FAILED
        OTP_FAILED COUNTRY_MISMATCH IDENTITY_MISMATCH SIGNER_MISMATCH""",
    404: "RC_WRONG",
    408: "DEADLINE_PASSED CONFIRM_TIMEOUT PIN_ENTRY_TIMEOUT",
    409: """WRONG_STEP APP_BAD_STATE DEVICE_HAS_ACCOUNT TERMS_NOT_READ TERMS_OUTDATED SIGN_ABORTED
        USER_REFUSED APP_REJECTED CARD_REMOVED CONSENT_REFUSED""",
    410: "RC_EXPIRED",
    423: "KEY_LOCKED KEY_DESTROYED ACCOUNT_EXPIRED RC_TOO_MANY RC_COOLDOWN",
    426: "APP_TOO_OLD",
    503: """OCSP_UNAVAILABLE OCSP_INVALID OCSP_STALE REGISTER_UNAVAILABLE CORE_UNAVAILABLE CA_UNAVAILABLE
        PINNING_FAILED""",
}

HTTP_STATUS: Mapping[Code, int] = {
    Code(name): status for status, names in _CODES_BY_STATUS.items() for name in names.split()
}
"""What the portal answers with each code (3.3); a code of the harness itself has none."""

STATES: frozenset[str] = frozenset((*AppState, *PortalState, *KeyState))
"""Every word that names a state."""
