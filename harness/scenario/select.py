"""Which scenarios `-k` means."""

from __future__ import annotations

from collections.abc import Iterable

from .scenario import Scenario


def selected(scenarios: Iterable[Scenario], expression: str) -> list[Scenario]:
    """Those that an expression means: one by its full name, or all whose name or file holds the words.

    Args:
        expression: words joined by `and`, `or` and `not`, as pytest has them: `pin1 and not puk`. Capital and
            small letters are the same. Empty: all.
    """
    every = list(scenarios)
    exact = [one for one in every if one.name == expression]
    return exact or [one for one in every if matches(expression, f"{one.mark.file} {one.name}")]


def matches(expression: str, text: str) -> bool:
    """Whether a text holds what an expression asks for; `or` binds loosest, then `and`, then `not`."""
    folded = text.casefold()
    return any(
        all(_holds(term.strip(), folded) for term in one.split(" and "))
        for one in expression.casefold().split(" or ")
    )


def _holds(term: str, text: str) -> bool:
    if term.startswith("not "):
        return not _holds(term.removeprefix("not ").strip(), text)
    return term in text
