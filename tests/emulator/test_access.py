"""Access conditions: a bounded distributive lattice, and its text."""

from __future__ import annotations

from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softeid.emulator.access import ALWAYS, NEVER, Access, after, parse

PINS = ("PIN1", "PIN2", "PUK")
EVERY_SET = [frozenset(some) for some in chain.from_iterable(combinations(PINS, n) for n in range(4))]
conditions = st.builds(Access, st.frozensets(st.sampled_from(EVERY_SET)))


@given(conditions, conditions, conditions)
def test_lattice_laws(a: Access, b: Access, c: Access) -> None:
    assert (a & b, a | b) == (b & a, b | a)
    assert ((a & b) & c, (a | b) | c) == (a & (b & c), a | (b | c))
    assert (a & a, a | a) == (a, a)
    assert (a & (a | b), a | (a & b)) == (a, a)
    assert a & (b | c) == (a & b) | (a & c)
    assert a | (b & c) == (a | b) & (a | c)
    assert (a & ALWAYS, a | NEVER) == (a, a)
    assert (a & NEVER, a | ALWAYS) == (NEVER, ALWAYS)


@given(conditions, conditions)
def test_granted_is_the_meaning(a: Access, b: Access) -> None:
    """`and` and `or` of conditions are those of their answers, and equal answers make equal conditions."""
    answers = [(a.granted(some), b.granted(some)) for some in EVERY_SET]
    assert [(a & b).granted(some) for some in EVERY_SET] == [x and y for x, y in answers]
    assert [(a | b).granted(some) for some in EVERY_SET] == [x or y for x, y in answers]
    assert (a == b) == all(x == y for x, y in answers)


@given(conditions, st.sampled_from(EVERY_SET), st.sampled_from(EVERY_SET))
def test_more_pins_never_close_a_door(a: Access, some: frozenset[str], more: frozenset[str]) -> None:
    assert not a.granted(some) or a.granted(some | more)


@given(conditions)
def test_text_is_read_back(a: Access) -> None:
    assert parse(str(a)) == a


@pytest.mark.parametrize(
    ("text", "condition", "again"),
    [
        ("always", ALWAYS, "always"),
        ("never", NEVER, "never"),
        ("PIN1", after("PIN1"), "PIN1"),
        ("PUK & PIN1", after("PIN1", "PUK"), "PIN1 & PUK"),
        ("PIN1&PUK|PIN2", after("PIN1", "PUK") | after("PIN2"), "PIN1 & PUK | PIN2"),
        ("PIN1 | PIN1 & PUK", after("PIN1"), "PIN1"),
        ("always & PIN1", after("PIN1"), "PIN1"),
        ("never | PIN1", after("PIN1"), "PIN1"),
        ("PIN1 | always", ALWAYS, "always"),
    ],
)
def test_parse(text: str, condition: Access, again: str) -> None:
    assert parse(text) == condition
    assert str(condition) == again


@pytest.mark.parametrize("text", ["", " ", "PIN1 &", "| PIN1", "PIN1 & & PUK", "PIN1 || PUK"])
def test_nothing_between_operators(text: str) -> None:
    with pytest.raises(ValueError):
        parse(text)


@given(conditions)
def test_names_of_pins(a: Access) -> None:
    assert a.pins == frozenset(pin for some in a.alternatives for pin in some)
