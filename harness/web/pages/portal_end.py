"""The portal's pages for what came to an end, was refused or was never there; and help for every code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal

from ...registration.identity import Identity
from ...registration.vocabulary import Code, Reason
from .portal import PortalView


@dataclass(frozen=True, kw_only=True)
class Closed(PortalView):
    """A visit is over.

    Attributes:
        reason: why; ABANDONED: whoever holds the phone gave up.
        device: name of the phone, if one was bound.
    """

    template: ClassVar[str] = "portal/closed.html"

    reason: Reason | Literal["ABANDONED"]
    device: str = ""


@dataclass(frozen=True, kw_only=True)
class Refused(PortalView):
    """The portal cannot go on with this card, person, device or moment.

    Attributes:
        code: why.
        logged_in: whether the person is; the verdict above the heading says so.
        valid_from: of the certificate in question, if its dates matter.
        valid_until: likewise.
        holder: of the card, if it could be read.
        detail: for whoever helps: what is known, by the names of the refusal's details, ready to be shown.
        hint: as at `Login`.
        retry: where one may try again; empty if that cannot help.
    """

    template: ClassVar[str] = "portal/refused.html"
    step: ClassVar[int | None] = 0

    code: Code
    logged_in: bool = False
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    holder: Identity | None = None
    detail: Mapping[str, str] = field(default_factory=dict)
    hint: str = ""
    retry: str = "/login"


@dataclass(frozen=True, kw_only=True)
class Help(PortalView):
    """What a code means and what to do, for anybody."""

    template: ClassVar[str] = "portal/help.html"

    code: Code


@dataclass(frozen=True, kw_only=True)
class Notice(PortalView):
    """A page that stands alone.

    Attributes:
        about: `maintenance`, `cookies`, `not_found` or `bad_request`.
    """

    template: ClassVar[str] = "portal/notice.html"

    about: Literal["maintenance", "cookies", "not_found", "bad_request"]
