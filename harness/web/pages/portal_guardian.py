"""The portal's pages for a parent or guardian who signs for a minor.

Nothing tells whose application it is before the guardian has logged in. The signature itself is `portal.Sign`
with `minor`; a link that does not work any more is `GuardianClosed`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from ...registration.identity import Identity
from ...registration.vocabulary import Code
from .portal import AsksCard, PortalView

GuardianCode = Literal[
    Code.GUARDIAN_LINK_EXPIRED, Code.GUARDIAN_LINK_USED, Code.GUARDIAN_MISMATCH, Code.NO_GUARDIAN
]


@dataclass(frozen=True, kw_only=True)
class GuardianStart(AsksCard, PortalView):
    """What the link leads to: what is asked, and the ways to log in (forms as at `portal.Login`)."""

    template: ClassVar[str] = "portal/guardian_start.html"

    action: str
    certificate_url: str
    challenge: str = "/auth/challenge"
    aborted: str = "/auth/aborted"
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class GuardianReview(PortalView):
    """The minor's application; posts `agree`, `yes` or `no`, to `action`.

    Attributes:
        minor: for whom.
        device: name of the minor's phone.
        platform: what it runs on.
        country: two capitals.
        asked_at: when the minor applied.
        action: where the form goes.
    """

    template: ClassVar[str] = "portal/guardian_review.html"
    layout: ClassVar[str] = "wide"

    minor: Identity
    device: str
    platform: str
    country: str
    asked_at: datetime
    action: str


@dataclass(frozen=True, kw_only=True)
class GuardianDone(PortalView):
    """The guardian has signed, or has refused."""

    template: ClassVar[str] = "portal/guardian_done.html"

    minor: str
    signed: bool = True


@dataclass(frozen=True, kw_only=True)
class GuardianClosed(PortalView):
    """The link leads nowhere any more, or not for this person."""

    template: ClassVar[str] = "portal/guardian_closed.html"

    code: GuardianCode
