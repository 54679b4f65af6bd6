"""What the portal's self-service shows of a person's accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote

from ..registration.audit import Event
from ..registration.visit_record import AccountLine
from ..registration.vocabulary import Code, EventName
from .pages import portal_account as pages
from .pages.render import Problem, View
from .portal_sight import Sight

OwnView = Callable[[Sight], View]
"""What a page of self-service shows."""

_DEEDS: dict[EventName, pages.Deed] = {
    EventName.ACCOUNT_ACTIVATED: "registered",
    EventName.ACCOUNT_CLOSED: "closed",
    EventName.KEY_LOCKED: "locked",
}
_USES: dict[str, pages.Deed] = {"authentication": "authenticated", "signature": "signed"}


def accounts(sight: Sight, deleted: str = "") -> View:
    """Every account of the person.

    Args:
        sight: of the visit.
        deleted: document number of the one that was deleted just now.
    """
    gone = next((one for one in sight.accounts if one.document_number == deleted), None)
    return pages.Accounts(
        accounts=tuple(_row(one) for one in sight.accounts),
        deleted=gone.device if gone and gone.status == "CLOSED" else "",
        problems=sight.problems if sight.page.detail.get("field") == "document" else (),
    )


def history(sight: Sight) -> View:
    """What was done with them, newest first."""
    found = {one.document_number: sight.core.accounts.get(one.document_number) for one in sight.accounts}
    by_registration = {one.registration: one for one in found.values() if one}
    events = (event for event in sight.core.audit.events if event.about in by_registration)
    rows = [
        pages.HistoryRow(event.at, deed, by_registration[event.about].device.name)
        for event, deed in _deeds(events)
    ]
    return pages.History(entries=tuple(reversed(rows)))


def delete(sight: Sight, document: str) -> View | None:
    """The question before an account is deleted; None for somebody else's and for nobody's alike."""
    mistyped = sight.error is Code.BAD_REQUEST and sight.page.detail.get("field") == "typed"
    wrong = (Problem("confirmation", "portal.confirmation-wrong"),) if mistyped else ()
    for one in sight.accounts:
        if one.document_number == document and one.status == "ACTIVE":
            return pages.DeleteAccount(account=_row(one), action=delete_path(document), problems=wrong)
    return None


def delete_path(document: str) -> str:
    """The page that asks before an account is deleted."""
    return f"/selfservice/{quote(document, safe='')}/delete"


def _row(line: AccountLine) -> pages.AccountRow:
    return pages.AccountRow(
        line.document_number, line.device, line.status, line.created_at, line.expires_at, line.renewable
    )


def _deeds(events: Iterable[Event]) -> Iterator[tuple[Event, pages.Deed]]:
    """What an owner reads in the trail; the keys' use before the account was there is not told."""
    there: set[str] = set()
    for event in events:
        if event.name is EventName.ACCOUNT_ACTIVATED:
            there.add(event.about)
        deed = _DEEDS.get(event.name)
        if event.name is EventName.KEY_USED and event.about in there:
            deed = _USES.get(event.data.get("key", ""))
        if deed:
            yield event, deed
