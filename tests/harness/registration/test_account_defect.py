"""Account certificates with one defect each (registration specification, 6.3), read by cryptography."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from softeid.emulator.tlv import parse
from softeid.harness.clock import Clock
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.birth import DIRECTORY_ATTRIBUTES
from softeid.harness.pki.error import StateError
from softeid.harness.pki.leaf import QC_STATEMENTS, Leaf, Use
from softeid.harness.pki.private_key import draw_rsa_key
from softeid.harness.registration.account_certificate import ACCOUNT_AUTHORITY, account_leaf
from softeid.harness.registration.account_defect import (
    ACCOUNT_DEFECTS,
    account_defect,
    defect_named,
    no_policy,
)
from softeid.harness.registration.account_profile import profiled_leaf
from softeid.harness.registration.identity import Identity
from softeid.harness.seed import Seed

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
END = datetime(2029, 3, 2, 8, 59, 59, tzinfo=UTC)
IDENTITY = Identity("PNOEE-38001085718", "EE", "38001085718", "JÕEORG", "JAAK-KRISTJAN", date(1980, 1, 8))
NUMBER = "PNOEE-38001085718-K2GN-Q"
SEED = Seed("account defects")
SIGNATURE_ONLY = ("no-statements", "no-esign")
LOGIN_ONLY = ("no-extended-key-usage",)
QC_TYPE = "04008E460106"  # 0.4.0.1862.1.6


@cache
def modulus() -> int:
    return draw_rsa_key(SEED, 3072, "account").private_numbers().public_numbers.n


@pytest.fixture
def authority() -> Authority:
    return Authority(SEED, Clock(NOW), ACCOUNT_AUTHORITY)


def leaf(use: Use = Use.SIGNATURE) -> Leaf:
    return account_leaf(use, IDENTITY, NUMBER, modulus(), NOW - timedelta(days=90), END)


def fitting(name: str) -> list[Use]:
    return (
        [Use.SIGNATURE]
        if name in SIGNATURE_ONLY
        else [Use.AUTHENTICATION]
        if name in LOGIN_ONLY
        else list(Use)
    )


EVERY = [pytest.param(name, use, id=f"{name} {use}") for name in ACCOUNT_DEFECTS for use in fitting(name)]
Facts = Mapping[str, object]


def facts(certificate: x509.Certificate, authority: Authority) -> Facts:
    """All that a relying party may look at, as values that can be compared."""
    found = {one.oid.dotted_string: one.value.public_bytes() for one in certificate.extensions}
    for same in ("2.5.29.14", "2.5.29.35", "1.3.6.1.5.5.7.1.1", "2.5.29.31"):  # follow key and issuer
        found.pop(same, None)
    return {
        **found,
        "subject": certificate.subject.public_bytes(),
        "validity": (certificate.not_valid_before_utc, certificate.not_valid_after_utc),
        "key": certificate.public_key(),
        "hash": certificate.signature_algorithm_oid,
        "signed": signed_by(certificate, authority.issuer),
    }


def signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    key, digest = issuer.public_key(), certificate.signature_hash_algorithm
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert digest
    try:
        key.verify(certificate.signature, certificate.tbs_certificate_bytes, ec.ECDSA(digest))
    except InvalidSignature:
        return False
    return True


BASIC, USAGE, PURPOSES, POLICIES, NAMES = "2.5.29.19", "2.5.29.15", "2.5.29.37", "2.5.29.32", "2.5.29.17"
STATEMENTS, ATTRIBUTES = QC_STATEMENTS.dotted_string, DIRECTORY_ATTRIBUTES.dotted_string
DIFFERS = {
    "expired": "validity",
    "not-yet-valid": "validity",
    "2048-bit-key": "key",
    "wrong-issuer-key": "signed",
    "two-intermediates": "signed",
    "sha1-signature": "hash",
    "ca-true": BASIC,
    "no-basic-constraints": BASIC,
    "no-policy": POLICIES,
    "no-etsi-policy": POLICIES,
    "nq-policy": POLICIES,
    "no-statements": STATEMENTS,
    "no-esign": STATEMENTS,
    "key-usage-swapped": USAGE,
    "both-key-usages": USAGE,
    "no-extended-key-usage": PURPOSES,
    "client-auth-only": PURPOSES,
    "no-alternative-name": NAMES,
    "other-document-number": NAMES,
    "two-serial-numbers": "subject",
    "no-type-prefix": "subject",
    "passport-number": "subject",
    "empty-given-name": "subject",
    "mixed-strings": "subject",
    "other-birth-date": ATTRIBUTES,
}


def test_the_defects_are_these() -> None:
    assert ACCOUNT_DEFECTS.keys() == DIFFERS.keys()


@pytest.mark.filterwarnings("ignore:Attribute's length must be")  # the empty name is the point
@pytest.mark.parametrize(("name", "use"), EVERY)
def test_one_thing_differs_and_nothing_else(authority: Authority, name: str, use: Use) -> None:
    ordinary = facts(authority.issue(leaf(use)), authority)
    bent = facts(defect_named(name)(authority, leaf(use)), authority)
    differing = {key for key in ordinary.keys() | bent.keys() if ordinary.get(key) != bent.get(key)}
    assert differing == {DIFFERS[name]}


@pytest.mark.parametrize(("name", "use"), EVERY)
def test_a_seed_repeats_and_no_number_is_used_twice(name: str, use: Use) -> None:
    made = []
    for _ in range(2):
        authority = Authority(SEED, Clock(NOW), ACCOUNT_AUTHORITY)
        made.append(defect_named(name)(authority, leaf(use)).public_bytes(Encoding.DER))
        ordinary = authority.issue(leaf(use))
    assert made[0] == made[1]
    own = x509.load_der_x509_certificate(made[0])
    assert (
        own.serial_number != ordinary.serial_number
        or own.issuer != ordinary.issuer
        or name == "wrong-issuer-key"
    )


def bent(authority: Authority, name: str, use: Use = Use.SIGNATURE) -> x509.Certificate:
    return defect_named(name)(authority, leaf(use))


def texts(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> list[str]:
    return [str(one.value) for one in certificate.subject.get_attributes_for_oid(oid)]


def test_time(authority: Authority) -> None:
    assert bent(authority, "expired").not_valid_after_utc < NOW
    assert bent(authority, "not-yet-valid").not_valid_before_utc > NOW


def test_key_and_hash(authority: Authority) -> None:
    key = bent(authority, "2048-bit-key").public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert key.key_size == 2048
    assert isinstance(bent(authority, "sha1-signature").signature_hash_algorithm, hashes.SHA1)


def test_issuers(authority: Authority) -> None:
    stranger = bent(authority, "wrong-issuer-key")
    assert stranger.issuer == authority.issuer.subject
    deep = bent(authority, "two-intermediates")
    lower = authority.nested_issuer
    deep.verify_directly_issued_by(lower.issuer)
    lower.issuer.verify_directly_issued_by(lower.between[0])
    lower.between[0].verify_directly_issued_by(authority.root)


def test_constraints(authority: Authority) -> None:
    assert bent(authority, "ca-true").extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    with pytest.raises(x509.ExtensionNotFound):
        bent(authority, "no-basic-constraints").extensions.get_extension_for_class(x509.BasicConstraints)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("no-etsi-policy", ["1.3.6.1.4.1.10015.17.2"]),
        ("nq-policy", ["1.3.6.1.4.1.10015.17.1", "0.4.0.2042.1.1"]),
    ],
)
def test_policies(authority: Authority, name: str, expected: list[str]) -> None:
    for use in Use:
        certificate = bent(authority, name, use)
        found = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
        assert [one.policy_identifier.dotted_string for one in found] == expected


def statements(certificate: x509.Certificate) -> list[str]:
    """Object identifiers of the statements, as they stand in DER."""
    octets = certificate.extensions.get_extension_for_oid(QC_STATEMENTS).value.public_bytes()
    return [row.children()[0].value.hex().upper() for row in parse(octets)[0].children()]


def test_statements_without_esign(authority: Authority) -> None:
    every = statements(authority.issue(leaf()))
    assert statements(bent(authority, "no-esign")) == [one for one in every if one != QC_TYPE]
    assert QC_TYPE in every


@pytest.mark.parametrize(
    ("name", "use", "expected"),
    [
        ("key-usage-swapped", Use.AUTHENTICATION, (False, True)),
        ("key-usage-swapped", Use.SIGNATURE, (True, False)),
        ("both-key-usages", Use.AUTHENTICATION, (True, True)),
        ("both-key-usages", Use.SIGNATURE, (True, True)),
    ],
)
def test_usage(authority: Authority, name: str, use: Use, expected: tuple[bool, bool]) -> None:
    usage = bent(authority, name, use).extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert (usage.value.digital_signature, usage.value.content_commitment) == expected


def test_purposes(authority: Authority) -> None:
    certificate = bent(authority, "client-auth-only", Use.AUTHENTICATION)
    found = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(found) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_document_numbers(authority: Authority) -> None:
    names = bent(authority, "other-document-number").extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    (name,) = names.value.get_values_for_type(x509.DirectoryName)
    assert [one.value for one in name] == ["PNOEE-38001085718-ZZZ9-Q"]


def test_identifiers(authority: Authority) -> None:
    oid = NameOID.SERIAL_NUMBER
    assert texts(bent(authority, "two-serial-numbers"), oid) == ["PNOEE-38001085718", "PNOEE-30303039914"]
    assert texts(bent(authority, "no-type-prefix"), oid) == ["38001085718"]
    assert texts(bent(authority, "passport-number"), oid) == ["PASEE-ZZ0000000"]


def strings(certificate: x509.Certificate) -> list[tuple[int, str]]:
    """Tag and text of each attribute of the subject, as encoded."""
    subject = parse(certificate.tbs_certificate_bytes)[0].children()[5]
    values = [row.children()[0].children()[1] for row in subject.children()]
    return [(one.tag, one.value.decode()) for one in values]


def test_an_empty_given_name_is_there_and_empty(authority: Authority) -> None:
    assert strings(bent(authority, "empty-given-name")) == [
        (0x13, "EE"),
        (0x0C, "JÕEORG,JAAK-KRISTJAN"),
        (0x0C, "JÕEORG"),
        (0x0C, ""),
        (0x13, "PNOEE-38001085718"),
    ]


def test_other_string_types_say_the_same(authority: Authority) -> None:
    assert strings(bent(authority, "mixed-strings")) == [
        (0x0C, "EE"),
        (0x0C, "JÕEORG,JAAK-KRISTJAN"),
        (0x0C, "JÕEORG"),
        (0x13, "JAAK-KRISTJAN"),
        (0x0C, "PNOEE-38001085718"),
    ]


def test_another_date_of_birth(authority: Authority) -> None:
    told = bent(authority, "other-birth-date").extensions.get_extension_for_oid(DIRECTORY_ATTRIBUTES).value
    assert b"19800109120000Z" in told.public_bytes()


@pytest.mark.parametrize(
    ("name", "use"),
    [
        *((name, Use.AUTHENTICATION) for name in SIGNATURE_ONLY),
        *((name, Use.SIGNATURE) for name in LOGIN_ONLY),
    ],
)
def test_a_defect_that_does_not_fit_is_told(authority: Authority, name: str, use: Use) -> None:
    with pytest.raises(StateError, match=f"account defect {name}: expected a"):
        bent(authority, name, use)


def test_a_leaf_without_a_number_is_told(authority: Authority) -> None:
    bare = leaf().without(x509.SubjectAlternativeName)
    with pytest.raises(StateError, match="expected a document number"):
        defect_named("other-document-number")(authority, bare)


def test_basic_and_old_certificates_bend_as_well(authority: Authority) -> None:
    number = "PNOEE-38001085718-K2GN-NQ"
    old = profiled_leaf("2016", "NQ", Use.AUTHENTICATION, IDENTITY, number, modulus(), NOW, END)
    for name in sorted(ACCOUNT_DEFECTS.keys() - set(SIGNATURE_ONLY)):
        assert defect_named(name)(authority, old)


@pytest.mark.parametrize("name", ACCOUNT_DEFECTS)
def test_each_defect_is_described(name: str) -> None:
    assert ACCOUNT_DEFECTS[name].__doc__


def test_an_unknown_defect_says_what_was_meant() -> None:
    with pytest.raises(StateError, match="account defect: expected expired, not-yet-valid") as caught:
        defect_named("ca-tru")
    assert caught.value.advice == "did you mean ca-true?"


def test_one_function_adds_a_defect() -> None:
    with pytest.raises(ValueError, match="already"):
        account_defect("no-policy")(no_policy)


@pytest.mark.openssl
@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("mixed-strings", ""),
        ("expired", "certificate has expired"),
        ("not-yet-valid", "certificate is not yet valid"),
        ("wrong-issuer-key", "unable to get local issuer certificate"),
        ("two-intermediates", ""),
    ],
)
def test_openssl_agrees(authority: Authority, tmp_path: Path, name: str, complaint: str) -> None:
    lower = authority.nested_issuer
    made: dict[str, list[Callable[[Encoding], bytes]]] = {
        "root": [authority.root.public_bytes],
        "others": [one.public_bytes for one in (authority.issuer, lower.issuer, *lower.between)],
        "leaf": [bent(authority, name).public_bytes],
    }
    for file, written in made.items():
        (tmp_path / file).write_bytes(b"".join(one(Encoding.PEM) for one in written))
    done = subprocess.run(
        [
            *("openssl", "verify", "-x509_strict", "-attime", str(int(NOW.timestamp()))),
            *("-CAfile", tmp_path / "root", "-untrusted", tmp_path / "others", tmp_path / "leaf"),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode == 0) == (not complaint), done.stderr
    assert complaint in done.stderr
