"""Functions by name of what they bring about: a decorator adds one, a lookup says what was meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from softeid.emulator.mistake import listed, meant

from .error import StateError

F = TypeVar("F", bound=Callable[..., object])


class Registry(Mapping[str, F]):
    """Functions of one kind by name, in the order in which they were added."""

    def __init__(self, kind: str, shown: int) -> None:
        """Begin without any.

        Args:
            kind: what they bring about, as errors say it.
            shown: how many names an error lists.
        """
        self._kind = kind
        self._shown = shown
        self._functions: dict[str, F] = {}

    def add(self, name: str) -> Callable[[F], F]:
        """Make a function known under a name.

        Raises:
            ValueError: there is one of that name.
        """

        def known(function: F) -> F:
            if name in self._functions:
                raise ValueError(f"{self._kind} {name!r} is there already")
            self._functions[name] = function
            return function

        return known

    def named(self, name: str) -> F:
        """The function of a name.

        Raises:
            StateError: there is none of that name.
        """
        if name in self._functions:
            return self._functions[name]
        raise StateError(self._kind, listed(self, self._shown), repr(name), meant(name, self))

    def __getitem__(self, name: str) -> F:
        return self._functions[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._functions)

    def __len__(self) -> int:
        return len(self._functions)
