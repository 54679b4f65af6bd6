"""The JSON Schema of scenario files, for editors: made from the readers, and they from the signatures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .call import PASSED_ON
from .head import HEAD
from .language import Language
from .outcome import OutcomeReader
from .reading import Schema
from .step import RESERVED

_CELL = {"type": "object", "minProperties": 1}


def schema(language: Language) -> Schema:
    """One document of a scenario file, as JSON Schema 2020-12."""
    begin = {"$ref": "#/$defs/begin"}
    head = HEAD.schema()
    head["properties"].update(
        {
            "matrix": {**_CELL, "additionalProperties": {"type": "array", "minItems": 1}},
            "cases": {**_CELL, "additionalProperties": {"type": "object"}},
            "start": {"anyOf": [begin, _items(begin)]},
            "steps": _items({"$ref": "#/$defs/step"}),
        }
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "softeid scenario",
        **head,
        "$defs": {
            "step": _step(language),
            "begin": _begin(language),
            "outcome": OutcomeReader().definition(),
        },
    }


def _items(each: Schema) -> Schema:
    return {"type": "array", "items": each, "minItems": 1}


def _step(language: Language) -> Schema:
    """A step by name alone, or with its arguments; one object, so that editors blame the right place."""
    return _named(
        {
            name: {**_dealt(step.fields.schema()), "description": step.doc}
            for name, step in language.steps.items()
        }
    )


def _begin(language: Language) -> Schema:
    given = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in PASSED_ON},
        "additionalProperties": False,
    }
    return {"anyOf": [_named(dict.fromkeys(language.beginnings, given)), {"$ref": "#/$defs/step"}]}


def _named(properties: Mapping[str, Any]) -> Schema:
    return {
        "anyOf": [
            {"enum": list(properties)},
            {
                "type": "object",
                "minProperties": 1,
                "maxProperties": 1,
                "additionalProperties": False,
                "properties": properties,
            },
        ]
    }


def _dealt(fields: Schema) -> Schema:
    """Each argument may be a list: one element for each try."""
    for name, one in fields["properties"].items():
        if name not in RESERVED:
            fields["properties"][name] = {"anyOf": [one, {"type": "array", "minItems": 1}]}
    return fields
