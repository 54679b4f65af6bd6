"""Bends: something in the product is made wrong on purpose, and the scenarios must notice.

Each bend names the file that notices it; the same file holds where nothing is bent (`test_scenarios`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from softeid.emulator.pin import Pin, PinEvent, PinState
from softeid.harness.lab import Lab
from softeid.harness.pki import ocsp
from softeid.harness.pki.status import GOOD
from softeid.harness.registration import (
    app,
    confirmation,
    contact,
    screen,
    visit_code,
    visit_login,
    visit_signing,
)
from softeid.harness.registration.certificate_check import CertificateCheck, Trust
from softeid.harness.registration.core import Core
from softeid.harness.registration.key_server import Key
from softeid.harness.registration.outbox import Outbox
from softeid.harness.registration.phones import Phones
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.registration_code import CodeBook, CodeRecord, Standing
from softeid.harness.registration.visit import Visit
from softeid.harness.registration.vocabulary import AppState, Code
from softeid.harness.scenario.event import Differed
from softeid.harness.scenario.loader import load
from softeid.harness.scenario.runner import run

SCENARIOS = Path(__file__).parents[2] / "scenarios"
Bend = Callable[[pytest.MonkeyPatch], None]
BENDS: dict[str, tuple[Bend, str]] = {}


def bend(name: str, noticed_in: str) -> Callable[[Bend], Bend]:
    def known(make: Bend) -> Bend:
        BENDS[name] = make, noticed_in
        return make

    return known


def nothing(*_: Any, **__: Any) -> None:
    """Do nothing."""


@bend("a code lives a moment longer", "expiry/fifteen-minutes")
def _(patch: pytest.MonkeyPatch) -> None:
    def standing(record: CodeRecord, now: Any) -> Standing:
        if record.used_at is not None:
            return Standing.USED
        return Standing.EXPIRED if record.replaced or now > record.expires_at else Standing.LIVE

    patch.setattr(CodeRecord, "standing", standing)
    patch.setattr(Core, "next_due", nothing)
    patch.setattr(Core, "wake", nothing)


@bend("a wrong code costs no attempt", "mismatch/codes")
def _(patch: pytest.MonkeyPatch) -> None:
    wrong = Refused(Code.RC_WRONG, attempts_left=2)
    patch.setattr(visit_code.CodeEntry, "_wrong", lambda self: wrong)


@bend("a badly formed code counts as an attempt", "mismatch/codes")
def _(patch: pytest.MonkeyPatch) -> None:
    entered = Visit.enter_code

    def enter_code(self: Visit, typed: str) -> None:
        try:
            entered(self, typed)
        except Refused as refusal:
            if refusal.code is Code.RC_FORMAT:
                self.record.attempts_left -= 1
            raise

    patch.setattr(Visit, "enter_code", enter_code)


@bend("a used code works again", "mismatch/codes")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(CodeBook, "burn", nothing)
    bound = Core.match

    def match(self: Core, *arguments: Any) -> Any:
        for registration in self._registrations.values():
            registration.state = AppState.CODE_SHOWN
        return bound(self, *arguments)

    patch.setattr(Core, "match", match)


@bend("an old code goes on working after a new one was shown", "expiry/fifteen-minutes")
def _(patch: pytest.MonkeyPatch) -> None:
    issued = CodeBook.issue

    def issue(self: CodeBook, *arguments: Any, **named: Any) -> Any:
        made = issued(self, *arguments, **named)
        for known in self._records.values():
            known.replaced = False
        return made

    patch.setattr(CodeBook, "issue", issue)


@bend("every code is badly formed", "registration/two-phones")
def _(patch: pytest.MonkeyPatch) -> None:
    def normalised(typed: str) -> str:
        raise Refused(Code.RC_FORMAT)

    patch.setattr(visit_code, "normalised", normalised)


@bend("nobody looks at certificates", "revocation/at-login")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(CertificateCheck, "check", nothing)


@bend("OCSP says good to everything", "revocation/at-signing")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ocsp.Responder, "_said_of", lambda self, asked: GOOD)


@bend("an issuer is trusted by its name", "revocation/at-login")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Trust, "issuer_of", lambda self, certificate, now: self._intermediates[0])


@bend("a token is taken for any origin", "fraud/phishing")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(visit_login.Login, "_check_token", nothing)


@bend("anybody's card may sign", "mismatch/cards")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(visit_signing.Signing, "_check_signer", nothing)


@bend("nothing ever falls due", "expiry/fifteen-minutes")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Core, "next_due", nothing)
    patch.setattr(Core, "wake", nothing)


@bend("a login that is given up ends the registration on the phone", "pin/card-pin1")
def _(patch: pytest.MonkeyPatch) -> None:
    given_up = Visit.abort_login

    def abort_login(self: Visit, *arguments: Any, **named: Any) -> None:
        for party in self._portal.core._parties:
            if isinstance(party, Phones):
                for device in party._devices.values():
                    device.state = AppState.EXPIRED
        given_up(self, *arguments, **named)

    patch.setattr(Visit, "abort_login", abort_login)


@bend("the portal does not say what is wrong with an answer", "registration/questions")
def _(patch: pytest.MonkeyPatch) -> None:
    def read_contact(*arguments: Any) -> Any:
        try:
            return contact.read_contact(*arguments)
        except Refused as refusal:
            raise Refused(Code.BAD_REQUEST) from refusal

    patch.setattr(visit_code, "read_contact", read_contact)


@bend("equal PINs are taken", "registration/choosing-pins")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(app, "check_pair", nothing)


@bend("weak PINs are taken", "registration/choosing-pins")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(app, "check_pin", nothing)


@bend("a fourth wrong confirmation is allowed", "registration/confirming-pins")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(confirmation, "LOCK_1", 4)


@bend("the keys of a dead registration live on", "registration/confirming-pins")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Key, "destroy", nothing)


@bend("nobody is warned", "fraud/fake-registration")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Outbox, "notify", nothing)


@bend("the phone does not say whose card it was", "fraud/fake-registration")
def _(patch: pytest.MonkeyPatch) -> None:
    shown = screen.screen_of
    patch.setattr(app, "screen_of", lambda *known: replace(shown(*known), identity=None))


@bend("the card does not count a wrong PIN", "pin/card-pin1")
def _(patch: pytest.MonkeyPatch) -> None:
    matched = Pin.matches

    def matches(self: Pin, block: bytes, commit: Any) -> bool:
        before = self.tries
        right = matched(self, block, commit)
        self.tries = before
        return right

    patch.setattr(Pin, "matches", matches)


@bend("the card takes any PIN", "pin/card-pin1")
def _(patch: pytest.MonkeyPatch) -> None:
    matched = Pin.matches

    def matches(self: Pin, block: bytes, commit: Any) -> bool:
        matched(self, self.value, commit)
        return True

    patch.setattr(Pin, "matches", matches)


@bend("the card does not give tries back", "pin/card-pin1")
def _(patch: pytest.MonkeyPatch) -> None:
    matched = Pin.matches

    def matches(self: Pin, block: bytes, commit: Any) -> bool:
        before = self.tries
        right = matched(self, block, commit)
        if right:
            self.tries = before
        return right

    patch.setattr(Pin, "matches", matches)


@bend("the PUK does not unblock", "pin/puk")
def _(patch: pytest.MonkeyPatch) -> None:
    after = Pin._after

    def stays(self: Pin, event: PinEvent) -> PinState:
        return self.state if event is PinEvent.UNBLOCKED else after(self, event)

    patch.setattr(Pin, "_after", stays)


@pytest.mark.parametrize(("make", "noticed_in"), BENDS.values(), ids=BENDS)
def test_a_bend_is_noticed(monkeypatch: pytest.MonkeyPatch, make: Bend, noticed_in: str) -> None:
    make(monkeypatch)
    assert noticed(noticed_in)


def noticed(where: str) -> bool:
    """Whether some scenario of a file ends otherwise than it says."""
    lab = Lab()
    scenarios = load([SCENARIOS / f"{where}.scenario.yaml"], lab.language)
    return any(isinstance(event, Differed) for event in run(scenarios, lab, seed="bent"))
