"""What is remembered of a visit to the portal, and what its page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .application import Application
from .contact import Contact
from .identity import Identity
from .vocabulary import Code, PortalState, Reason


@dataclass
class VisitRecord:
    """What is remembered of one visit."""

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
    seen_at: datetime | None = None


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
