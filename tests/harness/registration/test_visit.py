"""The portal's side: login with the card, questions, the code, review, signature."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.harness.registration.conftest import ORIGIN, PIN1, PIN2, START, Lab, at

from softeid.harness.issuing import IssuedCard
from softeid.harness.pki.certificate_state import until
from softeid.harness.pki.leaf import Use
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.vocabulary import Code
from softeid.harness.registration.web_eid_token import ALGORITHMS

MS = timedelta(milliseconds=1)
MINUTE = timedelta(minutes=1)


def refused(deed: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as caught:
        deed()
    return caught.value


def token(lab: Lab, card: IssuedCard, nonce: str, origin: str = ORIGIN) -> str:
    return lab.web_eid(card).authenticate(origin, nonce, lambda *_: card.pins["PIN1"])


# --- login ------------------------------------------------------------------------------------------


def test_a_good_card_logs_in(lab: Lab) -> None:
    visit = lab.visit()
    before = visit.record.session_id
    lab.log_in(visit, lab.card("mary"))
    identity = visit.page().identity
    assert identity
    assert (identity.surname, identity.given_name) == ("O’CONNEŽ-ŠUSLIK TESTNUMBER", "MARY ÄNN")
    assert (at(visit), visit.record.session_id == before) == ("QUESTIONS", False)
    assert lab.watched.names == ["portal.login.ok"]
    assert [state for _, state, _ in lab.watched.states] == ["CARD_AUTH", "AUTHENTICATED", "QUESTIONS"]


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("expired", Code.CERT_EXPIRED),
        ("not-yet-valid", Code.CERT_NOT_YET_VALID),
        ("suspended", Code.CERT_SUSPENDED),
        ("revoked", Code.CERT_REVOKED),
        ("untrusted-issuer", Code.CERT_UNTRUSTED),
        ("wrong-usage", Code.CERT_WRONG_PURPOSE),
        ("key-mismatch", Code.TOKEN_SIGNATURE),
    ],
)
def test_each_state_of_a_card_is_refused_by_its_code(lab: Lab, state: str, code: Code) -> None:
    visit = lab.visit()
    assert refused(lambda: lab.log_in(visit, lab.card(state=state))).code is code
    assert at(visit) == "ANON"
    assert lab.watched.names == ["portal.login.failed"]
    assert lab.watched.events[0].data == {"code": code}
    lab.log_in(visit, lab.card("mari"))
    assert at(visit) == "QUESTIONS"


def test_a_card_with_a_wrong_personal_code(lab: Lab) -> None:
    answer = refused(lambda: lab.log_in(lab.visit(), lab.card(state="wrong-personal-code")))
    assert answer.code is Code.PERSONAL_CODE_INVALID


@pytest.mark.parametrize(("age", "code"), [(300_000, None), (300_001, Code.NONCE_EXPIRED)])
def test_a_challenge_lives_five_minutes(lab: Lab, age: int, code: Code | None) -> None:
    visit, card = lab.visit(), lab.card()
    posted = token(lab, card, visit.challenge())
    lab.after(age * MS)
    if code:
        assert refused(lambda: visit.log_in(posted)).code is code
    else:
        visit.log_in(posted)


def test_a_challenge_is_taken_away_whatever_follows(lab: Lab) -> None:
    visit, card = lab.visit(), lab.card(state="expired")
    posted = token(lab, card, visit.challenge())
    assert refused(lambda: visit.log_in(posted)).code is Code.CERT_EXPIRED
    assert refused(lambda: visit.log_in(posted)).code is Code.NONCE_UNKNOWN


def test_the_nonce_is_looked_at_before_the_certificate_is_read(lab: Lab) -> None:
    visit, card = lab.visit(), lab.card()
    fields = json.loads(token(lab, card, visit.challenge()))
    altered = json.dumps({**fields, "unverifiedCertificate": "AAAA"})
    assert refused(lambda: visit.log_in(altered)).detail == {"field": "unverifiedCertificate"}
    assert refused(lambda: visit.log_in(altered)).code is Code.NONCE_UNKNOWN
    visit.challenge()
    lab.after(300_001 * MS)
    assert refused(lambda: visit.log_in(altered)).code is Code.NONCE_EXPIRED


def test_a_token_belongs_to_one_session(lab: Lab) -> None:
    mine, other, card = lab.visit(), lab.visit("mari"), lab.card()
    posted = token(lab, card, mine.challenge())
    assert refused(lambda: other.log_in(posted)).code is Code.NONCE_UNKNOWN
    other.challenge()
    assert refused(lambda: other.log_in(posted)).code is Code.TOKEN_SIGNATURE
    mine.log_in(posted)


@pytest.mark.parametrize(
    "origin", ["https://portal.softeid.test/", "https://portal.softeid.test:444", "https://evil.test"]
)
def test_a_token_belongs_to_one_origin(make_lab: Callable[..., Lab], origin: str) -> None:
    lab = make_lab(bad_origins=("https://evil.test",))
    visit = lab.visit()
    assert refused(lambda: lab.log_in(visit, lab.card(), origin=origin)).code is Code.TOKEN_SIGNATURE
    told = ["portal.login.origin_mismatch"] if origin == "https://evil.test" else []
    assert lab.watched.names == [*told, "portal.login.failed"]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("format", "web-eid:1.9", None),
        ("format", "web-eid:2.0", Code.TOKEN_PARSE),
        ("format", 1, Code.TOKEN_PARSE),
        ("algorithm", "none", Code.TOKEN_PARSE),
        ("algorithm", "HS256", Code.TOKEN_PARSE),
        ("signature", "", Code.TOKEN_PARSE),
        ("signature", "!!!", Code.TOKEN_PARSE),
        ("signature", "AAAA", Code.TOKEN_SIGNATURE),
        ("signature", None, Code.TOKEN_PARSE),
        ("unverifiedCertificate", "AAAA", Code.TOKEN_PARSE),
        ("unverifiedCertificate", ["AAAA"], Code.TOKEN_PARSE),
        ("appVersion", None, None),
        *[("algorithm", name, Code.TOKEN_SIGNATURE) for name in ALGORITHMS if name != "ES384"],
    ],
)
def test_an_altered_token_is_refused(lab: Lab, field: str, value: object, code: Code | None) -> None:
    visit, card = lab.visit(), lab.card()
    fields = json.loads(token(lab, card, visit.challenge()))
    altered = json.dumps({**fields, field: value})
    if code is None:
        visit.log_in(altered)
    else:
        assert refused(lambda: visit.log_in(altered)).code is code
        assert at(visit) == "ANON"


def test_a_cancelled_login_changes_nothing(lab: Lab) -> None:
    visit = lab.visit()
    assert refused(visit.abort_login).code is Code.LOGIN_CANCELLED
    assert at(visit) == "ANON"
    assert lab.watched.names == ["portal.login.aborted"]
    assert refused(lambda: visit.abort_login(Code.NO_CLIENT_CERT)).code is Code.NO_CLIENT_CERT


# --- questions ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"email": ""}, Code.EMAIL_REQUIRED),
        ({"email": "jaak"}, Code.EMAIL_INVALID),
        ({"email": "a@b@c.test"}, Code.EMAIL_INVALID),
        ({"email": "jaak@example.test."}, Code.EMAIL_INVALID),
        ({"email": "ja ak@example.test"}, Code.EMAIL_INVALID),
        ({"email": "j" * 242 + "@example.test"}, Code.EMAIL_INVALID),
        ({"email": "j@example.test", "phone": "5551234"}, Code.PHONE_INVALID),
        ({"email": "j@example.test", "phone": "+372 555 CALL"}, Code.PHONE_INVALID),
        ({"email": "j@example.test", "phone": "+1234567890123456"}, Code.PHONE_INVALID),
    ],
)
def test_wrong_answers_are_refused(lab: Lab, answers: dict[str, str], code: Code) -> None:
    visit = lab.visit()
    lab.log_in(visit, lab.card())
    assert refused(lambda: visit.answer(answers["email"], answers.get("phone", ""))).code is code
    assert (at(visit), visit.record.contact) == ("QUESTIONS", None)


def test_answers_may_be_edited_until_a_code_matches(lab: Lab) -> None:
    app, visit = lab.to_code(lab.app()), lab.to_code_entry(lab.visit(), lab.card())
    visit.answer("j" * 241 + "@example.test", "+372 (555) 12-34")
    assert visit.record.contact
    assert visit.record.contact.phone == "+3725551234"
    visit.enter_code(app.device.code)
    assert refused(lambda: visit.answer("other@example.test")).code is Code.WRONG_STEP


def test_without_consent_the_visit_ends_and_the_code_lives_on(lab: Lab) -> None:
    app, visit = lab.to_code(lab.app()), lab.visit()
    lab.log_in(visit, lab.card())
    visit.answer("", consent=False)
    assert (at(visit), visit.page().error, at(app)) == ("CLOSED", Code.CONSENT_REFUSED, "CODE_SHOWN")


# --- the code -----------------------------------------------------------------------------------------


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**9:09d}"


def test_the_right_code_leads_to_the_review_without_a_click(lab: Lab) -> None:
    app, visit, _ = lab.to_review()
    assert (at(app), at(visit)) == ("BOUND", "REVIEW")
    assert [state for _, state, _ in lab.watched.states[-3:]] == ["CODE_MATCHED", "BOUND", "REVIEW"]
    page = visit.page()
    assert (page.device, page.country, page.terms, page.account) == ("Phone", "EE", "2026-01", "new")
    assert page.email == "j***@example.test"
    assert page.identity
    assert page.identity.semantics_id == "PNOEE-38001085718"


def test_three_wrong_codes_end_the_visit_and_leave_the_app_alone(lab: Lab) -> None:
    app, visit = lab.to_code(lab.app()), lab.to_code_entry(lab.visit(), lab.card())
    bad = wrong(app.device.code)
    answers = [refused(lambda: visit.enter_code(bad)) for _ in range(3)]
    assert [(one.code, one.detail) for one in answers] == [
        (Code.RC_WRONG, {"attempts_left": 2}),
        (Code.RC_WRONG, {"attempts_left": 1}),
        (Code.RC_TOO_MANY, {}),
    ]
    assert (at(visit), visit.page().error, at(app)) == ("CLOSED", Code.RC_TOO_MANY, "CODE_SHOWN")
    again = lab.to_code_entry(lab.visit(), lab.card())
    again.enter_code(app.device.code)
    assert at(app) == "BOUND"


@pytest.mark.parametrize("typed", ["", "12345678", "1234567890", "12345678x"])
def test_what_is_no_code_does_not_count(lab: Lab, typed: str) -> None:
    visit = lab.to_code_entry(lab.visit(), lab.card())
    assert refused(lambda: visit.enter_code(typed)).code is Code.RC_FORMAT
    assert visit.page().attempts_left == 3


@pytest.mark.parametrize(
    ("age", "code", "app_state"),
    [(15 * MINUTE - MS, None, "BOUND"), (15 * MINUTE, Code.RC_EXPIRED, "EXPIRED")],
)
def test_a_code_counts_for_fifteen_minutes_and_not_a_millisecond_more(
    lab: Lab, age: timedelta, code: Code | None, app_state: str
) -> None:
    app, visit = lab.to_code(lab.app()), lab.to_code_entry(lab.visit(), lab.card())
    typed = app.device.code
    lab.after(age)
    if code:
        assert refused(lambda: visit.enter_code(typed)).code is code
        assert visit.page().attempts_left == 3
    else:
        visit.enter_code(typed)
    assert at(app) == app_state


def test_a_replaced_code_is_an_expired_one(lab: Lab) -> None:
    app, visit = lab.to_code(lab.app()), lab.to_code_entry(lab.visit(), lab.card())
    old = app.device.code
    app.foreground()
    assert refused(lambda: visit.enter_code(old)).code is Code.RC_EXPIRED
    visit.enter_code(app.device.code)
    assert at(visit) == "REVIEW"


def test_used_wrong_and_abandoned_codes_answer_alike(lab: Lab) -> None:
    app, _, _ = lab.to_review()
    gone = lab.to_code(lab.app("toomas"))
    left = gone.device.code
    gone.delete()
    used, none = {"why": "RC_USED", "age": "0", "used_ago": "0"}, {"why": "RC_WRONG"}
    for typed, why in ((app.device.code, used), (wrong(left), none), (left, used)):
        other = lab.to_code_entry(lab.visit("mari"), lab.card("mari"))
        answer = refused(lambda typed=typed, other=other: other.enter_code(typed))  # type: ignore[misc]
        assert (answer.code, answer.detail) == (Code.RC_WRONG, {"attempts_left": 2})
        assert lab.watched.events[-1].data == why
    assert at(app) == "BOUND"


def test_nine_wrong_codes_in_a_day_are_enough(lab: Lab) -> None:
    app = lab.to_code(lab.app())
    for _ in range(3):
        visit = lab.to_code_entry(lab.visit(), lab.card())
        for _ in range(3):
            refused(lambda visit=visit: visit.enter_code(wrong(app.device.code)))  # type: ignore[misc]
    visit = lab.to_code_entry(lab.visit(), lab.card())
    answer = refused(lambda: visit.enter_code(app.device.code))
    assert (answer.code, answer.detail) == (Code.RC_COOLDOWN, {"why": "person", "retry_after": 86400.0})
    lab.after(timedelta(hours=24))
    lab.to_code(app)
    visit = lab.to_code_entry(lab.visit(), lab.card())
    visit.enter_code(app.device.code)
    assert at(visit) == "REVIEW"


def test_a_phone_that_chose_another_country_is_not_bound(lab: Lab) -> None:
    app, visit = lab.to_code(lab.app(), "LV"), lab.to_code_entry(lab.visit(), lab.card())
    assert refused(lambda: visit.enter_code(app.device.code)).code is Code.COUNTRY_MISMATCH
    assert (at(app), at(visit)) == ("CODE_SHOWN", "CODE_ENTRY")


# --- review and signature -----------------------------------------------------------------------------


def test_the_application_names_everything_and_is_signed_with_pin2(lab: Lab) -> None:
    app, visit, card = lab.to_identity()
    assert (at(visit), at(app)) == ("CONFIRMED", "IDENTITY_CHECK")
    signed = lab.core.registration(app.device.registration).application
    assert signed
    for fact in ("PNOEE-38001085718", "Phone", "jaak@example.test", "2026-01", "2026-03-02 09:00:00 UTC"):
        assert fact in signed.text
    assert signed.certificate == card.certificates["signature"]
    (event,) = [event for event in lab.watched.events if event.name == "application.signed"]
    assert event.data["digest"] == signed.digest.hex()
    (message,) = lab.core.outbox.messages
    assert (message.to, message.kind) == ("jaak@example.test", "account requested")
    assert "http" not in message.text


def test_a_double_click_signs_once(lab: Lab) -> None:
    _, visit, card = lab.to_review()
    assert visit.confirm() == visit.confirm()
    lab.sign(visit, card)
    again = lab.core.registration(visit.record.registration).application
    assert again
    visit.sign(b"", again.signature, again.algorithm)
    assert lab.watched.names.count("application.signed") == 1
    assert refused(lambda: visit.sign(b"", b"another", "ES384")).code is Code.WRONG_STEP


def test_an_aborted_signature_leads_back_to_the_review(lab: Lab) -> None:
    app, visit, card = lab.to_review()
    visit.confirm()
    assert refused(visit.abort_signing).code is Code.SIGN_ABORTED
    assert (at(visit), at(app)) == ("REVIEW", "BOUND")
    lab.sign(visit, card)
    assert at(visit) == "CONFIRMED"


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("expired", Code.CERT_EXPIRED),
        ("not-yet-valid", Code.CERT_NOT_YET_VALID),
        ("suspended", Code.CERT_SUSPENDED),
        ("revoked", Code.CERT_REVOKED),
        ("untrusted-issuer", Code.CERT_UNTRUSTED),
        ("wrong-usage", Code.CERT_WRONG_PURPOSE),
    ],
)
def test_the_signature_certificate_is_judged_too(lab: Lab, state: str, code: Code) -> None:
    app, card = lab.to_code(lab.app()), lab.card(sign=state)
    visit = lab.to_code_entry(lab.visit(), card)
    visit.enter_code(app.device.code)
    assert refused(lambda: lab.sign(visit, card)).code is code
    assert (at(visit), at(app)) == ("REVIEW", "BOUND")


@pytest.mark.parametrize(("age", "code"), [(600_000, None), (600_001, Code.CERT_EXPIRED)])
def test_a_certificate_that_ends_between_login_and_signature(lab: Lab, age: int, code: Code | None) -> None:
    app, card = lab.to_code(lab.app()), lab.card(sign=until(START + timedelta(seconds=600)))
    visit = lab.to_code_entry(lab.visit(), card)
    visit.enter_code(app.device.code)
    lab.after(age * MS)
    if code:
        assert refused(lambda: lab.sign(visit, card)).code is code
    else:
        lab.sign(visit, card)


@pytest.mark.parametrize("state", ["fresh", "two-people"])
def test_another_persons_signature_is_told_as_a_swap(lab: Lab, state: str) -> None:
    app, visit, _ = lab.to_review()
    other = lab.card("mari") if state == "fresh" else lab.card("toomas", state=state)
    assert refused(lambda: lab.sign(visit, other)).code is Code.SIGNER_MISMATCH
    assert "identity.swap" in lab.watched.names
    assert (at(visit), at(app)) == ("REVIEW", "BOUND")


def test_a_card_with_certificates_of_two_people(lab: Lab) -> None:
    app, card = lab.to_code(lab.app()), lab.card(state="two-people")
    visit = lab.to_code_entry(lab.visit(), card)
    visit.enter_code(app.device.code)
    assert refused(lambda: lab.sign(visit, card)).code is Code.SIGNER_MISMATCH


def test_a_signature_of_an_earlier_application_is_invalid(lab: Lab) -> None:
    _, visit, card = lab.to_review()
    web_eid = lab.web_eid(card)
    certificate = web_eid.signing_certificate()
    first = visit.confirm()
    old = web_eid.sign(certificate, first.digest, first.hash_function, lambda *_: card.pins["PIN2"])
    refused(visit.abort_signing)
    assert visit.confirm().digest != first.digest
    assert refused(lambda: visit.sign(certificate, old.octets, old.algorithm)).code is Code.SIGN_INVALID
    assert at(visit) == "REVIEW"


@pytest.mark.parametrize(
    ("certificate", "algorithm"), [(b"", "ES384"), (b"\x30\x00", "ES384"), (None, "none"), (None, "ES256")]
)
def test_nonsense_instead_of_a_signature(lab: Lab, certificate: bytes | None, algorithm: str) -> None:
    _, visit, card = lab.to_review()
    visit.confirm()
    der = lab.web_eid(card).signing_certificate() if certificate is None else certificate
    assert refused(lambda: visit.sign(der, bytes(96), algorithm)).code is Code.SIGN_INVALID


def test_cancelling_ends_both_sides(lab: Lab) -> None:
    app, visit, _ = lab.to_review()
    visit.cancel()
    assert (at(visit), visit.record.reason, at(app), app.device.reason) == (
        "CLOSED",
        "USER_REFUSED",
        "REJECTED",
        "PORTAL_REFUSED",
    )


def test_reporting_fraud_ends_both_sides(lab: Lab) -> None:
    app, visit, _ = lab.to_identity()
    visit.report()
    assert (at(visit), at(app), app.device.reason) == ("CLOSED", "TERMINATED", "REPORTED")


# --- deadlines ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", ["portal", "code", "all"])
def test_what_must_be_done_within_fifteen_minutes(make_lab: Callable[..., Lab], scope: str) -> None:
    lab = make_lab(deadline_scope=scope)
    app, visit, card = lab.to_review()
    lab.after(15 * MINUTE - MS)
    assert (at(app), at(visit)) == ("BOUND", "REVIEW")
    lab.after(15 * MINUTE)
    if scope == "code":
        lab.sign(visit, card)
        assert at(app) == "IDENTITY_CHECK"
    else:
        assert (at(app), at(visit), visit.page().error) == ("EXPIRED", "CLOSED", Code.DEADLINE_PASSED)
        assert refused(visit.confirm).code is Code.DEADLINE_PASSED
        assert refused(lambda: visit.sign(b"", b"", "ES384")).code is Code.DEADLINE_PASSED


@pytest.mark.parametrize(("scope", "state"), [("portal", "IDENTITY_CHECK"), ("all", "EXPIRED")])
def test_the_last_step_has_its_own_time_unless_everything_is_in_scope(
    make_lab: Callable[..., Lab], scope: str, state: str
) -> None:
    lab = make_lab(deadline_scope=scope)
    app, visit, card = lab.to_review()
    lab.after(14 * MINUTE)
    lab.sign(visit, card)
    lab.after(15 * MINUTE)
    assert at(app) == state


def test_an_idle_visit_is_closed_after_half_an_hour(lab: Lab) -> None:
    visit = lab.to_code_entry(lab.visit(), lab.card())
    lab.after(30 * MINUTE - MS)
    assert at(visit) == "CODE_ENTRY"
    lab.after(30 * MINUTE)
    assert (at(visit), visit.record.reason) == ("CLOSED", "IDLE")


@pytest.mark.parametrize("leave", ["idle", "logout"])
def test_without_a_deadline_an_abandoned_page_ends_the_registration(
    make_lab: Callable[..., Lab], leave: str
) -> None:
    lab = make_lab(deadline_scope="code")
    app, visit, _ = lab.to_review()
    if leave == "idle":
        lab.after(30 * MINUTE)
    else:
        visit.log_out()
    assert (at(app), at(visit)) == ("EXPIRED", "CLOSED")


def test_a_logout_leaves_a_bound_app_to_its_deadline(lab: Lab) -> None:
    app, visit, _ = lab.to_review()
    visit.log_out()
    assert (at(app), visit.record.reason) == ("BOUND", "LOGOUT")
    lab.after(15 * MINUTE)
    assert at(app) == "EXPIRED"


def test_the_relay_risk_an_attackers_code_matches_and_the_phone_says_whose_card_it_was(lab: Lab) -> None:
    thief = lab.to_code(lab.app("thief", "Thief One"))
    victim, card = lab.to_code_entry(lab.visit("mari"), lab.card("mari")), lab.card("mari")
    victim.enter_code(thief.device.code)
    assert victim.page().device == "Thief One"
    lab.sign(victim, card)
    shown = thief.screen().identity
    assert shown
    assert shown.surname == "MÄNNIK"
    thief.reject_identity()
    assert (at(thief), thief.device.reason) == ("REJECTED", "NOT_ME")
    assert victim.page().error is Code.APP_REJECTED
    assert "security.relay_suspected" in lab.watched.names


def test_earlier_contacts_hear_of_a_new_account(lab: Lab) -> None:
    app, _, card = lab.to_confirm()
    app.confirm_pin(1, PIN1)
    app.confirm_pin(2, PIN2)
    thief = lab.to_code(lab.app("thief", "Thief One"))
    visit = lab.visit()
    lab.log_in(visit, card)
    visit.answer("thief@example.test", "+3725550000")
    visit.enter_code(thief.device.code)
    lab.sign(visit, card)
    told = [message.to for message in lab.core.outbox.messages if "Thief One" in message.text]
    assert told == ["jaak@example.test", "thief@example.test", "+3725550000"]


def test_ocsp_that_nobody_answers_closes_the_door(lab: Lab) -> None:
    def down(url: str, request: bytes) -> bytes:
        raise TimeoutError("5 s")

    lab.fetch = down
    assert refused(lambda: lab.log_in(lab.visit(), lab.card())).code is Code.OCSP_UNAVAILABLE


def test_the_use_of_each_certificate_is_what_the_card_has_it_for(lab: Lab) -> None:
    card = lab.card()
    assert set(card.certificates) == {use.value for use in Use}
