"""Every command that writes, cut at every durable write, on a card in memory; and the page that says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.emulator.conftest import Script, make_specimen
from tests.tear.case import NEW, SILENT, SILENT_AFTER_VERIFY, Case, cases
from tests.tear.invariant import breaches
from tests.tear.rule import REFERENCES
from tests.tear.table import SHOWN, page, rows

PAGE = Path(__file__).parents[2] / "docs" / "tearing.md"
CASES = [case for pin in REFERENCES for case in cases(pin)]


def test_the_documentation_has_the_table_as_it_is_played() -> None:
    assert PAGE.read_text("utf-8") == page(), "make it again: python -m tests.tear.table > docs/tearing.md"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_power_goes_at_every_durable_write(case: Case) -> None:
    assert list(breaches(case, rows(case))) == []


@pytest.mark.parametrize("pin", ["PIN2", "PUK"])
def test_other_pins_are_as_the_one_that_the_page_shows(pin: str) -> None:
    assert outcomes(pin).items() <= outcomes(SHOWN).items()


def outcomes(pin: str) -> dict[tuple[str, str], list[tuple[object, ...]]]:
    """The rows of every case of a PIN, without its values."""
    return {
        (case.command, case.what): [
            (row.moment, row.ended.told, row.ended.memory[pin].value == NEW, row.ended.memory[pin][1:])
            for row in rows(case)
        ]
        for case in cases(pin)
    }


@pytest.mark.parametrize("script", SILENT.values(), ids=SILENT)
def test_what_is_no_writing_command_writes_nothing(script: Script) -> None:
    card = make_specimen(on_commit=lambda: pytest.fail("a durable write"))
    card.plays(*script)


@pytest.mark.parametrize("script", SILENT_AFTER_VERIFY.values(), ids=SILENT_AFTER_VERIFY)
def test_keys_write_nothing(script: Script) -> None:
    card = make_specimen()
    verify = next(place for place, (command, _) in enumerate(script) if "0020" in command[:8])
    card.plays(*script[: verify + 1])
    before = len(card.commits)
    card.plays(*script[verify + 1 :])
    assert len(card.commits) == before == 2


@pytest.mark.parametrize("command", ["00200001 0C {}", "00240001 18 {}{}"], ids=["VERIFY", "CHANGE"])
def test_a_blocked_pin_writes_nothing(command: str) -> None:
    card = make_specimen(on_commit=lambda: pytest.fail("a durable write"))
    card.permanent.pins["PIN1"].tries = 0
    right = card.permanent.pins["PIN1"].value.hex()
    assert card(command.format(right, right)) == "6983"
