"""The seam through which a scenario, a page or a report sees what happens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, Protocol

from .audit import Event


class Machine(NamedTuple):
    """A thing with a state: somebody's app, or somebody's visit to the portal."""

    kind: Literal["app", "portal"]
    owner: str
    name: str


class Observer(Protocol):
    """Told about every state that is entered and every audit event, as it happens."""

    def entered(self, machine: Machine, state: str, detail: Mapping[str, object]) -> None:
        """A machine entered a state; `detail` has its `reason`, if it has one."""

    def told(self, event: Event) -> None:
        """The audit trail grew by one event."""


class Unseen:
    """Looks away."""

    def entered(self, machine: Machine, state: str, detail: Mapping[str, object]) -> None:
        """Ignore it."""

    def told(self, event: Event) -> None:
        """Ignore it."""
