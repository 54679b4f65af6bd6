"""What is wrong with a file, and where: collected, so that all of it is told at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from itertools import groupby
from typing import NamedTuple

from .errors import EmulatorError


class Mark(NamedTuple):
    """A place in a file; line and column count from 1, as editors do."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Mistake(NamedTuple):
    """One thing that a person has to mend."""

    mark: Mark
    expected: str
    found: str
    advice: str = ""

    def __str__(self) -> str:
        found = self.found if len(self.found) <= _SHOWN else f"{self.found[:_SHOWN]}…"
        text = f"{self.mark}: expected {self.expected}, found {found}"
        return visible(f"{text}; {self.advice}" if self.advice else text)


class Wrong(Exception):
    """A node cannot be read. Whoever reads turns it into a mistake at the node's place."""

    def __init__(self, expected: str, found: str = "", advice: str = "") -> None:
        super().__init__(expected)
        self.expected = expected
        self.found = found
        self.advice = advice


class Handled(Exception):
    """A node cannot be read and the mistakes inside it are already told."""


MANY = 20
_SHOWN = 500  # characters of what was found; a file may be all one text
# What a terminal obeys instead of showing it: control characters, line breaks, changes of direction, and
# what stands for octets of a file's name that are no UTF-8.
_OBEYED = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class FileError(EmulatorError):
    """Files are wrong; nothing was started."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = sorted(set(mistakes), key=lambda m: (m.mark, m.expected))
        super().__init__("\n".join(self._lines()))

    def _lines(self) -> Iterator[str]:
        for file, group in groupby(self.mistakes, lambda mistake: mistake.mark.file):
            told = list(group)
            yield from map(str, told[:MANY])
            if len(told) > MANY:
                yield visible(f"{file}: and {len(told) - MANY} more")


def visible(text: str) -> str:
    """A text as one line for people: what a terminal would obey is written out, as Python writes it."""
    return _OBEYED.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def meant(word: str, known: Iterable[str]) -> str:
    """'did you mean ...?' for a word that resembles a known one, else ''."""
    by_fold = {name.casefold(): name for name in known}
    near = get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.6)
    return f"did you mean {by_fold[near[0]]}?" if near else ""


def listed(words: Iterable[str], limit: int = 8) -> str:
    """'a, b or c'; long lists are cut with their number."""
    names = list(words)
    if len(names) > limit:
        return f"{', '.join(names[:limit])} … ({len(names)} in all)"
    return " or ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
