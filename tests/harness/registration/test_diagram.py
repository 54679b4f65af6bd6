"""The page that is drawn from the tables: it is in the documentation, with everything on it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from softeid.harness.registration import core
from softeid.harness.registration.app_life import APP_LIFE, AppEvent
from softeid.harness.registration.diagram import TIMERS, page
from softeid.harness.registration.portal_life import PORTAL_LIFE, PortalEvent
from softeid.harness.registration.settings import Settings
from softeid.harness.registration.vocabulary import AppState, Code, EventName, PortalState

PAGE = Path(__file__).parents[3] / "docs" / "registration.md"
# What Mermaid reads as a state diagram (its documentation, "State diagrams").
STATEMENT = re.compile(
    r"    (\[\*\] --> [A-Z][A-Z0-9_]*"
    r"|[A-Z][A-Z0-9_]* --> \[\*\]"
    r"|[A-Z][A-Z0-9_]* --> [A-Z][A-Z0-9_]*: [^:;#\n]+"
    r"|note right of [A-Z][A-Z0-9_]*: [^:;#\n]+)"
)


def pictures() -> list[list[str]]:
    return [block.splitlines() for block in re.findall(r"```mermaid\n(.*?)\n```", page(), re.DOTALL)]


def test_the_documentation_has_it_as_it_is_drawn() -> None:
    again = "draw it again: python -m softeid.harness.registration.diagram > docs/registration.md"
    assert PAGE.read_text(encoding="utf-8") == page(), again


@pytest.mark.parametrize("number", [0, 1])
def test_a_picture_is_mermaid_and_small_enough_to_read(number: int) -> None:
    head, *statements = pictures()[number]
    assert head == "stateDiagram-v2"
    assert [line for line in statements if not STATEMENT.fullmatch(line)] == []
    assert len(statements) <= 40


@pytest.mark.parametrize("table", [APP_LIFE, PORTAL_LIFE], ids=["phone", "portal"])
def test_every_row_of_a_table_is_on_the_page(table: dict[tuple[str, AppEvent | PortalEvent], str]) -> None:
    number = 0 if table is APP_LIFE else 1
    arrows = [re.fullmatch(r"    (\w+) --> (\w+): (.*)", line) for line in pictures()[number]]
    drawn = {(one[1], event, one[2]) for one in arrows if one for event in one[3].split(", ")}
    for end, event, states in re.findall(r"\| `(\w+)` \| ([^|]+) \| ([^|]+) \|", page()):
        drawn |= {(state, event, end) for state in re.findall(r"\w+", states)}
    # an event's name may have a comma of its own
    lacking = [
        (state, event.value, then)
        for (state, event), then in table.items()
        if not all((str(state), part, str(then)) in drawn for part in event.value.split(", "))
    ]
    assert lacking == []


def test_every_timer_is_explained() -> None:
    rings = {*core._TIMERS, AppEvent.ISSUE_AGAIN, PortalEvent.IDLE}
    assert set(TIMERS) == rings
    assert {timer.setting for timer in TIMERS.values()} <= set(vars(Settings()))


def test_every_word_is_on_the_page() -> None:
    words = {*AppState, *PortalState, *EventName, *vars(Settings())} | set(Code) - {Code.TLS_CLOCK}
    assert [word for word in words if word not in page()] == []
