"""Which PINs are allowed, and by which name a rule refuses the others."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softeid.harness.registration.pin_rule import check_pair, check_pin, proposed, warnings, weakness
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.settings import Settings
from softeid.harness.registration.vocabulary import Code
from softeid.harness.seed import Seed

SETTINGS = Settings()


@pytest.mark.parametrize("pin", ["4271", "0451", "427158362047"])
def test_a_good_pin1_of_4_to_12_digits_is_allowed(pin: str) -> None:
    check_pin(1, pin, SETTINGS)


@pytest.mark.parametrize(
    ("number", "pin", "code", "detail"),
    [
        (1, "427", Code.PIN_TOO_SHORT, {"pin": 1, "min": 4}),
        (2, "4271", Code.PIN_TOO_SHORT, {"pin": 2, "min": 5}),
        (1, "4271583620471", Code.PIN_TOO_LONG, {"pin": 1, "max": 12}),
        (2, "4271583620471", Code.PIN_TOO_LONG, {"pin": 2, "max": 12}),
        (1, "", Code.PIN_FORMAT, {"pin": 1}),
        (1, "42a1", Code.PIN_FORMAT, {"pin": 1}),
        (1, "42 71", Code.PIN_FORMAT, {"pin": 1}),
        (1, "４２７１", Code.PIN_FORMAT, {"pin": 1}),
        (1, "٤٢٧١", Code.PIN_FORMAT, {"pin": 1}),
        (1, "1234", Code.PIN_TOO_WEAK, {"pin": 1, "rule": "ascending"}),
        (1, "8901", Code.PIN_TOO_WEAK, {"pin": 1, "rule": "ascending"}),
        (1, "2109", Code.PIN_TOO_WEAK, {"pin": 1, "rule": "descending"}),
        (1, "0000", Code.PIN_TOO_WEAK, {"pin": 1, "rule": "all-equal"}),
        (1, "2580", Code.PIN_TOO_WEAK, {"pin": 1, "rule": "middle-column"}),
        (1, "1212", Code.PIN_TOO_WEAK, {"pin": 1, "rule": "repeated-pair"}),
        (2, "121212", Code.PIN_TOO_WEAK, {"pin": 2, "rule": "repeated-pair"}),
        (2, "12345", Code.PIN_TOO_WEAK, {"pin": 2, "rule": "ascending"}),
        (2, "54321", Code.PIN_TOO_WEAK, {"pin": 2, "rule": "descending"}),
        (2, "11111", Code.PIN_TOO_WEAK, {"pin": 2, "rule": "all-equal"}),
    ],
)
def test_a_bad_pin_is_refused_by_name(number: int, pin: str, code: Code, detail: dict[str, object]) -> None:
    with pytest.raises(Refused) as refused:
        check_pin(1 if number == 1 else 2, pin, SETTINGS)
    assert (refused.value.code, refused.value.detail) == (code, detail)


def test_the_pin_itself_is_never_told() -> None:
    with pytest.raises(Refused) as refused:
        check_pin(1, "1234", SETTINGS)
    assert "1234" not in str(refused.value)


@given(st.text("0123456789", min_size=4, max_size=12))
def test_runs_are_runs_whatever_their_length_and_direction(pin: str) -> None:
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    run = steps in ({1}, {9})
    assert (weakness(pin) in ("ascending", "descending")) == run


def test_equal_pins_are_refused_unless_the_settings_allow_them() -> None:
    with pytest.raises(Refused) as refused:
        check_pair("42719", "42719", SETTINGS)
    assert refused.value.code is Code.PIN_EQUAL
    check_pair("42719", "42719", Settings(pin_allow_equal=True))


@pytest.mark.parametrize(
    ("pin1", "pin2", "told"),
    [
        ("4271", "58362", ()),
        ("4271", "42719", ("PIN_PREFIX",)),
        ("1984", "58362", ("PIN_YEAR",)),
        ("1899", "58362", ()),
        ("2029", "58362", ("PIN_YEAR",)),
        ("2030", "58362", ()),
    ],
)
def test_some_pins_are_allowed_with_a_warning(pin1: str, pin2: str, told: tuple[str, ...]) -> None:
    assert warnings(pin1, pin2) == told


@given(st.text(min_size=1))
def test_proposed_pins_satisfy_every_rule(seed: str) -> None:
    pin1, pin2 = proposed(Seed(seed).stream("pins"), SETTINGS)
    check_pin(1, pin1, SETTINGS)
    check_pin(2, pin2, SETTINGS)
    check_pair(pin1, pin2, SETTINGS)
    assert not warnings(pin1, pin2)
