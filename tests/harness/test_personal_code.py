"""Estonian personal codes. Valid ones here are published test codes; the others cannot be anybody's."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softeid.harness.personal_code import birth_date, check_digit, is_valid, masked, sex

# SK's demo environment and the public specimens.
PUBLISHED = [
    "38001085718",
    "47101010033",
    "60001019906",
    "30303039914",
    "30403039917",
    "40404040009",
    "40504040001",
    "50001029996",
    "50701019992",
    "61101019999",
]


@pytest.mark.parametrize("code", PUBLISHED)
def test_published_codes_are_valid(code: str) -> None:
    assert is_valid(code)


@pytest.mark.parametrize("code", PUBLISHED)
def test_any_other_check_digit_is_wrong(code: str) -> None:
    right = [digit for digit in "0123456789" if is_valid(code[:-1] + digit)]
    assert right == [code[-1]]


@pytest.mark.parametrize(
    ("first_ten", "digit"),
    [
        ("3800108571", 8),  # 184 mod 11
        ("5000102999", 6),  # the first round gives 10
        ("1000000000", 1),
        ("0000000000", 0),
        ("0000000035", 0),  # both rounds give 10
    ],
    ids=["first round", "second round", "one weight", "nothing", "both rounds give 10"],
)
def test_check_digit(first_ten: str, digit: int) -> None:
    assert check_digit(first_ten) == digit


@pytest.mark.parametrize(
    "code",
    [
        "",
        "3800108571",
        "380010857188",
        "3800108571X",
        " 38001085718",
        "38001085718\n",
        "٣٨٠٠١٠٨٥٧١٨",
        "00001010000",
        "90001010000",
    ],
    ids=[
        "empty",
        "ten digits",
        "twelve digits",
        "a letter",
        "a blank",
        "a line break",
        "Arabic digits",
        "century 0",
        "century 9",
    ],
)
def test_what_is_no_code(code: str) -> None:
    assert not is_valid(code)


@pytest.mark.parametrize("day", ["0230", "1301", "0001", "0100"])
def test_a_day_that_does_not_exist(day: str) -> None:
    first = f"380{day}571" if len(day) == 3 else f"380{day}57"
    code = f"{first}1"[:10]
    assert not is_valid(code + str(check_digit(code)))


@pytest.mark.parametrize(
    ("code", "born", "letter"),
    [
        ("38001085718", date(1980, 1, 8), "M"),
        ("47101010033", date(1971, 1, 1), "F"),
        ("60001019906", date(2000, 1, 1), "F"),
        ("50001029996", date(2000, 1, 2), "M"),
        ("30303039914", date(1903, 3, 3), "M"),
        ("1991231", date(1899, 12, 31), "M"),
        ("8000228", date(2100, 2, 28), "F"),
    ],
)
def test_what_a_code_tells(code: str, born: date, letter: str) -> None:
    assert birth_date(code) == born
    assert sex(code) == letter


def test_29_february_counts_in_the_right_century() -> None:
    assert birth_date("5000229") == date(2000, 2, 29)
    for first in "17":  # 1800 and 2100 had and will have none
        with pytest.raises(ValueError):
            birth_date(f"{first}000229")


def test_a_mask_hides_birthday_and_sex() -> None:
    assert masked("38001085718") == "*******5718"


@given(st.text(max_size=13))
def test_no_text_breaks_the_check(text: str) -> None:
    assert is_valid(text) in (True, False)
