"""What the portal's pages are made from: a visit, looked at inside one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from ..registration.app_life import AppEvent
from ..registration.core import Core
from ..registration.model import Account, Registration
from ..registration.portal import Portal
from ..registration.visit import Visit
from ..registration.visit_record import AccountLine, Page, VisitRecord
from ..registration.vocabulary import Code
from .pages.render import Problem


@dataclass
class Sight:
    """A visit as its page is drawn.

    Attributes:
        portal: the site.
        visit: which one.
        follows: where the person wants to be after the login; empty for the ordinary way.
        typed: what is filled in again of a form that could not be taken.
        problems: of that form.
    """

    portal: Portal
    visit: Visit
    follows: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @property
    def core(self) -> Core:
        """The account server behind it."""
        return self.portal.core

    @property
    def record(self) -> VisitRecord:
        """What is remembered of the visit."""
        return self.visit.record

    @cached_property
    def page(self) -> Page:
        """What the portal shows."""
        return self.visit.page()

    @property
    def error(self) -> Code | None:
        """What the last deed was refused with."""
        return self.page.error

    @cached_property
    def registration(self) -> Registration:
        """The one whose code was typed; for a guardian, the minor's."""
        return self.core.registration(self.record.registration)

    @property
    def accounts(self) -> tuple[AccountLine, ...]:
        """The person's accounts, closed ones too, in the order in which they were made."""
        return self.page.accounts

    @property
    def active(self) -> int:
        """How many of them can be used."""
        return sum(one.status == "ACTIVE" for one in self.accounts)

    @property
    def made(self) -> Account | None:
        """The account that came of this visit."""
        number = self.registration.document_number
        return self.core.accounts.get(number) if number else None

    @property
    def signed_at(self) -> datetime:
        """When the application was signed; for a guardian, the minor's."""
        signed = self.registration.application
        return signed.signed_at if signed else self.core.clock.now

    @property
    def phone_until(self) -> datetime:
        """When the phone must be done."""
        due = self.registration.due.get(AppEvent.CONFIRM_TIMEOUT)
        return self.core.clock.wall(due) if due else self.signed_at + self.core.settings.t_confirm

    @property
    def clicks(self) -> bool:
        """Whether a click is enough for the application."""
        return self.core.settings.confirm == "click" and not self.record.guards
