"""The last step: PINs confirmed by two shares, certificates, the account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from tests.harness.registration.conftest import PIN1, PIN2, START, Lab, at

from softeid.harness.pki.leaf import Leaf, Use
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.vocabulary import Code

MS = timedelta(milliseconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
WRONG = "8305"


def refused(deed: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as caught:
        deed()
    return caught.value


def test_both_pins_make_an_account(lab: Lab) -> None:
    app, visit, _ = lab.to_confirm()
    app.confirm_pin(1, PIN1)
    assert at(app) == "PIN2_CONFIRM"
    app.confirm_pin(2, PIN2)
    assert (at(app), at(visit)) == ("ACTIVE", "DONE")
    screen = app.screen()
    assert screen.screen == "READY"
    account = lab.core.accounts[screen.document_number]
    assert account.identity.semantics_id == "PNOEE-38001085718"
    assert account.expires_at == datetime(2029, 3, 2, 9, 0, tzinfo=UTC)
    assert lab.watched.names[-2:] == ["certs.issued", "account.activated"]


def test_the_certificates_follow_the_profile(lab: Lab) -> None:
    app, _, _ = lab.to_confirm()
    app.confirm_pin(1, PIN1)
    app.confirm_pin(2, PIN2)
    (account,) = lab.core.accounts.values()
    auth, sign = account.certificates[Use.AUTHENTICATION], account.certificates[Use.SIGNATURE]
    assert auth.subject == sign.subject
    assert [attribute.rfc4514_attribute_name for attribute in auth.subject][:2] == ["C", "CN"]
    (common,) = auth.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert common.value == "JÕEORG,JAAK-KRISTJAN"
    for certificate in (auth, sign):
        certificate.verify_directly_issued_by(lab.core.authority.issuer)
        (name,) = certificate.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        ).value.get_values_for_type(x509.DirectoryName)
        assert name.rfc4514_string() == f"CN={account.document_number}"
        assert certificate.not_valid_after_utc == account.expires_at - timedelta(seconds=1)
        assert certificate.issuer.rfc4514_string().startswith("CN=SOFTEID TEST account CA")
    usages = [one.extensions.get_extension_for_class(x509.KeyUsage).value for one in (auth, sign)]
    assert [(usage.digital_signature, usage.content_commitment) for usage in usages] == [
        (True, False),
        (False, True),
    ]
    policies = [
        {policy.policy_identifier.dotted_string for policy in found}
        for found in (
            one.extensions.get_extension_for_class(x509.CertificatePolicies).value for one in (auth, sign)
        )
    ]
    assert policies == [
        {"1.3.6.1.4.1.10015.17.2", "0.4.0.2042.1.2"},
        {"1.3.6.1.4.1.10015.17.2", "0.4.0.194112.1.2"},
    ]


def test_the_confirmed_requests_are_ordinary_certificate_requests(lab: Lab) -> None:
    app, _, _ = lab.to_confirm()
    app.confirm_pin(1, PIN1)
    app.confirm_pin(2, PIN2)
    registration = lab.core.registration(app.device.registration)
    for use in Use:
        request = x509.load_der_x509_csr(registration.requests[use])
        assert request.is_signature_valid
        certificate = lab.core.accounts[registration.document_number].certificates[use]
        assert request.public_key() == certificate.public_key()
        assert request.subject == certificate.subject


def test_a_wrong_pin_is_counted_by_the_core_and_the_right_one_follows(lab: Lab) -> None:
    app, _, _ = lab.to_confirm()
    answer = refused(lambda: app.confirm_pin(1, WRONG))
    assert (answer.code, answer.detail) == (Code.PIN_WRONG, {"pin": 1, "attempts_left": 2})
    assert app.screen().attempts_left == 2
    app.confirm_pin(1, PIN1)
    assert refused(lambda: app.confirm_pin(2, WRONG)).detail == {"pin": 2, "attempts_left": 2}
    app.confirm_pin(2, PIN2)
    (account,) = lab.core.accounts.values()
    assert {key.attempts for key in lab.core.registration(account.registration).keys.values()} == {0}


def test_three_wrong_pins_end_the_registration(lab: Lab) -> None:
    app, visit, _ = lab.to_confirm()
    answers = [refused(lambda: app.confirm_pin(1, WRONG)) for _ in range(3)]
    assert [answer.detail["attempts_left"] for answer in answers] == [2, 1, 0]
    assert (at(app), app.device.reason) == ("TERMINATED", "PIN_CONFIRM_FAILED")
    assert (at(visit), visit.record.reason) == ("CLOSED", "PIN_CONFIRM_FAILED")
    assert lab.watched.names[-3:] == ["pin.wrong", "registration.terminated", "registration.abandoned"]
    assert not lab.core.accounts
    assert refused(lambda: app.confirm_pin(1, PIN1)).code is Code.APP_BAD_STATE


def test_swapped_pins_count_once_on_each_key(lab: Lab) -> None:
    app, _, _ = lab.to_confirm()
    refused(lambda: app.confirm_pin(1, PIN2))
    app.confirm_pin(1, PIN1)
    refused(lambda: app.confirm_pin(2, PIN1))
    keys = lab.core.registration(app.device.registration).keys
    assert [key.attempts for key in keys.values()] == [0, 1]


@pytest.mark.parametrize("typed", ["", "12a4", "1234567890123", "４２７１"])
def test_what_is_no_pin_is_no_attempt(lab: Lab, typed: str) -> None:
    app, _, _ = lab.to_confirm()
    assert refused(lambda: app.confirm_pin(1, typed)).code is Code.PIN_FORMAT
    assert app.screen().attempts_left == 3


def test_a_lock_instead_of_an_end_lets_the_person_go_on_after_three_hours(
    make_lab: Callable[..., Lab],
) -> None:
    lab = make_lab(on_three="lock")
    app, _, _ = lab.to_confirm()
    for _ in range(3):
        answer = refused(lambda: app.confirm_pin(1, WRONG))
    assert answer.detail == {"pin": 1, "attempts_left": 0}
    assert app.screen().locked_until == START + 3 * HOUR
    assert lab.watched.names[-1] == "key.locked"
    lab.after(3 * HOUR - MS)
    assert refused(lambda: app.confirm_pin(1, PIN1)).code is Code.KEY_LOCKED
    lab.after(3 * HOUR)
    assert app.screen().locked_until is None
    app.confirm_pin(1, PIN1)
    app.confirm_pin(2, PIN2)
    assert at(app) == "ACTIVE"


def test_nine_wrong_pins_destroy_the_key(make_lab: Callable[..., Lab]) -> None:
    lab = make_lab(on_three="lock")
    app, _, _ = lab.to_confirm()
    for age in (timedelta(), 3 * HOUR, 27 * HOUR):
        lab.after(age)
        for _ in range(3):
            refused(lambda: app.confirm_pin(1, WRONG))
    assert at(app) == "LOCKED"
    assert "key.destroyed" in lab.watched.names


def test_a_copied_app_kills_the_registration(lab: Lab) -> None:
    app, _, _ = lab.to_confirm()
    app.device.otps[Use.AUTHENTICATION] = bytes(16)  # what a copy from before the last roll has
    assert refused(lambda: app.confirm_pin(1, PIN1)).code is Code.KEY_DESTROYED
    assert at(app) == "LOCKED"
    assert "security.clone" in lab.watched.names


@pytest.mark.parametrize(
    ("begin", "age", "reason"),
    [
        ("identity", 15 * MINUTE, "CONFIRM_TIMEOUT"),
        ("confirm", 5 * MINUTE, "PIN_ENTRY_TIMEOUT"),
    ],
)
def test_the_last_step_times_out(lab: Lab, begin: str, age: timedelta, reason: str) -> None:
    app, visit, card = lab.to_review()
    lab.after(4 * MINUTE)  # what began earlier has no say any more
    lab.sign(visit, card)
    if begin == "confirm":
        app.accept_identity()
    lab.after(4 * MINUTE + age - MS)
    state = at(app)
    lab.after(4 * MINUTE + age)
    assert (state != "TERMINATED", at(app), app.device.reason) == (True, "TERMINATED", reason)
    assert (at(visit), visit.record.reason) == ("CLOSED", reason)


def test_an_app_killed_between_the_pins_goes_on_at_the_second(lab: Lab) -> None:
    app, _, _ = lab.to_confirm()
    app.confirm_pin(1, PIN1)
    app.restart()
    assert at(app) == "PIN2_CONFIRM"
    app.confirm_pin(2, PIN2)
    assert at(app) == "ACTIVE"


def test_outdated_terms_end_the_registration(lab: Lab) -> None:
    app, _, _ = lab.to_confirm()
    app.confirm_pin(1, PIN1)
    lab.core.terms_version = "2026-02"
    assert refused(lambda: app.confirm_pin(2, PIN2)).code is Code.TERMS_OUTDATED
    assert (at(app), app.device.reason) == ("TERMINATED", "TERMS_OUTDATED")


@pytest.mark.parametrize("comes_back", [True, False])
def test_an_authority_that_does_not_answer_is_asked_three_times(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, comes_back: bool
) -> None:
    asked = []
    issue = lab.core.authority.issue

    def flaky(leaf: Leaf) -> x509.Certificate:
        asked.append(lab.clock.now)
        if comes_back and len(asked) > 2:
            return issue(leaf)
        raise ConnectionError("down")

    monkeypatch.setattr(lab.core.authority, "issue", flaky)
    app, _, _ = lab.to_confirm()
    app.confirm_pin(1, PIN1)
    app.confirm_pin(2, PIN2)
    assert at(app) == "ISSUING"
    lab.after(MINUTE)
    assert asked[:3] == [START + timedelta(seconds=10 * n) for n in range(3)]
    assert at(app) == ("ACTIVE" if comes_back else "TERMINATED")
    assert app.device.reason == (None if comes_back else "CA_UNAVAILABLE")


def test_fraud_may_be_reported_while_certificates_are_waited_for(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(leaf: Leaf) -> x509.Certificate:
        raise ConnectionError("down")

    app, visit, _ = lab.to_confirm()
    monkeypatch.setattr(lab.core.authority, "issue", down)
    app.confirm_pin(1, PIN1)
    app.confirm_pin(2, PIN2)
    visit.report()
    assert (at(app), app.device.reason, at(visit)) == ("TERMINATED", "REPORTED", "CLOSED")
    monkeypatch.undo()
    lab.after(MINUTE)
    assert not lab.core.accounts


def test_one_person_may_have_two_devices(lab: Lab) -> None:
    for name in ("Old", "New"):
        app, card = lab.to_code(lab.app(name=name)), lab.card()
        visit = lab.to_code_entry(lab.visit(), card)
        visit.enter_code(app.device.code)
        lab.sign(visit, card)
        app.accept_identity()
        app.confirm_pin(1, PIN1)
        app.confirm_pin(2, PIN2)
    assert len({account.document_number for account in lab.core.accounts.values()}) == 2


def test_codes_of_two_apps_swapped_bind_what_was_typed(lab: Lab) -> None:
    one, two = lab.to_code(lab.app(name="One")), lab.to_code(lab.app(name="Two"))
    first, second = (lab.to_code_entry(lab.visit(), lab.card()) for _ in range(2))
    first.enter_code(two.device.code)
    second.enter_code(one.device.code)
    assert (first.page().device, second.page().device) == ("Two", "One")
