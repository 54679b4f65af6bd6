"""The scenario's clock: the only "now" of card, certificates, OCSP, portal and phone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Stands still until somebody moves it.

    It tells two things. `now` is the time of day, which somebody may set back. `steady` counts on from the
    same start and never goes back: ages and time limits are measured by it, so that an expired code does not
    come to life again when a clock is corrected (SID-RCD-020).
    """

    def __init__(self, start: datetime) -> None:
        """Begin at an instant.

        Args:
            start: with a time zone; kept in UTC.

        Raises:
            ValueError: the instant has no time zone.
        """
        self._now = _utc(start)
        self._lost = timedelta()

    @classmethod
    def real(cls) -> Clock:
        """A clock that begins now, to the second (certificates have no fractions, RFC 5280, 4.1.2.5)."""
        return cls(datetime.now(UTC).replace(microsecond=0))

    @property
    def now(self) -> datetime:
        """The instant at which the clock stands, in UTC."""
        return self._now

    @property
    def steady(self) -> datetime:
        """The same, as if the clock had never been set back."""
        return self._now + self._lost

    def wall(self, steady: datetime) -> datetime:
        """What `now` is when `steady` reaches an instant, if nobody sets the clock back until then."""
        return steady - self._lost

    def move_to(self, instant: datetime) -> None:
        """Move on to an instant that is not in the past.

        Raises:
            ValueError: the instant lies before `now`, or has no time zone.
        """
        then = _utc(instant)
        if then < self._now:
            raise ValueError(
                f"the clock stands at {self._now.isoformat()} and does not go back to {then.isoformat()}"
            )
        self._now = then

    def set_back(self, by: timedelta) -> None:
        """Correct a clock that was fast: `now` goes back, `steady` stays where it is.

        Raises:
            ValueError: the duration is negative.
        """
        if by < timedelta():
            raise ValueError(f"a clock is set back by a duration, not by {by}")
        self._now -= by
        self._lost += by


def seconds_text(span: timedelta) -> str:
    """A duration in seconds, as scenarios and the audit trail write it: 900, 899.999, -300."""
    return f"{span.total_seconds():.6f}".rstrip("0").rstrip(".")


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"an instant needs a time zone: {instant.isoformat()}")
    return instant.astimezone(UTC)
