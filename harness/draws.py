"""Random octets that a scenario can choose beforehand."""

from __future__ import annotations

from collections.abc import Callable


class Draws:
    """Gives random octets, but first what a scenario wants to come."""

    def __init__(self, random: Callable[[int], bytes]) -> None:
        """Draw from a stream."""
        self._random = random
        self._forced: list[bytes] = []

    def force(self, octets: bytes) -> None:
        """Let these come when so many are drawn next."""
        self._forced.append(octets)

    def __call__(self, octets: int) -> bytes:
        if self._forced and len(self._forced[0]) == octets:
            return self._forced.pop(0)
        return self._random(octets)
