"""The catalogue of requirements: what each row is about, and what a step that covers it must expect."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from softeid.emulator.mistake import FileError, Mark, Mistake, Wrong, listed, meant
from softeid.emulator.yaml_text import Items, Map, Node, Text, describe, documents

from .evidence import Evidence, wanted_evidence

CATALOGUE = Path(__file__).parents[1] / "requirements.yaml"
VERSION = "2"
"""Of the catalogue's form: from 2 on a row says what it expects."""

_KEYS = ("id", "section", "given", "then", "expect", "as", "basis", "proof", "optional", "later")


class Requirement(NamedTuple):
    """One row.

    Attributes:
        id: SID-LGN-001.
        section: A to Q.
        given: the trigger.
        then: the outcome that can be observed, in words.
        expect: the same for steps: each of these; those of the row that `same_as` names, if it names one.
        same_as: the row whose outcome the catalogue says this one has.
        basis: what it rests on: C a public source, I inferred, O our choice.
        proof: `test` where a test shows it, not a scenario.
        optional: nobody has to show it.
        later: what it waits for.
    """

    id: str
    section: str
    given: str
    then: str
    expect: tuple[Evidence, ...] = ()
    same_as: str = ""
    basis: str = ""
    proof: Literal["scenario", "test"] = "scenario"
    optional: bool = False
    later: str = ""

    @property
    def in_scope(self) -> bool:
        """Whether somebody has to show it now."""
        return not (self.optional or self.later)


class Catalogue(NamedTuple):
    """The whole catalogue.

    Attributes:
        rows: by id, in their order.
        sections: what each letter is about.
    """

    rows: Mapping[str, Requirement]
    sections: Mapping[str, str]


def catalogue(path: Path = CATALOGUE) -> Mapping[str, Requirement]:
    """Every row by its id, in the catalogue's order.

    Raises:
        FileError: the file is wrong.
    """
    return read_catalogue(path).rows


_ID = re.compile(r"(?:SID-)?([A-Z0-9]{2,4})-?([0-9]{1,6})", re.IGNORECASE)


def near_id(text: str) -> str:
    """What might be meant by an id that is none: the same number elsewhere, or what there is in its group."""
    groups: dict[str, list[str]] = {}
    for id in catalogue():
        groups.setdefault(id[:-4], []).append(id)
    match = _ID.fullmatch(text)
    if not match:
        return "`softeid requirements` lists them"
    name = f"SID-{match[1].upper()}"
    near = name if name in groups else next(iter(get_close_matches(name, groups, 1, 0.8)), "")
    id = f"{near}-{int(match[2]):03d}"
    if id in catalogue():
        return f"did you mean {id}?"
    if near != name:
        return "`softeid requirements` lists them"
    first, *_, last = groups[name]
    return f"there are {first} to {last[-3:]}"


@cache
def read_catalogue(path: Path = CATALOGUE) -> Catalogue:
    """The catalogue in a file.

    Raises:
        FileError: the file is wrong.
    """
    mistakes: list[Mistake] = []
    rows: dict[str, Requirement] = {}
    marks: dict[str, Mark] = {}
    sections: dict[str, str] = {}
    for node in _nodes(path, sections, mistakes):
        row = _row(node, mistakes)
        if row.section not in sections:
            mistakes.append(Mistake(node.mark, listed(sections, 20), f"section {row.section!r}"))
        if row.id in rows:
            mistakes.append(Mistake(node.mark, "each id once", f"{row.id} again"))
        rows[row.id], marks[row.id] = row, node.mark
    for row in list(rows.values()):
        if row.same_as and row.same_as not in rows:
            advice = meant(row.same_as, rows)
            mistakes.append(Mistake(marks[row.id], "an id behind `as`", repr(row.same_as), advice))
        elif row.same_as:
            rows[row.id] = row._replace(expect=rows[row.same_as].expect)
    if mistakes:
        raise FileError(mistakes)
    return Catalogue(rows, sections)


def _nodes(path: Path, sections: dict[str, str], mistakes: list[Mistake]) -> list[Map]:
    """The rows, as written; what the letters of sections stand for is added."""
    found: list[Map] = []
    for document in documents(path.read_bytes(), path.name, mistakes, "a catalogue of requirements"):
        version = document.at("version") if isinstance(document, Map) else None
        if version != VERSION:
            told = describe(document if version is None else version)
            mistakes.append(Mistake(document.mark, f"version {VERSION} of a catalogue", told))
        titles = document.at("sections") if isinstance(document, Map) else None
        if isinstance(titles, Map):
            sections.update((str(letter), str(title)) for letter, title in titles.items())
        listing = document.at("requirements") if isinstance(document, Map) else None
        if not isinstance(listing, Items):
            mistakes.append(Mistake(document.mark, "a list of requirements", describe(document)))
            continue
        for node in listing:
            if isinstance(node, Map):
                found.append(node)
            else:
                mistakes.append(Mistake(node.mark, "a requirement", describe(node)))
    return found


def _row(node: Map, mistakes: list[Mistake]) -> Requirement:
    for key in node:
        if key not in _KEYS:
            mistakes.append(Mistake(key.mark, listed(_KEYS, 12), repr(str(key)), meant(key, _KEYS)))

    def text(key: str) -> str:
        value = node.at(key)
        return str(value) if isinstance(value, Text) else ""

    row = Requirement(
        text("id"),
        text("section"),
        text("given"),
        text("then"),
        _expect(node.at("expect"), mistakes),
        text("as"),
        text("basis"),
        "test" if text("proof") == "test" else "scenario",
        text("optional") == "true",
        text("later"),
    )
    told = [name for name, value in (("expect", row.expect), ("as", row.same_as)) if value]
    if row.proof == "test":
        told.append("proof: test")
    if len(told) > 1 or (row.in_scope and not told):
        found = " and ".join(told) or "none of them"
        mistakes.append(Mistake(node.mark, f"`expect`, `as` or `proof: test` for {row.id}", found))
    return row


def _expect(node: Node | None, mistakes: list[Mistake]) -> tuple[Evidence, ...]:
    if node is None:
        return ()
    try:
        return wanted_evidence(node)
    except Wrong as wrong:
        mistakes.append(Mistake(node.mark, wrong.expected, wrong.found or describe(node), wrong.advice))
        return ()
