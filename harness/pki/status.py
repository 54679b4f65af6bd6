"""What an authority says about the certificates that it issued: good, suspended or revoked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509


@dataclass(frozen=True)
class Status:
    """Good, or no longer.

    Attributes:
        since: when it was revoked or suspended; None while it is good.
        reason: why (RFC 5280, 5.3.1); certificate_hold is what suspension means, None gives no reason.
    """

    since: datetime | None = None
    reason: x509.ReasonFlags | None = None

    @property
    def good(self) -> bool:
        """Neither revoked nor suspended."""
        return self.since is None

    @property
    def suspended(self) -> bool:
        """On hold: it may become good again."""
        return self.reason is x509.ReasonFlags.certificate_hold

    def __str__(self) -> str:
        return "good" if self.good else "suspended" if self.suspended else "revoked"


GOOD = Status()


def revoked(since: datetime, reason: x509.ReasonFlags | None = None) -> Status:
    """Revoked for good.

    Args:
        since: when.
        reason: any but certificate_hold; None where the authority gives none.

    Raises:
        ValueError: the reason is certificate_hold, which is `suspended`.
    """
    if reason is x509.ReasonFlags.certificate_hold:
        raise ValueError("certificateHold is a suspension, not a revocation")
    return Status(since, reason)


def suspended(since: datetime) -> Status:
    """Suspended: OCSP says revoked with the reason certificateHold (as SK's responder does)."""
    return Status(since, x509.ReasonFlags.certificate_hold)


class StatusRegister:
    """The status of each certificate that an authority issued, by serial number."""

    def __init__(self) -> None:
        self._statuses: dict[int, Status] = {}

    def set(self, serial: int, status: Status) -> None:
        """Say what holds from now on: also how a suspended certificate becomes good again."""
        self._statuses[serial] = status

    def get(self, serial: int) -> Status | None:
        """The status of a certificate; None if it was never issued."""
        return self._statuses.get(serial)

    def items(self) -> Iterator[tuple[int, Status]]:
        """Every certificate issued, in order of issue, with its status."""
        return iter(tuple(self._statuses.items()))

    def __contains__(self, serial: int) -> bool:
        return serial in self._statuses
