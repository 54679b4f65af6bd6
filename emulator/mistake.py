"""What is wrong with a file, and where: collected, so that all of it is told at once."""

from __future__ import annotations

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
        text = f"{self.mark}: expected {self.expected}, found {self.found}"
        return f"{text}; {self.advice}" if self.advice else text


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
                yield f"{file}: and {len(told) - MANY} more"


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
