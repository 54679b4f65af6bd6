"""Scenarios as text, over the toy world."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.harness.scenario.toy_world import ToyStage

from softeid.harness.scenario.event import Event
from softeid.harness.scenario.loader import load
from softeid.harness.scenario.runner import run
from softeid.harness.scenario.scenario import Scenario

HEAD = "scenario: something\nwhy: to see what happens\n"

Written = Callable[[str], list[Scenario]]
Played = Callable[[str], list[Event]]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Loads a text as a scenario file of the toy language; a head is put before `steps` or `card` alone."""

    def load_text(text: str) -> list[Scenario]:
        file = tmp_path / "toy.scenario.yaml"
        file.write_text(text if text.startswith("scenario") else HEAD + text, encoding="utf-8")
        return load([file], ToyStage().language)

    return load_text


@pytest.fixture
def played(written: Written) -> Played:
    """Loads a text and plays it; all events in order."""
    return lambda text: list(run(written(text), ToyStage(), seed="s"))
