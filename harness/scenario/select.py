"""Which scenarios `-k` means."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from ..error import HarnessError
from .scenario import Scenario

Test = Callable[[str], bool]
"""Whether a text, in small letters, holds what an expression or a part of one asks for."""

_TOKEN = re.compile(r"\s*([()]|[^\s()]+)")
_MARKS = ("(", ")", "and", "or")


class SelectionError(HarnessError):
    """An expression cannot be read. Says at which character, and what was expected there."""

    def __init__(self, expression: str, at: int, expected: str, found: str) -> None:
        super().__init__(f"-k {expression!r}, character {at + 1}: expected {expected}, found {found}")


def selected(scenarios: Iterable[Scenario], expression: str) -> list[Scenario]:
    """Those that an expression means: one by its full name, or all whose name or file holds the words.

    Args:
        expression: words joined by `and`, `or` and `not`, with brackets, as pytest has them:
            `pin1 and not puk`. Capital and small letters are the same. Empty: all.

    Raises:
        SelectionError: it is neither a name nor an expression.
    """
    every = list(scenarios)
    exact = [one for one in every if one.name == expression]
    if exact:
        return exact
    test = _Reading(expression).whole()
    return [one for one in every if test(f"{one.mark.file} {one.name}".casefold())]


def matches(expression: str, text: str) -> bool:
    """Whether a text holds what an expression asks for; `or` binds loosest, then `and`, then `not`.

    Raises:
        SelectionError: it is no expression.
    """
    return _Reading(expression).whole()(text.casefold())


class _Reading:
    """Reads an expression from left to right."""

    def __init__(self, expression: str) -> None:
        self._expression = expression
        self._tokens = [(match[1], match.start(1)) for match in _TOKEN.finditer(expression)]
        self._next = 0

    def whole(self) -> Test:
        """The test that the expression stands for; that of an empty one is met by all."""
        if not self._tokens:
            return lambda text: True
        test = self._either()
        if self._word:
            raise self._wrong("`and`, `or` or the end")
        return test

    @property
    def _word(self) -> str:
        """The next word or bracket; empty at the end."""
        return self._tokens[self._next][0].casefold() if self._next < len(self._tokens) else ""

    def _took(self, word: str) -> bool:
        found = self._word == word
        self._next += found
        return found

    def _either(self) -> Test:
        tests = [self._both()]
        while self._took("or"):
            tests.append(self._both())
        return lambda text: any(test(text) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._took("and"):
            tests.append(self._one())
        return lambda text: all(test(text) for test in tests)

    def _one(self) -> Test:
        if self._took("not"):
            test = self._one()
            return lambda text: not test(text)
        if self._took("("):
            test = self._either()
            if not self._took(")"):
                raise self._wrong("`and`, `or` or a closing bracket")
            return test
        return self._words()

    def _words(self) -> Test:
        """Words side by side are looked for as they stand, blanks and all."""
        begin = end = self._place
        while self._word and self._word not in _MARKS:
            token, at = self._tokens[self._next]
            end = at + len(token)
            self._next += 1
        if end == begin:
            raise self._wrong("words to look for, `not` or an opening bracket")
        sought = self._expression[begin:end].casefold()
        return lambda text: sought in text

    @property
    def _place(self) -> int:
        return self._tokens[self._next][1] if self._next < len(self._tokens) else len(self._expression)

    def _wrong(self, expected: str) -> SelectionError:
        found = repr(self._tokens[self._next][0]) if self._word else "the end"
        return SelectionError(self._expression, self._place, expected, found)
