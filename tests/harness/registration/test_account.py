"""An account after it became active: use, locks, copies, renewal, its end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from softeid.harness.pki.leaf import Use
from softeid.harness.registration.account_life import renewable
from softeid.harness.registration.app import App
from softeid.harness.registration.model import Account
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.vocabulary import Code

from .conftest import PIN1, PIN2, START, Lab, at

WRONG = "9" * 5
HOUR = timedelta(hours=1)


def refused(act: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value


def active(lab: Lab) -> App:
    app, _, _ = lab.to_confirm()
    app.confirm_pin(1, PIN1)
    app.confirm_pin(2, PIN2)
    assert at(app) == "ACTIVE"
    return app


def account_of(lab: Lab) -> Account:
    (account,) = lab.core.accounts.values()
    return account


@pytest.mark.parametrize(("use", "pin"), [(Use.AUTHENTICATION, PIN1), (Use.SIGNATURE, PIN2)])
def test_a_signature_verifies_with_the_certificate(lab: Lab, use: Use, pin: str) -> None:
    app = active(lab)
    signature, wanted = app.account.use_key(use, pin, b"content", "pss", "sha384")
    key = account_of(lab).certificates[use].public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(signature, b"content", padding.PSS(padding.MGF1(hashes.SHA384()), 48), hashes.SHA384())
    assert len(wanted.salt) == 48
    assert lab.watched.names[-1] == "key.used"


def test_the_other_pin_is_wrong(lab: Lab) -> None:
    app = active(lab)
    assert refused(lambda: app.account.use_key(Use.AUTHENTICATION, PIN2, b"")).code is Code.PIN_WRONG


def test_three_six_and_nine_wrong_pins(lab: Lab) -> None:
    app = active(lab)

    def guess() -> Refused:
        return refused(lambda: app.account.use_key(Use.AUTHENTICATION, WRONG, b"content"))

    assert [guess().detail["attempts_left"] for _ in range(3)] == [2, 1, 0]
    assert guess().detail["locked_for"] == "10800"
    lab.after(3 * HOUR)
    assert [guess().detail["attempts_left"] for _ in range(3)] == [2, 1, 0]
    assert guess().detail["locked_for"] == "86400"
    lab.after(27 * HOUR)
    assert [guess().detail["attempts_left"] for _ in range(3)] == [2, 1, 0]
    assert guess().detail["why"] == "guessed"
    account = account_of(lab)
    assert (account.closed_by, account.status(lab.clock.now)) == ("guessing", "CLOSED")
    statuses = [lab.core.authority.register.get(one.serial_number) for one in account.certificates.values()]
    assert [str(status) for status in statuses] == ["revoked", "revoked"]
    assert lab.watched.names[-3:] == ["pin.wrong", "key.destroyed", "account.closed"]


def test_the_right_pin_forgives(lab: Lab) -> None:
    app = active(lab)
    for _ in range(2):
        refused(lambda: app.account.use_key(Use.AUTHENTICATION, WRONG, b"content"))
    app.account.use_key(Use.AUTHENTICATION, PIN1, b"content")
    assert lab.watched.events[-1].data["forgiven"] == "2"
    standing = lab.core.account_life.standing(account_of(lab), Use.AUTHENTICATION)
    assert standing.attempts_left == 3


def test_a_copy_is_found_out_whoever_comes_second(lab: Lab) -> None:
    owner = active(lab)
    thief = lab.phones.install("thief", "Copy")
    copy = lab.phones.copied(owner.device, thief.device)
    copy.account.use_key(Use.AUTHENTICATION, PIN1, b"by the thief")
    answer = refused(lambda: owner.account.use_key(Use.AUTHENTICATION, PIN1, b"by the owner"))
    assert (answer.code, answer.detail["why"]) == (Code.KEY_DESTROYED, "cloned")
    assert "security.clone" in lab.watched.names
    assert account_of(lab).closed_by == "clone"
    assert refused(lambda: copy.account.use_key(Use.SIGNATURE, PIN2, b"")).detail["why"] == "closed"


def test_a_refreshed_password_finds_a_copy_out_too(lab: Lab) -> None:
    owner = active(lab)
    copy = lab.phones.copied(owner.device, lab.phones.install("thief", "Copy").device)
    owner.account.refresh_key(Use.AUTHENTICATION)
    assert refused(lambda: copy.account.refresh_key(Use.AUTHENTICATION)).code is Code.BAD_REQUEST
    answer = refused(lambda: copy.account.use_key(Use.AUTHENTICATION, PIN1, b""))
    assert answer.detail["why"] == "cloned"


def test_an_account_ends_on_the_day_three_years_later(lab: Lab) -> None:
    app = active(lab)
    account = account_of(lab)
    assert account.expires_at == datetime(2029, 3, 2, 9, tzinfo=UTC)
    lab.after(account.expires_at - START - timedelta(seconds=1))
    app.account.use_key(Use.AUTHENTICATION, PIN1, b"")
    lab.after(account.expires_at - START)
    assert refused(lambda: app.account.use_key(Use.AUTHENTICATION, PIN1, b"")).code is Code.ACCOUNT_EXPIRED
    app.register()
    assert at(app) == "COUNTRY"


@pytest.mark.parametrize(
    ("end", "offered"),
    [
        (datetime(2029, 4, 30, 9, tzinfo=UTC), datetime(2029, 2, 28, 9, tzinfo=UTC)),
        (datetime(2029, 3, 2, 9, tzinfo=UTC), datetime(2029, 1, 2, 9, tzinfo=UTC)),
        (datetime(2029, 1, 31, 9, tzinfo=UTC), datetime(2028, 11, 30, 9, tzinfo=UTC)),
        (datetime(2028, 4, 30, 9, tzinfo=UTC), datetime(2028, 2, 29, 9, tzinfo=UTC)),
    ],
)
def test_renewal_is_offered_two_months_before(lab: Lab, end: datetime, offered: datetime) -> None:
    active(lab)
    account = account_of(lab)
    account.expires_at = end
    assert renewable(account, offered)
    assert not renewable(account, offered - timedelta(seconds=1))
    assert not renewable(account, end)


def test_no_renewal_before_its_time(lab: Lab) -> None:
    app = active(lab)
    assert refused(app.renew).code is Code.APP_BAD_STATE
    assert at(app) == "ACTIVE"


def test_a_renewal_that_is_given_up_leaves_the_account(lab: Lab) -> None:
    app = active(lab)
    lab.after(datetime(2029, 2, 1, 9, tzinfo=UTC) - START)
    app.renew()
    app.choose_country("EE")
    app.choose_method()
    app.accept_terms()
    app.choose_pins("9173", "64208")
    app.delete()
    assert app.device.account
    app.account.use_key(Use.AUTHENTICATION, PIN1, b"still there")


def test_deleting_must_be_meant(lab: Lab) -> None:
    app = active(lab)
    assert refused(lambda: app.account.delete("ok")).detail == {"field": "typed"}
    app.account.delete("OK")
    assert account_of(lab).closed_by == "app"
    events = len(lab.watched.events)
    app.account.delete("OK")
    assert len(lab.watched.events) == events
    assert app.screen().account == "CLOSED"


def test_a_device_answers_for_its_own_account_alone(lab: Lab) -> None:
    app = active(lab)
    answer = refused(lambda: app.account.use_key(Use.AUTHENTICATION, PIN1, b"", number="PNOEE-0-AAAA-Q"))
    assert answer.detail == {"field": "account"}
    fresh = lab.phones.install("mari", "Phone")
    assert refused(lambda: fresh.account.use_key(Use.AUTHENTICATION, PIN1, b"")).code is Code.BAD_REQUEST


def test_one_account_a_device_and_any_number_a_person(lab: Lab) -> None:
    app = active(lab)
    assert refused(app.register).code is Code.DEVICE_HAS_ACCOUNT
    assert [one.device.name for one in app.account.others(None)] == []
