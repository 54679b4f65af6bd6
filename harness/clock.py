"""The scenario's clock: the only "now" of card, certificates, OCSP, portal and phone."""

from __future__ import annotations

from datetime import UTC, datetime


class Clock:
    """Stands still until somebody moves it, and never goes back."""

    def __init__(self, start: datetime) -> None:
        """Begin at an instant.

        Args:
            start: with a time zone; kept in UTC.

        Raises:
            ValueError: the instant has no time zone.
        """
        self._now = _utc(start)

    @classmethod
    def real(cls) -> Clock:
        """A clock that begins now, to the second (certificates have no fractions, RFC 5280, 4.1.2.5)."""
        return cls(datetime.now(UTC).replace(microsecond=0))

    @property
    def now(self) -> datetime:
        """The instant at which the clock stands, in UTC."""
        return self._now

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


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"an instant needs a time zone: {instant.isoformat()}")
    return instant.astimezone(UTC)
