"""Registration codes at the core: issued to an app, matched when somebody types one on the portal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from ..clock import seconds_text
from .app_life import AppEvent
from .contact import Contact
from .identity import Identity
from .model import CODES, WRONG_CODES, Registration, WrongCode
from .refusal import Refused
from .registration_code import CodeBook, CodeRecord, Standing
from .store import Table
from .vocabulary import AppState, Code, EventName, Reason

if TYPE_CHECKING:
    from .core import Core

Window = Literal["cooldown", "guess_window"]
"""A setting within which wrong codes are counted."""


class CodeDesk:
    """The core's dealings with registration codes, right and wrong ones."""

    def __init__(self, core: Core, random: Callable[[int], bytes]) -> None:
        """Work for a core.

        Args:
            core: whose registrations, settings and audit trail these are.
            random: gives so many octets, for codes and numbers.
        """
        self._core = core
        self._random = random
        self._wrong_codes: Table[WrongCode] = core.store.table(WRONG_CODES)

    @property
    def _book(self) -> CodeBook:
        """The book with the key that is stored: one that was rolled back must not be remembered."""
        key = self._core.fact("code hash key", lambda: self._random(32).hex()).value
        return CodeBook(self._random, bytes.fromhex(key), self._core.store.table(CODES))

    def issue(self, registration: Registration) -> str:
        """A code for the app to show: the first, or a fresh one in place of the shown one."""
        clock, before, life = self._core.clock, registration.code, self._core.settings.t_code
        if before and not self._core.settings.code_refresh_resets:
            life = before.expires_at - clock.steady
        code, issued, redrawn = self._book.issue(
            registration.reg_id, clock.steady, life, before.digest if before else "", shown_at=clock.now
        )
        registration.code = replace(issued)
        registration.due[AppEvent.DEADLINE] = issued.expires_at
        if before:
            self._core.tell(EventName.CODE_REFRESHED, registration, generation=issued.generation)
        drawn = {"redrawn": redrawn} if redrawn else {}
        self._core.tell(EventName.CODE_ISSUED, registration, generation=issued.generation, **drawn)
        return code

    def match(
        self, code: str, identity: Identity, contact: Contact, who: str, address: str = ""
    ) -> Registration:
        """Bind the registration whose app shows a code to the person who typed it.

        Args:
            code: nine digits.
            identity: who logged in.
            contact: how they can be reached.
            who: whose browser it is, for the audit trail.
            address: of that browser; empty where it is not known.

        Raises:
            Refused: RC_COOLDOWN, RC_EXPIRED, COUNTRY_MISMATCH, IDENTITY_MISMATCH; RC_WRONG for whatever else
                does not match, which counts.
        """
        core, now = self._core, self._core.clock.steady
        self._check_cooldown(identity, address)
        standing, record = self._book.look_up(code, now)
        registration = core.registration(record.registration) if record else None
        if registration and standing is Standing.EXPIRED:
            self._reject(who, record, Reason.RC_EXPIRED)
            raise Refused(Code.RC_EXPIRED)
        if not registration or standing is not Standing.LIVE or registration.state is not AppState.CODE_SHOWN:
            self._reject(who, record, Reason.RC_USED if record else Reason.RC_WRONG)
            self._count(identity, address, who)
            raise Refused(Code.RC_WRONG)
        if registration.country != identity.country:
            self._reject(who, record, Reason.COUNTRY_MISMATCH)
            raise Refused(Code.COUNTRY_MISMATCH, country=identity.country)
        if registration.expected and registration.expected != identity.semantics_id:
            core.tell(EventName.IDENTITY_MISMATCH, registration, identity=identity.semantics_id)
            core.move(registration, AppEvent.IDENTITY_MISMATCH, Reason.IDENTITY_MISMATCH)
            raise Refused(Code.IDENTITY_MISMATCH)
        assert registration.code
        self.burn(registration)
        registration.identity, registration.contact = identity, contact
        if core.settings.deadline_scope == "code":
            del registration.due[AppEvent.DEADLINE]
        told = {
            "age": seconds_text(now - registration.code.issued_at),
            "app": registration.device.address,
            "browser": address,
        }
        known = {name: value for name, value in told.items() if value}
        core.audit.tell(EventName.CODE_ACCEPTED, who, registration.reg_id, **known)
        core.tell(EventName.IDENTITY_BOUND, registration, identity=identity.semantics_id)
        return registration

    def burn(self, registration: Registration) -> None:
        """Make the shown code a used one, unless time or use has ended it already."""
        if registration.code:
            self._book.burn(registration.code.digest, self._core.clock.steady)

    def _reject(self, who: str, record: CodeRecord | None, why: Reason) -> None:
        """Tell the audit trail what the page does not tell: whose code it was, and how old."""
        clock, told = self._core.clock, {"why": str(why)}
        if record:
            told["age"] = seconds_text(clock.steady - record.issued_at)
            by_wall = seconds_text(clock.now - record.shown_at)
            if by_wall != told["age"]:
                told["wall_age"] = by_wall
            if record.used_at:
                told["used_ago"] = seconds_text(clock.steady - record.used_at)
        self._core.audit.tell(EventName.CODE_REJECTED, who, record.registration if record else "", **told)

    def _count(self, identity: Identity, address: str, who: str) -> None:
        """Remember a wrong code, and raise an alarm when one address has had its fill (SID-RCD-013)."""
        now = self._core.clock.steady
        self._wrong_codes.add(WrongCode(self._random(8).hex(), identity.semantics_id, now, address))
        count = len(self._recent("guess_window", address=address)) if address else 0
        if count == self._core.settings.guess_limit:
            self._core.audit.tell(EventName.CODE_GUESSING, who, address=address, count=count)

    def _check_cooldown(self, identity: Identity, address: str) -> None:
        """So many wrong codes of one person, or from one address, are enough (SID-RCD-012, SID-RCD-013)."""
        settings = self._core.settings
        self._check("person", settings.cooldown_attempts, "cooldown", semantics_id=identity.semantics_id)
        if address:
            self._check("address", settings.guess_limit, "guess_window", address=address)

    def _check(self, why: str, limit: int, window: Window, **whose: str) -> None:
        recent = self._recent(window, **whose)
        if len(recent) >= limit:
            again = recent[-limit] + getattr(self._core.settings, window)
            left = (again - self._core.clock.steady).total_seconds()
            raise Refused(Code.RC_COOLDOWN, why=why, retry_after=left)

    def _recent(self, window: Window, **whose: str) -> list[datetime]:
        """When wrong codes were typed within a window of time, the last one last."""
        since = self._core.clock.steady - getattr(self._core.settings, window)
        return sorted(one.at for one in self._wrong_codes.find(**whose) if one.at > since)
