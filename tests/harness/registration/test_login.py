"""Logging in by tickets of the login host, and what a visit remembers of logins that failed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from tests.harness.registration.conftest import Lab, at
from tests.harness.registration.test_visit import refused, token

from softeid.harness.registration.login_ticket import Hint, How
from softeid.harness.registration.visit import Visit
from softeid.harness.registration.vocabulary import Code

MS = timedelta(milliseconds=1)


def ticket(lab: Lab, visit: Visit, state: str = "fresh", how: How = How.SIGNED) -> str:
    certificate = lab.card(state=state).certificates["authentication"].public_bytes(Encoding.DER)
    return lab.portal.present(visit.invite(), certificate, how)


def test_a_ticket_logs_in_once_and_gives_the_session_another_name(lab: Lab) -> None:
    visit = lab.visit()
    before, shown = visit.record.session_id, ticket(lab, visit)
    assert visit.redeem(shown).semantics_id == "PNOEE-38001085718"
    assert (at(visit), visit.record.session_id == before) == ("QUESTIONS", False)
    (event,) = lab.watched.events
    assert (event.name, event.data["method"], event.data["session"]) == ("portal.login.ok", "mtls", "new")
    assert lab.portal.found(before) is None
    again = lab.visit("mari")
    assert refused(lambda: again.redeem(shown)).detail == {"why": "ticket_used"}


@pytest.mark.parametrize(("age", "why"), [(29_999, None), (30_000, "ticket_expired")])
def test_a_ticket_lives_half_a_minute(lab: Lab, age: int, why: str | None) -> None:
    visit = lab.visit()
    shown = ticket(lab, visit)
    lab.after(age * MS)
    if why:
        assert refused(lambda: visit.redeem(shown)).detail == {"why": why}
        assert at(visit) == "ANON"
    else:
        visit.redeem(shown)


@pytest.mark.parametrize(
    ("how", "detail", "told"),
    [
        (How.RESUMED, {"why": "not_signed"}, "portal.login.failed"),
        (How.WITHOUT, {"hint": Hint.CHECK_CARD}, "portal.login.aborted"),
    ],
)
def test_only_a_fresh_signature_counts(lab: Lab, how: How, detail: dict[str, object], told: str) -> None:
    visit = lab.visit()
    if how is How.WITHOUT:
        shown = lab.portal.present(visit.invite(), None, how)
    else:
        shown = ticket(lab, visit, how=how)
    answer = refused(lambda: visit.redeem(shown))
    assert (answer.code, answer.detail) == (Code.NO_CLIENT_CERT, detail)
    (event,) = lab.watched.events
    assert event.name == told
    assert event.data == {"code": "NO_CLIENT_CERT", **{key: str(value) for key, value in detail.items()}}


@pytest.mark.parametrize(
    ("state", "code"), [("expired", Code.CERT_EXPIRED), ("wrong-personal-code", Code.PERSONAL_CODE_INVALID)]
)
def test_a_certificate_is_judged_when_its_ticket_is_redeemed(lab: Lab, state: str, code: Code) -> None:
    visit = lab.visit()
    shown = ticket(lab, visit, state)
    assert refused(lambda: visit.redeem(shown)).code is code
    assert (at(visit), visit.page().error) == ("ANON", code)


def test_a_login_tells_what_went_before_it(lab: Lab) -> None:
    visit = lab.visit()
    refused(lambda: visit.abort_login(why="cancelled"))
    refused(lambda: visit.abort_login(Code.NO_CLIENT_CERT, hint=Hint.INSERT_CARD))
    lab.log_in(visit, lab.card())
    told = [event.data for event in lab.watched.events]
    assert told[:2] == [
        {"code": "LOGIN_CANCELLED", "why": "cancelled"},
        {"code": "NO_CLIENT_CERT", "hint": "insert_card"},
    ]
    assert told[2]["after"] == "NO_CLIENT_CERT"
    visit.log_out()
    other = lab.visit()
    lab.log_in(other, lab.card())
    assert "after" not in lab.watched.events[-1].data


def test_a_nonce_that_was_taken_is_told_from_one_that_was_never_asked_for(lab: Lab) -> None:
    visit, card = lab.visit(), lab.card()
    posted = token(lab, card, visit.challenge())
    refused(lambda: visit.log_in(posted.replace("ES384", "ES256")))
    assert refused(lambda: visit.log_in(posted)).detail == {"nonce": "used"}
    assert refused(lambda: lab.visit("mari").log_in(posted)).detail == {"nonce": "none"}
    visit.log_in(token(lab, card, visit.challenge()))


def test_a_challenge_from_the_future_is_no_challenge(lab: Lab) -> None:
    visit, card = lab.visit(), lab.card()
    posted = token(lab, card, visit.challenge())
    lab.clock.set_back(MS)
    assert refused(lambda: visit.log_in(posted)).code is Code.NONCE_EXPIRED


@pytest.mark.parametrize("deed", [Visit.challenge, Visit.invite, lambda visit: visit.log_in("{}")])
def test_without_cookies_there_is_no_login(lab: Lab, deed: Callable[[Visit], object]) -> None:
    visit = lab.portal.visit("jaak", "Browser", cookies=False)
    assert refused(lambda: deed(visit)).code is Code.COOKIES_REQUIRED
    assert (at(visit), lab.watched.names) == ("ANON", [])


def test_the_page_tells_a_refusal_until_the_next_deed(lab: Lab) -> None:
    visit = lab.visit()
    lab.log_in(visit, lab.card())
    refused(lambda: visit.answer(""))
    assert (visit.page().error, visit.page().detail) == (Code.EMAIL_REQUIRED, {"field": "email"})
    visit.answer("jaak@example.test")
    assert (visit.page().error, visit.page().detail) == (None, {})


@pytest.mark.parametrize(("asked", "state"), [(True, "CLOSED"), (False, "QUESTIONS")])
def test_a_card_that_leaves(make_lab: Callable[..., Lab], asked: bool, state: str) -> None:
    lab = make_lab(require_card_presence=asked)
    visit = lab.visit()
    visit.presence(there=False)
    assert at(visit) == "ANON"
    lab.log_in(visit, lab.card())
    visit.presence(there=True)
    visit.presence(there=False)
    assert at(visit) == state


@pytest.mark.parametrize(("kept", "states"), [("kept", ["QUESTIONS", "ANON"]), ("lost", ["CLOSED", "ANON"])])
def test_a_restart(make_lab: Callable[..., Lab], kept: str, states: list[str]) -> None:
    lab = make_lab(portal_sessions=kept)
    visits, card = [lab.visit(), lab.visit("mari")], lab.card()
    lab.log_in(visits[0], card)
    posted = token(lab, card, visits[1].challenge())
    lab.portal.restart()
    assert [at(visit) for visit in visits] == states
    if kept == "lost":
        assert refused(lambda: visits[1].log_in(posted)).code is Code.NONCE_UNKNOWN
        assert (visits[0].page().reason, visits[0].page().error) == ("RESTART", None)
    else:
        visits[1].log_in(posted)
