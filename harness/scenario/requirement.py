"""The catalogue of requirements: what a row's outcome names, and whether an expectation speaks of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from softeid.emulator.mistake import FileError, Mistake
from softeid.emulator.yaml_text import Items, Map, Node, Text, describe, documents

from .expect import Expectation

CATALOGUE = Path(__file__).parents[1] / "requirements.yaml"


class Requirement(NamedTuple):
    """One row."""

    id: str  # SID-LGN-001
    section: str  # A to Q
    given: str  # the trigger
    then: str  # the outcome that can be observed
    names: frozenset[str]  # codes, states and events of the outcome; may be empty
    basis: str  # what it rests on: C a public source, I inferred, O our choice
    proof: str  # "test": shown by a test, not by a scenario
    later: str  # what it waits for


@cache
def catalogue(path: Path = CATALOGUE) -> Mapping[str, Requirement]:
    """Every row by its id, in the catalogue's order.

    Raises:
        FileError: the file is wrong.
    """
    mistakes: list[Mistake] = []
    rows: dict[str, Requirement] = {}
    for document in documents(path.read_bytes(), path.name, mistakes, "a catalogue of requirements"):
        listed = document.at("requirements") if isinstance(document, Map) else None
        if not isinstance(listed, Items):
            mistakes.append(Mistake(document.mark, "a list of requirements", describe(document)))
            continue
        for node in listed:
            if isinstance(node, Map):
                row = _row(node)
                rows[row.id] = row
            else:
                mistakes.append(Mistake(node.mark, "a requirement", describe(node)))
    if mistakes:
        raise FileError(mistakes)
    return rows


def _row(node: Map) -> Requirement:
    def text(key: str) -> str:
        value = node.at(key)
        return str(value) if isinstance(value, Text) else ""

    names: Node | None = node.at("names")
    return Requirement(
        text("id"),
        text("section"),
        text("given"),
        text("then"),
        frozenset(map(str, names)) if isinstance(names, Items) else frozenset(),
        text("basis"),
        text("proof"),
        text("later"),
    )


def speaks_of(expected: Expectation, row: Requirement) -> bool:
    """Every alternative of the expectation names something of the row, if the row names anything."""
    return not row.names or all(one & row.names for one in expected.names)
