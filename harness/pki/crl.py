"""The CRL of an authority (RFC 5280, 5): what is revoked or suspended now, dated by the authority's clock."""

from __future__ import annotations

from datetime import timedelta

from cryptography import x509

from ..clock import Clock
from .status import Snapshot, Status

LASTING = timedelta(hours=12)
"""Until the next one, unless somebody asks otherwise (our choice)."""


def written(
    register: Snapshot, clock: Clock, lasting: timedelta, issuer: x509.Certificate
) -> x509.CertificateRevocationListBuilder:
    """A complete list, not yet signed.

    A certificate that is good again is simply absent: removeFromCRL is for lists of differences.

    Args:
        register: what the issuer says of its certificates.
        clock: now.
        lasting: from thisUpdate to nextUpdate, more than a second.
        issuer: whose list it is.
    """
    now = clock.now.replace(microsecond=0)
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(now)
        .next_update(now + lasting)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
        )
        .add_extension(x509.CRLNumber(number(register, clock)), critical=False)
    )
    for serial, status in sorted(register.statuses, key=lambda row: row[0]):
        if not status.good:
            builder = builder.add_revoked_certificate(_entry(serial, status))
    return builder


def number(register: Snapshot, clock: Clock) -> int:
    """The CRL number: greater with every second and, within one, with every change (RFC 5280, 5.2.3).

    No counter has to be kept: two lists have one number only if they are the same list.
    """
    return int(clock.steady.timestamp()) << 32 | register.revision


def _entry(serial: int, status: Status) -> x509.RevokedCertificate:
    """An entry; unspecified is no reason worth writing (RFC 5280, 5.3.1)."""
    assert status.since
    entry = x509.RevokedCertificateBuilder().serial_number(serial)
    entry = entry.revocation_date(status.since.replace(microsecond=0))
    if status.reason not in (None, x509.ReasonFlags.unspecified):
        entry = entry.add_extension(x509.CRLReason(status.reason), critical=False)
    return entry.build()
