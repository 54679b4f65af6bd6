"""Whom a certificate speaks of, and the personal codes of four countries."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from softeid.harness.registration.eligibility import check_country
from softeid.harness.registration.identity import identity_of
from softeid.harness.registration.national_identifier import birth_date, valid
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.settings import Settings
from softeid.harness.registration.vocabulary import Code

KEY = ec.generate_private_key(ec.SECP256R1())


def certificate(*attributes: tuple[x509.ObjectIdentifier, str]) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(oid, text) for oid, text in attributes])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2025, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2030, 1, 1, tzinfo=UTC))
        .sign(KEY, hashes.SHA256())
    )


def person(
    serial: str, country: str = "EE", surname: str = "JÕEORG", given: str = "JAAK"
) -> x509.Certificate:
    parts = [
        (NameOID.COUNTRY_NAME, country),
        (NameOID.SURNAME, surname),
        (NameOID.GIVEN_NAME, given),
        (NameOID.SERIAL_NUMBER, serial),
    ]
    return certificate(*(part for part in parts if part[1]))


@pytest.mark.parametrize(
    ("serial", "country", "born"),
    [
        ("PNOEE-38001085718", "EE", date(1980, 1, 8)),
        ("PNOLT-40504040001", "LT", date(1905, 4, 4)),
        ("PNOLV-050405-10009", "LV", date(1905, 4, 5)),
        ("PNOLV-320000-10003", "LV", None),
        ("PNOBE-05040400032", "BE", date(1905, 4, 4)),
    ],
)
def test_persons_of_the_served_countries(serial: str, country: str, born: date | None) -> None:
    identity = identity_of(person(serial, country))
    assert (identity.semantics_id, identity.country, identity.birth_date) == (serial, country, born)
    assert identity.name == "JAAK JÕEORG"
    check_country(identity, Settings())


@pytest.mark.parametrize(
    ("subject", "code"),
    [
        (person("38001085718"), Code.IDENTITY_UNPARSABLE),
        (person("PNOEE38001085718"), Code.IDENTITY_UNPARSABLE),
        (person("PNOee-38001085718"), Code.IDENTITY_UNPARSABLE),
        (person("PNOLV-050405-10009", "EE"), Code.IDENTITY_UNPARSABLE),
        (person("PNOEE-38001085718", surname=""), Code.IDENTITY_UNPARSABLE),
        (certificate((NameOID.COMMON_NAME, "nobody")), Code.IDENTITY_UNPARSABLE),
        (person("PASEE-K1234567"), Code.PERSONAL_CODE_UNSUPPORTED),
        (person("IDCEE-AS0010392"), Code.PERSONAL_CODE_UNSUPPORTED),
        (person("PNOEE-38001085719"), Code.PERSONAL_CODE_INVALID),
        (person("PNOEE-3800108571"), Code.PERSONAL_CODE_INVALID),
        (person("PNOLV-010111-22341", "LV"), Code.PERSONAL_CODE_INVALID),
    ],
)
def test_subjects_that_name_nobody_we_can_serve(subject: x509.Certificate, code: Code) -> None:
    with pytest.raises(Refused) as refused:
        identity_of(subject)
    assert refused.value.code is code
    assert "38001085" not in str(refused.value)


def test_a_subject_that_names_two_codes() -> None:
    double = certificate(
        (NameOID.COUNTRY_NAME, "EE"),
        (NameOID.SURNAME, "JÕEORG"),
        (NameOID.SERIAL_NUMBER, "PNOEE-38001085718"),
        (NameOID.SERIAL_NUMBER, "PNOEE-47101010033"),
    )
    with pytest.raises(Refused) as refused:
        identity_of(double)
    assert refused.value.code is Code.IDENTITY_UNPARSABLE


def test_somebody_without_a_given_name() -> None:
    assert identity_of(person("PNOEE-38001085718", given="")).name == "JÕEORG"


def test_a_country_that_is_not_served() -> None:
    identity = identity_of(person("PNOFI-99900335E", "FI"))
    with pytest.raises(Refused) as refused:
        check_country(identity, Settings())
    assert (refused.value.code, refused.value.detail) == (Code.COUNTRY_UNSUPPORTED, {"country": "FI"})


@pytest.mark.parametrize(
    ("country", "code", "right"),
    [
        ("EE", "50001029996", True),
        ("EE", "５0001029996", False),
        ("LV", "030303-10004", True),
        ("LV", "03030310004", True),
        ("LV", "030303-10005", False),
        ("LV", "329999-99901", True),
        ("LV", "990303-10004", False),
        ("LV", "0303-0310004", False),
        ("BE", "04040400287", True),
        ("BE", "0404040028", False),
        ("FI", "whatever", True),
    ],
)
def test_check_digits(country: str, code: str, right: bool) -> None:
    assert valid(country, code) is right


@pytest.mark.parametrize(
    ("country", "code", "born"),
    [
        ("EE", "99999999999", None),
        ("BE", "71715100070", None),
        ("FI", "99900335E", None),
        ("LV", "", None),
        ("LV", "329999-99901", None),
    ],
)
def test_codes_without_a_birth_date(country: str, code: str, born: date | None) -> None:
    assert birth_date(country, code) is born


@pytest.mark.parametrize("day", [30, 31])
def test_the_last_days_of_a_month_are_no_new_latvian_codes(day: int) -> None:
    """Old codes of these days begin with 3 too. A birth date of the nineteenth century: nobody's."""
    assert birth_date("LV", f"{day}0195-00000") == date(1895, 1, day)
