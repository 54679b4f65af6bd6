"""Bends of the phone's and the account's side; see `test_bends`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.harness.test_bends import Bend, nothing, noticed

from softeid.harness.clock import Clock
from softeid.harness.pki.status import GOOD
from softeid.harness.registration import account_life, app, app_link, key_server, pin_rule, screen
from softeid.harness.registration.account_app import AccountApp
from softeid.harness.registration.account_life import AccountLife
from softeid.harness.registration.app import App
from softeid.harness.registration.app_link import AppLink
from softeid.harness.registration.confirmation import Confirmation
from softeid.harness.registration.core import Core
from softeid.harness.registration.key_server import Key, KeyServer
from softeid.harness.registration.model import Account, Device, OwnAccount
from softeid.harness.registration.phones import Phones
from softeid.harness.steps import phone_screen
from softeid.harness.web import messages

BENDS: dict[str, tuple[Bend, str]] = {}


def bend(name: str, noticed_in: str) -> Callable[[Bend], Bend]:
    def known(make: Bend) -> Bend:
        BENDS[name] = make, noticed_in
        return make

    return known


def with_settings(patch: pytest.MonkeyPatch, **changed: object) -> None:
    """Every core has other rules than its scenario says."""
    made = Core.__init__

    def made_so(self: Core, clock: Any, seed: Any, settings: Any, **rest: Any) -> None:
        made(self, clock, seed, replace(settings, **changed), **rest)

    patch.setattr(Core, "__init__", made_so)


@bend("old apps are let in", "registration/device")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(app, "_version", lambda text: (1,))


@bend("versions are compared as texts", "registration/device")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(app, "_version", lambda text: text)


@bend("rooted phones are let in", "registration/device")
def _(patch: pytest.MonkeyPatch) -> None:
    with_settings(patch, rooted="warn")


@bend("nobody is told that the phone is rooted", "registration/device")
def _(patch: pytest.MonkeyPatch) -> None:
    with_settings(patch, rooted="allow")


@bend("the app speaks English only", "registration/device")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(phone_screen, "text", lambda language, key, **values: messages.text("en", key, **values))


@bend("time runs while the terms are read", "registration/device")
def _(patch: pytest.MonkeyPatch) -> None:
    with_settings(patch, t_pin_entry=timedelta(seconds=240))


@bend("PIN1 is kept after going back", "registration/proposed-pins")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(App, "back", lambda self: self._begin_with_pins("back"))


@bend("nobody hears that PIN2 begins with PIN1", "registration/proposed-pins")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(app, "warnings", lambda *pins: ())


@bend("nobody hears that a PIN is a birthday", "registration/proposed-pins")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(app_link, "is_birthday", lambda pin, born: False)


@bend("birthdays are known in one form only", "registration/proposed-pins")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(pin_rule, "_BIRTHDAYS", ("%d%m",))


@bend("birthdays are not refused where the setting says so", "registration/proposed-pins")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(App, "_check_birthday", nothing)


@bend("a key is locked after four wrong PINs", "account/locks")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(key_server, "LOCK_1", 4)


@bend("the second lock is as short as the first", "account/locks")
def _(patch: pytest.MonkeyPatch) -> None:
    with_settings(patch, lock_2=timedelta(hours=3))


@bend("a lock ends a second late", "account/locks")
def _(patch: pytest.MonkeyPatch) -> None:
    with_settings(patch, lock_1=timedelta(hours=3, seconds=1))


@bend("a tenth guess is free", "account/locks")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(key_server, "LOCK_3", 10)


@bend("a right PIN does not forgive the wrong ones", "account/locks")
def _(patch: pytest.MonkeyPatch) -> None:
    signed = KeyServer.sign

    def sign(self: KeyServer, key: Key, *rest: Any) -> Any:
        before = key.attempts
        answer = signed(self, key, *rest)
        key.attempts = max(before, key.attempts)
        return answer

    patch.setattr(KeyServer, "sign", sign)


@bend("one key's lock locks the other", "account/locks")
def _(patch: pytest.MonkeyPatch) -> None:
    keys = AccountLife.keys

    def one_lock(self: AccountLife, account: Account) -> Any:
        both = keys(self, account)
        last = max((key.locked_until for key in both.values() if key.locked_until), default=None)
        for key in both.values():
            key.locked_until = last
        return both

    patch.setattr(AccountLife, "keys", one_lock)


@bend("a guessed account lives on", "account/locks")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(AccountLife, "close", nothing)


@bend("a copy of the app is not noticed", "account/clones")
def _(patch: pytest.MonkeyPatch) -> None:
    signed = KeyServer.sign

    def sign(self: KeyServer, key: Key, message: int, request: Any, now: Any) -> Any:
        return signed(self, key, message, request._replace(otp=key.otp), now)

    patch.setattr(KeyServer, "sign", sign)


@bend("a wrong PIN on a copy is taken for the alarm", "account/clones")
def _(patch: pytest.MonkeyPatch) -> None:
    wrong = KeyServer._wrong

    def alarmed(self: KeyServer, key: Key, now: Any, old: bool) -> Any:
        if old:
            key.destroy("cloned")
        return wrong(self, key, now, old)

    patch.setattr(KeyServer, "_wrong", alarmed)


@bend("the password does not roll", "account/keys")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(KeyServer, "_roll", nothing)


@bend("an account ends a second late", "account/ending")
def _(patch: pytest.MonkeyPatch) -> None:
    status = Account.status
    patch.setattr(Account, "status", lambda self, now: status(self, now - timedelta(seconds=1)))


@bend("renewal is always offered", "account/ending")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(account_life, "_RENEWAL_MONTHS", 36)


@bend("an account is deleted whatever is typed", "account/ending")
def _(patch: pytest.MonkeyPatch) -> None:
    deleted = AccountApp.delete
    patch.setattr(AccountApp, "delete", lambda self, typed: deleted(self, "OK"))


@bend("a deleted account's certificates stay good", "account/ending")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(account_life, "revoked", lambda since, reason: GOOD)


@bend("a phone answers for any account", "account/ending")
def _(patch: pytest.MonkeyPatch) -> None:
    used = AccountApp.use_key

    def use_key(self: AccountApp, *arguments: Any, number: str = "", otp: Any = None) -> Any:
        return used(self, *arguments)

    patch.setattr(AccountApp, "use_key", use_key)


@bend("anybody may renew an account", "account/ending")
def _(patch: pytest.MonkeyPatch) -> None:
    enrolled = Core.enrol
    patch.setattr(Core, "enrol", lambda self, *arguments: enrolled(self, *arguments[:5]))


@bend("the old account outlives its renewal", "account/ending")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Confirmation, "_replace", nothing)


@bend("a phone may have two accounts", "account/ending")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(AccountApp, "active", lambda self: False)


@bend("a person's other accounts are not shown", "account/ending")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(AccountLife, "of_person", lambda self, semantics_id: [])


@bend("no fresh code comes with the network", "network/phone")
def _(patch: pytest.MonkeyPatch) -> None:
    fresh = AppLink._freshen

    def freshen(self: AppLink) -> None:
        if not self.device.code:
            fresh(self)

    patch.setattr(AppLink, "_freshen", freshen)


@bend("a phone without network knows what happens elsewhere", "network/phone")
def _(patch: pytest.MonkeyPatch) -> None:
    def follow(self: Phones, registration: Any) -> None:
        for device in self._devices.find(device_id=registration.device.device_id):
            if device.registration == registration.reg_id:
                App(self, device).follow(registration)

    patch.setattr(Phones, "follow", follow)


@bend("keys that are sent again are enrolled again", "network/phone")
def _(patch: pytest.MonkeyPatch) -> None:
    enrolled = Core.enrol

    def enrol(self: Core, *arguments: Any) -> Any:
        device, country, method, terms, request, *rest = arguments
        again = replace(request, request_id=f"{len(self.audit.events)}")
        return enrolled(self, device, country, method, terms, again, *rest)

    patch.setattr(Core, "enrol", enrol)


@bend("an app that is killed forgets the keys that it sent", "network/phone")
def _(patch: pytest.MonkeyPatch) -> None:
    restarted = App.restart

    def restart(self: App) -> None:
        self.device.enrolment = None
        restarted(self)

    patch.setattr(App, "restart", restart)


@bend("a request that is sent again is taken for a copy's", "network/phone")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(KeyServer, "answered", lambda self, key, message, request, now: None)
    patch.setattr(key_server, "_name", lambda request_id, otp: request_id + b"!")
    patch.setattr(KeyServer, "_roll", _forgetful(KeyServer._roll))


def _forgetful(rolled: Callable[..., None]) -> Callable[..., None]:
    def roll(self: KeyServer, key: Key, request_id: bytes) -> None:
        rolled(self, key, request_id)
        key.last_name = b""

    return roll


@bend("an app never asks for the password that it missed", "network/lost-answers")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(AccountApp, "_settle", nothing)


@bend("what a registration left open is not handed on to its account", "network/lost-answers")
def _(patch: pytest.MonkeyPatch) -> None:
    made = OwnAccount
    patch.setattr(app_link, "OwnAccount", lambda number, shares, otps, pending: made(number, shares, otps))


@bend("the authority is asked once", "network/phone")
def _(patch: pytest.MonkeyPatch) -> None:
    with_settings(patch, issue_attempts=1)


@bend("the countdown follows the phone's clock", "clock/clocks")
def _(patch: pytest.MonkeyPatch) -> None:
    shown = screen.screen_of

    def screen_of(device: Device, facts: Any, settings: Any, clock: Any, warnings: Any) -> Any:
        seen = shown(device, facts, settings, clock, warnings)
        left = None if seen.expires_in is None else seen.expires_in - 600
        return replace(seen, expires_in=left)

    patch.setattr(app, "screen_of", screen_of)


@bend("nobody tells that the clock was set back", "clock/clocks")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Core, "_notice_clock", nothing)


@bend("the countdown follows a clock that was set back", "clock/clocks")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Clock, "steady", Clock.now)


@pytest.mark.parametrize(("make", "noticed_in"), BENDS.values(), ids=BENDS)
def test_a_bend_is_noticed(monkeypatch: pytest.MonkeyPatch, make: Bend, noticed_in: str) -> None:
    make(monkeypatch)
    assert noticed(noticed_in)
