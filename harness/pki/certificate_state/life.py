"""States of a certificate's life: its validity, and what its issuer says of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography import x509

from ..authority import Authority
from ..error import StateError
from ..leaf import Leaf
from ..status import revoked, suspended
from .registry import CertificateRecipe, certificate_state

DAY = timedelta(days=1)


@certificate_state("valid")
def valid(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Nothing is wrong with it."""
    return authority.issue(leaf)


@certificate_state("expired")
def expired(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """It ended a day ago. Never revoked: OCSP goes on saying good."""
    return authority.issue(leaf.until(_whole(authority.clock.now) - DAY))


@certificate_state("not-yet-valid")
def not_yet_valid(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """It begins in a day."""
    return authority.issue(leaf.since(_whole(authority.clock.now) + DAY))


@certificate_state("suspended")
def on_hold(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Suspended since it was made: OCSP says revoked, certificateHold."""
    certificate = authority.issue(leaf)
    authority.register.set(certificate.serial_number, suspended(_whole(authority.clock.now)))
    return certificate


@certificate_state("revoked")
def taken_back(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Revoked since it was made, with the reason of a lost card: keyCompromise."""
    certificate = authority.issue(leaf)
    status = revoked(_whole(authority.clock.now), x509.ReasonFlags.key_compromise)
    authority.register.set(certificate.serial_number, status)
    return certificate


@certificate_state("unknown-status")
def unknown_status(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Issued, and missing in the issuer's register: OCSP says unknown."""
    certificate = authority.issue(leaf)
    authority.register.forget(certificate.serial_number)
    return certificate


def until(instant: datetime) -> CertificateRecipe:
    """A certificate whose last second is this one; at the instant itself it is still good.

    Args:
        instant: with a time zone, a whole second: a certificate can tell no other (RFC 5280, 4.1.2.5).

    Raises:
        StateError: the instant lies between two seconds; to round it would move the boundary that somebody
            wants to look at.
    """
    last = _exact(f"until {instant.isoformat()}", instant)
    return lambda authority, leaf: authority.issue(leaf.until(last))


def since(instant: datetime) -> CertificateRecipe:
    """A certificate whose first second is this one; arguments and refusal as for `until`."""
    first = _exact(f"from {instant.isoformat()}", instant)
    return lambda authority, leaf: authority.issue(leaf.since(first))


def _exact(where: str, instant: datetime) -> datetime:
    if instant.microsecond:
        fraction = f"{instant.microsecond / 1000:g} ms more"
        advice = (
            "certificates know no fractions: let the bound fall on a second, and the step before or after it"
        )
        raise StateError(where, "a whole second", fraction, advice)
    return instant


def _whole(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)
