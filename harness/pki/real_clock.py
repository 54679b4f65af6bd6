"""The machine's clock, for what is served to programs that have no other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import monotonic

from ..clock import Clock


class RealClock(Clock):
    """Runs by itself; nobody moves it."""

    def __init__(self) -> None:
        """Start."""
        super().__init__(datetime.now(UTC))
        self._began = monotonic()

    @property
    def now(self) -> datetime:
        """The time of day, in UTC."""
        return datetime.now(UTC)

    @property
    def steady(self) -> datetime:
        """The time of day at the start, and what has passed since then."""
        return self._now + timedelta(seconds=monotonic() - self._began)

    def move_to(self, instant: datetime) -> None:
        """Refused.

        Raises:
            ValueError: always.
        """
        raise ValueError("the machine's clock is not ours to move")
