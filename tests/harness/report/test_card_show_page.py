"""The page about `card show`: its sample is what is drawn, and every name and code stands in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.harness.report.made_card import STATES, view

from softeid.harness.report.card_finding import findings
from softeid.harness.report.card_json import as_data

PAGE = (Path(__file__).parents[3] / "docs" / "card-show.md").read_text("utf-8")
NAMED_BY_CARDS = {"certificates", "pins", "keys", "operations", "switches", "marks"}  # their names are data


def test_the_sample_is_what_is_drawn() -> None:
    sample = re.search(r"```\n(.*?)\n```", PAGE, re.DOTALL)
    assert sample
    golden = Path(__file__).with_name("golden") / "expired-80.txt"
    assert golden.read_text("utf-8").startswith(f"{sample[1]}\n")


def names(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from names(one)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from names([*inner.values()] if name in NAMED_BY_CARDS else inner)


@pytest.mark.parametrize("state", STATES)
def test_every_name_and_code_is_explained(state: str) -> None:
    card = view(state)
    told = {*names(as_data(card, "jaak.card")), *(one.code for one in findings(card))}
    assert {one for one in told if f"`{one}`" not in PAGE} == set()
