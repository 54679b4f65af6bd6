"""Root and issuing authority, and that a seed gives the same octets every time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

from softeid.harness.clock import Clock
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.chain import make_chain
from softeid.harness.pki.error import NameRefused, StateError
from softeid.harness.pki.leaf import Leaf, Use
from softeid.harness.pki.ocsp import Responder, request
from softeid.harness.pki.shape import ESTEID2018
from softeid.harness.pki.status import GOOD, suspended
from softeid.harness.seed import Seed

MakeLeaf = Callable[[Use], Leaf]


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def test_the_chain_holds(authority: Authority, leaf: MakeLeaf) -> None:
    authority.root.verify_directly_issued_by(authority.root)
    authority.issuer.verify_directly_issued_by(authority.root)
    authority.issue(leaf(Use.AUTHENTICATION)).verify_directly_issued_by(authority.issuer)


@pytest.mark.parametrize(
    ("which", "name", "path_length"),
    [("root", "SOFTEID TEST of EE-GovCA2018", 2), ("issuer", "SOFTEID TEST of ESTEID2018", 0)],
)
def test_both_authorities(authority: Authority, which: str, name: str, path_length: int) -> None:
    certificate: x509.Certificate = getattr(authority, which)
    assert [one.value for one in certificate.subject] == ["EE", "SOFTEID TEST", "NTREE-TEST0000", name]
    assert certificate.issuer == authority.root.subject
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp521r1"
    assert certificate.signature_algorithm_oid.dotted_string == "1.2.840.10045.4.3.4"  # ecdsa-with-SHA512
    extensions = certificate.extensions
    constraints = extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.value, constraints.critical) == (x509.BasicConstraints(True, path_length), True)
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.key_cert_sign
    assert usage.value.crl_sign
    assert not usage.value.digital_signature


def test_one_seed_gives_the_same_octets(clock: Clock, leaf: MakeLeaf) -> None:
    one, again = Authority(Seed("s"), clock), Authority(Seed("s"), clock)
    for first, second in ((one.root, again.root), (one.issuer, again.issuer)):
        assert der(first) == der(second)
    for use in Use:
        assert der(one.issue(leaf(use))) == der(again.issue(leaf(use)))
    assert der(one.responder()[1]) == der(again.responder()[1])
    assert der(one.look_alike.issuer) == der(again.look_alike.issuer)


def test_a_seed_gives_the_same_authority_in_another_year(clock: Clock) -> None:
    later = Clock(clock.now + timedelta(days=4000))
    assert der(Authority(Seed("s"), clock).issuer) == der(Authority(Seed("s"), later).issuer)


def test_other_seeds_and_no_seed_give_other_keys(clock: Clock) -> None:
    keys = [Authority(seed, clock).issuer.public_key() for seed in (Seed("s"), Seed("t"), Seed(), Seed())]
    assert all(one != other for i, one in enumerate(keys) for other in keys[:i])


def test_the_look_alike_has_the_names_and_not_the_keys(authority: Authority, leaf: MakeLeaf) -> None:
    stranger = authority.look_alike
    assert stranger.issuer.subject == authority.issuer.subject
    assert stranger.root.subject == authority.root.subject
    assert stranger.issuer.public_key() != authority.issuer.public_key()
    certificate = stranger.issue(leaf(Use.AUTHENTICATION))
    assert certificate.issuer == authority.issuer.subject
    with pytest.raises(InvalidSignature):
        certificate.verify_directly_issued_by(authority.issuer)
    assert certificate.serial_number not in authority.register


def test_what_is_issued_is_known_and_good(authority: Authority, leaf: MakeLeaf) -> None:
    certificate = authority.issue(leaf(Use.SIGNATURE))
    assert authority.register.get(certificate.serial_number) is GOOD
    assert authority.register.get(certificate.serial_number + 1) is None


def test_issuing_the_same_again_does_not_lift_a_suspension(
    authority: Authority, leaf: MakeLeaf, clock: Clock
) -> None:
    certificate = authority.issue(leaf(Use.SIGNATURE))
    authority.register.set(certificate.serial_number, suspended(clock.now))
    again = authority.issue(leaf(Use.SIGNATURE))
    assert again == certificate
    assert str(authority.register.get(again.serial_number)) == "suspended"


def test_every_difference_makes_another_serial_number(authority: Authority, leaf: MakeLeaf) -> None:
    ordinary = leaf(Use.AUTHENTICATION)
    different = [
        ordinary,
        leaf(Use.SIGNATURE),
        ordinary.until(ordinary.not_after - timedelta(seconds=1)),
        ordinary.since(ordinary.not_before + timedelta(seconds=1)),
        ordinary.usable_as(Use.SIGNATURE),
        replace(ordinary, extensions=ordinary.extensions[:-1]),
        replace(ordinary, access=False),
        replace(ordinary, ocsp=False),
        replace(ordinary, public_key=authority.issuer.public_key()),
        replace(ordinary, subject=authority.issuer.subject),
    ]
    numbers = [authority.issue(one).serial_number for one in different]
    numbers.append(authority.issue(ordinary, sha1=True).serial_number)
    numbers.append(authority.issue(ordinary, subject=authority.issuer.subject.public_bytes()).serial_number)
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("year", [1999, 2100])
def test_a_clock_outside_of_its_life_is_told(year: int) -> None:
    with pytest.raises(StateError, match="expected a clock between 2000 and 2099") as caught:
        Authority(Seed("s"), Clock(datetime(year, 12, 31, tzinfo=UTC)))
    assert caught.value.where == "SOFTEID TEST of ESTEID2018"


def test_a_shape_with_a_strange_name_makes_no_authority(clock: Clock) -> None:
    with pytest.raises(NameRefused):
        Authority(Seed("s"), clock, replace(ESTEID2018, issuer="ESTEID2018"))


def test_another_shape(clock: Clock, leaf: MakeLeaf) -> None:
    shape = replace(
        ESTEID2018, issuer="SOFTEID TEST account CA 2024E", curve=ec.SECP384R1(), path="account-2024e"
    )
    other = Authority(Seed("s"), clock, shape)
    certificate = other.issue(leaf(Use.SIGNATURE))
    (name,) = certificate.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert name.value == "SOFTEID TEST account CA 2024E"
    assert other.url.endswith("/account-2024e")


BRANCHES = {
    "expired_issuer": "SOFTEID TEST of ESTEID2018 expired",
    "revoked_issuer": "SOFTEID TEST of ESTEID2018 revoked",
    "unlisted_issuer": "SOFTEID TEST of ESTEID2018 unlisted",
    "nested_issuer": "SOFTEID TEST of ESTEID2018 lower",
    "root_issuer": "SOFTEID TEST of EE-GovCA2018",
}


@pytest.mark.parametrize("which", BRANCHES)
def test_further_authorities_under_the_root(authority: Authority, leaf: MakeLeaf, which: str) -> None:
    other: Authority = getattr(authority, which)
    assert other is getattr(authority, which)
    assert other.root == authority.root
    (name,) = other.issuer.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert name.value == BRANCHES[which]
    certificate = other.issue(leaf(Use.AUTHENTICATION))
    path = [certificate, other.issuer, *reversed(other.between), authority.root]
    for lower, upper in pairwise(path):
        lower.verify_directly_issued_by(upper)
    assert len(other.between) == (which == "nested_issuer")
    assert certificate.serial_number not in authority.register
    assert certificate.serial_number in other.register
    if which != "root_issuer":
        assert other.issuer.public_key() != authority.issuer.public_key()
    assert other.url != authority.url


def test_only_the_expired_authority_has_expired(authority: Authority, clock: Clock) -> None:
    for which in BRANCHES:
        ends = getattr(authority, which).issuer.not_valid_after_utc
        assert (ends < clock.now) == (which == "expired_issuer")
    ended = clock.now - authority.expired_issuer.issuer.not_valid_after_utc
    assert timedelta(days=1) <= ended <= timedelta(days=2)


@pytest.mark.parametrize("which", BRANCHES)
def test_further_authorities_repeat_too(clock: Clock, leaf: MakeLeaf, which: str) -> None:
    made = [getattr(Authority(Seed("s"), clock), which) for _ in range(2)]
    assert der(made[0].issuer) == der(made[1].issuer)
    assert der(made[0].issue(leaf(Use.SIGNATURE))) == der(made[1].issue(leaf(Use.SIGNATURE)))


@pytest.mark.parametrize("which", BRANCHES)
def test_a_kept_authority_has_no_root_key_for_others(clock: Clock, seed: Seed, which: str) -> None:
    chain = replace(make_chain(seed, ESTEID2018), root_key=None)
    with pytest.raises(StateError, match="expected an authority whose root can sign") as caught:
        getattr(Authority(seed, clock, chain=chain), which)
    assert "of a seed" in caught.value.advice


def test_keys_stay_out_of_what_is_printed(seed: Seed) -> None:
    assert "key" not in repr(make_chain(seed, ESTEID2018)).lower().replace("public", "")


def test_a_crl_address_only_where_the_shape_has_one(clock: Clock, leaf: MakeLeaf) -> None:
    for lists in (False, True):
        other = Authority(Seed("s"), clock, replace(ESTEID2018, lists=lists))
        certificate = other.issue(leaf(Use.SIGNATURE))
        found = [one for one in certificate.extensions if isinstance(one.value, x509.CRLDistributionPoints)]
        assert len(found) == lists
        if lists:
            (point,) = found[0].value
            (address,) = point.full_name
            assert address.value == "http://c.softeid.invalid/esteid2018.crl"


def test_sha1_is_said_and_done(authority: Authority, leaf: MakeLeaf) -> None:
    certificate = authority.issue(leaf(Use.AUTHENTICATION), sha1=True)
    assert isinstance(certificate.signature_hash_algorithm, hashes.SHA1)
    key = authority.issuer.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(certificate.signature, certificate.tbs_certificate_bytes, ec.ECDSA(hashes.SHA1()))


def test_rsa_authorities(clock: Clock, leaf: MakeLeaf) -> None:
    shape = replace(ESTEID2018, curve=None, rsa_bits=2048, digest=hashes.SHA256(), path="rsa")
    one, again = Authority(Seed("s"), clock, shape), Authority(Seed("s"), clock, shape)
    assert der(one.root) == der(again.root)
    key = one.issuer.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert key.key_size == 2048
    for sha1, oid in ((False, "1.2.840.113549.1.1.11"), (True, "1.2.840.113549.1.1.5")):
        certificate = one.issue(leaf(Use.AUTHENTICATION), sha1=sha1)
        digest = hashes.SHA1() if sha1 else hashes.SHA256()
        key.verify(certificate.signature, certificate.tbs_certificate_bytes, padding.PKCS1v15(), digest)
        assert certificate.signature_algorithm_oid.dotted_string == oid
        assert der(certificate) == der(again.issue(leaf(Use.AUTHENTICATION), sha1=sha1))
    answer = ocsp.load_der_ocsp_response(Responder(one, clock).answer(request(certificate, one.issuer)))
    assert answer.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert one.revocation_list().is_signature_valid(key)
