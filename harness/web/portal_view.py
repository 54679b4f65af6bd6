"""What each page of the portal shows of a visit, from the start to the account; also for a guardian."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal, cast, get_args
from urllib.parse import quote, urlsplit

from ..registration.application import Application
from ..registration.visit_code import networks_differ
from ..registration.vocabulary import AppState, Code, PortalState, Reason
from .pages import portal as pages
from .pages.portal_end import Closed, Refused
from .pages.portal_guardian import GuardianClosed, GuardianCode, GuardianDone, GuardianReview, GuardianStart
from .pages.render import Problem, View
from .portal_sight import Sight

HINTS = frozenset({"connect_reader", "insert_card", "activate_card", "unblock_pin"})
"""What a page can advise somebody whose card did not answer."""
_GUARDIAN_CODES = frozenset(get_args(GuardianCode)) - {Code.NO_GUARDIAN}
_NOT_SHOWN = frozenset({"valid_from", "valid_until", "hint", "attempts_left"})
"""Details that a refusal's page tells in words of its own."""
_ABORTED = frozenset({"cancelled", "card_removed"})
"""Why nothing was signed, where what to do hangs on it."""
_FINAL = frozenset({Code.RC_COOLDOWN, Code.STEP_UP_FAILED})
"""What trying again at once cannot help against."""


def start(sight: Sight) -> View:
    """Where everybody begins."""
    return pages.Start(address=urlsplit(sight.portal.origin).netloc)


def login(sight: Sight) -> View:
    """The two ways to log in; whoever came by a guardian's link is told what for."""
    after = f"?next={quote(sight.follows)}" if sight.follows else ""
    hint = sight.page.detail.get("hint", "")
    action, certificate = f"/login{after}", f"/auth/certificate{after}"
    if sight.record.guards:
        return GuardianStart(
            action=action, certificate_url=certificate, hint=_hint(hint), problems=sight.problems
        )
    return pages.Login(action=action, certificate_url=certificate, hint=_hint(hint), problems=sight.problems)


def questions(sight: Sight) -> View:
    """The questions, with what was answered before or just now."""
    assert sight.page.identity
    contact, typed = sight.record.contact, sight.typed
    return pages.Questions(
        identity=sight.page.identity,
        email=typed.get("email", contact.email if contact else ""),
        phone=typed.get("phone", contact.phone if contact else ""),
        consent="consent" in typed if typed else contact is not None,
        problems=sight.problems,
    )


def code_entry(sight: Sight) -> View:
    """The registration code."""
    minutes = int(sight.core.settings.t_code.total_seconds() // 60)
    left = sight.page.attempts_left
    return pages.CodeEntry(
        attempts_left=sight.core.settings.max_attempts if left is None else left,
        minutes=minutes,
        problems=sight.problems,
    )


def review(sight: Sight) -> View:
    """What would be made, and for whose phone; for a guardian, the minor's application."""
    page, device = sight.page, sight.registration.device
    if page.minor:
        return GuardianReview(
            minor=page.minor,
            device=page.device,
            platform=page.platform,
            country=page.country,
            asked_at=sight.signed_at,
            action="/review",
            problems=sight.problems,
        )
    assert page.identity
    return pages.Review(
        identity=page.identity,
        device=page.device,
        platform=page.platform,
        country=page.country,
        email=page.email,
        terms=page.terms,
        terms_at=sight.registration.terms.accepted_at,
        account="renewal" if page.account == "renewal" else "new",
        guardians=page.guardians,
        address=device.address,
        elsewhere=networks_differ(device.address, sight.record.address),
        accounts=sight.active,
        confirm="click" if sight.clicks else "signature",
        problems=sight.problems,
    )


def step_up(sight: Sight) -> View | None:
    """One more code, where it was asked for and not typed yet."""
    asked = sight.record.step_up
    if asked is None or asked.passed:
        return None
    identity, given = sight.record.identity, sight.record.contact
    assert identity
    assert given
    known = next(iter(sight.core.contacts(identity)), given)
    return pages.StepUp(
        channel="email", masked=known.masked_email, attempts_left=asked.attempts_left, problems=sight.problems
    )


def sign(sight: Sight) -> View | None:
    """The application, to be signed or confirmed; None where there is none yet."""
    if sight.record.application is None or (sight.page.state is PortalState.REVIEW and not sight.clicks):
        return None
    application: Application = sight.record.application
    return pages.Sign(
        device=sight.page.device,
        text=application.text,
        digest=application.digest,
        hash_function=application.hash_function,
        confirm="click" if sight.clicks else "signature",
        minor=sight.page.minor.name if sight.page.minor else "",
        problems=sight.problems,
    )


def wait(sight: Sight) -> View:
    """The computer is no longer needed; the phone is."""
    page = sight.page
    return pages.Wait(
        device=page.device,
        signed_at=sight.signed_at,
        until=sight.phone_until,
        phone=page.phone if page.phone in pages.WAITS else pages.WAITS[0],
        guardian_link=f"{sight.portal.origin}/guardian/{page.link}" if page.link else "",
        guardian_until=page.link_until,
        guardians=page.guardians,
        problems=sight.problems,
    )


def done(sight: Sight) -> View | None:
    """The account is there; a guardian has signed."""
    if sight.page.minor:
        return GuardianDone(minor=sight.page.minor.name)
    made = sight.made
    if made is None:
        return None
    return pages.Done(
        device=sight.page.device,
        document_number=made.document_number,
        until=made.expires_at,
        accounts=sight.active,
    )


def closed(sight: Sight) -> View:
    """The visit is over; a guardian's may be for a no."""
    page = sight.page
    assert page.reason
    if page.minor and page.reason is Reason.USER_REFUSED:
        return GuardianDone(minor=page.minor.name, signed=False)
    return Closed(reason=_more_exactly(sight, page.reason), device=page.device)


def _more_exactly(sight: Sight, reason: Reason) -> Reason | Literal["ABANDONED"]:
    """Who said no, where the visit knows only that it was not here."""
    if reason is Reason.APP_REJECTED:
        if sight.registration.state is AppState.ABANDONED:
            return "ABANDONED"
        if sight.registration.reason is Reason.GUARDIAN_REFUSED:
            return Reason.GUARDIAN_REFUSED
    return reason


def refusal(sight: Sight) -> View | None:
    """Why the last deed was refused, and what can be done; None where nothing was."""
    page = sight.page
    if page.error is None:
        return None
    retry = {PortalState.ANON: "/login", PortalState.CODE_ENTRY: "/code", PortalState.REVIEW: "/review"}
    again = "" if page.error in _FINAL else retry.get(page.state, "/")
    return refused(page.error, page.detail, logged_in=page.identity is not None, retry=again)


def refused(code: Code, detail: Mapping[str, object], *, logged_in: bool, retry: str) -> View:
    """A page that tells a refusal.

    Args:
        code: why.
        detail: what belongs to it.
        logged_in: whether the person is.
        retry: where one may try again; empty if that cannot help.
    """
    if code in _GUARDIAN_CODES:
        return GuardianClosed(code=cast(GuardianCode, code))
    return Refused(
        code=code,
        logged_in=logged_in,
        valid_from=_instant(detail.get("valid_from")),
        valid_until=_instant(detail.get("valid_until")),
        detail={name: str(value) for name, value in detail.items() if name not in _NOT_SHOWN},
        hint=_hint(str(detail.get("hint", ""))),
        retry=retry,
    )


def problem_of(code: Code, where: str, detail: Mapping[str, str]) -> Problem:
    """What is said at a field, or above all of them.

    Args:
        code: of the refusal.
        where: the field.
        detail: what belongs to the refusal; why nothing was signed decides what there is to do.
    """
    told, why = Problem.of(where, code), detail.get("why", "")
    if code is Code.SIGN_ABORTED and why in _ABORTED:
        return replace(told, advice=f"portal.aborted-{why}")
    return told


def _hint(told: str) -> str:
    return told if told in HINTS else ""


def _instant(told: object) -> datetime | None:
    """An instant of a refusal's details, which are texts."""
    return datetime.fromisoformat(str(told)) if told else None
