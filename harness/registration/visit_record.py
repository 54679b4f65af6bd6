"""What is remembered of a visit to the portal, and what its page shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from .application import Application
from .contact import Contact
from .identity import Identity
from .machine import earliest
from .portal_life import PORTAL_ENDS, PORTAL_LIFE, PortalEvent
from .store import Kind
from .vocabulary import Code, PortalState, Reason


@dataclass
class VisitRecord:
    """What is remembered of one visit.

    Attributes:
        visit_id: its name in the store, which nobody outside is told.
        owner: who sits at the browser in the scenario; the portal decides nothing by it.
        browser: its name among the owner's.
        session_id: what the browser shows to be recognised; another one after login (SID-LGN-033).
        due: when what falls due.
    """

    visit_id: str
    owner: str
    browser: str
    session_id: str
    state: PortalState = PortalState.ANON
    reason: Reason | None = None
    nonce: str = ""
    nonce_issued_at: datetime | None = None
    identity: Identity | None = None
    contact: Contact | None = None
    attempts_left: int = 0
    registration: str = ""
    application: Application | None = None
    signed: bytes = b""
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


@dataclass(frozen=True)
class Session:
    """By which name a browser's visit is found."""

    session_id: str
    visit_id: str


VISITS = Kind("visits", VisitRecord, "visit_id")
SESSIONS = Kind("sessions", Session, "session_id")


@dataclass(frozen=True)
class Page:
    """What the portal shows.

    Attributes:
        state: where the visit stands.
        reason: why it was closed.
        error: the code of that reason, where the person is told one.
        identity: who is logged in.
        attempts_left: wrong codes that are still allowed.
        device: the name of the phone whose code was typed.
        platform: what the phone runs on.
        country: chosen on the phone.
        email: masked.
        terms: version of the terms that were accepted on the phone.
        account: `new`; a renewal would say so.
    """

    state: PortalState
    reason: Reason | None = None
    error: Code | None = None
    identity: Identity | None = None
    attempts_left: int | None = None
    device: str = ""
    platform: str = ""
    country: str = ""
    email: str = ""
    terms: str = ""
    account: str = ""
