"""What is remembered of a visit to the portal, and what its page shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from .application import Application
from .contact import Contact
from .identity import Identity
from .machine import earliest
from .model import AccountStatus
from .population_register import Guardian
from .portal_life import PORTAL_ENDS, PORTAL_LIFE, PortalEvent
from .store import Kind
from .vocabulary import AppState, Code, PortalState, Reason


@dataclass
class Challenge:
    """A Web eID challenge that can be answered.

    Attributes:
        nonce: Base64.
        issued_at: by the steady clock.
        shown_at: by the wall clock.
    """

    nonce: str
    issued_at: datetime
    shown_at: datetime


@dataclass
class StepUp:
    """A further code on its way to an address that the person had before.

    Attributes:
        digest: of the code, SHA-256 in hex; the code itself is nowhere.
        attempts_left: wrong codes that are still allowed.
        passed: whether it was typed.
    """

    digest: str
    attempts_left: int
    passed: bool = False


@dataclass
class VisitRecord:
    """What is remembered of one visit.

    Attributes:
        visit_id: its name in the store, which nobody outside is told.
        owner: who sits at the browser in the scenario; the portal decides nothing by it.
        browser: its name among the owner's.
        session_id: what the browser shows to be recognised; another one after login (SID-LGN-033).
        address: of the browser's network.
        cookies: whether the browser came back with the cookie that it was given.
        reason: why the visit is over.
        error: what the last deed was refused with.
        detail: of that refusal.
        challenge: that was given out last.
        challenge_taken: whether it was answered, in whichever way that ended.
        failed_login: what the last login that failed or was given up ended with.
        logged_in_at: when the login succeeded, by the wall clock.
        guardians: who may sign for the person; empty for an adult.
        attempts_left: wrong registration codes that are still allowed.
        registration: whose code was typed; for a guardian, the minor's.
        application: what is to be signed.
        signed: the signature that was taken.
        step_up: the further code, once one was asked for.
        link: what a minor hands to a guardian.
        guards: the link by which a guardian came.
        due: when what falls due.
    """

    visit_id: str
    owner: str
    browser: str
    session_id: str
    address: str = ""
    cookies: bool = True
    state: PortalState = PortalState.ANON
    reason: Reason | None = None
    error: Code | None = None
    detail: dict[str, str] = field(default_factory=dict)
    challenge: Challenge | None = None
    challenge_taken: bool = False
    failed_login: Code | None = None
    logged_in_at: datetime | None = None
    identity: Identity | None = None
    guardians: tuple[Guardian, ...] = ()
    contact: Contact | None = None
    attempts_left: int = 0
    registration: str = ""
    application: Application | None = None
    signed: bytes = b""
    step_up: StepUp | None = None
    link: str = ""
    guards: str = ""
    due: dict[PortalEvent, datetime] = field(default_factory=dict)

    @property
    def wake_at(self) -> datetime | None:
        """When it has been idle for too long."""
        due = earliest(PORTAL_LIFE, self.state, self.due)
        return due[0] if due else None

    @property
    def over(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self.state in PORTAL_ENDS

    @property
    def attempts_shown(self) -> int | None:
        """How many wrong registration codes are still allowed, while one may be asked for."""
        return self.attempts_left if self.state in (PortalState.QUESTIONS, PortalState.CODE_ENTRY) else None


@dataclass(frozen=True)
class Session:
    """By which name a browser's visit is found."""

    session_id: str
    visit_id: str


VISITS = Kind("visits", VisitRecord, "visit_id")
SESSIONS = Kind("sessions", Session, "session_id")


@dataclass(frozen=True)
class AccountLine:
    """One of a person's accounts, as self-service lists it.

    Attributes:
        document_number: of the account.
        device: name of the phone.
        status: what can be done with it.
        created_at: when it was made.
        expires_at: when it ends.
        closed_at: when it was ended before its time.
        renewable: whether a renewal is offered.
    """

    document_number: str
    device: str
    status: AccountStatus
    created_at: datetime
    expires_at: datetime
    closed_at: datetime | None = None
    renewable: bool = False


@dataclass(frozen=True)
class Page:
    """What the portal shows.

    Attributes:
        state: where the visit stands.
        reason: why it was closed.
        error: why the last deed was refused, or why the visit was closed, where the person is told a code.
        detail: of that refusal.
        notice: `fraud` where the page warns of it.
        next: what to do outside of the portal.
        identity: who is logged in.
        attempts_left: wrong codes that are still allowed.
        device: the name of the phone whose code was typed.
        platform: what the phone runs on.
        country: chosen on the phone.
        phone: where the registration stands on the phone.
        email: masked.
        terms: version of the terms that were accepted on the phone.
        account: `new`, or `renewal`.
        application: what is to be signed, or was.
        step_up: whether a further code is asked for: `asked`, `passed`.
        minor: for whom a guardian is to sign.
        guardians: names of those who may sign for a minor.
        link: what a minor hands to one of them.
        link_until: how long it can be used.
        accounts: the person's, in the order in which they were made.
    """

    state: PortalState
    reason: Reason | None = None
    error: Code | None = None
    detail: Mapping[str, str] = field(default_factory=dict)
    notice: Literal["", "fraud"] = ""
    next: Literal["", "continue on the device"] = ""
    identity: Identity | None = None
    attempts_left: int | None = None
    device: str = ""
    platform: str = ""
    country: str = ""
    phone: AppState | None = None
    email: str = ""
    terms: str = ""
    account: Literal["", "new", "renewal"] = ""
    application: str = ""
    step_up: Literal["", "asked", "passed"] = ""
    minor: Identity | None = None
    guardians: tuple[str, ...] = ()
    link: str = ""
    link_until: datetime | None = None
    accounts: tuple[AccountLine, ...] = ()
