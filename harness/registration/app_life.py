"""The life of a registration on the device as a table (registration specification, 1.3)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from .machine import terminal
from .refusal import Refused
from .vocabulary import AppState as S
from .vocabulary import Code, Reason


class AppEvent(StrEnum):
    """What moves a registration on."""

    REGISTER = "register"
    COUNTRY_CHOSEN = "country chosen"
    METHOD_CHOSEN = "method chosen"
    TERMS_ACCEPTED = "terms accepted"
    TERMS_DECLINED = "terms declined"
    PIN1_CHOSEN = "PIN1 chosen"
    PIN2_CHOSEN = "PIN2 chosen"
    BACK = "back"
    KILLED = "app killed"
    CODE_ISSUED = "code issued"
    CODE_REFRESHED = "code refreshed"
    CODE_ACCEPTED = "code accepted"
    APPLICATION_SIGNED = "application signed"
    PORTAL_REFUSED = "refused on the portal"
    IDENTITY_MISMATCH = "another person than expected"
    IDENTITY_ACCEPTED = "identity accepted"
    IDENTITY_REJECTED = "identity rejected"
    PIN1_CONFIRMED = "PIN1 confirmed"
    PIN2_CONFIRMED = "PIN2 confirmed"
    PIN_CONFIRM_FAILED = "PINs not confirmed"
    KEY_DESTROYED = "key destroyed"
    GUARDIAN_AWAITED = "PIN2 confirmed, a guardian awaited"
    GUARDIAN_SIGNED = "signed by a guardian"
    GUARDIAN_REFUSED = "refused by a guardian"
    GUARDIAN_TIMEOUT = "guardian timeout"
    CERTS_ISSUED = "certificates issued"
    ISSUE_AGAIN = "issue again"
    CA_UNAVAILABLE = "authority unavailable"
    TERMS_OUTDATED = "terms outdated"
    DEADLINE = "deadline"
    PIN_ENTRY_TIMEOUT = "PIN entry timeout"
    CONFIRM_TIMEOUT = "confirmation timeout"
    REPORTED = "reported as fraud"
    DELETED = "app deleted"


E = AppEvent
_UNFINISHED = (
    S.COUNTRY,
    S.METHOD,
    S.TERMS,
    S.PIN1_SET,
    S.PIN2_SET,
    S.KEYS_READY,
    S.CODE_SHOWN,
    S.BOUND,
    S.IDENTITY_CHECK,
    S.PIN1_CONFIRM,
    S.PIN2_CONFIRM,
    S.WAIT_GUARDIAN,
    S.ISSUING,
)
_CONFIRMING = (S.IDENTITY_CHECK, S.PIN1_CONFIRM, S.PIN2_CONFIRM)

APP_LIFE: Mapping[tuple[S, E], S] = {
    # Step 1: country, method, terms.
    (S.HOME, E.REGISTER): S.COUNTRY,
    (S.COUNTRY, E.COUNTRY_CHOSEN): S.METHOD,
    (S.METHOD, E.METHOD_CHOSEN): S.TERMS,
    (S.TERMS, E.TERMS_ACCEPTED): S.PIN1_SET,
    (S.TERMS, E.TERMS_DECLINED): S.METHOD,
    # Step 2: PINs. Until the keys exist the core knows nothing of the registration.
    (S.PIN1_SET, E.PIN1_CHOSEN): S.PIN2_SET,
    (S.PIN2_SET, E.PIN2_CHOSEN): S.KEYS_READY,
    (S.PIN2_SET, E.BACK): S.PIN1_SET,
    (S.PIN2_SET, E.KILLED): S.PIN1_SET,  # PIN1 was in memory alone
    (S.PIN1_SET, E.PIN_ENTRY_TIMEOUT): S.TERMINATED,
    (S.PIN2_SET, E.PIN_ENTRY_TIMEOUT): S.TERMINATED,
    # Steps 3 to 5, on the computer.
    (S.KEYS_READY, E.CODE_ISSUED): S.CODE_SHOWN,
    (S.KEYS_READY, E.DEADLINE): S.EXPIRED,  # an app that never asks for a code
    (S.CODE_SHOWN, E.CODE_REFRESHED): S.CODE_SHOWN,
    (S.CODE_SHOWN, E.CODE_ACCEPTED): S.BOUND,
    (S.CODE_SHOWN, E.DEADLINE): S.EXPIRED,
    (S.CODE_SHOWN, E.IDENTITY_MISMATCH): S.TERMINATED,  # a renewal whose person is another
    (S.BOUND, E.DEADLINE): S.EXPIRED,
    (S.BOUND, E.PORTAL_REFUSED): S.REJECTED,
    (S.BOUND, E.REPORTED): S.TERMINATED,
    (S.BOUND, E.APPLICATION_SIGNED): S.IDENTITY_CHECK,
    # Step 6, on the device.
    (S.IDENTITY_CHECK, E.IDENTITY_ACCEPTED): S.PIN1_CONFIRM,
    (S.IDENTITY_CHECK, E.IDENTITY_REJECTED): S.REJECTED,
    (S.PIN1_CONFIRM, E.PIN1_CONFIRMED): S.PIN2_CONFIRM,
    (S.PIN2_CONFIRM, E.PIN2_CONFIRMED): S.ISSUING,
    # A minor, for whom a guardian has not signed yet.
    (S.PIN2_CONFIRM, E.GUARDIAN_AWAITED): S.WAIT_GUARDIAN,
    (S.WAIT_GUARDIAN, E.GUARDIAN_SIGNED): S.ISSUING,
    (S.WAIT_GUARDIAN, E.GUARDIAN_TIMEOUT): S.TERMINATED,
    (S.WAIT_GUARDIAN, E.REPORTED): S.TERMINATED,
    **{(state, E.GUARDIAN_REFUSED): S.REJECTED for state in (*_CONFIRMING, S.WAIT_GUARDIAN)},
    **{
        (state, event): then
        for state in (S.PIN1_CONFIRM, S.PIN2_CONFIRM)
        for event, then in (
            (E.PIN_CONFIRM_FAILED, S.TERMINATED),
            (E.PIN_ENTRY_TIMEOUT, S.TERMINATED),
            (E.KEY_DESTROYED, S.LOCKED),
        )
    },
    **{
        (state, event): then
        for state in _CONFIRMING
        for event, then in (
            (E.CONFIRM_TIMEOUT, S.TERMINATED),
            (E.DEADLINE, S.EXPIRED),
            (E.REPORTED, S.TERMINATED),
        )
    },
    (S.ISSUING, E.CERTS_ISSUED): S.ACTIVE,
    (S.ISSUING, E.ISSUE_AGAIN): S.ISSUING,
    (S.ISSUING, E.CA_UNAVAILABLE): S.TERMINATED,
    (S.ISSUING, E.TERMS_OUTDATED): S.TERMINATED,
    (S.ISSUING, E.REPORTED): S.TERMINATED,
    **{(state, E.DELETED): S.ABANDONED for state in _UNFINISHED},
}
"""What may happen to a registration, and what it becomes. Anything absent is refused as APP_BAD_STATE."""

APP_ENDS = terminal(APP_LIFE)
"""Where a registration is over."""


def require(state: S, event: E, reason: Reason | None) -> None:
    """Refuse an event that is not listed for a state.

    Args:
        state: where the registration stands.
        event: what is about to happen to it.
        reason: why it ended, if it did.

    Raises:
        Refused: APP_BAD_STATE, with the state and its reason.
    """
    if (state, event) not in APP_LIFE:
        raise Refused(Code.APP_BAD_STATE, state=state, **({"reason": reason} if reason else {}))
