"""Mutants that may survive, each with the reason why no test can tell: `survivors.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from .subject import ROOT, SUBJECTS

SURVIVORS = Path(__file__).with_name("survivors.toml")
_KEYS = {"module", "within", "was", "became", "because"}


class Change(NamedTuple):
    """What a mutant changes. It has no line number, so that it stays the same when other lines move.

    Attributes:
        module: path below the root.
        within: name of the function or class around it; empty outside of any.
        was: the line as it stands in the module, without indentation.
        became: the line in the mutant; empty if it went away.
    """

    module: str
    within: str
    was: str
    became: str


@dataclass(frozen=True)
class Verdict:
    """What the explanations say of a module's survivors.

    Attributes:
        explained: survivors with a reason.
        unexplained: survivors without.
        stale: explanations of mutants that are killed by now, or no longer made.
    """

    explained: tuple[Change, ...]
    unexplained: tuple[Change, ...]
    stale: tuple[Change, ...]


def read(text: str, where: str) -> dict[Change, str]:
    """The explanations of a file: each change with its reason.

    `became` is a line, or a list of lines that have one reason.

    Raises:
        ValueError: with the place, what was expected and what was found.
    """
    found: dict[Change, str] = {}
    for number, entry in enumerate(_entries(text, where), 1):
        place = f"{where}, survivor {number}"
        if not isinstance(entry, dict) or entry.keys() != _KEYS:
            keys = sorted(entry) if isinstance(entry, dict) else entry
            raise ValueError(f"{place}: expected the keys {sorted(_KEYS)}, found {keys}")
        lines = entry["became"] if isinstance(entry["became"], list) else [entry["became"]]
        texts = [*(entry[key] for key in _KEYS - {"became"}), *lines]
        if not all(isinstance(one, str) for one in texts) or not entry["because"].strip():
            raise ValueError(f"{place}: expected texts, and a reason in `because`, found {entry}")
        if entry["module"] not in SUBJECTS:
            raise ValueError(f"{place}: expected one of {', '.join(SUBJECTS)}, found {entry['module']}")
        for line in lines:
            change = Change(entry["module"], entry["within"], entry["was"], line)
            if change in found:
                raise ValueError(f"{place}: expected a new mutant, found one that is explained above: {line}")
            found[change] = entry["because"]
    return found


def read_file(file: Path = SURVIVORS) -> dict[Change, str]:
    """The explanations that lie beside this module."""
    return read(file.read_text("utf-8"), file.name)


def judge(survivors: Iterable[Change], explanations: Collection[Change], module: str) -> Verdict:
    """Hold the survivors of one module against the explanations.

    An explanation is for one mutant: of two that look the same, in two like lines of a function, one stays
    unexplained.
    """
    open_ = {change for change in explanations if change.module == module}
    explained, unexplained = [], []
    for change in survivors:
        if change in open_:
            open_.remove(change)
            explained.append(change)
        else:
            unexplained.append(change)
    return Verdict(tuple(explained), tuple(unexplained), tuple(sorted(open_)))


def lines(module: str, root: Path = ROOT) -> frozenset[str]:
    """The lines of a module without indentation."""
    return frozenset(line.strip() for line in (root / module).read_text("utf-8").splitlines())


def _entries(text: str, where: str) -> list[Mapping[str, object]]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise ValueError(f"{where}: expected TOML, found {wrong}") from None
    entries = document.get("survivor", [])
    if document.keys() - {"survivor"} or not isinstance(entries, list):
        raise ValueError(f"{where}: expected nothing but [[survivor]], found {sorted(document)}")
    return entries
