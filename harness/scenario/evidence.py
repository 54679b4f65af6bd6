"""Evidence: what a step of a scenario expects, and what a row of the catalogue wants to be expected.

Both are said in the language's own grammar, so one question decides whether a step may cover a row: does all
that meets the step's expectation meet the row's too?
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from softeid.emulator.mistake import Wrong, visible
from softeid.emulator.yaml_text import Items, Map, Node, Text, describe

from .expect import ANY
from .outcome import Outcome
from .scenario import Call
from .step import RESERVED

OTHER = "other"
"""In the catalogue: `other.BOUND` is somebody's who does not do the step."""

WANTED = "an outcome, a step with its outcome, a look with fields, or a list of these"


@dataclass(frozen=True)
class Evidence:
    """One step, or one outcome of any step.

    Attributes:
        step: its name; empty in a row that any deed may show.
        outcome: of a deed; None for a look.
        fields: of a look, as written.
        arguments: of the step, as written.
        changes: what it leaves changed, by the path as the one who acts would call it.
    """

    step: str
    outcome: Outcome | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, str] = field(default_factory=dict)
    changes: Mapping[str, str] = field(default_factory=dict)

    def implies(self, other: Evidence) -> bool:
        """Whether whatever meets this meets the other too."""
        if other.step not in ("", self.step):
            return False
        if not (_holds(self.arguments, other.arguments) and _holds(self.changes, other.changes)):
            return False
        if other.outcome is None:
            return _holds(self.fields, other.fields)
        return self.outcome is not None and self.outcome.implies(other.outcome)

    def alternatives(self) -> Iterator[Evidence]:
        """The same, one for each alternative of its outcome."""
        if self.outcome is None:
            yield self
            return
        for one in self.outcome.alternatives:
            yield replace(self, outcome=Outcome((one,)))

    def __str__(self) -> str:
        expected = str(self.outcome) if self.outcome else _written(self.fields)
        said = {**self.arguments, "expect": expected}
        if self.changes:
            said["changes"] = _written(self.changes)
        inside = ", ".join(f"{name}: {value}" for name, value in said.items())
        return f"{self.step}: {{{inside}}}" if self.step else inside


def implied(told: Evidence, wanted: tuple[Evidence, ...]) -> bool:
    """Whether every alternative of what a step expects is something that a row wants."""
    return all(any(one.implies(want) for want in wanted) for one in told.alternatives())


def parts(told: Iterable[Evidence], wanted: tuple[Evidence, ...]) -> frozenset[int]:
    """Which of the outcomes that a row wants a step shows, by their places in the row: those of its tries."""
    return frozenset(place for one in told for place, want in enumerate(wanted) if implied(one, (want,)))


# --- of a row -------------------------------------------------------------------------------------


def wanted_evidence(node: Node) -> tuple[Evidence, ...]:
    """What a row wants. Words, steps and fields need not exist yet.

    Raises:
        Wrong: it is not in the grammar.
    """
    if isinstance(node, Items):
        if not node:
            raise Wrong(WANTED, "an empty list")
        return tuple(one for item in node for one in wanted_evidence(item))
    if isinstance(node, Text) and not node.nothing:
        return (Evidence("", _outcome(node)),)
    if not isinstance(node, Map) or len(node) != 1:
        raise Wrong(WANTED)
    ((step, value),) = node.items()
    return (_of_step(str(step), value),)


def _of_step(step: str, value: Node) -> Evidence:
    if isinstance(value, Text) and not value.nothing:
        return Evidence(step, _outcome(value))
    if not isinstance(value, Map) or not value:
        raise Wrong("an outcome, or a mapping", describe(value))
    expected = value.at("expect")
    if expected is None:
        return Evidence(step, None, _texts(value))
    evidence = _of_step(step, expected)
    changes = value.at("changes")
    return replace(
        evidence,
        arguments=_texts({key: one for key, one in value.items() if key not in ("expect", "changes")}),
        changes=_texts(changes) if isinstance(changes, Map) else {},
    )


def _outcome(text: Text) -> Outcome:
    return Outcome.read(text, (OTHER,), None)


# --- of a step ------------------------------------------------------------------------------------


def evidence_of(call: Call, arguments: Map) -> list[Evidence]:
    """What a call expects, once for each of its tries.

    Args:
        call: as it was read.
        arguments: the same as written.
    """
    return [_of_try(call, arguments, number) for number in range(len(call.tries))]


def _of_try(call: Call, arguments: Map, number: int) -> Evidence:
    dealt = isinstance(arguments.at("expect"), Items)
    said: dict[str, Node] = {}
    for key, node in arguments.items():
        if key == "at" or key not in RESERVED:
            said[str(key)] = node[number] if dealt and isinstance(node, Items) else node
    expected = said.pop("expect", None)
    expectation = call.expect[number]
    outcome = _seen_by(expectation, call.who) if isinstance(expectation, Outcome) else None
    fields = _texts(expected) if isinstance(expected, Map) and outcome is None else {}
    return Evidence(call.step.name, outcome, fields, _texts(said), dict(_changes(call, number)))


def _seen_by(outcome: Outcome, who: str) -> Outcome:
    """The same without the name of the one who acts: what is theirs needs none."""
    return Outcome(
        tuple(
            tuple(replace(fact, who="") if fact.who == who else fact for fact in one)
            for one in outcome.alternatives
        )
    )


def _changes(call: Call, number: int) -> Iterator[tuple[str, str]]:
    """One value is that of the end; several have one for each try."""
    for path, values in call.changes.items():
        if len(values) > 1:
            yield path.removeprefix(f"{call.who}."), values[number]
        elif number == len(call.tries) - 1:
            yield path.removeprefix(f"{call.who}."), values[0]


# --- common ---------------------------------------------------------------------------------------


def _texts(node: Mapping[str, Node] | Map) -> dict[str, str]:
    """Those of its values that are single texts."""
    return {str(key): str(value) for key, value in node.items() if isinstance(value, Text)}


def _holds(own: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return all(name in own and value in (ANY, own[name]) for name, value in wanted.items())


def _written(texts: Mapping[str, str]) -> str:
    return visible("{" + ", ".join(f"{name}: {value}" for name, value in texts.items()) + "}")
