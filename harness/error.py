"""The base of what the harness raises when a file, an option or this machine is wrong."""

from __future__ import annotations

from collections.abc import Iterable

from softeid.emulator.mistake import listed, meant


class HarnessError(Exception):
    """We, a file or this machine are wrong; no refusal of a card and no difference that a scenario found."""


def listed_or_meant(found: str, known: Iterable[str]) -> str:
    """'expected a, b or c, found d; did you mean c?'."""
    words = sorted(known)
    advice = meant(found, words)
    return f"expected {listed(words, 30)}, found {found!r}" + (f"; {advice}" if advice else "")
