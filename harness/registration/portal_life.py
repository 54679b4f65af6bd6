"""The life of a visit to the portal as a table (registration specification, 1.4).

A parent or guardian who signs for a minor comes to the review page by another way, and is done when they have
signed.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from .machine import terminal
from .vocabulary import PortalState as S


class PortalEvent(StrEnum):
    """What moves a visit on."""

    LINK_OPENED = "guardian's link opened"
    LOGIN_STARTED = "login started"
    LOGIN_REFUSED = "login refused"
    CERTIFICATE_VALID = "certificate valid"
    ELIGIBLE = "eligible"
    GUARDIAN_ADMITTED = "guardian admitted"
    ANSWERED = "answered"
    CONSENT_REFUSED = "consent refused"
    CODE_ACCEPTED = "code accepted"
    CODES_EXHAUSTED = "codes exhausted"
    REVIEW_SHOWN = "review shown"
    STEP_UP = "further code typed"
    STEP_UP_EXHAUSTED = "further codes exhausted"
    CONFIRM = "confirm"
    CLICKED = "confirmed without a signature"
    SIGNING_REFUSED = "signing refused"
    SIGNED = "signed"
    GUARDIAN_SIGNED = "signed by a guardian"
    CANCELLED = "cancelled"
    REPORTED = "reported as fraud"
    APP_ACTIVE = "app active"
    APP_ENDED = "app ended"
    ACCOUNT_DELETED = "account deleted"
    CARD_REMOVED = "card removed"
    LOGOUT = "logout"
    IDLE = "idle"
    RESTARTED = "portal restarted"


E = PortalEvent
_LOGGED_IN = (S.QUESTIONS, S.CODE_ENTRY, S.REVIEW, S.SIGNING, S.CONFIRMED, S.DONE)
_BOUND = (S.REVIEW, S.SIGNING, S.CONFIRMED)

PORTAL_LIFE: Mapping[tuple[S, E], S] = {
    (S.ANON, E.LINK_OPENED): S.ANON,
    (S.ANON, E.LOGIN_STARTED): S.CARD_AUTH,
    (S.CARD_AUTH, E.LOGIN_REFUSED): S.ANON,
    (S.CARD_AUTH, E.CERTIFICATE_VALID): S.AUTHENTICATED,
    (S.AUTHENTICATED, E.ELIGIBLE): S.QUESTIONS,
    (S.AUTHENTICATED, E.GUARDIAN_ADMITTED): S.REVIEW,
    (S.QUESTIONS, E.ANSWERED): S.CODE_ENTRY,
    (S.QUESTIONS, E.CONSENT_REFUSED): S.CLOSED,
    (S.CODE_ENTRY, E.ANSWERED): S.CODE_ENTRY,  # answers may be edited until a code matches
    (S.CODE_ENTRY, E.CODE_ACCEPTED): S.CODE_MATCHED,
    (S.CODE_ENTRY, E.CODES_EXHAUSTED): S.CLOSED,
    (S.CODE_MATCHED, E.REVIEW_SHOWN): S.REVIEW,
    (S.REVIEW, E.STEP_UP): S.REVIEW,
    (S.REVIEW, E.STEP_UP_EXHAUSTED): S.CLOSED,
    (S.REVIEW, E.CLICKED): S.CONFIRMED,
    (S.REVIEW, E.CONFIRM): S.SIGNING,
    (S.SIGNING, E.CONFIRM): S.SIGNING,  # a double click
    (S.SIGNING, E.SIGNING_REFUSED): S.REVIEW,
    (S.SIGNING, E.SIGNED): S.CONFIRMED,
    (S.SIGNING, E.GUARDIAN_SIGNED): S.DONE,
    (S.REVIEW, E.CANCELLED): S.CLOSED,
    (S.SIGNING, E.CANCELLED): S.CLOSED,
    (S.CONFIRMED, E.APP_ACTIVE): S.DONE,
    **{(state, event): S.CLOSED for state in _BOUND for event in (E.APP_ENDED, E.REPORTED)},
    # Self-service: where nothing is half-done.
    **{(state, E.ACCOUNT_DELETED): state for state in (S.QUESTIONS, S.CODE_ENTRY, S.DONE)},
    # What the page notices by itself, where the setting asks it to (SID-LGN-008).
    **{(state, E.CARD_REMOVED): S.CLOSED for state in (S.QUESTIONS, S.CODE_ENTRY)},
    **{(state, event): S.CLOSED for state in _LOGGED_IN for event in (E.LOGOUT, E.IDLE)},
    # A portal that keeps its sessions in memory alone forgets them.
    (S.ANON, E.RESTARTED): S.ANON,
    **{(state, E.RESTARTED): S.CLOSED for state in _LOGGED_IN},
}
"""What may happen to a visit, and what it becomes. Anything absent is refused as WRONG_STEP."""

PORTAL_ENDS = terminal(PORTAL_LIFE)
"""Where a visit is over; the browser may begin another."""
