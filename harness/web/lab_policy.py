"""What the servers of a lab insist on, where that differs from a portal in the world.

The card desk's script runs on the portal's page, and its window belongs to that page: so the portal lets that
one origin in, and neither cuts the tie between the two windows. All servers are on `localhost`, which other
labs and other programs use too: nobody is told to ask it for https tomorrow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .security import Policy


@dataclass(frozen=True)
class LabPolicy(Policy):
    """One of the lab's servers.

    Attributes:
        lends: whether pages of the portal's origin may load what this server has: the desk.
    """

    lends: bool = False

    def headers(self) -> Iterator[tuple[str, str]]:
        """What every answer carries."""
        changed, fetched = self._changed(), " ".join(("'self'", *self.scripts))
        for name, value in super().headers():
            if name == "Content-Security-Policy" and self.scripts:
                yield name, f"{value}; connect-src {fetched}"
            elif name != "Strict-Transport-Security":
                yield name, changed.get(name, value)

    def _changed(self) -> Mapping[str, str]:
        if self.lends:
            return {"Cross-Origin-Opener-Policy": "unsafe-none", "Cross-Origin-Resource-Policy": "same-site"}
        return {"Cross-Origin-Opener-Policy": "same-origin-allow-popups"} if self.scripts else {}
