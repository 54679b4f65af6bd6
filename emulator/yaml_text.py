"""YAML as plain text that knows where it stands: no numbers, no booleans, no surprises.

A document becomes ordinary `dict`, `list` and `str`, so that any library can read it; each node also has its
`mark`. YAML's own ways to be clever (anchors, aliases, tags, merge keys, duplicate keys) are mistakes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from .mistake import Mark, Mistake

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_OCTETS = 1 << 20
MAX_DEPTH = 12
MAX_MISTAKES = 100
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # YAML's line breaks, or the places would drift
# What the two parsers say, and what it means to the person at the keyboard.
_SAYINGS = (
    (
        "mapping values are not allowed",
        "one key and one value",
        "a ': ' too many",
        "put a text with ': ' in it in quotes, or look at the indentation",
    ),
    ("unexpected end of stream", "a closing quote or bracket", "the end of the file", ""),
    ("expected ',' or '}'", "',' or '}'", "something else", "is a ',' or a quote missing?"),
    ("expected ',' or ']'", "',' or ']'", "something else", "is a ',' or a quote missing?"),
    ("incompatible YAML document", "YAML without directives", "a YAML directive", "leave it out"),
    ("scanning a directive", "YAML without directives", "a YAML directive", "leave it out"),
    ("could not find expected ':'", "a ':' after the key", "the end of the line", ""),
    ("cannot start any token", "a text", "a character that YAML keeps for itself", "put the text in quotes"),
    (
        "alphabetic or numeric character",
        "a text",
        "a character that YAML keeps for itself",
        "put the text in quotes",
    ),
    (
        "expected key",
        "a key at the indentation of its neighbours",
        "something else",
        "look at the indentation",
    ),
    (
        "<block end>",
        "a key at the indentation of its neighbours",
        "something else",
        "look at the indentation",
    ),
    (
        "expected '-' indicator",
        "a '-' at the indentation of its neighbours",
        "something else",
        "look at the indentation",
    ),
)


class Text(str):
    """A scalar: its characters as written, its place, and whether it stood in quotes."""

    __slots__ = ("bare", "mark", "via")
    mark: Mark
    bare: bool
    via: str  # where a `$name` got its value, for messages

    @classmethod
    def at(cls, value: str, mark: Mark, bare: bool = False, via: str = "") -> Text:
        text = cls(value)
        text.mark = mark
        text.bare = bare
        text.via = via
        return text

    @property
    def nothing(self) -> bool:
        """Nothing was written (quotes with nothing in them are something)."""
        return self.bare and not self


class Map(dict[Text, "Node"]):
    """A mapping; its keys are `Text` and know their places."""

    mark: Mark

    @classmethod
    def of(cls, mark: Mark, pairs: Mapping[Text, Node]) -> Map:
        made = cls(pairs)
        made.mark = mark
        return made

    def at(self, key: str) -> Node | None:
        """The value of a key, if it is there."""
        return self.get(key)  # type: ignore[call-overload, no-any-return]  # a Text equals its characters


class Items(list["Node"]):
    """A sequence."""

    mark: Mark

    @classmethod
    def of(cls, mark: Mark, nodes: Iterable[Node]) -> Items:
        made = cls(nodes)
        made.mark = mark
        return made


Node = Text | Map | Items


def describe(node: Node) -> str:
    """A node in a few words, for 'found ...'."""
    if isinstance(node, Text):
        shown = repr(str(node) if len(node) <= 60 else f"{node[:57]}...")
        return "nothing" if node.nothing else f"{shown} ({node.via})" if node.via else shown
    return "a mapping" if isinstance(node, Map) else "a list"


def documents(
    octets: bytes, file: str, mistakes: list[Mistake], what: str = "a document", loader: Any = None
) -> Iterator[Node]:
    """The documents of one file. What YAML itself forbids ends the file; the rest is told and read on.

    Args:
        octets: the file's content, UTF-8.
        file: its name, for messages.
        mistakes: what is wrong is added here.
        what: what a document of this file is, for messages: "a scenario", "a profile".
        loader: PyYAML's class that parses; the C parser where it is built in.
    """
    if len(octets) > MAX_OCTETS:
        mistakes.append(Mistake(Mark(file, 1, 1), f"at most {MAX_OCTETS} octets", str(len(octets))))
        return
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = octets[: error.start].decode("utf-8-sig", "replace")
        mistakes.append(Mistake(_place(file, before), "UTF-8", f"octet {octets[error.start]:02X}"))
        return
    if bad := _UNPRINTABLE.search(text):
        mark = _place(file, text[: bad.start()])
        mistakes.append(Mistake(mark, "printable characters", f"U+{ord(bad[0]):04X}"))
        return
    if not text.strip():
        mistakes.append(Mistake(Mark(file, 1, 1), what, "an empty file"))
        return
    builder = _Builder(file, mistakes, what)
    try:
        for event in yaml.parse(text, Loader=loader or LOADER):
            builder.take(event)
            if builder.finished:
                yield builder.finished.pop()
            if len(builder.stack) > MAX_DEPTH:
                mistakes.append(Mistake(builder.stack[-1].mark, f"at most {MAX_DEPTH} levels", "more"))
                return
            if len(mistakes) > MAX_MISTAKES:
                return
    except yaml.MarkedYAMLError as error:
        mistakes.append(_explained(error, file, text))


class _Builder:
    """Puts parser events together; one per file."""

    def __init__(self, file: str, mistakes: list[Mistake], what: str) -> None:
        self.file = file
        self.what = what
        self.mistakes = mistakes
        self.stack: list[Map | Items] = []
        self.keys: list[Text | None] = []  # the key that waits for its value, one per level
        self.finished: list[Node] = []

    def take(self, event: Any) -> None:
        kind = type(event)
        if kind is ScalarEvent:
            if bad := _UNPRINTABLE.search(event.value):  # by an escape: "\\e"
                self._say(event, "printable characters", f"U+{ord(bad[0]):04X}", "leave its escape out")
            bare = event.style is None or event.style == ""
            self._add(Text.at(event.value, self._mark(event), bare), event)
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            node: Map | Items = Map() if kind is MappingStartEvent else Items()
            node.mark = self._mark(event)
            self._add(node, event)
            self.stack.append(node)
            self.keys.append(None)
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            self.keys.pop()
            node = self.stack.pop()
            if not self.stack:
                self.finished.append(node)
        elif kind is AliasEvent:
            self._say(event, "the value itself", f"an alias (*{event.anchor})", "write it out")
            self._add(Text.at(f"*{event.anchor}", self._mark(event)), None)
        elif kind is DocumentStartEvent and (event.version or event.tags):
            self._say(event, self.what, "a YAML directive", "leave it out")

    def _add(self, node: Node, event: Any) -> None:
        if event is not None and event.anchor is not None:
            self._say(event, "plain text", f"an anchor (&{event.anchor})", "write the value out")
        if event is not None and event.tag is not None and event.tag != "!":
            self._say(event, "plain text", f"a tag ({event.tag})", "leave it out")
        if not self.stack:
            if isinstance(node, Text):
                self.finished.append(node)
            return
        parent = self.stack[-1]
        if isinstance(parent, Items):
            parent.append(node)
        elif self.keys[-1] is None:
            self.keys[-1] = self._key(node, parent)
        else:
            parent.setdefault(self.keys[-1], node)  # of two equal keys the first stays
            self.keys[-1] = None

    def _key(self, node: Node, parent: Map) -> Text:
        if not isinstance(node, Text):
            self.mistakes.append(Mistake(node.mark, "a text as key", describe(node)))
            return Text.at("", node.mark)
        if node in parent:
            first = next(key for key in parent if key == node)
            self.mistakes.append(
                Mistake(
                    node.mark, "each key once", f"{describe(node)} again (first in line {first.mark.line})"
                )
            )
        return node

    def _mark(self, event: Any) -> Mark:
        mark = event.start_mark
        return Mark(self.file, mark.line + 1, mark.column + 1)

    def _say(self, event: Any, expected: str, found: str, advice: str) -> None:
        self.mistakes.append(Mistake(self._mark(event), expected, found, advice))


def _place(file: str, before: str) -> Mark:
    lines = _BREAK.split(before)
    return Mark(file, len(lines), len(lines[-1]) + 1)


def _explained(error: yaml.MarkedYAMLError, file: str, text: str) -> Mistake:
    """A YAML error in the words of someone who does not know YAML's grammar."""
    began, place = error.context_mark, error.problem_mark or error.context_mark
    if place is None:
        return Mistake(Mark(file, 1, 1), "YAML", str(error))
    mark = Mark(file, place.line + 1, place.column + 1)
    lines = _BREAK.split(text)
    if place.line < len(lines) and lines[place.line][place.column : place.column + 1] == "\t":
        return Mistake(mark, "spaces", "a tab")
    said = " ".join(filter(None, [error.context, error.problem]))
    since = f"it began in line {began.line + 1}" if began and began.line < place.line else ""
    for piece, expected, found, advice in _SAYINGS:
        if piece in said:
            return Mistake(mark, expected, found, ", ".join(filter(None, [since, advice])))
    return Mistake(mark, "YAML", said or "something else", since)
