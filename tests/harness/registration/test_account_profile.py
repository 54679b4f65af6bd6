"""Account certificates of every generation and level, against the registration specification, 6.2."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from softeid.harness.clock import Clock
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.birth import DIRECTORY_ATTRIBUTES
from softeid.harness.pki.leaf import QC_STATEMENTS, Use
from softeid.harness.pki.private_key import draw_rsa_key
from softeid.harness.registration.account_certificate import ACCOUNT_AUTHORITY, account_leaf
from softeid.harness.registration.account_profile import (
    ACCOUNT_AUTHORITY_RSA,
    Generation,
    Level,
    profiled_leaf,
)
from softeid.harness.registration.identity import Identity
from softeid.harness.seed import Seed

BEGIN, END = datetime(2026, 3, 2, 9, 0, tzinfo=UTC), datetime(2029, 3, 2, 8, 59, 59, tzinfo=UTC)
IDENTITY = Identity("PNOEE-38001085718", "EE", "38001085718", "JÕEORG", "JAAK-KRISTJAN", date(1980, 1, 8))
SEED = Seed("account profiles")
Kind = Literal["EC", "RSA"]
EVERY = [
    pytest.param(generation, level, use, id=f"{generation} {level} {use}")
    for generation in get_args(Generation)
    for level in get_args(Level)
    for use in Use
]


@cache
def authority(kind: Kind) -> Authority:
    return Authority(SEED, Clock(BEGIN), ACCOUNT_AUTHORITY if kind == "EC" else ACCOUNT_AUTHORITY_RSA)


@cache
def modulus() -> int:
    return draw_rsa_key(SEED, 2048, "account").private_numbers().public_numbers.n


def issued(
    generation: Generation, level: Level, use: Use, kind: Kind = "EC", identity: Identity = IDENTITY
) -> x509.Certificate:
    number = f"{identity.semantics_id}-K2GN-{level}"
    return authority(kind).issue(
        profiled_leaf(generation, level, use, identity, number, modulus(), BEGIN, END)
    )


def subject(certificate: x509.Certificate) -> list[tuple[x509.ObjectIdentifier, str]]:
    return [(one.oid, str(one.value)) for one in certificate.subject]


def policies(certificate: x509.Certificate) -> list[str]:
    found = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    return [one.policy_identifier.dotted_string for one in found]


def bits(certificate: x509.Certificate) -> set[str]:
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment")
    return {name for name in names if getattr(usage.value, name)}


def has(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> bool:
    return any(one.oid == oid for one in certificate.extensions)


@pytest.mark.parametrize(("generation", "level", "use"), EVERY)
def test_what_all_have_in_common(generation: Generation, level: Level, use: Use) -> None:
    certificate = issued(generation, level, use)
    certificate.verify_directly_issued_by(authority("EC").issuer)
    assert isinstance(certificate.signature_hash_algorithm, hashes.SHA384)
    assert isinstance(certificate.public_key(), rsa.RSAPublicKey)
    assert (certificate.not_valid_before_utc, certificate.not_valid_after_utc) == (BEGIN, END)
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.value.ca, constraints.critical) == (False, False)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    (name,) = names.get_values_for_type(x509.DirectoryName)
    assert [one.value for one in name] == [f"PNOEE-38001085718-K2GN-{level}"]
    access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert [one.access_method for one in access] == [
        AuthorityInformationAccessOID.OCSP,
        AuthorityInformationAccessOID.CA_ISSUERS,
    ]
    (point,) = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert [one.value for one in point.full_name or ()] == ["http://c.softeid.invalid/account2026e.crl"]
    for kind in (x509.AuthorityKeyIdentifier, x509.SubjectKeyIdentifier):
        assert certificate.extensions.get_extension_for_class(kind)


@pytest.mark.parametrize(("generation", "level", "use"), EVERY)
def test_subjects(generation: Generation, level: Level, use: Use) -> None:
    old = generation == "2016"
    unit = [(NameOID.ORGANIZATIONAL_UNIT_NAME, use.upper())] if old else []
    assert subject(issued(generation, level, use)) == [
        (NameOID.COUNTRY_NAME, "EE"),
        *unit,
        (NameOID.COMMON_NAME, "JÕEORG,JAAK-KRISTJAN" + (",PNOEE-38001085718" if old else "")),
        (NameOID.SURNAME, "JÕEORG"),
        (NameOID.GIVEN_NAME, "JAAK-KRISTJAN"),
        (NameOID.SERIAL_NUMBER, "PNOEE-38001085718"),
    ]


@pytest.mark.parametrize(("generation", "level", "use"), EVERY)
def test_usage(generation: Generation, level: Level, use: Use) -> None:
    certificate = issued(generation, level, use)
    found = [
        list(one.value) for one in certificate.extensions if isinstance(one.value, x509.ExtendedKeyUsage)
    ]
    if use is Use.SIGNATURE:
        assert bits(certificate) == {"content_commitment"}
        assert found == []
    elif generation == "2025":
        assert bits(certificate) == {"digital_signature"}
        assert [[one.dotted_string for one in purposes] for purposes in found] == [
            ["1.3.6.1.4.1.62306.5.7.0"]
        ]
    else:
        assert bits(certificate) == {"digital_signature", "key_encipherment", "data_encipherment"}
        assert found == [[ExtendedKeyUsageOID.CLIENT_AUTH]]


@pytest.mark.parametrize(("generation", "level", "use"), EVERY)
def test_policies_statements_and_birth_date(generation: Generation, level: Level, use: Use) -> None:
    certificate = issued(generation, level, use)
    arc = "1.3.6.1.4.1.10015.3.17" if generation == "2016" else "1.3.6.1.4.1.10015.17"
    qualified = "0.4.0.2042.1.2" if use is Use.AUTHENTICATION else "0.4.0.194112.1.2"
    expected = [f"{arc}.2", qualified] if level == "Q" else [f"{arc}.1", "0.4.0.2042.1.1"]
    assert policies(certificate) == expected
    assert has(certificate, QC_STATEMENTS) == (level == "Q" and use is Use.SIGNATURE)
    assert has(certificate, DIRECTORY_ATTRIBUTES) == (level == "Q" and generation != "2016")


@pytest.mark.parametrize("use", Use)
def test_todays_qualified_is_the_ordinary_one(use: Use) -> None:
    number = "PNOEE-38001085718-K2GN-Q"
    ordinary = account_leaf(use, IDENTITY, number, modulus(), BEGIN, END)
    assert profiled_leaf("2025", "Q", use, IDENTITY, number, modulus(), BEGIN, END) == ordinary


@pytest.mark.parametrize(("number", "level"), [("PNOEE-1-AAAA-Q", "NQ"), ("PNOEE-1-AAAA-NQ", "Q"), ("", "Q")])
def test_number_and_level_must_agree(number: str, level: Level) -> None:
    with pytest.raises(ValueError, match=f"that ends with -{level}, found"):
        profiled_leaf("2025", level, Use.SIGNATURE, IDENTITY, number, modulus(), BEGIN, END)


@pytest.mark.parametrize("generation", get_args(Generation))
def test_long_names_keep_the_limit(generation: Generation) -> None:
    long = Identity("PNOEE-38001085718", "EE", "38001085718", "Õ" * 70, "Ä" * 70, None)
    certificate = issued(generation, "Q", Use.SIGNATURE, identity=long)
    told = dict(subject(certificate))
    assert (told[NameOID.SURNAME], told[NameOID.GIVEN_NAME]) == ("Õ" * 70, "Ä" * 70)
    assert 60 <= len(told[NameOID.COMMON_NAME].encode()) <= 64
    assert told[NameOID.COMMON_NAME].endswith("PNOEE-38001085718") == (generation == "2016")


def test_the_rsa_chain() -> None:
    certificate = issued("2016", "Q", Use.AUTHENTICATION, "RSA")
    made = authority("RSA")
    certificate.verify_directly_issued_by(made.issuer)
    made.issuer.verify_directly_issued_by(made.root)
    assert certificate.signature_algorithm_oid.dotted_string == "1.2.840.113549.1.1.11"
    for key in (made.issuer.public_key(), made.root.public_key()):
        assert isinstance(key, rsa.RSAPublicKey)
        assert key.key_size == 3072
    for one in (made.issuer, made.root):
        (name,) = one.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        assert str(name.value).startswith("SOFTEID TEST account ")


@pytest.mark.openssl
@pytest.mark.parametrize("kind", get_args(Kind))
@pytest.mark.parametrize(("generation", "level", "use"), EVERY)
def test_openssl_verifies(tmp_path: Path, kind: Kind, generation: Generation, level: Level, use: Use) -> None:
    made: dict[str, Callable[[Encoding], bytes]] = {
        "root": authority(kind).root.public_bytes,
        "issuer": authority(kind).issuer.public_bytes,
        "leaf": issued(generation, level, use, kind).public_bytes,
        "crl": authority(kind).revocation_list().public_bytes,
    }
    files = {name: tmp_path / f"{name}.pem" for name in made}
    for name, written in made.items():
        files[name].write_bytes(written(Encoding.PEM))
    done = subprocess.run(
        [
            *("openssl", "verify", "-x509_strict", "-crl_check", "-attime", str(int(BEGIN.timestamp()))),
            *("-CAfile", files["root"], "-untrusted", files["issuer"], "-CRLfile", files["crl"]),
            files["leaf"],
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
