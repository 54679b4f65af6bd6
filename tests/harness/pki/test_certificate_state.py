"""Certificates by name of their state, and what a relying party sees of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from softeid.harness.clock import Clock
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.birth import DIRECTORY_ATTRIBUTES
from softeid.harness.pki.certificate_state import (
    CERTIFICATE_STATES,
    certificate_state,
    recipe_named,
    since,
    until,
    valid,
)
from softeid.harness.pki.certificate_state.key import software_key
from softeid.harness.pki.certificate_state.usage import MOBILE_ID_POLICY
from softeid.harness.pki.error import StateError
from softeid.harness.pki.leaf import Leaf, Use
from softeid.harness.pki.private_key import SOFTWARE_KEYS
from softeid.harness.registration import national_identifier
from softeid.harness.seed import Seed

MakeLeaf = Callable[[Use], Leaf]
BOTH = pytest.mark.parametrize("use", list(Use))
DAY = timedelta(days=1)


# States in which a certificate is as good as any other.
GOOD = {
    "valid", "no-extended-key-usage", "rsa", "digital-id", "residence-permit", "e-resident",
    "latvian", "latvian-undated", "latvian-minor", "lithuanian", "belgian",
}  # fmt: skip
# States whose defect has two signs, or only one of a less special name.
SIGNS = {
    "root-issued": {"untrusted-issuer"},
    "unlisted-issuer": {"untrusted-issuer"},
    "ca-expired": {"ca-expired"},
    "self-signed": {"untrusted-issuer", "unknown-status", "no-ocsp-address"},
    "no-client-auth": {"wrong-usage"},
    "no-semantics": {"bad-identity"},
    "other-country": {"bad-identity"},
    "passport": {"no-personal-code"},
    "finnish": {"country"},
}
FOR_LOGIN_ONLY = {"no-client-auth"}


def judged(certificate: x509.Certificate, use: Use, authority: Authority) -> set[str]:
    """Everything that is wrong with a certificate at the authority's now, by the words of the states."""
    return {*_life(certificate, authority), *_content(certificate, use), *_subject(certificate)}


def _life(certificate: x509.Certificate, authority: Authority) -> Iterator[str]:
    now = authority.clock.now
    if now > certificate.not_valid_after_utc:
        yield "expired"
    if now < certificate.not_valid_before_utc:
        yield "not-yet-valid"
    known = [authority, authority.expired_issuer, authority.revoked_issuer]
    issuer = next((one for one in known if issued_by(certificate, one)), None)
    if issuer is None:
        yield "untrusted-issuer"
    elif now > issuer.issuer.not_valid_after_utc:
        yield "ca-expired"
    elif issuer is authority.revoked_issuer:
        yield "ca-revoked"
    elsewhere = [authority.look_alike, authority.unlisted_issuer, authority.root_issuer]
    registers = [one.register for one in (*known, *elsewhere)]
    status = next(
        (one.get(certificate.serial_number) for one in registers if certificate.serial_number in one), None
    )
    if status is None:
        yield "unknown-status"
    elif not status.good:
        yield str(status)


def _content(certificate: x509.Certificate, use: Use) -> Iterator[str]:
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    right = usage.digital_signature if use is Use.AUTHENTICATION else usage.content_commitment
    purposes = next(
        (one.value for one in certificate.extensions if isinstance(one.value, x509.ExtendedKeyUsage)), None
    )
    clients = purposes is None or ExtendedKeyUsageOID.CLIENT_AUTH in purposes
    if not right or (use is Use.AUTHENTICATION and not clients):
        yield "wrong-usage"
    policies = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    if any(one.policy_identifier.dotted_string == MOBILE_ID_POLICY for one in policies):
        yield "mobile-id-policy"
    places = [
        one.value for one in certificate.extensions if isinstance(one.value, x509.AuthorityInformationAccess)
    ]
    if AuthorityInformationAccessOID.OCSP not in [one.access_method for access in places for one in access]:
        yield "no-ocsp-address"
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < 2048:
        yield "short-rsa"
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name != "secp384r1":
        yield "foreign-curve"
    if isinstance(certificate.signature_hash_algorithm, hashes.SHA1):
        yield "sha1-signed"


def _subject(certificate: x509.Certificate) -> Iterator[str]:
    told = {one.oid: str(one.value) for one in certificate.subject}
    form = re.fullmatch(r"(PNO|PAS)([A-Z]{2})-(.+)", told[NameOID.SERIAL_NUMBER])
    country = told[NameOID.COUNTRY_NAME]
    if form is None or form[2] != country:
        yield "bad-identity"
    elif form[1] != "PNO":
        yield "no-personal-code"
    elif not national_identifier.valid(country, form[3]):
        yield "wrong-check-digit"
    elif country not in ("EE", "LV", "LT", "BE"):
        yield "country"
    if country == "LT" and certificate.not_valid_before_utc < datetime(2012, 7, 4, tzinfo=UTC):
        yield "old-lithuanian"


def issued_by(certificate: x509.Certificate, authority: Authority) -> bool:
    key, digest = authority.issuer.public_key(), certificate.signature_hash_algorithm
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert digest
    try:
        key.verify(certificate.signature, certificate.tbs_certificate_bytes, ec.ECDSA(digest))
    except InvalidSignature:
        return False
    return certificate.issuer == authority.issuer.subject


def expected(name: str, use: Use) -> set[str]:
    if name in GOOD or (name in FOR_LOGIN_ONLY and use is Use.SIGNATURE):
        return set()
    return SIGNS.get(name, {name})


def test_the_names_that_the_tests_know_exist() -> None:
    assert GOOD | SIGNS.keys() | FOR_LOGIN_ONLY <= CERTIFICATE_STATES.keys()
    assert next(iter(CERTIFICATE_STATES)) == "valid"


@BOTH
@pytest.mark.parametrize("name", CERTIFICATE_STATES)
def test_a_state_has_its_defect_and_no_other(
    authority: Authority, leaf: MakeLeaf, use: Use, name: str
) -> None:
    certificate = recipe_named(name)(authority, leaf(use))
    assert judged(certificate, use, authority) == expected(name, use)


@BOTH
@pytest.mark.parametrize("name", CERTIFICATE_STATES)
def test_a_seed_repeats_every_state(clock: Clock, leaf: MakeLeaf, use: Use, name: str) -> None:
    made = [recipe_named(name)(Authority(Seed("s"), clock), leaf(use)) for _ in range(2)]
    assert made[0].public_bytes(Encoding.DER) == made[1].public_bytes(Encoding.DER)


@pytest.mark.parametrize("name", CERTIFICATE_STATES)
def test_each_state_is_described(name: str) -> None:
    assert CERTIFICATE_STATES[name].__doc__


@BOTH
@pytest.mark.parametrize("name", CERTIFICATE_STATES)
def test_the_key_is_the_holders_or_a_programs(
    authority: Authority, leaf: MakeLeaf, use: Use, name: str
) -> None:
    certificate = recipe_named(name)(authority, leaf(use))
    key = (
        software_key(authority, leaf(use), name).public_key()
        if name in SOFTWARE_KEYS
        else leaf(use).public_key
    )
    assert certificate.public_key() == key
    identifier = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert identifier == x509.SubjectKeyIdentifier.from_public_key(key)


def test_programs_keys_stay_without_a_seed(clock: Clock, leaf: MakeLeaf) -> None:
    authority = Authority(Seed(), clock)
    certificates = [recipe_named("short-rsa")(authority, leaf(Use.AUTHENTICATION)) for _ in range(2)]
    assert certificates[0].public_key() == certificates[1].public_key()
    assert (
        recipe_named("short-rsa")(authority, leaf(Use.SIGNATURE)).public_key() != certificates[0].public_key()
    )


@pytest.mark.parametrize(
    ("name", "policy"),
    [
        ("valid", "1.3.6.1.4.1.51361.1.1.1"),
        ("digital-id", "1.3.6.1.4.1.51361.1.1.3"),
        ("e-resident", "1.3.6.1.4.1.51361.1.1.4"),
        ("residence-permit", "1.3.6.1.4.1.51361.1.1.5"),
    ],
)
def test_kinds_of_document(authority: Authority, leaf: MakeLeaf, name: str, policy: str) -> None:
    ordinary = authority.issue(leaf(Use.AUTHENTICATION))
    certificate = recipe_named(name)(authority, leaf(Use.AUTHENTICATION))
    own, ordinarily = (
        one.extensions.get_extension_for_class(x509.CertificatePolicies).value
        for one in (certificate, ordinary)
    )
    assert own[0].policy_identifier.dotted_string == policy
    assert own[0].policy_qualifiers == ordinarily[0].policy_qualifiers
    assert list(own)[1:] == list(ordinarily)[1:]


def test_a_namesake_has_one_code_everywhere(authority: Authority, leaf: MakeLeaf) -> None:
    certificate = recipe_named("latvian")(authority, leaf(Use.AUTHENTICATION))
    told = {one.oid: one.value for one in certificate.subject}
    assert told[NameOID.COMMON_NAME] == "JÕEORG,JAAK-KRISTJAN,030303-10004"
    assert told[NameOID.SERIAL_NUMBER] == "PNOLV-030303-10004"
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.RFC822Name) == ["030303-10004@eesti.invalid"]


def test_a_minor_is_seventeen(authority: Authority, leaf: MakeLeaf) -> None:
    certificate = recipe_named("latvian-minor")(authority, leaf(Use.AUTHENTICATION))
    born = certificate.extensions.get_extension_for_oid(DIRECTORY_ATTRIBUTES).value.public_bytes()
    assert b"20090302120000Z" in born


@BOTH
def test_a_status_that_was_known_is_forgotten(authority: Authority, leaf: MakeLeaf, use: Use) -> None:
    known = authority.issue(leaf(use))
    assert recipe_named("unknown-status")(authority, leaf(use)) == known
    assert known.serial_number not in authority.register


def test_an_expired_certificate_lasted_as_long_as_a_good_one(authority: Authority, leaf: MakeLeaf) -> None:
    ordinary = leaf(Use.SIGNATURE)
    certificate = recipe_named("expired")(authority, ordinary)
    assert certificate.not_valid_after_utc == authority.clock.now - DAY
    early = recipe_named("expired")(authority, ordinary.since(authority.clock.now + DAY))
    assert early.not_valid_after_utc - early.not_valid_before_utc == ordinary.not_after - (
        authority.clock.now + DAY
    )


def test_revocation_has_reason_and_time(authority: Authority, leaf: MakeLeaf) -> None:
    certificate = recipe_named("revoked")(authority, leaf(Use.SIGNATURE))
    status = authority.register.get(certificate.serial_number)
    assert status is not None
    assert (status.since, status.reason) == (authority.clock.now, x509.ReasonFlags.key_compromise)


def test_between_two_seconds_the_states_still_work(
    authority: Authority, leaf: MakeLeaf, clock: Clock
) -> None:
    clock.move_to(clock.now + timedelta(milliseconds=999))
    for name in CERTIFICATE_STATES:
        certificate = recipe_named(name)(authority, leaf(Use.SIGNATURE))
        assert judged(certificate, Use.SIGNATURE, authority) == expected(name, Use.SIGNATURE)


def test_usage_is_swapped_with_its_purposes(authority: Authority, leaf: MakeLeaf) -> None:
    for use, other in ((Use.AUTHENTICATION, Use.SIGNATURE), (Use.SIGNATURE, Use.AUTHENTICATION)):
        wrong = recipe_named("wrong-usage")(authority, leaf(use)).extensions
        right = authority.issue(leaf(other)).extensions
        for kind in (x509.KeyUsage, x509.ExtendedKeyUsage):
            assert found(wrong, kind) == found(right, kind)


def found(extensions: x509.Extensions, kind: type[x509.ExtensionType]) -> list[tuple[object, bool]]:
    return [(one.value, one.critical) for one in extensions if isinstance(one.value, kind)]


@pytest.mark.parametrize(
    ("later", "good"),
    [(timedelta(minutes=10), True), (timedelta(minutes=10, milliseconds=1), False)],
    ids=["at the bound", "a millisecond later"],
)
def test_until_holds_to_the_instant(
    authority: Authority, leaf: MakeLeaf, clock: Clock, later: timedelta, good: bool
) -> None:
    certificate = until(clock.now + timedelta(minutes=10))(authority, leaf(Use.SIGNATURE))
    clock.move_to(clock.now + later)
    assert judged(certificate, Use.SIGNATURE, authority) == (set() if good else {"expired"})


@pytest.mark.parametrize(
    ("later", "good"),
    [(timedelta(minutes=10), True), (timedelta(minutes=10) - timedelta(milliseconds=1), False)],
    ids=["at the bound", "a millisecond earlier"],
)
def test_since_holds_from_the_instant(
    authority: Authority, leaf: MakeLeaf, clock: Clock, later: timedelta, good: bool
) -> None:
    certificate = since(clock.now + timedelta(minutes=10))(authority, leaf(Use.SIGNATURE))
    clock.move_to(clock.now + later)
    assert judged(certificate, Use.SIGNATURE, authority) == (set() if good else {"not-yet-valid"})


@pytest.mark.parametrize("bound", [until, since])
def test_a_bound_between_two_seconds_is_refused(bound: Callable[[datetime], object], clock: Clock) -> None:
    with pytest.raises(StateError, match="expected a whole second, found 1 ms more") as caught:
        bound(clock.now + timedelta(milliseconds=1))
    assert "no fractions" in caught.value.advice


def test_an_unknown_state_says_what_was_meant() -> None:
    with pytest.raises(StateError, match="certificate state: expected valid, expired") as caught:
        recipe_named("revokd")
    assert caught.value.advice == "did you mean revoked?"


def test_one_function_adds_a_state() -> None:
    with pytest.raises(ValueError, match="already"):
        certificate_state("valid")(valid)
