"""What must be true of the records, at the moment of a kill and at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import text
from tests.kill.people import kept_authority
from tests.kill.walk import APP_AFTER, PORTAL_AFTER, Told, Walk

from softeid.harness.pki.leaf import Use
from softeid.harness.registration.account_certificate import ACCOUNT_AUTHORITY
from softeid.harness.registration.audit import Event, unbroken
from softeid.harness.registration.model import (
    ACCOUNTS,
    CODES,
    DEVICES,
    REGISTRATIONS,
    WRONG_CODES,
    Account,
    Device,
    Registration,
)
from softeid.harness.registration.registration_code import CodeRecord
from softeid.harness.registration.store import Kind
from softeid.harness.registration.visit_record import SESSIONS, VISITS, Session, VisitRecord
from softeid.harness.registration.vocabulary import AppState, EventName, PortalState
from softeid.harness.store import SqlStore

_ORDER = (
    EventName.KEYS_GENERATED,
    EventName.CODE_ISSUED,
    EventName.CODE_ACCEPTED,
    EventName.IDENTITY_BOUND,
    EventName.APPLICATION_SIGNED,
    EventName.APP_IDENTITY_ACCEPTED,
    EventName.CERTS_ISSUED,
    EventName.ACCOUNT_ACTIVATED,
)
"""What the trail tells of a registration once each, in this order."""
_AFTER_THE_SIGNATURE = (
    AppState.IDENTITY_CHECK,
    AppState.PIN1_CONFIRM,
    AppState.PIN2_CONFIRM,
    AppState.ISSUING,
    AppState.ACTIVE,
)


class Records:
    """Everything that two databases hold at one moment."""

    def __init__(self, core: SqlStore, phones: SqlStore) -> None:
        """Read it."""
        with phones.transaction():
            devices = _all(phones, DEVICES)
        with core.transaction():
            _at_one_moment(core)
            self.registrations: Mapping[str, Registration] = _all(core, REGISTRATIONS)
            self.accounts: Mapping[str, Account] = _all(core, ACCOUNTS)
            self.codes: Mapping[str, CodeRecord] = _all(core, CODES)
            self.visits: Mapping[str, VisitRecord] = _all(core, VISITS)
            self.sessions: Mapping[str, Session] = _all(core, SESSIONS)
            self.wrong_codes = len(core.table(WRONG_CODES))
            self.events: Sequence[Event] = core.events.since(0)
        self.devices: Mapping[str, Device] = devices

    def check(self, told: Sequence[Told]) -> None:
        """Nothing that somebody was told is lost, and nothing half-done is shown as done.

        Args:
            told: what people knew before the records were read.
        """
        for one in told:
            self._check_told(one)
        for registration in self.registrations.values():
            self._check_whole(registration)
        active = {one.reg_id: one for one in self.registrations.values() if one.state is AppState.ACTIVE}
        assert {one.registration for one in self.accounts.values()} == set(active)
        assert {one.document_number for one in active.values()} == set(self.accounts)
        assert unbroken(list(self.events))

    def check_end(self, walks: Sequence[Walk]) -> None:
        """Everybody has an account, and every count is right."""
        self.check([walk.told for walk in walks])
        counted = Counter((event.name, event.about) for event in self.events)
        for walk in walks:
            device = self.devices[walk.told.device]
            account = self.accounts[walk.told.document]
            registration = self.registrations[account.registration]
            assert device.registration == registration.reg_id
            self._check_account(account, registration, walk)
            names = [one.name for one in self.events if one.about == registration.reg_id]
            assert [name for name in names if name in _ORDER] == list(_ORDER)
            assert names.count(EventName.PIN_WRONG) == walk.wrong_pin, names
            assert names.count(EventName.KEY_USED) >= 4  # both requests, then both keys
        assert EventName.SECURITY_CLONE not in {name for name, _ in counted}
        kinds = Counter(event.name for event in self.events)
        assert kinds[EventName.KEYS_GENERATED] == len(self.registrations)
        assert kinds[EventName.CODE_ISSUED] == len(self.codes)
        assert kinds[EventName.CODE_ACCEPTED] == sum(1 for one in self.codes.values() if one.used_at)
        assert kinds[EventName.CODE_REJECTED] == self.wrong_codes
        assert kinds[EventName.CODE_REJECTED] == sum(1 for walk in walks if walk.wrong_code)
        typed = [one for one in self.visits.values() if one.registration]
        assert len({one.registration for one in typed}) == len(typed) == len(walks)
        assert all(one.state is PortalState.DONE for one in typed)
        assert sum(3 - one.attempts_left for one in typed) == self.wrong_codes

    def _check_told(self, told: Told) -> None:
        if not told.device:
            return
        device = self.devices[told.device]
        stored = device.state
        if device.registration:  # the phone may not have heard of it yet; whoever looks will be told this
            registration = self.registrations[device.registration]
            assert registration.state in APP_AFTER[stored], "a phone never knows more than the core"
            stored = registration.state
        assert stored in APP_AFTER[told.app], f"{told}: {stored}"
        if told.document:
            assert self.accounts[told.document].registration == device.registration
        if told.session and told.page is not PortalState.ANON:
            visit = self.visits[self.sessions[told.session].visit_id]
            assert visit.state in PORTAL_AFTER[told.page], f"{told}: {visit.state}"
            assert visit.session_id == told.session

    def _check_whole(self, one: Registration) -> None:
        """A registration in a state has what belongs to that state, and nothing of a later one."""
        assert one.keys.keys() == set(Use)
        bound = one.state not in (AppState.KEYS_READY, AppState.CODE_SHOWN)
        assert bool(one.identity) == bool(one.contact) == bool(one.visit) == bound
        assert bool(one.application) == (one.state in _AFTER_THE_SIGNATURE)
        assert bool(one.document_number) == (one.state is AppState.ACTIVE)
        if one.code:
            assert bool(self.codes[one.code.digest].used_at) == bound
        if one.state is AppState.ACTIVE:
            assert one.requests.keys() == set(Use)
        if bound:
            page = self.visits[one.visit].state
            signed = one.state in _AFTER_THE_SIGNATURE
            assert (page in (PortalState.CONFIRMED, PortalState.DONE)) == signed
            assert (page is PortalState.DONE) == (one.state is AppState.ACTIVE)

    def _check_account(self, account: Account, registration: Registration, walk: Walk) -> None:
        """Two certificates that verify, about keys that signed."""
        issuer = kept_authority(ACCOUNT_AUTHORITY).issuer
        for use in Use:
            certificate, key = account.certificates[use], registration.keys[use]
            certificate.verify_directly_issued_by(issuer)
            public = certificate.public_key()
            assert isinstance(public, rsa.RSAPublicKey)
            assert public.public_numbers().n == key.share.modulus
            signature = walk.signatures[str(use)]
            public.verify(signature, walk.told.device.encode(), padding.PKCS1v15(), SHA256())
            assert key.attempts == 0
            assert not key.ended
        assert account.identity.personal_code == walk.citizen.card.person.code


def _at_one_moment(store: SqlStore) -> None:
    """Let the open transaction see one state of all tables (PostgreSQL's documentation, 13.2.2)."""
    if store.open and not store.open.alone:
        store.open.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))


def _all(store: SqlStore, kind: Kind) -> dict[str, Any]:
    return {kind.key_of(one): one for one in store.table(kind).values()}
