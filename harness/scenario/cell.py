"""Cells: a document once for each row of its `matrix` and `cases`, with every `$name` filled in."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from math import prod

from softeid.emulator.mistake import Mark, Mistake, listed, meant
from softeid.emulator.yaml_text import Items, Map, Node, Text, describe

MAX_CELLS = 500
_VARIABLE = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)\})")
_PLACE_HAS_DOT = "a place in the scenario has a dot: card.profile"

MAX_FILLED = 1 << 23
"""Characters of all cells of one file together; a matrix must not make a small file a huge one."""

Row = tuple[str, dict[Text, Node]]
"""A cell's name, and what it sets."""


class Room:
    """What is left of `MAX_FILLED` for the cells of one file."""

    def __init__(self) -> None:
        self._left = MAX_FILLED

    def take(self, node: Node) -> None:
        """Make room for a node of a cell.

        Raises:
            _TooLarge: there is none left.
        """
        self._left -= 1 + len(node)
        if self._left < 0:
            raise _TooLarge


class _TooLarge(Exception):
    """The cells of a file are too large together."""


def cells(document: Map, mistakes: list[Mistake], room: Room) -> Iterator[tuple[str, Map]]:
    """The document once for each cell, named, without `matrix` and `cases`.

    Where something is wrong, the cells that can be made out still come, so that their steps are looked at.
    """
    plain = {key: value for key, value in document.items() if key not in ("matrix", "cases")}
    rows = _rows(document, mistakes)
    used: set[str] = set()
    for name, values in rows:
        variant = Map.of(document.mark, plain)
        for key, value in values.items():
            if "." in key:
                variant = _placed(variant, key, key.split("."), value, name, mistakes)
        variables = {str(key): value for key, value in values.items() if "." not in key}
        try:
            filled = _Filling(variables, name, used, mistakes, room).of(variant)
        except _TooLarge:
            expected = f"cells of at most {MAX_FILLED} characters in a file"
            mistakes.append(Mistake(document.mark, expected, "more", "make the matrix or its values smaller"))
            return
        assert isinstance(filled, Map)
        yield name, filled
    every = [key for _, values in rows for key in values]
    for key in {str(key): key for key in reversed(every) if "." not in key and key not in used}.values():
        mistakes.append(Mistake(key.mark, f"${key} somewhere in the scenario", "it nowhere", _PLACE_HAS_DOT))


def _rows(document: Map, mistakes: list[Mistake]) -> list[Row]:
    """Name and values of each cell; where something is wrong, those that can be read."""
    axes = [*_matrix(document.at("matrix"), mistakes), *_cases(document.at("cases"), mistakes)]
    count = prod(map(len, axes))
    place = next((node.mark for key in ("matrix", "cases") if (node := document.at(key))), document.mark)
    if count > MAX_CELLS:
        found = str(count) if count < 10**9 else "more than a billion"
        advice = "leave values out, or write several scenarios"
        mistakes.append(Mistake(place, f"at most {MAX_CELLS} cells", found, advice))
        axes = [axis[:1] for axis in axes]
    rows: dict[str, dict[Text, Node]] = {}
    for row in itertools.product(*axes):
        name = ", ".join(one for one, _ in row)
        if name in rows:
            mistakes.append(Mistake(place, "each cell once", f"{name} again"))
        rows[name] = {key: value for _, values in row for key, value in values.items()}
    return list(rows.items())


def _matrix(node: Node | None, mistakes: list[Mistake]) -> Iterator[list[Row]]:
    if node is None:
        return
    if not isinstance(node, Map) or not node:
        mistakes.append(Mistake(node.mark, "a mapping from places or names to lists", describe(node)))
        return
    for key, values in node.items():
        if not isinstance(values, Items) or not values:
            advice = f"write [{values}]" if isinstance(values, Text) and 0 < len(values) < 40 else ""
            mistakes.append(Mistake(values.mark, "a list of values", describe(values), advice))
            values = Items.of(values.mark, [values])
        yield [(_cell_name(value, number), {key: value}) for number, value in enumerate(values, 1)]


def _cases(node: Node | None, mistakes: list[Mistake]) -> Iterator[list[Row]]:
    if node is None:
        return
    if not isinstance(node, Map) or not node:
        mistakes.append(Mistake(node.mark, "a mapping from case names to their values", describe(node)))
        return
    every: dict[Text, Node] = {}
    for values in node.values():
        every = {**(values if isinstance(values, Map) else {}), **every}
    rows = []
    for case, given in node.items():
        if not isinstance(given, Map):
            mistakes.append(Mistake(given.mark, "the values of a case ({name: value, …})", describe(given)))
            continue
        for key in every:
            if key not in given:
                mistakes.append(Mistake(case.mark, f"`{key}` in every case", f"none in {case}"))
        rows.append((str(case), {**every, **given}))
    yield rows or [("", {})]


def _cell_name(value: Node, number: int) -> str:
    return (str(value) or "''") if isinstance(value, Text) else str(number)


def _placed(node: Map, key: Text, path: list[str], value: Node, cell: str, mistakes: list[Mistake]) -> Map:
    """A copy of the mapping with a value at a dotted place."""
    head, *rest = path
    copy = Map.of(node.mark, dict(node))
    if not rest:
        found = next((known for known in copy if known == head), Text.at(head, key.mark))
        copy[found] = _moved(value, value.mark, f"{key} of {cell}")
        return copy
    inner = copy.at(head)
    if not isinstance(inner, Map):
        expected = f"a place in the scenario ({listed(copy)})"
        mistakes.append(Mistake(key.mark, expected, repr(str(key)), meant(head, copy)))
        return copy
    copy[next(known for known in copy if known == head)] = _placed(inner, key, rest, value, cell, mistakes)
    return copy


class _Filling:
    """Puts a cell's values where their `$name` stands."""

    def __init__(
        self, variables: Mapping[str, Node], cell: str, used: set[str], mistakes: list[Mistake], room: Room
    ) -> None:
        self._variables = variables
        self._cell = cell
        self._used = used
        self._mistakes = mistakes
        self._room = room

    def of(self, node: Node) -> Node:
        """The node with every `$name` replaced; a node without any is returned as it is.

        Raises:
            _TooLarge: the file's cells have become too large.
        """
        self._room.take(node)
        if isinstance(node, Text):
            return self._text(node) if "$" in node else node
        if isinstance(node, Map):
            pairs = {key: self.of(value) for key, value in node.items()}
            return node if all(pairs[key] is node[key] for key in node) else Map.of(node.mark, pairs)
        each = [self.of(item) for item in node]
        same = all(new is old for new, old in zip(each, node, strict=True))
        return node if same else Items.of(node.mark, each)

    def _text(self, text: Text) -> Node:
        whole = _VARIABLE.fullmatch(text)
        if whole and (name := whole[2] or whole[3]) in self._variables:
            self._used.add(name)
            value = self._variables[name]
            self._take_all(value)
            return _moved(value, text.mark, f"${name} of {self._cell}, line {value.mark.line}")
        for match in _VARIABLE.finditer(text):  # before anything is made of it
            woven_in = self._variables.get(match[2] or match[3])
            if isinstance(woven_in, Text):
                self._room.take(woven_in)
        woven = _VARIABLE.sub(lambda match: self._woven(match, text), text)
        return Text.at(woven, text.mark, via=f"{text} of {self._cell}" if self._cell else "")

    def _take_all(self, node: Node) -> None:
        self._room.take(node)
        if not isinstance(node, Text):
            for item in node.values() if isinstance(node, Map) else node:
                self._take_all(item)

    def _woven(self, match: re.Match[str], text: Text) -> str:
        if match[1]:
            return "$"
        name = match[2] or match[3]
        value = self._variables.get(name)
        if value is None:
            expected = f"a case's value ({listed(self._variables) or 'there are no cases'})"
            advice = meant(name, self._variables) or "a $ itself is written $$"
            self._mistakes.append(Mistake(text.mark, expected, f"${name}", advice))
            return ""
        self._used.add(name)
        if isinstance(value, Text):
            return value
        found = f"{describe(value)} in line {value.mark.line}"
        self._mistakes.append(Mistake(text.mark, f"a text for ${name}", found))
        return ""


def _moved(value: Node, mark: Mark, via: str) -> Node:
    """A value as it stands where it is used: with that place, and a note where it came from."""
    if isinstance(value, Text):
        return Text.at(value, mark, value.bare, via)
    if isinstance(value, Map):
        return Map.of(mark, {key: _moved(item, mark, via) for key, item in value.items()})
    return Items.of(mark, [_moved(item, mark, via) for item in value])
