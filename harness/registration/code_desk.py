"""Registration codes at the core: issued to an app, matched when somebody types one on the portal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from .app_life import AppEvent
from .contact import Contact
from .identity import Identity
from .model import CODES, WRONG_CODES, Registration, WrongCode
from .refusal import Refused
from .registration_code import CodeBook, Standing
from .store import Table
from .vocabulary import AppState, Code, EventName, Reason

if TYPE_CHECKING:
    from .core import Core


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

    @cached_property
    def _book(self) -> CodeBook:
        key = self._core.fact("code hash key", lambda: self._random(32).hex()).value
        return CodeBook(self._random, bytes.fromhex(key), self._core.store.table(CODES))

    def issue(self, registration: Registration) -> str:
        """A code for the app to show: the first, or a fresh one in place of the shown one."""
        now = self._core.clock.steady
        before, life = registration.code, self._core.settings.t_code
        if before and not self._core.settings.code_refresh_resets:
            life = before.expires_at - now
        code, issued, redrawn = self._book.issue(
            registration.reg_id, now, life, before.digest if before else ""
        )
        registration.code = replace(issued)
        registration.due[AppEvent.DEADLINE] = issued.expires_at
        if before:
            self._core.tell(EventName.CODE_REFRESHED, registration, generation=issued.generation)
        self._core.tell(EventName.CODE_ISSUED, registration, generation=issued.generation, redrawn=redrawn)
        return code

    def match(self, code: str, identity: Identity, contact: Contact, who: str) -> Registration:
        """Bind the registration whose app shows a code to the person who typed it.

        Args:
            code: nine digits.
            identity: who logged in.
            contact: how they can be reached.
            who: whose browser it is, for the audit trail.

        Raises:
            Refused: RC_COOLDOWN, RC_EXPIRED, COUNTRY_MISMATCH; RC_WRONG for whatever else does not match,
                which counts.
        """
        now = self._core.clock.steady
        self._check_cooldown(identity)
        standing, record = self._book.look_up(code, now)
        registration = self._core.registration(record.registration) if record else None
        if registration and standing is Standing.EXPIRED:
            self._reject(who, registration, Reason.RC_EXPIRED)
            raise Refused(Code.RC_EXPIRED)
        if not registration or standing is not Standing.LIVE or registration.state is not AppState.CODE_SHOWN:
            self._wrong_codes.add(WrongCode(self._random(8).hex(), identity.semantics_id, now))
            self._reject(who, registration, Reason.RC_USED if registration else Reason.RC_WRONG)
            raise Refused(Code.RC_WRONG)
        if registration.country != identity.country:
            self._reject(who, registration, Reason.COUNTRY_MISMATCH)
            raise Refused(Code.COUNTRY_MISMATCH, country=identity.country)
        assert registration.code
        self.burn(registration)
        registration.identity, registration.contact = identity, contact
        if self._core.settings.deadline_scope == "code":
            del registration.due[AppEvent.DEADLINE]
        age = (now - registration.code.issued_at).total_seconds()
        self._core.audit.tell(EventName.CODE_ACCEPTED, who, registration.reg_id, age=f"{age:g}")
        self._core.tell(EventName.IDENTITY_BOUND, registration, identity=identity.semantics_id)
        return registration

    def burn(self, registration: Registration) -> None:
        """Make the shown code a used one, unless time or use has ended it already."""
        if registration.code:
            self._book.burn(registration.code.digest, self._core.clock.steady)

    def _reject(self, who: str, registration: Registration | None, why: Reason) -> None:
        self._core.audit.tell(
            EventName.CODE_REJECTED, who, registration.reg_id if registration else "", why=why
        )

    def _check_cooldown(self, identity: Identity) -> None:
        """So many wrong codes of one person in a day are enough (SID-RCD-012)."""
        now, within = self._core.clock.steady, self._core.settings.cooldown
        tried = self._wrong_codes.find(semantics_id=identity.semantics_id)
        recent = sorted(one.at for one in tried if one.at > now - within)
        if len(recent) >= self._core.settings.cooldown_attempts:
            again = recent[-self._core.settings.cooldown_attempts] + within
            raise Refused(Code.RC_COOLDOWN, retry_after=(again - now).total_seconds())
