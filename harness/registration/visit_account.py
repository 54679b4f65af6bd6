"""Self-service on the portal: a person's accounts, and how to be rid of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .account_life import renewable
from .portal_life import PortalEvent
from .refusal import Refused
from .visit_record import AccountLine
from .vocabulary import Code

if TYPE_CHECKING:
    from .visit_course import Course

_WORD = "OK"
"""What must be typed to delete an account (SID-ACC-010)."""


class SelfService:
    """What a person can do with accounts that are there."""

    def __init__(self, course: Course) -> None:
        """Work on a visit."""
        self._course = course
        self._core = course.core

    def accounts(self) -> tuple[AccountLine, ...]:
        """The person's accounts and what became of them; none where the core cannot be reached."""
        identity = self._course.record.identity
        if identity is None or not self._course.portal.line.carries:
            return ()
        now = self._core.clock.now
        lines = [
            AccountLine(
                one.document_number,
                one.device.name,
                one.status(now),
                one.created_at,
                one.expires_at,
                one.closed_at,
                renewable(one, now),
            )
            for one in self._core.accounts.find(semantics_id=identity.semantics_id)
        ]
        return tuple(sorted(lines, key=lambda line: (line.created_at, line.document_number)))

    def delete(self, document: str, typed: str) -> None:
        """See `Visit.delete_account`."""
        self._course.begin(PortalEvent.ACCOUNT_DELETED)
        if typed != _WORD:
            raise Refused(Code.BAD_REQUEST, field="typed")
        self._course.ask(lambda: self._close(document))
        self._course.move(PortalEvent.ACCOUNT_DELETED)

    def _close(self, document: str) -> None:
        """Somebody else's account and nobody's are refused alike (SID-SEC-013)."""
        identity, account = self._course.record.identity, self._core.accounts.get(document)
        assert identity
        if account is None or account.semantics_id != identity.semantics_id or account.closed_by:
            raise Refused(Code.BAD_REQUEST, field="document")
        self._core.account_life.close(account, "portal")
