"""From the items under `steps:` and `start:` to calls: names looked up, arguments read, lists dealt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from softeid.emulator.mistake import Mark, listed, meant
from softeid.emulator.yaml_text import Items, Map, Node, Text, describe

from .check import check
from .language import Language
from .reading import Scene, Several, written_in
from .scenario import Call
from .step import CHOSEN, RESERVED, Step
from .words import shortened

PASSED_ON = ("as", *dict.fromkeys(CHOSEN.values()))
"""What a beginning takes, and gives to those of its steps that take it."""


class Calls:
    """Reads the steps of one scenario."""

    def __init__(self, language: Language, scene: Scene) -> None:
        self._language = language
        self._scene = scene

    def steps(self, node: Node | None) -> tuple[Call, ...]:
        """What stands under `steps:`; mistakes are told to the scene."""
        if node is None:
            return ()
        if not isinstance(node, Items) or not node:
            advice = "" if isinstance(node, Items) else "begin each with `- `"
            found = "an empty list" if isinstance(node, Items) else describe(node)
            self._scene.say(node, "a list of steps", found, advice)
            return ()
        return self._all(node, [*self._language.steps])

    def start(self, node: Node | None) -> tuple[Call, ...]:
        """What stands under `start:`: one step or beginning, or a list of them."""
        if node is None:
            return ()
        items = node if isinstance(node, Items) else Items.of(node.mark, [node])
        if not items:
            self._scene.say(node, "a step or a named beginning, or a list of them", "an empty list")
            return ()
        known = [*self._language.steps, *self._language.beginnings]
        return self._all(Items.of(items.mark, self._spliced(items)), known)

    # --- beginnings -----------------------------------------------------------------------------

    def _spliced(self, items: Items) -> Iterator[Node]:
        """Beginnings replaced by their steps, each done by whoever the beginning is for."""
        for item in items:
            name, arguments = _name_of(item)
            if name not in self._language.beginnings:
                yield item
                continue
            given = self._given(name, arguments)
            for inner in self._spliced(self._language.beginnings[name]):
                yield self._with(inner, given, item.mark)

    def _given(self, name: str, arguments: Node | None) -> dict[Text, Node]:
        if arguments is None:
            return {}
        if not isinstance(arguments, Map):
            somebody = isinstance(arguments, Text) and arguments in self._scene.people
            advice = f"write {name}: {{as: {arguments}}}" if somebody else ""
            expected = f"arguments of the beginning `{name}` ({{{listed(PASSED_ON)}: …}})"
            self._scene.say(arguments, expected, describe(arguments), advice)
            return {}
        for key in arguments:
            if key not in PASSED_ON:
                expected = f"{listed(PASSED_ON)} for the beginning `{name}`"
                self._scene.say(key, expected, repr(str(key)), meant(key, PASSED_ON))
        return {key: value for key, value in arguments.items() if key in PASSED_ON}

    def _with(self, item: Node, given: dict[Text, Node], mark: Mark) -> Node:
        """A step of a beginning, standing where the beginning is used, with what it was given and takes."""
        name, arguments = _name_of(item)
        takes = self._takes(name)
        inside = dict(arguments) if isinstance(arguments, Map) else {}
        for key, value in given.items():
            if key in takes:
                inside.setdefault(key, value)
        return Map.of(mark, {Text.at(name, mark): Map.of(mark, inside)})

    def _takes(self, name: str) -> tuple[str, ...]:
        step = self._language.steps.get(name)
        return tuple(step.fields.fields) if step else PASSED_ON

    # --- steps ------------------------------------------------------------------------------------

    def _all(self, items: Items, known: list[str]) -> tuple[Call, ...]:
        return tuple(call for item in items if (call := self._call(item, known)))

    def _call(self, item: Node, known: list[str]) -> Call | None:
        """One step, or None with its mistakes told."""
        say = self._scene.say
        if isinstance(item, Map) and len(item) > 1:
            first, second, *_ = item
            advice = f"indent it below `{first}`, or begin it with `- `"
            say(second, "one step in each item", repr(str(second)), advice)
            return None
        name, arguments = _name_of(item)
        place = next(iter(item)) if isinstance(item, Map) and item else item
        step = self._language.steps.get(name)
        if step is None:
            advice = meant(name, known) or "`softeid steps` lists them"
            if name in self._language.beginnings:
                advice = "it is a beginning: write it under `start:`"
            if not isinstance(place, Text):
                advice = "write its name: - log in, or with arguments: - log in: {…}"
            say(place, "a step", describe(place), advice)
            return None
        if isinstance(arguments, Text) and arguments.nothing:
            expected = f"arguments of `{name}` ({{{listed(step.own or RESERVED)}: …}})"
            say(arguments, expected, "nothing", f"without arguments write `- {name}`")
            return None
        if arguments is not None and not isinstance(arguments, Map):
            advice = written_in(step.own, arguments, f"{name}: ") or _moment_in(name, arguments)
            expected = f"arguments of `{name}` ({{{listed(step.own or RESERVED)}: …}})"
            say(arguments, expected, describe(arguments), advice)
            return None
        return self._read(step, place.mark, arguments or Map.of(item.mark, {}))

    def _read(self, step: Step, mark: Mark, arguments: Map) -> Call | None:
        before = len(self._scene.mistakes)
        read = [self._scene.read(step.fields, one) for one in self._dealt(arguments, step)]
        if not read or self._scene.failed in read or len(self._scene.mistakes) > before:
            return None
        call = self._made(step, mark, read)
        return check(call, arguments, self._scene, self._language.visible)

    def _dealt(self, arguments: Map, step: Step) -> list[Map]:
        """A list under `expect` repeats the step: each list beside it gives one element to each try."""
        expected = arguments.at("expect")
        if not isinstance(expected, Items):
            return [arguments] if self._single(arguments, step) else []
        if not expected:
            self._scene.say(expected, "what each try ends in", "an empty list")
        lists = {
            key: value for key, value in arguments.items() if key not in RESERVED and isinstance(value, Items)
        }
        for value in lists.values():
            if len(value) != len(expected):
                self._scene.say(value, f"{len(expected)} elements, one for each in `expect`", str(len(value)))
                return []
        return [
            Map.of(arguments.mark, {**arguments, **{key: value[number] for key, value in lists.items()}})
            for number in range(len(expected))
        ]

    def _single(self, arguments: Map, step: Step) -> bool:
        """Whether no list stands where one value is taken."""
        for key, value in arguments.items():
            one = step.own.get(key)
            if one and isinstance(value, Items) and not isinstance(one.reader, Several):
                advice = "a list repeats the step where `expect` is a list too"
                self._scene.say(value, one.reader.wanted, "a list", advice)
                return False
        return True

    def _made(self, step: Step, mark: Mark, read: list[dict[str, Any]]) -> Call:
        first = read[0]
        return Call(
            step,
            mark,
            who=str(first.get("as") or next(iter(self._scene.people))),
            tries=tuple({name: one[name] for name in one if name in step.own} for one in read),
            expect=tuple(one.get("expect", step.expect) for one in read),
            chosen={name: first[name] for name in CHOSEN.values() if name in first},
            at=first.get("at"),
            within=first.get("within"),
            changes=first.get("changes", {}),
            covers=first.get("covers", ()),
        )


def _moment_in(name: str, arguments: Node) -> str:
    """Advice for a time that stands alone behind a step: `wait: 5m`."""
    short = shortened(arguments) if isinstance(arguments, Text) else ""
    return f"write {name}: {{at: now + {short}}}" if short else ""


def _name_of(item: Node) -> tuple[str, Node | None]:
    if isinstance(item, Map) and len(item) == 1:
        ((name, arguments),) = item.items()
        return name, arguments
    return (item, None) if isinstance(item, Text) else ("", None)
