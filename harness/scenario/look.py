"""What a page or a screen shows, and how a file writes what it expects of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from softeid.emulator.yaml_text import Node

from .annotation import fields_of
from .answer import Answer, AnswersReader
from .expect import Difference
from .outcome import OutcomeReader
from .reading import Field, Fields, Reader, Scene, Schema


@dataclass(frozen=True)
class Shows:
    """Any of the fields of what was looked at."""

    fields: Mapping[str, Any]

    def difference(self, found: object) -> Difference | None:
        wrong = {name: value for name, value in self.fields.items() if getattr(found, name) != value}
        if not wrong:
            return None
        return Difference(
            ", ".join(f"{name} {value}" for name, value in wrong.items()),
            ", ".join(f"{name} {getattr(found, name)}" for name in wrong),
        )

    def moved(self, found: object) -> frozenset[str]:
        return frozenset()

    def __str__(self) -> str:
        return ", ".join(f"{name}: {value}" for name, value in self.fields.items()) or "it shows"


class ShowsReader:
    """A mapping of some of a dataclass's fields."""

    def __init__(self, page: type, step: str) -> None:
        optional = {name: known._replace(default=None) for name, known in fields_of(page).items()}
        self._fields = Fields(f"the look `{step}`", optional)

    @property
    def fields(self) -> Mapping[str, Field]:
        """What a file may write."""
        return self._fields.fields

    @property
    def wanted(self) -> str:
        return self._fields.wanted

    def read(self, node: Node, scene: Scene) -> Shows:
        return Shows(self._fields.read(node, scene))

    def schema(self) -> Schema:
        return self._fields.schema()


def expectation(returned: Any, step: str) -> Reader:
    """How `expect` is read for a step of this name whose function returns this."""
    if returned is None or returned is type(None):
        return OutcomeReader()
    if returned is Answer:
        return AnswersReader()
    return ShowsReader(returned, step)
