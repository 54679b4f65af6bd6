"""Readers: each says what is wanted, reads one node, and describes itself as JSON Schema.

All mistakes of a node are told, each at its own place.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from softeid.emulator.mistake import Handled, Mistake, Wrong, listed, meant
from softeid.emulator.yaml_text import Items, Map, Node, Text, describe

from .words import Moment

Schema = dict[str, Any]
VARIABLE = {"type": "string", "pattern": r"\$"}  # anywhere a case's value may stand
SCALAR = ["string", "number", "boolean"]  # editors read 9000 as a number; we read text


@dataclass
class Scene:
    """What reading needs to know of the scenario, and the mistakes found so far."""

    mistakes: list[Mistake] = field(default_factory=list)
    people: Mapping[str, Any] = field(default_factory=dict)
    failed: object = field(default_factory=object)  # returned where nothing could be read

    def read(self, reader: Reader, node: Node) -> Any:
        """The value of a node, or `failed` with its mistakes told."""
        try:
            return reader.read(node, self)
        except Handled:
            pass
        except Wrong as wrong:
            self.say(node, wrong.expected, wrong.found or describe(node), wrong.advice)
        return self.failed

    def say(self, node: Node, expected: str, found: str, advice: str = "") -> None:
        """Tell a mistake at a node's place."""
        self.mistakes.append(Mistake(node.mark, expected, found, advice))


class Reader(Protocol):
    """Reads one node."""

    @property
    def wanted(self) -> str:
        """What a file may write, in a few words."""
        ...

    def read(self, node: Node, scene: Scene) -> Any:
        """The value of a node; raises `Wrong`, or `Handled` when its mistakes are told already."""
        ...

    def schema(self) -> Schema:
        """The same for editors, as JSON Schema."""
        ...


class Who(str):
    """The name of somebody in the scenario."""

    __slots__ = ()


@dataclass(frozen=True)
class Scalar:
    """One text, turned into a value by a function that raises `Wrong` or ValueError."""

    wanted: str
    convert: Callable[[str], Any]
    pattern: str = ""

    def read(self, node: Node, scene: Scene) -> Any:
        if not isinstance(node, Text) or node.nothing:
            raise Wrong(self.wanted)
        try:
            return self.convert(node)
        except ValueError:
            raise Wrong(self.wanted) from None

    def schema(self) -> Schema:
        pattern = {"pattern": rf"^(?:{self.pattern})$|\$"} if self.pattern else {}
        return {"type": SCALAR, **pattern, "description": self.wanted}


@dataclass(frozen=True)
class Choice:
    """One of a few words; which ones may be found out when they are needed."""

    find: Callable[[], Sequence[str]]
    name: str = ""

    @classmethod
    def of(cls, words: Sequence[str], name: str = "") -> Choice:
        """One of these."""
        return cls(lambda: words, name)

    @property
    def words(self) -> Sequence[str]:
        """What may be chosen."""
        return self.find()

    @property
    def wanted(self) -> str:
        return f"{self.name} ({listed(self.words, 20)})" if self.name else listed(self.words, 20)

    def read(self, node: Node, scene: Scene) -> str:
        if not isinstance(node, Text) or node not in self.words:
            raise Wrong(self.wanted, advice=meant(node, self.words) if isinstance(node, Text) else "")
        return str(node)

    def schema(self) -> Schema:
        return {"anyOf": [{"enum": list(self.words)}, VARIABLE]}


PERSON = "a person of this scenario"


@dataclass(frozen=True)
class Someone:
    """A person of the scenario, by name; perhaps one who has something."""

    has: str = ""

    @property
    def wanted(self) -> str:
        return f"{PERSON} who has a {self.has}" if self.has else PERSON

    def read(self, node: Node, scene: Scene) -> Who:
        if not isinstance(node, Text) or node not in scene.people:
            advice = meant(node, scene.people) if isinstance(node, Text) else ""
            raise Wrong(f"{PERSON} ({listed(scene.people)})", advice=advice)
        if self.has and not getattr(scene.people[node], self.has):
            raise Wrong(self.wanted)
        return Who(node)

    def schema(self) -> Schema:
        return {"type": "string", "description": self.wanted}


@dataclass(frozen=True)
class When:
    """A moment, which may belong to a person of the scenario."""

    wanted = Moment.wanted

    def read(self, node: Node, scene: Scene) -> Moment:
        if not isinstance(node, Text):
            raise Wrong(self.wanted)
        moment = Moment.read(node)
        if moment.who and moment.who not in scene.people:
            advice = meant(moment.who, scene.people)
            raise Wrong(f"{PERSON} ({listed(scene.people)})", repr(moment.who), advice)
        return moment

    def schema(self) -> Schema:
        return {"type": SCALAR, "pattern": rf"^(?:{Moment.pattern})$|\$", "description": self.wanted}


@dataclass(frozen=True)
class Several:
    """One or several; one stands for a list of one."""

    each: Reader
    gather: Callable[[tuple[Any, ...]], Any] = tuple

    @property
    def wanted(self) -> str:
        return f"{self.each.wanted}, or a list of them"

    def read(self, node: Node, scene: Scene) -> Any:
        if not isinstance(node, Items):
            return self.gather((self.each.read(node, scene),))
        if not node:
            raise Wrong(self.wanted, "an empty list")
        values = tuple(scene.read(self.each, item) for item in node)
        if scene.failed in values:
            raise Handled
        return self.gather(values)

    def schema(self) -> Schema:
        each = self.each.schema()
        return {"anyOf": [each, {"type": "array", "items": each, "minItems": 1}]}


class Field(NamedTuple):
    """One argument of a step, or one key of a mapping."""

    name: str
    reader: Reader
    default: Any = dataclasses.MISSING
    doc: str = ""

    @property
    def required(self) -> bool:
        return self.default is dataclasses.MISSING


def written_in(fields: Mapping[str, Field], node: Node, before: str = "") -> str:
    """Advice for what stands where a mapping is due: a word is put behind the field that offers it."""
    if not isinstance(node, Text) or len(node) > 40:
        return ""
    if node.nothing:
        return "where nothing is to be said write {}"
    offers = (
        name for name, one in fields.items() if isinstance(one.reader, Choice) and node in one.reader.words
    )
    name = next(offers, "name" if "name" in fields else "")
    return f"write {before}{{{name}: {node}}}" if name else ""


def _belongs(key: str, fields: Mapping[str, Field]) -> str:
    """Advice for a key that is none: it may belong into another one's mapping."""
    if key == "<<":
        return "write the keys out"
    for name, one in fields.items():
        if key in getattr(one.reader, "fields", ()):
            return f"write {name}: {{{key}: …}}"
    return meant(key, fields)


@dataclass(frozen=True)
class Fields:
    """The keys of a mapping: unknown ones and missing ones are told, each known one is read."""

    what: str
    fields: Mapping[str, Field]
    make: Callable[..., Any] = dict

    @property
    def wanted(self) -> str:
        return f"{self.what} ({{{', '.join(f'{name}: …' for name in self.fields)}}})"

    def read(self, node: Node, scene: Scene) -> Any:
        if not isinstance(node, Map):
            raise Wrong(self.wanted, advice=written_in(self.fields, node))
        before = len(scene.mistakes)
        values = {}
        advices = []
        for key, value in node.items():
            if known := self.fields.get(key):
                values[str(key)] = scene.read(known.reader, value)
            else:
                advices.append(_belongs(key, self.fields))
                expected = f"{listed(self.fields, 12)} in {self.what}"
                scene.say(key, expected, repr(str(key)), advices[-1])
        for name, known in self.fields.items():
            if known.required and name not in node and f"did you mean {name}?" not in advices:
                scene.say(node, f"`{name}` in {self.what} ({known.reader.wanted})", "none")
        if len(scene.mistakes) > before:
            raise Handled
        return self.make(**values)

    def schema(self) -> Schema:
        properties = {
            name: {**known.reader.schema(), **({"description": known.doc} if known.doc else {})}
            for name, known in self.fields.items()
        }
        required = [name for name, known in self.fields.items() if known.required]
        return {
            "type": "object",
            "properties": properties,
            "additionalProperties": False,
            **({"required": required} if required else {}),
        }


@dataclass(frozen=True)
class Table:
    """A mapping whose keys the file chooses."""

    key: Reader
    value: Reader

    @property
    def wanted(self) -> str:
        return f"a mapping from {self.key.wanted} to {self.value.wanted}"

    def read(self, node: Node, scene: Scene) -> Mapping[Any, Any]:
        if not isinstance(node, Map) or not node:
            short = isinstance(node, Text) and 0 < len(node) < 40
            raise Wrong(self.wanted, advice=f"write {{{node}: …}}" if short else "")
        pairs = [(scene.read(self.key, key), scene.read(self.value, value)) for key, value in node.items()]
        if any(scene.failed in pair for pair in pairs):
            raise Handled
        return dict(pairs)

    def schema(self) -> Schema:
        return {
            "type": "object",
            "propertyNames": self.key.schema(),
            "additionalProperties": self.value.schema(),
            "minProperties": 1,
        }
