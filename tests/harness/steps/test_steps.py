"""Steps as a whole: each is documented, its ending reads, its harm is declared, and some scenario uses it."""

from __future__ import annotations

from pathlib import Path

import pytest

from softeid.emulator.mistake import Mistake
from softeid.harness.lab import Lab
from softeid.harness.scenario.annotation import reader
from softeid.harness.scenario.loader import load, read_file, scenario_files
from softeid.harness.scenario.look import ShowsReader
from softeid.harness.scenario.reading import Who
from softeid.harness.scenario.step import STEPS, Step, step
from softeid.harness.steps import LANGUAGE

# Words at which a step reaches the card with a PIN or changes it.
HARMFUL = {
    "log in",
    "take ticket",
    "prepare token",
    "sign application",
    "sign as guardian",
    "refuse as guardian",
    "guess",
    "verify pin",
    "change pin",
    "unblock pin",
    "apdu",
}
SCENARIOS = Path(__file__).parents[3] / "scenarios"


@pytest.mark.parametrize("one", LANGUAGE.steps.values(), ids=LANGUAGE.steps)
def test_a_step_says_what_it_does(one: Step) -> None:
    assert one.doc.endswith(".")
    assert one.doc[0].isupper()
    assert all(field.doc for field in one.own.values())
    assert (one.harm != "none") is (one.name in HARMFUL)


def test_every_step_is_used_by_some_scenario() -> None:
    scenarios = load(scenario_files([SCENARIOS]), Lab().language)
    used = {call.step.name for one in scenarios for call in one}
    assert set(LANGUAGE.steps) - used == set()


# Fields of looks that hold what somebody wrote or what a text says: any text may be expected of them.
FREE = {
    "phone shows": {"title", "accounts"},
    "portal shows": {"text", "name", "device", "country", "email", "terms", "guardians"},
    "account shows": {"name", "email", "document"},
    "certificate shows": {"common_name", "surname", "given_name", "serial", "document", "issuer"},
    "outbox shows": {"to"},
    "audit shows": {"by", "tells"},
    "application shows": {"terms", "accepted", "device", "country"},
    "page shows": {"path", "frame_ancestors", "leads_to", "heading", "told"},
}


@pytest.mark.parametrize("one", [one for one in STEPS.values() if one.observes], ids=lambda one: one.name)
def test_a_look_knows_its_words(one: Step) -> None:
    """A word that no screen can ever show is a slip, and told when the file is read."""
    looks = one.fields.fields["expect"].reader
    assert isinstance(looks, ShowsReader)
    assert {name for name, field in looks.fields.items() if field.reader is reader(str)} == FREE.get(
        one.name, set()
    )


TYPED = [
    (
        "confirm pin: {pin: pin1, typed: %s}",
        ["right", "wrong", "4271", "42a1", "'abcd'", "''"],
        ["abcd", "rigth"],
    ),
    ("choose pins: {pin1: %s}", ["4271", "42a1", "'wrong'"], ["wrong", "right"]),
    ("enter code: {code: %s}", ["previous", "12345678A", "'A2345678'"], ["wrng", "A2345678"]),
    ("verify pin: {pin: pin1, value: %s}", ["right", "'1234'"], ["'abcd'", "nothing", "12a4"]),
]


@pytest.mark.parametrize(("written", "good", "bad"), TYPED)
def test_what_is_typed(written: str, good: list[str], bad: list[str]) -> None:
    """Letters may be a slip, unless quotes show that they are meant and the keypad takes them."""
    for text in (*good, *bad):
        mistakes: list[Mistake] = []
        step = written % text
        octets = f"scenario: a\nwhy: b\ncard: {{person: jaak}}\nsteps:\n  - {step}\n".encode()
        read_file(octets, "t.scenario.yaml", mistakes, LANGUAGE)
        assert bool(mistakes) is (text in bad), step


def undocumented(world: object, *, pin: str) -> None:
    """Say nothing about the argument."""


def takes_a_reserved_word(world: object, *, at: str) -> None:
    """Take it.

    Args:
        at: when.
    """


def needs_a_tractor(world: object, tractor: object) -> None:
    """Plough."""


def gives_a_set(world: object, *, of: set[str]) -> None:
    """Give it.

    Args:
        of: what.
    """


WRONG = {
    "an argument that is not documented": (undocumented, "its docstring says nothing about pin"),
    "a reserved argument": (takes_a_reserved_word, "at is reserved"),
    "a thing that nobody has": (needs_a_tractor, "tractor is none of me, card"),
    "a type that no file can write": (gives_a_set, "no reader for"),
}


@pytest.mark.parametrize(("act", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_step_is_refused_at_import(act: object, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        step("wrong", into={})(act)  # type: ignore[type-var]  # any function


def test_a_name_is_taken_once() -> None:
    def log_in(world: object) -> None:
        """Log in."""

    with pytest.raises(TypeError, match="step 'log in' is there already"):
        step("log in")(log_in)
    assert STEPS["log in"].act is not log_in


def test_a_trailing_underscore_is_for_python_only() -> None:
    def give(world: object, *, from_: Who) -> None:
        """Give.

        Args:
            from_: whose.
        """

    book: dict[str, Step] = {}
    step("give", into=book)(give)
    assert list(book["give"].own) == ["from"]
