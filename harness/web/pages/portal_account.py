"""The portal's self-service: a person's accounts, what was done with them, and how to be rid of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from .portal import PortalView

AccountStatus = Literal["ACTIVE", "EXPIRED", "CLOSED"]
Deed = Literal["registered", "authenticated", "signed", "refused", "locked", "renewed", "closed"]


@dataclass(frozen=True)
class AccountRow:
    """One account as its owner sees it.

    Attributes:
        document_number: of the account; its name in addresses, too.
        device: name of the phone.
        status: what becomes of it.
        since: made then.
        until: lives as long.
        renewable: it ends soon and can be renewed on its phone.
    """

    document_number: str
    device: str
    status: AccountStatus
    since: datetime
    until: datetime
    renewable: bool = False


@dataclass(frozen=True)
class HistoryRow:
    """One thing that was done with an account.

    Attributes:
        when: it was done.
        deed: what.
        party: the service for which, empty if there was none.
        device: name of the phone.
    """

    when: datetime
    deed: Deed
    device: str
    party: str = ""


@dataclass(frozen=True, kw_only=True)
class Accounts(PortalView):
    """The list of a person's accounts; may be empty."""

    template: ClassVar[str] = "portal/accounts.html"
    layout: ClassVar[str] = "wide"

    accounts: tuple[AccountRow, ...]
    deleted: str = ""
    """Name of the phone whose account has just been deleted."""


@dataclass(frozen=True, kw_only=True)
class History(PortalView):
    """What was done with all accounts of a person, newest first."""

    template: ClassVar[str] = "portal/history.html"
    layout: ClassVar[str] = "wide"

    entries: tuple[HistoryRow, ...]


@dataclass(frozen=True, kw_only=True)
class DeleteAccount(PortalView):
    """Deleting asks for a typed word; posts `confirmation` to `action`.

    Attributes:
        account: which.
        word: what must be typed.
        action: where the form goes.
    """

    template: ClassVar[str] = "portal/delete.html"

    account: AccountRow
    action: str
    word: str = "OK"
