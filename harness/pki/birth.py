"""The date of birth in a certificate, for those whose code carries none."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from cryptography import x509

from softeid.emulator.tlv import encode

from . import der

DIRECTORY_ATTRIBUTES = x509.ObjectIdentifier("2.5.29.9")  # RFC 5280, 4.2.1.8
_DATE_OF_BIRTH = "1.3.6.1.5.5.7.9.1"  # RFC 3739, 3.2.2


def date_of_birth(born: date) -> x509.UnrecognizedExtension:
    """SubjectDirectoryAttributes with dateOfBirth at noon UTC: no zone moves the day (RFC 3739)."""
    noon = datetime.combine(born, time(12), UTC)
    value = encode(0x31, der.generalized_time(noon))
    attributes = der.sequence(der.sequence(der.object_identifier(_DATE_OF_BIRTH), value))
    return x509.UnrecognizedExtension(DIRECTORY_ATTRIBUTES, attributes)
