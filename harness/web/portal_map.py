"""Which of the portal's pages may be seen in which state, and where a refusal is told.

A visit has one page of its own in every state. Any other address leads there, so that the back button, a
second tab and a bookmark all end where the person really is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..registration.visit import Visit
from ..registration.vocabulary import Code
from ..registration.vocabulary import PortalState as S
from . import portal_account_view as own
from . import portal_view as views
from .pages.render import Problem, View
from .portal_sight import Sight

_ANYWHERE = {Code.CORE_UNAVAILABLE: "", Code.BAD_REQUEST: "", Code.WRONG_STEP: ""}


@dataclass(frozen=True)
class Place:
    """A page at an address.

    Attributes:
        states: in which it may be seen, and its form be sent.
        view: what it shows; None sends the person to the page of the state.
        told: codes that are told on this page itself, each at a field; the others get a page of their own.
    """

    states: frozenset[S]
    view: Callable[[Sight], View | None]
    told: Mapping[Code, str] = field(default_factory=dict)

    def problems(self, sight: Sight) -> tuple[Problem, ...]:
        """What the last deed was refused with, where it is told here."""
        code = sight.error
        if code is None or code not in self.told:
            return ()
        return (views.problem_of(code, self.told[code], sight.page.detail),)


def _place(view: Callable[[Sight], View | None], *states: S, told: Mapping[Code, str] | None = None) -> Place:
    return Place(frozenset(states), view, told or {})


PLACES: Mapping[str, Place] = {
    "/": _place(views.start, S.ANON),
    "/login": _place(views.login, S.ANON, told={Code.LOGIN_CANCELLED: ""}),
    "/questions": _place(
        views.questions,
        S.QUESTIONS,
        S.CODE_ENTRY,
        told={
            Code.EMAIL_REQUIRED: "email",
            Code.EMAIL_INVALID: "email",
            Code.PHONE_INVALID: "phone",
        },
    ),
    "/code": _place(
        views.code_entry,
        S.CODE_ENTRY,
        told={Code.RC_FORMAT: "code", Code.RC_WRONG: "code", Code.RC_EXPIRED: "code", **_ANYWHERE},
    ),
    "/review": _place(views.review, S.REVIEW, S.SIGNING, told={Code.SIGN_ABORTED: "", **_ANYWHERE}),
    "/step-up": _place(views.step_up, S.REVIEW, told={Code.STEP_UP_FAILED: "otp", Code.CORE_UNAVAILABLE: ""}),
    "/sign": _place(views.sign, S.SIGNING, S.REVIEW, told=_ANYWHERE),
    "/wait": _place(views.wait, S.CONFIRMED, told=_ANYWHERE),
    "/done": _place(views.done, S.DONE),
    "/closed": _place(views.closed, S.CLOSED),
    "/refused": _place(views.refusal, *(state for state in S if state is not S.CLOSED)),
    "/selfservice": _place(own.accounts, S.QUESTIONS, S.CODE_ENTRY, S.DONE, told={Code.BAD_REQUEST: ""}),
    "/selfservice/history": _place(own.history, S.QUESTIONS, S.CODE_ENTRY, S.DONE),
}
"""Every page of a visit. The question before an account is deleted stands where self-service does."""

_HOME: Mapping[S, str] = {
    S.ANON: "/",
    S.QUESTIONS: "/questions",
    S.CODE_ENTRY: "/code",
    S.REVIEW: "/review",
    S.SIGNING: "/sign",
    S.CONFIRMED: "/wait",
    S.DONE: "/done",
    S.CLOSED: "/closed",
}
"""The page of each state in which a visit can rest."""

AFTER_LOGIN = ("/selfservice", "/selfservice/history")
"""Where a person may ask to be after the login; anything else that is asked for is ignored (SID-SEC-010)."""


def home(visit: Visit) -> str:
    """The page of a visit as it stands."""
    if visit.state is S.ANON and visit.record.guards:
        return "/login"
    return _HOME[visit.state]


def after(visit: Visit, wanted: str) -> str:
    """Where a person goes who has just logged in.

    Args:
        visit: theirs.
        wanted: a path; one that they may not see leads to the visit's own page.
    """
    known = wanted in AFTER_LOGIN and visit.state in PLACES[wanted].states
    return wanted if known else home(visit)


def told_at(visit: Visit, place: str, code: Code) -> str:
    """The page that tells why something was refused.

    Args:
        visit: as the refusal left it.
        place: where the form was sent from.
        code: of the refusal.
    """
    if visit.state is S.CLOSED:
        return home(visit)
    if code is Code.STEP_UP_REQUIRED:
        return "/step-up"
    if code is Code.SIGN_ABORTED:
        return "/review"
    here = PLACES[place]
    if code in here.told and visit.state in here.states:
        return place
    return home(visit) if code is Code.WRONG_STEP else "/refused"
