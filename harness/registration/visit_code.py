"""The portal's questions, and the registration code that joins the visit to a phone."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from .contact import read_contact
from .model import Registration
from .portal_life import PortalEvent
from .refusal import Refused
from .registration_code import normalised
from .vocabulary import Code, EventName, Reason

if TYPE_CHECKING:
    from .visit_course import Course

_NETWORK = {4: 24, 6: 48}
"""Bits of an address that name a network, as our choice has it."""


class CodeEntry:
    """From the questions to the review page."""

    def __init__(self, course: Course) -> None:
        """Work on a visit."""
        self._course = course
        self._core = course.core
        self._record = course.record

    def answer(self, email: str, phone: str, consent: bool) -> None:
        """See `Visit.answer`."""
        if not consent:
            self._course.end(PortalEvent.CONSENT_REFUSED, Reason.CONSENT_REFUSED)
            return
        self._course.begin(PortalEvent.ANSWERED)
        self._record.contact = read_contact(email, phone)
        self._course.move(PortalEvent.ANSWERED)

    def enter(self, typed: str) -> None:
        """See `Visit.enter_code`."""
        self._course.begin(PortalEvent.CODE_ACCEPTED)
        code = normalised(typed)
        try:
            self._course.ask(lambda: self._match(code))
        except Refused as refusal:
            if refusal.code is Code.RC_WRONG:
                raise self._wrong() from None
            raise

    def _match(self, code: str) -> None:
        """What happens where the code arrives: all of it, so that nothing lies between."""
        record, core = self._record, self._core
        assert record.identity
        assert record.contact
        who = self._course.machine.owner
        registration = core.match(code, record.identity, record.contact, who, record.address)
        record.registration = registration.reg_id
        registration.visit = record.visit_id
        self._compare_addresses(registration)
        if record.guardians:
            record.link = core.guardians.invite(registration, record.guardians)
        self._course.move(PortalEvent.CODE_ACCEPTED)
        core.bind(registration)
        self._course.move(PortalEvent.REVIEW_SHOWN)

    def _compare_addresses(self, registration: Registration) -> None:
        app, browser = registration.device.address, self._record.address
        if networks_differ(app, browser):
            self._course.tell(EventName.RISK_ADDRESS_MISMATCH, app=app, browser=browser)

    def _wrong(self) -> Refused:
        """Count a wrong code; the last one closes the visit."""
        record = self._record
        record.attempts_left -= 1
        if record.attempts_left:
            return Refused(Code.RC_WRONG, attempts_left=record.attempts_left)
        self._course.move(PortalEvent.CODES_EXHAUSTED, Reason.RC_TOO_MANY)
        return Refused(Code.RC_TOO_MANY)


def networks_differ(one: str, other: str) -> bool:
    """Whether two addresses are known to lie in different networks."""
    try:
        first, second = ip_address(one), ip_address(other)
    except ValueError:
        return False
    if first.version != second.version:
        return False  # the same house may have both
    return second not in ip_network(f"{first}/{_NETWORK[first.version]}", strict=False)
