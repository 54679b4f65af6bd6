"""The review page: clicks, further codes, algorithms, and a core that cannot be reached."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.harness.registration.conftest import START, Lab, at
from tests.harness.registration.test_visit import refused

from softeid.harness.pki.certificate_state import until
from softeid.harness.pki.status import revoked, suspended
from softeid.harness.registration.application import HASH_FUNCTIONS, Application, read
from softeid.harness.registration.line import Line
from softeid.harness.registration.visit import Visit
from softeid.harness.registration.visit_code import networks_differ
from softeid.harness.registration.vocabulary import Code
from softeid.harness.scenario.words import instant_text

MINUTE = timedelta(minutes=1)


def sent_code(lab: Lab) -> str:
    found = re.search(r"(\d{6})\.", lab.core.outbox.messages[-1].text)
    assert found
    return found[1]


def test_the_text_is_the_same_whatever_it_is_hashed_with(lab: Lab) -> None:
    _, visit, _ = lab.to_review()
    texts = {visit.confirm(name).text for name in HASH_FUNCTIONS}
    assert len(texts) == 1
    assert [len(visit.confirm(name).digest) for name in HASH_FUNCTIONS] == [32, 48, 64]
    assert refused(lambda: visit.confirm("SHA3-384")).detail == {"field": "hashFunction"}
    assert at(visit) == "SIGNING"


def test_an_application_can_be_read(lab: Lab) -> None:
    _, visit, _ = lab.to_review()
    told = read(visit.confirm().text)
    assert told == ("2026-01", "en", "2026-03-02 09:00:00 UTC", "Phone", "EE")
    assert instant_text(START) == "2026-03-02 09:00Z"
    with pytest.raises(ValueError, match="no application"):
        read("Terms: none\n")
    assert Application.of("text").hash_function == "SHA-384"


def test_a_click_where_it_is_enough(make_lab: Callable[..., Lab]) -> None:
    lab = make_lab(confirm="click")
    app, visit, _ = lab.to_review()
    text = visit.confirm().text  # to be read
    assert refused(lambda: visit.sign(b"", b"", "ES384")).code is Code.WRONG_STEP
    assert (at(visit), visit.page().application) == ("REVIEW", text)
    visit.click()
    assert (at(visit), at(app)) == ("CONFIRMED", "IDENTITY_CHECK")
    (event,) = [one for one in lab.watched.events if one.name == "application.signed"]
    assert (event.data["by"], set(event.data)) == ("click", {"by", "digest"})
    assert refused(visit.click).code is Code.WRONG_STEP


def test_a_click_where_it_is_not(lab: Lab) -> None:
    _, visit, _ = lab.to_review()
    assert refused(visit.click).code is Code.WRONG_STEP
    assert at(visit) == "REVIEW"


# --- a further code -------------------------------------------------------------------------------------


def test_a_further_code_goes_to_earlier_addresses(
    make_lab: Callable[..., Lab],
) -> None:
    lab = make_lab(step_up=True)
    app, visit, card = lab.to_review()
    assert refused(visit.confirm).code is Code.STEP_UP_REQUIRED
    (message,) = lab.core.outbox.messages
    assert (message.kind, message.to, visit.page().step_up) == ("code sent", "jaak@example.test", "asked")
    assert sent_code(lab) not in repr(visit.record)
    assert refused(visit.confirm).code is Code.STEP_UP_REQUIRED
    assert len(lab.core.outbox.messages) == 1
    visit.step_up(sent_code(lab))
    lab.sign(visit, card)
    app.accept_identity()
    app.confirm_pin(1, "4271")
    app.confirm_pin(2, "58362")
    other, second = lab.to_code(lab.app("jaak", "Second")), lab.visit()
    lab.log_in(second, card)
    second.answer("so.the.caller.said@example.test")
    second.enter_code(other.device.code)
    refused(second.confirm)
    assert lab.core.outbox.messages[-1].to == "jaak@example.test"


def test_wrong_further_codes_close_the_visit(make_lab: Callable[..., Lab]) -> None:
    lab = make_lab(step_up=True, step_up_attempts=2)
    app, visit, _ = lab.to_review()
    assert refused(lambda: visit.step_up("123456")).code is Code.WRONG_STEP
    refused(visit.confirm)
    wrong = f"{(int(sent_code(lab)) + 1) % 10**6:06d}"
    answers = [refused(lambda: visit.step_up(wrong)) for _ in range(2)]
    assert [(one.code, one.detail) for one in answers] == [
        (Code.STEP_UP_FAILED, {"attempts_left": 1}),
        (Code.STEP_UP_FAILED, {"attempts_left": 0}),
    ]
    assert (at(visit), visit.page().error, at(app)) == ("CLOSED", Code.STEP_UP_FAILED, "BOUND")


def test_a_further_code_that_was_typed_stays_typed(make_lab: Callable[..., Lab]) -> None:
    lab = make_lab(step_up=True)
    _, visit, card = lab.to_review()
    refused(visit.confirm)
    visit.step_up(f" {sent_code(lab)} ")
    assert visit.page().step_up == "passed"
    visit.confirm()
    refused(visit.abort_signing)
    lab.sign(visit, card)
    assert at(visit) == "CONFIRMED"


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("192.0.2.1", "192.0.2.254", False),
        ("192.0.2.1", "192.0.3.1", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("2001:db8:1::1", "2001:db8:2::1", True),
        ("192.0.2.1", "2001:db8::1", False),
        ("", "192.0.2.1", False),
        ("somewhere", "192.0.2.1", False),
    ],
)
def test_addresses_of_one_network(one: str, other: str, differ: bool) -> None:
    assert networks_differ(one, other) is differ
    assert networks_differ(other, one) is differ


# --- what has changed since the login -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "word"), [(START - MINUTE, "before"), (START, "login"), (START + MINUTE, "login")]
)
@pytest.mark.parametrize("status", [revoked, suspended])
def test_a_status_tells_whether_it_was_so_at_the_login(
    lab: Lab, status: Callable[..., object], since: object, word: str
) -> None:
    _, visit, card = lab.to_review()
    serial = card.certificates["signature"].serial_number
    lab.authority.register.set(serial, status(since))  # type: ignore[arg-type]  # a status
    lab.after(2 * MINUTE)
    assert refused(lambda: lab.sign(visit, card)).detail["since"] == word


@pytest.mark.parametrize(("end", "word"), [(-MINUTE, "before"), (MINUTE, "login")])
def test_an_end_tells_whether_it_was_before_the_login(lab: Lab, end: timedelta, word: str) -> None:
    app, card = lab.to_code(lab.app()), lab.card(sign=until(START + end))
    visit = lab.to_code_entry(lab.visit(), card)
    visit.enter_code(app.device.code)
    lab.after(2 * MINUTE)
    answer = refused(lambda: lab.sign(visit, card))
    assert (answer.code, answer.detail["since"]) == (Code.CERT_EXPIRED, word)


# --- the way to the core --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("deed", "state"),
    [
        (Visit.cancel, "REVIEW"),
        (Visit.report, "REVIEW"),
    ],
)
def test_what_does_not_reach_the_core_has_not_happened(
    lab: Lab, deed: Callable[[Visit], object], state: str
) -> None:
    app, visit, card = lab.to_review()
    lab.portal.line.up = False
    assert refused(lambda: deed(visit)).code is Code.CORE_UNAVAILABLE
    assert (at(visit), at(app)) == (state, "BOUND")
    lab.portal.line = Line()
    lab.sign(visit, card)
    assert at(visit) == "CONFIRMED"


def test_a_code_that_does_not_reach_the_core_costs_no_attempt(lab: Lab) -> None:
    app, visit = lab.to_code(lab.app()), lab.to_code_entry(lab.visit(), lab.card())
    lab.portal.line.up = False
    for typed in (app.device.code, "000000000"):
        assert refused(lambda typed=typed: visit.enter_code(typed)).code is Code.CORE_UNAVAILABLE  # type: ignore[misc]
    assert (visit.page().attempts_left, at(app)) == (3, "CODE_SHOWN")
    lab.portal.line.up = True
    visit.enter_code(app.device.code)


def test_an_answer_of_the_core_that_is_lost_was_an_answer(lab: Lab) -> None:
    app, visit, card = lab.to_review()
    lab.portal.line.lost = "answer"
    assert refused(lambda: lab.sign(visit, card)).code is Code.CORE_UNAVAILABLE
    assert (at(visit), at(app)) == ("CONFIRMED", "IDENTITY_CHECK")
    signed = lab.core.registration(visit.record.registration).application
    assert signed
    visit.sign(b"", signed.signature, signed.algorithm)
    assert lab.watched.names.count("application.signed") == 1


def test_the_age_of_a_code_is_that_of_its_arrival(lab: Lab) -> None:
    app, visit = lab.to_code(lab.app()), lab.to_code_entry(lab.visit(), lab.card())
    lab.portal.line.delay = timedelta(seconds=5)
    lab.after(10 * MINUTE)
    visit.enter_code(app.device.code)
    (event,) = [one for one in lab.watched.events if one.name == "code.accepted"]
    assert event.data == {"age": "605", "app": "192.0.2.10"}
    assert lab.clock.now == START + 10 * MINUTE + timedelta(seconds=10)
