"""Refusals of the portal that are taken away, one at a time: a scenario must notice each.

Like `test_bends`; here a row says what is replaced by what, and where that shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from tests.harness.test_bends import noticed

from softeid.harness.clients import login_client
from softeid.harness.registration import (
    certificate_check,
    client_handshake,
    contact,
    ocsp_check,
    outbox,
    pin_rule,
    visit_code,
    visit_login,
    visit_signing,
)
from softeid.harness.registration.app_link import AppLink
from softeid.harness.registration.certificate_check import CertificateCheck, Trust
from softeid.harness.registration.client_handshake import Connection
from softeid.harness.registration.code_desk import CodeDesk
from softeid.harness.registration.confirmation import Confirmation
from softeid.harness.registration.core import Core
from softeid.harness.registration.guardian import GuardianDesk
from softeid.harness.registration.line import Line
from softeid.harness.registration.login_ticket import How, TicketBook, TicketRecord
from softeid.harness.registration.ocsp_check import OcspCheck
from softeid.harness.registration.population_register import PopulationRegister
from softeid.harness.registration.portal import Portal
from softeid.harness.registration.portal_life import PortalEvent
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.visit import Visit
from softeid.harness.registration.visit_account import SelfService
from softeid.harness.registration.visit_login import Login
from softeid.harness.registration.visit_record import Challenge
from softeid.harness.registration.visit_signing import Signing
from softeid.harness.registration.vocabulary import Code
from softeid.harness.web import session


class Row(NamedTuple):
    """What is bent: an attribute of a module or a class."""

    place: Any
    name: str
    instead: Any
    noticed_in: str


def nothing(*_: Any, **__: Any) -> None:
    """Do nothing."""


def yes(*_: Any, **__: Any) -> bool:
    """Say yes."""
    return True


def no(*_: Any, **__: Any) -> bool:
    """Say no."""
    return False


def without(refused: Code, original: Callable[..., Any], *names: str) -> Callable[..., Any]:
    """A function whose refusals with one code, and one of these for `why`, are no refusals."""

    def lenient(*arguments: Any, **named: Any) -> Any:
        try:
            return original(*arguments, **named)
        except Refused as refusal:
            if refusal.code is refused and (not names or refusal.detail.get("why") in names):
                return None
            raise

    return lenient


def redeem(self: TicketBook, ticket: str, session: str, now: Any) -> Any:
    """Take any ticket at any time from anybody."""
    from softeid.harness.registration.login_ticket import _hash

    record: TicketRecord | None = self._tickets.get(_hash(ticket))
    assert record
    return record.certificate


def take_nonce(self: Login) -> str:
    """Leave the challenge where it is, however old."""
    challenge = self._record.challenge or Challenge("", self._core.clock.steady, self._core.clock.now)
    return challenge.nonce


def begin(self: Login, event: PortalEvent = PortalEvent.LOGIN_STARTED) -> None:
    """Ask for no cookie."""
    self._course.begin(event)


def fresh_once_more(self: Connection) -> tuple[bytes | None, How]:
    """Say that what is known from before was signed now."""
    return self._certificate, How.SIGNED if self._certificate else How.WITHOUT


def close(self: SelfService, document: str) -> None:
    """End whosever account it is."""
    account = self._core.accounts.get(document)
    if account:
        self._core.account_life.close(account, "portal")


def trusted(self: Trust, certificate: Any, now: Any) -> Any:
    """Trust everybody who is known."""
    everybody = (*self._intermediates, *self._revoked, *self._unlisted)
    return next((one for one in everybody if certificate_check._issued_by(certificate, one)), everybody[0])


def answered(hello: Any, origin: str, now: Any, key: Any) -> Any:
    """Look at no clock."""
    return client_handshake.answer(hello, origin, hello.not_before, key)


def reached(self: Line, core: Any, act: Callable[[], Any]) -> Any:
    """Reach the core, whatever lies between."""
    return act()


def dates_last(self: CertificateCheck, certificate: Any, use: Any, now: Any) -> Any:
    """Ask OCSP before looking at the dates."""
    issuer = self.trust.issuer_of(certificate, now)
    told = self._ocsp.check(certificate, issuer, now)
    certificate_check._check_time(certificate, now)
    return told


def taken_last(self: Login, token: str) -> Any:
    """Take the challenge away when the certificate was good."""
    take = self._take_nonce
    self._take_nonce = lambda: ""  # type: ignore[method-assign]  # of this one
    check = self._check_token
    self._check_token = lambda parsed, key, _: check(parsed, key, take())  # type: ignore[method-assign, assignment]
    return by_token(self, token)


by_token = Login.by_token


def status_without_reason(answer: Any) -> None:
    """Refuse what is revoked, always for the same reason."""
    try:
        check_status(answer)
    except Refused as refusal:
        raise Refused(refusal.code, **{**refusal.detail, "reason": "keyCompromise"}) from refusal


check_status = ocsp_check._check_status


def birthdays_of_pin1(self: AppLink, facts: Any) -> list[int]:
    """Look at the first PIN only."""
    return [number for number in birthdays(self, facts) if number == 1]


birthdays = AppLink._birthdays


BENDS: dict[str, Row] = {
    "a ticket is good for everybody, always": Row(TicketBook, "redeem", redeem, "login/mutual-tls"),
    "a session of before counts as a signature": Row(Connection, "take", fresh_once_more, "login/mutual-tls"),
    "no handshake is verified": Row(client_handshake, "_verifies", yes, "login/mutual-tls"),
    "a handshake may be handed on": Row(client_handshake, "_verifies", yes, "fraud/phishing"),
    "nobody looks at the computer's clock": Row(login_client, "answer", answered, "login/session"),
    "a challenge can be answered at any time": Row(Login, "_take_nonce", take_nonce, "login/token"),
    "no cookie is needed": Row(Login, "_begin", begin, "login/session"),
    "no token against forgery is needed": Row(session, "check_csrf", nothing, "login/session"),
    "the session keeps its name": Row(Portal, "rename", nothing, "login/session"),
    "a login that failed leaves no trace": Row(Login, "_failed", nothing, "login/token"),
    "the card may leave": Row(Visit, "presence", nothing, "login/card-and-reader"),
    "everybody lives and has a good document": Row(
        visit_login, "check_standing", nothing, "register/population-register"
    ),
    "a silent register has said yes": Row(
        PopulationRegister, "look_up", PopulationRegister.entry, "register/population-register"
    ),
    "everybody is of age": Row(visit_login, "needs_guardian", no, "register/ages"),
    "no guardian is needed": Row(visit_login, "needs_guardian", no, "guardian/minors"),
    "no guardian is awaited": Row(GuardianDesk, "awaited", no, "guardian/minors"),
    "anybody is a guardian": Row(
        GuardianDesk, "admit", lambda self, link, *_: self.look_up(link), "guardian/minors"
    ),
    "an address may guess for ever": Row(
        CodeDesk, "_check", without(Code.RC_COOLDOWN, CodeDesk._check, "address"), "mismatch/codes"
    ),
    "a person may guess for ever": Row(
        CodeDesk, "_check", without(Code.RC_COOLDOWN, CodeDesk._check, "person"), "mismatch/codes"
    ),
    "no further code is needed": Row(Signing, "_need_step_up", nothing, "fraud/warnings"),
    "any further code will do": Row(Signing, "_hashed", lambda self, code: "same", "fraud/warnings"),
    "places are not compared": Row(visit_code, "networks_differ", no, "fraud/warnings"),
    "messages warn of nothing": Row(outbox, "FRAUD_NOTICE", "", "fraud/warnings"),
    "any signature holds": Row(visit_signing, "signature_holds", yes, "signing/application"),
    "the signer's certificate is not looked at": Row(Signing, "_check", nothing, "revocation/at-signing"),
    "anybody's account can be ended": Row(SelfService, "_close", close, "account/self-service"),
    "a portal that loses its sessions keeps them": Row(Portal, "restart", nothing, "network/portal"),
    "the core is always there": Row(Line, "ask", reached, "network/portal"),
    "everybody who is known is trusted": Row(Trust, "issuer_of", trusted, "revocation/issuers"),
    "any key is strong": Row(certificate_check, "_check_strength", nothing, "mismatch/certificates"),
    "any policy will do": Row(certificate_check, "_check_policy", nothing, "mismatch/certificates"),
    "any purpose will do": Row(certificate_check, "_check_purpose", nothing, "mismatch/certificates"),
    "dates are looked at last": Row(CertificateCheck, "check", dates_last, "revocation/at-login"),
    "a bad certificate leaves the challenge": Row(Login, "by_token", taken_last, "login/token"),
    "an e-mail address may be of any length": Row(contact, "_LONGEST_EMAIL", 9999, "registration/questions"),
    "a telephone number may be of any length": Row(
        contact, "_PHONE", re.compile(r"\+[1-9]\d{6,}"), "registration/questions"
    ),
    "a browser that left means nothing": Row(Core, "portal_left", nothing, "signing/application"),
    "a PIN may be a pair twice": Row(
        pin_rule, "_BY_PATTERN", pin_rule._BY_PATTERN[:2], "registration/choosing-pins"
    ),
    "PIN2 may be a birthday": Row(AppLink, "_birthdays", birthdays_of_pin1, "registration/proposed-pins"),
    "a lock does not stop the clock of the last step": Row(
        Confirmation, "_wait_for", nothing, "registration/confirming-pins"
    ),
    "what is revoked has one reason": Row(
        ocsp_check, "_check_status", status_without_reason, "revocation/at-login"
    ),
    "anybody signs for a responder": Row(ocsp_check, "_signed_by", yes, "revocation/ocsp"),
    "anybody is a responder": Row(ocsp_check, "_may_answer", yes, "revocation/ocsp"),
    "the responder is not looked at": Row(ocsp_check, "_check_responder", nothing, "revocation/ocsp"),
    "an OCSP answer is about anything": Row(ocsp_check, "_check_subject", nothing, "revocation/ocsp"),
    "one of several OCSP answers will do": Row(
        ocsp_check, "_sole_answer", lambda response: next(iter(response.responses)), "revocation/ocsp"
    ),
    "no OCSP nonce is needed": Row(ocsp_check, "_check_nonce", nothing, "revocation/ocsp"),
    "an OCSP answer never gets old": Row(OcspCheck, "_check_age", nothing, "revocation/ocsp"),
    "who cannot be asked has said yes": Row(
        OcspCheck, "check", without(Code.OCSP_UNAVAILABLE, OcspCheck.check), "revocation/ocsp"
    ),
}


@pytest.mark.parametrize("row", BENDS.values(), ids=BENDS)
def test_a_bend_is_noticed(monkeypatch: pytest.MonkeyPatch, row: Row) -> None:
    monkeypatch.setattr(row.place, row.name, row.instead)
    assert noticed(row.noticed_in)
