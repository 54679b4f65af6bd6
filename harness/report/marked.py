"""The tests that show requirements: a list made from the marks in `tests/`, which is no part of a package."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from softeid.emulator.mistake import FileError, Mistake, meant
from softeid.emulator.yaml_text import Items, Map, Text, describe, documents

from ..scenario.requirement import catalogue

MARKED = Path(__file__).parents[1] / "requirements-tests.yaml"


@cache
def marked_tests(path: Path = MARKED) -> Mapping[str, tuple[str, ...]]:
    """The tests by the id that they show, each as pytest names it.

    Raises:
        FileError: the file is wrong, or an id is not in the catalogue.
    """
    mistakes: list[Mistake] = []
    out: dict[str, tuple[str, ...]] = {}
    for document in documents(path.read_bytes(), path.name, mistakes, "a list of tests"):
        listing = document.at("tests") if isinstance(document, Map) else None
        if not isinstance(listing, Map):
            mistakes.append(Mistake(document.mark, "`tests` by id", describe(document)))
            continue
        for key, tests in listing.items():
            if key not in catalogue():
                advice = meant(key, catalogue())
                mistakes.append(Mistake(key.mark, "an id of the catalogue", repr(str(key)), advice))
            elif isinstance(tests, Items) and all(isinstance(one, Text) for one in tests):
                out[str(key)] = tuple(map(str, tests))
            else:
                mistakes.append(Mistake(tests.mark, "a list of tests", describe(tests)))
    if mistakes:
        raise FileError(mistakes)
    return out
