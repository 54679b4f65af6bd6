"""Cards by name of their life: the plans, before anything is made."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from softeid.harness import personal_code
from softeid.harness.person import Person, persons
from softeid.harness.pki.card_state import CARD_STATES, card_state, fresh, plan_card, years_later
from softeid.harness.pki.error import StateError
from softeid.harness.pki.leaf import Use
from softeid.harness.profile_file import load_profile

TODAY = date(2026, 3, 2)
PROFILE = load_profile("esteid-2018")
IMPOSSIBLE = ("transport-pin", "not-activated")
POSSIBLE = [name for name in CARD_STATES if name not in IMPOSSIBLE]


def test_the_states_are_those_of_the_design() -> None:
    assert set(CARD_STATES) == {
        "fresh",
        "transport-pin",
        "not-activated",
        "pin1-last-try",
        "pin1-blocked",
        "pin2-blocked",
        "puk-blocked",
        "expired",
        "expires-tomorrow",
        "not-yet-valid",
        "suspended",
        "revoked",
        "renewed",
        "digital-id",
        "residence-permit",
        "e-resident",
        "no-certificates",
        "untrusted-issuer",
        "wrong-usage",
        "key-mismatch",
        "two-people",
        "wrong-personal-code",
    }


@pytest.mark.parametrize("name", CARD_STATES)
def test_each_state_is_described(name: str) -> None:
    assert CARD_STATES[name].__doc__


@pytest.mark.parametrize(
    ("state", "issued", "expires"),
    [
        ("fresh", date(2026, 3, 1), date(2031, 3, 1)),
        ("expired", date(2021, 3, 1), date(2026, 3, 1)),
        ("expires-tomorrow", date(2021, 3, 3), date(2026, 3, 3)),
        ("not-yet-valid", date(2026, 3, 3), date(2031, 3, 3)),
        ("renewed", date(2025, 3, 1), date(2030, 3, 1)),
        ("revoked", date(2026, 3, 1), date(2031, 3, 1)),
    ],
)
def test_dates_of_the_document(state: str, issued: date, expires: date) -> None:
    plan = plan_card(PROFILE, persons()["jaak"], TODAY, state)
    assert (plan.issued, plan.expires) == (issued, expires)
    assert plan.not_after == datetime(expires.year, expires.month, expires.day, 21, 59, 59, tzinfo=UTC)
    if state != "renewed":
        assert plan.not_before == datetime(issued.year, issued.month, issued.day, tzinfo=UTC)


def test_a_renewed_card_is_the_same_document_with_younger_certificates() -> None:
    plan = plan_card(PROFILE, persons()["jaak"], TODAY, "renewed")
    assert plan.not_before == datetime(2026, 3, 1, tzinfo=UTC)
    assert plan.identity == plan_card(PROFILE, persons()["jaak"], TODAY, "fresh").identity


def test_other_states_are_other_cards() -> None:
    identities = {plan_card(PROFILE, persons()["jaak"], TODAY, name).identity for name in POSSIBLE}
    assert len(identities) == len(POSSIBLE) - 1  # fresh and renewed are one


@pytest.mark.parametrize(
    "today", [date(2028, 2, 28), date(2028, 2, 29), date(2028, 3, 1), date(2027, 12, 31)]
)
@pytest.mark.parametrize("state", POSSIBLE)
def test_every_state_has_dates_on_every_day(today: date, state: str) -> None:
    plan = plan_card(PROFILE, persons()["jaak"], today, state)
    assert plan.not_before < plan.not_after
    expected = {"expired": today.toordinal() - 1, "expires-tomorrow": today.toordinal() + 1}
    if state in expected:
        assert plan.expires.toordinal() == expected[state]


@pytest.mark.parametrize(
    ("day", "years", "expected"),
    [
        (date(2026, 3, 1), 5, date(2031, 3, 1)),
        (date(2024, 2, 29), 5, date(2029, 2, 28)),
        (date(2024, 2, 29), 4, date(2028, 2, 29)),
        (date(2024, 2, 29), -1, date(2023, 2, 28)),
    ],
)
def test_years_later(day: date, years: int, expected: date) -> None:
    assert years_later(day, years) == expected


@pytest.mark.parametrize(
    ("state", "tries"),
    [
        ("fresh", {}),
        ("pin1-last-try", {"PIN1": 1}),
        ("pin1-blocked", {"PIN1": 0}),
        ("pin2-blocked", {"PIN2": 0}),
        ("puk-blocked", {"PUK": 0}),
    ],
)
def test_tries(state: str, tries: dict[str, int]) -> None:
    assert plan_card(PROFILE, persons()["jaak"], TODAY, state).tries == tries


@pytest.mark.parametrize("handle", persons())
def test_two_people_are_two(handle: str) -> None:
    plan = plan_card(PROFILE, persons()[handle], TODAY, "two-people")
    assert plan.holder(Use.AUTHENTICATION) == plan.person == persons()[handle]
    assert plan.holder(Use.SIGNATURE) in persons().values()
    assert plan.holder(Use.SIGNATURE) != persons()[handle]


def test_two_people_for_somebody_outside_of_the_table() -> None:
    guest = Person("guest", "38001085718", "A", "B", "public specimen")
    assert plan_card(PROFILE, guest, TODAY, "two-people").holder(Use.SIGNATURE).handle == "jaak"


@pytest.mark.parametrize("handle", persons())
def test_a_wrong_personal_code_can_be_nobodys(handle: str) -> None:
    person = persons()[handle]
    wrong = plan_card(PROFILE, person, TODAY, "wrong-personal-code").person
    assert not personal_code.is_valid(wrong.code)
    assert wrong.code[:-1] == person.code[:-1]
    assert wrong.birth_date == person.birth_date
    assert replace(wrong, code=person.code) == person


@pytest.mark.parametrize("state", IMPOSSIBLE)
@pytest.mark.parametrize("profile", ["esteid-2018", "esteid-2018x"])
def test_what_this_card_cannot_be(profile: str, state: str) -> None:
    with pytest.raises(
        StateError, match=f"card state {state}: expected .*, found profile {profile}$"
    ) as caught:
        plan_card(load_profile(profile), persons()["jaak"], TODAY, state)
    assert caught.value.advice


def test_an_unknown_state_says_what_was_meant() -> None:
    with pytest.raises(StateError, match=r"card state: expected fresh, .* found 'pin1-blokked'") as caught:
        plan_card(PROFILE, persons()["jaak"], TODAY, "pin1-blokked")
    assert caught.value.advice == "did you mean pin1-blocked?"


def test_one_function_adds_a_state() -> None:
    with pytest.raises(ValueError, match="already"):
        card_state("fresh")(fresh)
