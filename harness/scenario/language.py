"""What scenarios are written in: the steps there are, the named beginnings, and what can be seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from softeid.emulator.mistake import FileError, Mistake
from softeid.emulator.yaml_text import Items, Map, documents

from .step import Step

BEGINNINGS = Path(__file__).with_name("beginnings.yaml")


@cache
def beginnings(file: Path = BEGINNINGS) -> Mapping[str, Items]:
    """The named beginnings of a file, each a list of steps and earlier beginnings.

    Raises:
        FileError: the file is wrong.
    """
    mistakes: list[Mistake] = []
    found: dict[str, Items] = {}
    for document in documents(file.read_bytes(), file.name, mistakes, "named beginnings"):
        if not isinstance(document, Map):
            mistakes.append(Mistake(document.mark, "named beginnings", "something else"))
            continue
        for name, steps in document.items():
            if isinstance(steps, Items):
                found[str(name)] = steps
            else:
                mistakes.append(Mistake(name.mark, "a list of steps", "something else"))
    if mistakes:
        raise FileError(mistakes)
    return found


@dataclass(frozen=True)
class Language:
    """The words of one world.

    Attributes:
        steps: by name.
        visible: what a scenario may name under `changes:`, with the type of its values; a path begins with
            what the acting person has: `card.pin1.tries`, `portal.state`.
        beginnings: what stands for several steps under `start:`.
    """

    steps: Mapping[str, Step]
    visible: Mapping[str, type]
    beginnings: Mapping[str, Items] = field(default_factory=beginnings)
