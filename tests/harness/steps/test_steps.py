"""Steps as a whole: each is documented, its ending reads, its harm is declared, and some scenario uses it."""

from __future__ import annotations

from pathlib import Path

import pytest

from softeid.harness.lab import Lab
from softeid.harness.scenario.loader import load, scenario_files
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
