"""The lab's clock: it runs with the real time, at a distance that somebody chose, or stands still.

Between two looks it stands still too. Whoever does something looks first, in turn (`turn`), so that
everything that happens in one transaction happens at one instant.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from ..clock import Clock

RealTime = Callable[[], datetime]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WORTH_A_LINE = timedelta(seconds=30)  # a slow network moves the clock by less, again and again


def real_time() -> RealTime:
    """The time of day as it is now, and from then on what has passed; it never goes back.

    A machine that sleeps counts on, and one whose clock is corrected does not jump (clock_gettime(2),
    CLOCK_BOOTTIME).
    """
    began, counted = datetime.now(UTC), time.clock_gettime(time.CLOCK_BOOTTIME)
    return lambda: began + timedelta(seconds=time.clock_gettime(time.CLOCK_BOOTTIME) - counted)


class LabClock(Clock):
    """See the module."""

    def __init__(self, real: RealTime, kept: str = "") -> None:
        """Start, or go on.

        Args:
            real: the real time, which never goes back.
            kept: what `kept` gave of an earlier one. While nobody was there it has run on.
        """
        self._real = real
        self._seen = real()
        self._pace = 1.0
        super().__init__(self._seen)
        self._from = self._now, self._seen
        with suppress(ValueError, KeyError, TypeError):
            self._restore(json.loads(kept))
        self.look()
        self._told = self._place

    @property
    def pace(self) -> float:
        """How many seconds pass in a real one: 1, or 0 while it stands still; others are for experiments."""
        return self._pace

    @pace.setter
    def pace(self, pace: float) -> None:
        self.look()
        self._pace = pace
        self._from = self._now, self._seen

    def changed(self) -> str:
        """What somebody did to the clock since the last call, as a line for people; empty if nothing much."""
        before, self._told = self._told, self._place
        if before[0] == self._pace and abs(before[1] - self._told[1]) < _WORTH_A_LINE:
            return ""
        return f"clock: {self._now:%Y-%m-%d %H:%M:%S} UTC, {'runs' if self._pace else 'stands still'}"

    @property
    def _place(self) -> tuple[float, timedelta]:
        """What stays the same while nobody moves the clock."""
        return self._pace, self._now - (self._seen if self._pace else _EPOCH)

    def look(self) -> None:
        """Take over what has passed since the last look."""
        now, real = self._from
        self._seen = max(self._real(), self._seen)
        self._now = max(self._now, now + max(self._seen - real, timedelta()) * self._pace)

    def move_to(self, instant: datetime) -> None:
        """As `Clock.move_to`."""
        super().move_to(instant)
        self._from = self._now, self._seen

    def set_back(self, by: timedelta) -> None:
        """As `Clock.set_back`."""
        super().set_back(by)
        self._from = self._now, self._seen

    @property
    def kept(self) -> str:
        """Everything that another clock needs to go on; the same text as long as nobody moves this one."""
        now, real = self._from
        return json.dumps(
            {
                "now": now.isoformat(),
                "real": real.isoformat(),
                "pace": self._pace,
                "back_s": self._lost.total_seconds(),
            }
        )

    def _restore(self, told: dict[str, str | float]) -> None:
        now, real = (datetime.fromisoformat(str(told[name])).astimezone(UTC) for name in ("now", "real"))
        pace, lost = float(told["pace"]), timedelta(seconds=float(told["back_s"]))
        self._now, self._from, self._pace, self._lost = now, (now, real), pace, lost
