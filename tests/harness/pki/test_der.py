"""The few ASN.1 types, against examples from X.690 and its users."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from softeid.harness.pki import der

TALLINN = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("encoded", "expected"),
    [
        (der.sequence(), "3000"),
        (der.sequence(der.integer(1), der.octet_string(b"\xaa")), "3006020101 0401AA"),
        (der.integer(0), "020100"),
        (der.integer(127), "02017F"),
        (der.integer(128), "02020080"),
        (der.integer(256), "02020100"),
        (der.enumerated(6), "0A0106"),
        (der.bit_string(b"\x0f"), "0302000F"),
        (der.ia5_string("Ab"), "16024162"),
        (der.printable_string("EN"), "1302454E"),
        (der.explicit(0, der.enumerated(1)), "A0030A0101"),
        (der.object_identifier("2.5.29.19"), "0603551D13"),
        (der.object_identifier("1.3.6.1.5.5.7.48.1.2"), "06092B0601050507300102"),
        (der.object_identifier("0.4.0.1862.1.6.1"), "060704008E46010601"),
        (der.object_identifier("2.999.3"), "0603883703"),  # X.690, 8.19.5
        (
            der.generalized_time(datetime(2026, 3, 2, 9, 0, 0, 999_000, UTC)),
            "180F32303236303330323039303030305A",
        ),
        (
            der.generalized_time(datetime(2026, 3, 2, 11, tzinfo=TALLINN)),
            "180F32303236303330323039303030305A",
        ),
    ],
)
def test_encodings(encoded: bytes, expected: str) -> None:
    assert encoded == bytes.fromhex(expected)


@given(
    st.sampled_from([(first, second) for first in (0, 1) for second in range(40)] + [(2, 999), (2, 0)]),
    st.lists(st.integers(0, 1 << 40), min_size=1, max_size=6),
)
def test_object_identifiers_as_cryptography_writes_them(top: tuple[int, int], rest: list[int]) -> None:
    dotted = ".".join(map(str, (*top, *rest)))
    purpose = x509.ExtendedKeyUsage([x509.ObjectIdentifier(dotted)])
    assert der.sequence(der.object_identifier(dotted)) == purpose.public_bytes()


@pytest.mark.parametrize("text", ["Õ", "—"])
def test_ascii_types_take_no_other_letters(text: str) -> None:
    for encode in (der.ia5_string, der.printable_string):
        with pytest.raises(UnicodeEncodeError):
            encode(text)
