"""What every part of a visit stands on: events happen in order, or are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from .model import Registration
from .observer import Machine
from .portal_life import PORTAL_LIFE, PortalEvent
from .refusal import Refused
from .visit_record import VisitRecord
from .vocabulary import Code, EventName, Reason

if TYPE_CHECKING:
    from .portal import Portal

T = TypeVar("T")


class Course:
    """The course of one visit.

    Attributes:
        portal: the site.
        core: the account server behind it.
        record: what is remembered.
        machine: how observers know the visit.
    """

    def __init__(self, portal: Portal, record: VisitRecord) -> None:
        """Go on with a visit."""
        self.portal = portal
        self.core = portal.core
        self.record = record
        self.machine = Machine("portal", record.owner, record.browser)

    def deed(self, act: Callable[[], T]) -> T:
        """Do one thing that the person asks for, as a whole; the page tells how it was refused.

        Raises:
            Refused: by the act.
        """
        with self.core.store.transaction():
            try:
                done = act()
            except Refused as refusal:
                self.record.error = refusal.code
                self.record.detail = {name: str(value) for name, value in refusal.detail.items()}
                raise
            self.record.error, self.record.detail = None, {}
            return done

    def begin(self, event: PortalEvent) -> None:
        """Refuse an event that is not listed for the state; else the page was touched.

        Raises:
            Refused: WRONG_STEP, DEADLINE_PASSED.
        """
        self.core.wake()
        if (self.record.state, event) not in PORTAL_LIFE:
            reason = self.record.reason
            if reason is Reason.DEADLINE_PASSED:
                raise Refused(Code.DEADLINE_PASSED)
            raise Refused(Code.WRONG_STEP, state=self.record.state, **({"reason": reason} if reason else {}))
        self.record.due[PortalEvent.IDLE] = self.core.clock.steady + self.core.settings.t_portal_idle

    def move(self, event: PortalEvent, reason: Reason | None = None) -> None:
        """Let an event happen."""
        self.record.state, self.record.reason = PORTAL_LIFE[self.record.state, event], reason
        told = {"reason": reason} if reason else {}
        self.core.observer.entered(self.machine, self.record.state, told)

    def end(self, event: PortalEvent, reason: Reason) -> None:
        """Let an event end the visit.

        Raises:
            Refused: WRONG_STEP, DEADLINE_PASSED.
        """
        self.begin(event)
        self.move(event, reason)

    def left(self) -> None:
        """The visit is over without a decision."""
        record = self.record
        if record.registration and not record.guards:
            self.core.portal_left(self.registration())

    def ask(self, act: Callable[[], T]) -> T:
        """Ask the core for something.

        Raises:
            Refused: by the core; CORE_UNAVAILABLE where it cannot be reached, and then nothing has happened.
        """
        return self.portal.line.ask(self.core, act)

    def registration(self) -> Registration:
        """The one whose code was typed; for a guardian, the minor's."""
        return self.core.registration(self.record.registration)

    def tell(self, event: EventName, **data: object) -> None:
        """Add an event to the audit trail."""
        self.core.audit.tell(event, self.machine.owner, self.record.registration, **data)
