"""Parents and guardians who sign for a minor: links, who may use them, and when.

A link is made when the minor's code has matched. It leads to the minor's application once that is signed, can
be used for one signature, and is good for nothing without the card of somebody whom the population register
names. The clear link leaves in the answer to the portal; the desk knows its hash.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from .app_life import APP_ENDS, AppEvent
from .identity import Identity
from .model import Registration, SignedApplication
from .population_register import Guardian
from .refusal import Refused
from .store import Kind, Table
from .vocabulary import AppState, Code, EventName, Reason

if TYPE_CHECKING:
    from .core import Core

_OCTETS = 20
_NOT_SIGNED_YET = (AppState.CODE_SHOWN, AppState.BOUND)


@dataclass
class Guardianship:
    """That somebody must sign for a minor, by the hash of the link.

    Attributes:
        digest: SHA-256 in hex.
        registration: the minor's.
        guardians: who may sign.
        expires_at: at this instant the link is expired, by the steady clock.
        signed_by: who did, by semantics identifier.
        consent: what they signed.
        refused: whether one of them said no.
    """

    digest: str
    registration: str
    guardians: tuple[Guardian, ...]
    expires_at: datetime
    signed_by: str = ""
    consent: SignedApplication | None = None
    refused: bool = False


GUARDIANSHIPS = Kind("guardianships", Guardianship, "digest", ("registration",))


class GuardianDesk:
    """The core's dealings with guardians."""

    def __init__(
        self, core: Core, random: Callable[[int], bytes], issue: Callable[[Registration], None]
    ) -> None:
        """Work for a core.

        Args:
            core: whose registrations, settings and audit trail these are.
            random: gives so many octets, for links.
            issue: makes the account of a registration.
        """
        self._core = core
        self._random = random
        self._issue = issue
        self._table: Table[Guardianship] = core.store.table(GUARDIANSHIPS)

    def invite(self, registration: Registration, guardians: tuple[Guardian, ...]) -> str:
        """A link's secret part, for the minor to hand on: 27 characters of Base64url.

        Args:
            registration: the minor's.
            guardians: whom the population register names.
        """
        link = urlsafe_b64encode(self._random(_OCTETS)).rstrip(b"=").decode()
        expires_at = self._core.clock.steady + self._core.settings.t_guardian
        self._table.add(Guardianship(_hash(link), registration.reg_id, guardians, expires_at))
        registration.due[AppEvent.GUARDIAN_TIMEOUT] = expires_at
        return link

    def of(self, registration: Registration) -> Guardianship | None:
        """Who must sign for a registration; None where nobody must."""
        return next(iter(self._table.find(registration=registration.reg_id)), None)

    def awaited(self, registration: Registration) -> bool:
        """Whether a guardian must still sign."""
        guardianship = self.of(registration)
        return guardianship is not None and not guardianship.signed_by

    def look_up(self, link: str) -> Guardianship:
        """What a link leads to.

        Raises:
            Refused: BAD_REQUEST for no link of ours, GUARDIAN_LINK_USED, GUARDIAN_LINK_EXPIRED; WRONG_STEP
                while the minor has signed nothing yet.
        """
        guardianship = self._table.get(_hash(link))
        if guardianship is None:
            raise Refused(Code.BAD_REQUEST, field="link")
        if guardianship.signed_by or guardianship.refused:
            raise Refused(Code.GUARDIAN_LINK_USED)
        state = self._core.registration(guardianship.registration).state
        if state in APP_ENDS or self._core.clock.steady >= guardianship.expires_at:
            raise Refused(Code.GUARDIAN_LINK_EXPIRED)
        if state in _NOT_SIGNED_YET:
            raise Refused(Code.WRONG_STEP, state=state)
        return guardianship

    def admit(self, link: str, identity: Identity, who: str) -> None:
        """Let one of the guardians see the minor's application; anybody else leaves the link as it was.

        Args:
            link: as `invite` gave it.
            identity: who logged in.
            who: whose browser it is, for the audit trail.

        Raises:
            Refused: GUARDIAN_MISMATCH, and as `look_up`.
        """
        guardianship = self.look_up(link)
        if all(one.semantics_id != identity.semantics_id for one in guardianship.guardians):
            about = guardianship.registration
            told = identity.semantics_id
            self._core.audit.tell(EventName.GUARDIAN_MISMATCH, who, about, identity=told)
            raise Refused(Code.GUARDIAN_MISMATCH)

    def sign(self, link: str, identity: Identity, consent: SignedApplication, who: str) -> None:
        """Take a guardian's signature; where the minor is done, the account is made.

        Args:
            link: as `invite` gave it.
            identity: who signed.
            consent: checked by the portal.
            who: whose browser it is, for the audit trail.

        Raises:
            Refused: as `admit`.
        """
        self.admit(link, identity, who)
        guardianship = self.look_up(link)
        guardianship.signed_by, guardianship.consent = identity.semantics_id, consent
        registration = self._core.registration(guardianship.registration)
        registration.due.pop(AppEvent.GUARDIAN_TIMEOUT, None)
        told = {"guardian": identity.semantics_id, **consent.told()}
        self._core.audit.tell(EventName.GUARDIAN_SIGNED, who, registration.reg_id, **told)
        if registration.state is AppState.WAIT_GUARDIAN:
            self._core.move(registration, AppEvent.GUARDIAN_SIGNED)
            self._issue(registration)

    def refuse(self, link: str, identity: Identity, who: str) -> None:
        """A guardian says no: there will be no account.

        Args:
            link: as `invite` gave it.
            identity: who says so.
            who: whose browser it is, for the audit trail.

        Raises:
            Refused: as `admit`.
        """
        self.admit(link, identity, who)
        guardianship = self.look_up(link)
        guardianship.refused = True
        registration = self._core.registration(guardianship.registration)
        told = {"guardian": identity.semantics_id}
        self._core.audit.tell(EventName.GUARDIAN_REFUSED, who, registration.reg_id, **told)
        self._core.move(registration, AppEvent.GUARDIAN_REFUSED, Reason.GUARDIAN_REFUSED)


def _hash(link: str) -> str:
    return hashlib.sha256(link.encode(errors="surrogatepass")).hexdigest()
