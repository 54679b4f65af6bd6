"""What an authority says about the certificates that it issued: good, suspended or revoked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple, Protocol

from cryptography import x509

from .error import StatusRefused


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
        ValueError: the reason is certificate_hold, which is `suspended`, or remove_from_crl, which is `GOOD`.
    """
    if reason is x509.ReasonFlags.certificate_hold:
        raise ValueError("certificateHold is a suspension, not a revocation")
    if reason is x509.ReasonFlags.remove_from_crl:
        raise ValueError("removeFromCRL makes good again, it revokes nothing")
    return Status(since, reason)


def suspended(since: datetime) -> Status:
    """Suspended: OCSP says revoked with the reason certificateHold (as SK's responder does)."""
    return Status(since, x509.ReasonFlags.certificate_hold)


# What may follow what when somebody asks for a change: a revocation is for good, a suspension can be lifted
# or become a revocation (RFC 5280, 5.3.1). Anything absent is refused.
STATUS_LIFE: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "good": frozenset({"good", "suspended", "revoked"}),
        "suspended": frozenset({"good", "suspended", "revoked"}),
        "revoked": frozenset({"revoked"}),
    }
)


def followed(before: Status, wanted: Status) -> Status:
    """What holds when a certificate in one status is to have another.

    What holds already goes on as it began. A suspension that becomes a revocation keeps its date: the
    date of revocation is that of the hold (Rec. ITU-T X.509, reason code extension).

    Raises:
        StatusRefused: the one does not follow the other, or a revocation would get another reason.
    """
    if str(wanted) not in STATUS_LIFE[str(before)]:
        raise StatusRefused("status", "good or suspended", f"{before} since {before.since}")
    if str(before) == str(wanted):
        if wanted.reason not in (None, before.reason):
            told = before.reason.value if before.reason else "no reason"
            raise StatusRefused("reason", told, str(wanted.reason and wanted.reason.value))
        return before
    return replace(wanted, since=before.since) if before.suspended and not wanted.good else wanted


class Snapshot(NamedTuple):
    """A register at one moment.

    Attributes:
        revision: grows with each change.
        statuses: every certificate issued, in order of issue.
    """

    revision: int
    statuses: tuple[tuple[int, Status], ...]


class Register(Protocol):
    """Keeps the status of each certificate that an authority issued, by serial number.

    Who keeps it on a disk may raise HomeError from every call.
    """

    def enter(self, serial: int) -> None:
        """A certificate was issued: it is good, unless it is known already."""
        ...

    def set(self, serial: int, status: Status) -> None:
        """Say what holds from now on, whatever held before."""
        ...

    def change(self, serial: int, rule: Callable[[Status], Status]) -> Status | None:
        """Replace a status by what a rule makes of it, with nobody in between.

        Returns:
            What holds now; None if the certificate was never issued.

        Raises:
            StatusRefused: the rule says so; nothing was changed.
        """
        ...

    def forget(self, serial: int) -> None:
        """As if it had never been issued."""
        ...

    def get(self, serial: int) -> Status | None:
        """The status of a certificate; None if it was never issued."""
        ...

    def snapshot(self) -> Snapshot:
        """All of it, as it is now."""
        ...

    def items(self) -> Iterator[tuple[int, Status]]:
        """Every certificate issued, in order of issue, with its status."""
        ...

    def __contains__(self, serial: int) -> bool: ...


class StatusRegister:
    """A register in memory: it ends with the process."""

    def __init__(self) -> None:
        self._statuses: dict[int, Status] = {}
        self._revision = 0

    def enter(self, serial: int) -> None:
        """As `Register.enter`."""
        if serial not in self._statuses:
            self.set(serial, GOOD)

    def set(self, serial: int, status: Status) -> None:
        """As `Register.set`."""
        self._revision += 1
        self._statuses[serial] = status

    def change(self, serial: int, rule: Callable[[Status], Status]) -> Status | None:
        """As `Register.change`."""
        before = self._statuses.get(serial)
        if before is None:
            return None
        self.set(serial, rule(before))
        return self._statuses[serial]

    def forget(self, serial: int) -> None:
        """As `Register.forget`."""
        self._revision += 1
        self._statuses.pop(serial, None)

    def get(self, serial: int) -> Status | None:
        """As `Register.get`."""
        return self._statuses.get(serial)

    def snapshot(self) -> Snapshot:
        """As `Register.snapshot`."""
        return Snapshot(self._revision, tuple(self._statuses.items()))

    def items(self) -> Iterator[tuple[int, Status]]:
        """As `Register.items`."""
        return iter(tuple(self._statuses.items()))

    def __contains__(self, serial: int) -> bool:
        return serial in self._statuses
