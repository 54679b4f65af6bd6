"""The committed table of persons, and how a wrong one is told."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import date

import pytest

from softeid.emulator.mistake import FileError
from softeid.harness.person import Person, parse_persons, persons
from softeid.harness.personal_code import is_valid

JAAK = """\
persons:
  jaak:
    code: "38001085718"
    surname: JÕEORG
    given-names: JAAK-KRISTJAN
    source: public specimen
    role: the ordinary adult
"""


def parse(text: str) -> dict[str, Person]:
    return dict(parse_persons(text.encode(), "persons.yaml"))


def test_the_table_holds_these_in_this_order() -> None:
    assert list(persons()) == ["jaak", "mari", "mary", "toomas", "peeter", "kadri", "aadu", "leida"]


@pytest.mark.parametrize("handle", persons())
def test_each_has_a_valid_code_and_a_source(handle: str) -> None:
    person = persons()[handle]
    assert person.handle == handle
    assert is_valid(person.code)
    assert person.source
    assert person.role


def test_no_code_twice() -> None:
    assert len({person.code for person in persons().values()}) == len(persons())


def test_what_is_made_of_jaak() -> None:
    jaak = persons()["jaak"]
    assert jaak.common_name == "JÕEORG,JAAK-KRISTJAN,38001085718"
    assert jaak.serial_number == "PNOEE-38001085718"
    assert (jaak.sex, jaak.birth_date, jaak.country) == ("M", date(1980, 1, 8), "EE")
    assert jaak.name == "JAAK-KRISTJAN JÕEORG"


@pytest.mark.parametrize(
    ("handle", "born"),
    [("peeter", date(2007, 1, 1)), ("kadri", date(2011, 1, 1)), ("aadu", date(1903, 3, 3))],
)
def test_ages_that_scenarios_count_on(handle: str, born: date) -> None:
    assert persons()[handle].birth_date == born


def test_names_keep_every_letter() -> None:
    mary = persons()["mary"]
    assert mary.surname == "O’CONNEŽ-ŠUSLIK TESTNUMBER"
    assert mary.given_names == "MARY ÄNN"


def test_what_is_printed_hides_the_code() -> None:
    jaak = persons()["jaak"]
    assert str(jaak) == "JAAK-KRISTJAN JÕEORG (*******5718)"
    assert jaak.masked == "*******5718"


def test_a_person_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        persons()["jaak"].code = "0"  # type: ignore[misc]  # what the test is about


def test_a_right_table_is_read() -> None:
    assert parse(JAAK)["jaak"] == Person(
        "jaak", "38001085718", "JÕEORG", "JAAK-KRISTJAN", "public specimen", "the ordinary adult"
    )


# What is changed in the right table, and the line that is told.
MISTAKES = {
    "an empty file": (JAAK, "", "persons.yaml:1:1: expected a table of persons, found an empty file"),
    "not a mapping": (
        JAAK,
        "persons",
        "persons.yaml:1:1: expected a mapping with `persons`, found 'persons'",
    ),
    "no table": (JAAK, "persons:", "persons.yaml:1:9: expected persons by handle, found nothing"),
    "an empty table": (JAAK, "persons: {}", "persons.yaml:1:1: expected at least one person, found none"),
    "another key on top": (
        "persons:",
        "person:",
        "persons.yaml:1:1: expected persons, found 'person'; did you mean persons?",
    ),
    "a handle in capitals": (
        "jaak:",
        "Jaak:",
        "persons.yaml:2:3: expected a handle: small letters, digits, hyphens, found 'Jaak'",
    ),
    "a person as text": (
        JAAK[11:],
        "jaak: JÕEORG",
        "persons.yaml:2:9: expected a person: code, surname, given-names, source or role, found 'JÕEORG'",
    ),
    "a key misspelt": (
        "surname",
        "sirname",
        "persons.yaml:4:5: expected code, surname, given-names, source or role, found 'sirname'; did you",
    ),
    "no source": (
        "    source: public specimen\n",
        "",
        "persons.yaml:3:5: expected jaak.source: a text, found nothing",
    ),
    "an empty source": (
        "public specimen",
        "",
        "persons.yaml:6:12: expected jaak.source: a text, found nothing",
    ),
    "a list as name": (
        "JÕEORG",
        "[JÕEORG]",
        "persons.yaml:4:14: expected jaak.surname: a text, found a list",
    ),
    "a code too short": (
        "38001085718",
        "3800108571",
        "persons.yaml:3:11: expected jaak.code: a personal code of 11 digits, found '3800108571'",
    ),
    "a day that does not exist": (
        "38001085718",
        "38002305718",
        "persons.yaml:3:11: expected jaak.code: a personal code with a date of birth, found '38002305718'",
    ),
    "a wrong check digit": (
        "38001085718",
        "38001085719",
        "persons.yaml:3:11: expected jaak.code: a personal code with its check digit, found '38001085719'; ",
    ),
    "a key twice": (
        "    role:",
        "    code: x\n    role:",
        "persons.yaml:7:5: expected each key once, found 'code' again (first in line 3)",
    ),
    "a code twice": (
        "persons:\n",
        "persons:\n  first: {code: '38001085718', surname: A, given-names: B, source: C, role: D}\n",
        "persons.yaml:4:5: expected each code once, found the code of first again",
    ),
    "two documents": (
        JAAK,
        f"{JAAK}---\n{JAAK}",
        "persons.yaml:9:1: expected one table of persons, found another document",
    ),
    "an alias": ("JÕEORG", "*a", "persons.yaml:4:14: expected the value itself, found an alias (*a)"),
}


@pytest.mark.parametrize(("old", "new", "told"), MISTAKES.values(), ids=MISTAKES)
def test_a_wrong_table_is_told_at_its_place(old: str, new: str, told: str) -> None:
    assert old in JAAK
    with pytest.raises(FileError) as caught:
        parse(JAAK.replace(old, new))
    lines = str(caught.value).splitlines()
    assert any(line.startswith(told) for line in lines), lines


def test_all_mistakes_are_told_at_once() -> None:
    wrong = JAAK.replace("38001085718", "1").replace("surname: JÕEORG", "surname:")
    with pytest.raises(FileError) as caught:
        parse(wrong)
    assert len(caught.value.mistakes) == 2


def test_the_right_check_digit_is_never_told() -> None:
    with pytest.raises(FileError) as caught:
        parse(JAAK.replace("38001085718", "38001085719"))
    assert "38001085718" not in str(caught.value)
