"""The JSON Schema for editors accepts every scenario, as text and as YAML 1.2, and flags most mistakes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from softeid.emulator.yaml_text import documents
from softeid.harness.scenario.reference import reference
from softeid.harness.scenario.schema import schema
from softeid.harness.steps import LANGUAGE

ROOT = Path(__file__).parents[3]
GOOD = sorted((ROOT / "scenarios").rglob("*.scenario.yaml"))
BAD = sorted(Path(__file__).with_name("broken").glob("*.scenario.yaml"))

# What one document cannot tell an editor: numbers of elements, who has what, which names are known where.
BEYOND_A_SCHEMA = {
    "anchor",
    "card-and-people",
    "card-state-of-profile",
    "cells",
    "changes-path",
    "covers-nothing-expected",
    "covers-other",
    "directive",
    "double-hour",
    "empty",
    "list-for-one",
    "matrix-value",
    "moment",
    "naive-instant",
    "no-such-day",
    "offset",
    "person",
    "personal-code",
    "same-cell-twice",
    "same-name-twice",
    "skipped-hour",
    "tries-do-not-match",
    "variable",
    "variable-value",
    "zone",
}


class Yaml12(yaml.SafeLoader):
    """YAML's core schema 1.2, as editors read it: NO is a text, 9000 a number."""


Yaml12.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("bool", "true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", "[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+0123456789."),
    ("null", "~|null|Null|NULL|", ["~", "n", "N", ""]),
):
    Yaml12.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first))


@pytest.fixture(scope="module")
def validator() -> Any:
    made = json.loads(json.dumps(schema(LANGUAGE)))
    jsonschema.Draft202012Validator.check_schema(made)
    return jsonschema.Draft202012Validator(made)


def as_editors_see(file: Path) -> Iterator[Any]:
    yield from yaml.load_all(file.read_bytes(), Yaml12)


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.name)
def test_good_files_fit(validator: Any, file: Path) -> None:
    as_text = documents(file.read_bytes(), str(file), [])
    for document in (*as_text, *as_editors_see(file)):
        assert [f"{one.json_path}: {one.message}" for one in validator.iter_errors(document)] == []


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.name.partition(".")[0])
def test_broken_files_are_flagged(validator: Any, file: Path) -> None:
    try:
        found = [error for one in as_editors_see(file) for error in validator.iter_errors(one)]
        flagged = bool(found)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        flagged = True
    name = file.name.partition(".")[0]
    assert flagged is (name not in BEYOND_A_SCHEMA)


def test_every_step_stands_in_schema_and_reference() -> None:
    named = schema(LANGUAGE)["$defs"]["step"]["anyOf"][1]["properties"]
    page = reference(LANGUAGE)
    assert list(named) == list(LANGUAGE.steps)
    for name, step in LANGUAGE.steps.items():
        assert f"### {name}\n\n{step.doc}" in page
        for argument in step.own:
            assert f"| `{argument}` |" in page
