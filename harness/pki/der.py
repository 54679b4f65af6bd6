"""The few ASN.1 types that extensions and OCSP need beyond what `cryptography` writes, in DER (X.690)."""

from __future__ import annotations

from datetime import UTC, datetime

from softeid.emulator.tlv import encode


def sequence(*values: bytes) -> bytes:
    """SEQUENCE or SEQUENCE OF."""
    return encode(0x30, *values)


def octet_string(octets: bytes) -> bytes:
    """OCTET STRING."""
    return encode(0x04, octets)


def bit_string(octets: bytes) -> bytes:
    """BIT STRING of whole octets."""
    return encode(0x03, b"\0", octets)


def enumerated(value: int) -> bytes:
    """ENUMERATED, 0 to 127."""
    return encode(0x0A, bytes([value]))


def integer(value: int) -> bytes:
    """INTEGER that is not negative: as few octets as hold it with a sign bit."""
    return encode(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def object_identifier(dotted: str) -> bytes:
    """OBJECT IDENTIFIER from its dotted form."""
    first, second, *rest = map(int, dotted.split("."))
    return encode(0x06, *map(_base128, [first * 40 + second, *rest]))


def ia5_string(text: str) -> bytes:
    """IA5String: ASCII."""
    return encode(0x16, text.encode("ascii"))


def printable_string(text: str) -> bytes:
    """PrintableString: letters, digits and a few signs."""
    return encode(0x13, text.encode("ascii"))


def generalized_time(instant: datetime) -> bytes:
    """GeneralizedTime in UTC, to the second, fractions cut off (RFC 5280, 4.1.2.5.2 allows none)."""
    return encode(0x18, instant.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode())


def explicit(number: int, value: bytes) -> bytes:
    """A value under an explicit context tag, 0 to 30."""
    return encode(0xA0 | number, value)


def _base128(number: int) -> bytes:
    octets = [number & 0x7F]
    while number := number >> 7:
        octets.insert(0, 0x80 | number & 0x7F)
    return bytes(octets)
