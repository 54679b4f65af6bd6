"""Ages at midnight, leap days, and for whom somebody else must sign."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softeid.harness.registration.eligibility import (
    Age,
    age_of,
    check_country,
    check_standing,
    needs_guardian,
)
from softeid.harness.registration.identity import Identity
from softeid.harness.registration.population_register import Entry, Guardian, PersonStatus
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.settings import Settings
from softeid.harness.registration.vocabulary import Code

MS = timedelta(milliseconds=1)
GUARDIAN = Guardian("PNOEE-47101010033", "MARI-LIIS MÄNNIK")


def person(country: str = "EE", born: date | None = date(2008, 2, 29)) -> Identity:
    return Identity(f"PNO{country}-1", country, "1", "PERSON", "A", born)


def age(who: Identity, now: datetime, entry: Entry | None = None, **changed: object) -> Age | None:
    settings = replace(Settings(), **changed)  # type: ignore[arg-type]  # the tests name fields
    return age_of(who, entry or Entry(who.semantics_id), settings, now)


@pytest.mark.parametrize(
    ("country", "zone"),
    [("EE", "Europe/Tallinn"), ("LV", "Europe/Riga"), ("LT", "Europe/Vilnius"), ("BE", "Europe/Brussels")],
)
def test_a_birthday_begins_at_midnight_where_the_person_lives(country: str, zone: str) -> None:
    who = person(country, date(2007, 1, 1))
    midnight = datetime(2025, 1, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    assert [age(who, midnight - MS), age(who, midnight)] == [Age(17), Age(18)]


@pytest.mark.parametrize(
    ("rule", "day", "years"),
    [
        ("march", date(2026, 2, 28), 17),
        ("march", date(2026, 3, 1), 18),
        ("february", date(2026, 2, 27), 17),
        ("february", date(2026, 2, 28), 18),
        ("march", date(2028, 2, 29), 20),
        ("february", date(2028, 2, 28), 19),
    ],
)
def test_who_was_born_on_a_leap_day(rule: str, day: date, years: int) -> None:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    leap_day = {"march": "03-01", "february": "02-28"}[rule]
    assert age(person(), noon, leap_rule=rule) == Age(years, leap_day)


def test_the_register_knows_better_than_the_code() -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    entry = Entry("PNOEE-1", born=date(1990, 3, 3))
    assert age(person(), noon, entry) == Age(35)
    assert age(person(born=None), noon, entry) == Age(35)
    assert age(person(born=None), noon) is None


@given(st.dates(date(1900, 1, 1), date(2020, 1, 1)), st.dates(date(2020, 1, 2), date(2060, 1, 1)))
def test_an_age_is_the_number_of_birthdays(born: date, day: date) -> None:
    told = age(person(born=born), datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
    assert told
    counted = [year for year in range(born.year + 1, day.year + 1) if _birthday(born, year) <= day]
    assert told.years == len(counted)


def _birthday(born: date, year: int) -> date:
    return date(year, 3, 1) if (born.month, born.day) == (2, 29) and year % 4 else born.replace(year=year)


@pytest.mark.parametrize(
    ("country", "years", "guardians", "outcome"),
    [
        ("EE", 18, (), False),
        ("EE", 17, (GUARDIAN,), True),
        ("EE", 17, (), Code.NO_GUARDIAN),
        ("EE", 7, (GUARDIAN,), True),
        ("LV", 17, (GUARDIAN,), Code.AGE_NOT_ALLOWED),
        ("BE", 17, (), Code.AGE_NOT_ALLOWED),
        ("LV", 18, (), False),
        ("LT", 14, (), False),
        ("LV", None, (), Code.AGE_UNKNOWN),
    ],
)
def test_for_whom_somebody_else_must_sign(
    country: str, years: int | None, guardians: tuple[Guardian, ...], outcome: bool | Code
) -> None:
    entry = Entry(f"PNO{country}-1", guardians=guardians)
    told = Age(years) if years is not None else None
    if isinstance(outcome, Code):
        with pytest.raises(Refused) as refused:
            needs_guardian(person(country), entry, told, Settings())
        assert refused.value.code is outcome
    else:
        assert needs_guardian(person(country), entry, told, Settings()) is outcome


@pytest.mark.parametrize("why", ["deceased", "code_replaced"])
def test_the_person_is_looked_at_before_the_document(why: PersonStatus) -> None:
    with pytest.raises(Refused) as refused:
        check_standing(Entry("PNOEE-1", document="stolen", person=why))
    assert (refused.value.code, refused.value.detail) == (Code.PERSON_NOT_ELIGIBLE, {"why": why})


def test_a_country_that_is_not_served() -> None:
    with pytest.raises(Refused) as refused:
        check_country(person("FI"), Settings())
    assert (refused.value.code, refused.value.detail) == (Code.COUNTRY_UNSUPPORTED, {"country": "FI"})
