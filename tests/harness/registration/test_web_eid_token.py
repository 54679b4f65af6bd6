"""The token's form and the check of its signature, by themselves."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.vocabulary import Code
from softeid.harness.registration.web_eid_token import (
    ALGORITHMS,
    Token,
    algorithm_for,
    parse,
    parsed_certificate,
    proves,
    signature_holds,
    signed_digest,
)

ORIGIN, NONCE = "https://portal.softeid.test", "N" * 44
HASHES: dict[str, hashes.HashAlgorithm] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}
CURVES: dict[str, ec.EllipticCurve] = {
    "ES256": ec.SECP256R1(),
    "ES384": ec.SECP384R1(),
    "ES512": ec.SECP521R1(),
}
RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEYS = {name: ec.generate_private_key(curve) for name, curve in CURVES.items()}


def key_of(algorithm: str) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    return EC_KEYS.get(algorithm, RSA_KEY)


def certificate_of(algorithm: str) -> bytes:
    key = key_of(algorithm)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "SOFTEID TEST holder")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2025, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2030, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    ).public_bytes(Encoding.DER)


def raw_signature(algorithm: str, digest: bytes) -> bytes:
    key, prehashed = key_of(algorithm), Prehashed(HASHES[algorithm[2:]])
    if isinstance(key, ec.EllipticCurvePrivateKey):
        half = (key.key_size + 7) // 8
        r, s = decode_dss_signature(key.sign(digest, ec.ECDSA(prehashed)))
        return r.to_bytes(half, "big") + s.to_bytes(half, "big")
    pss = padding.PSS(padding.MGF1(HASHES[algorithm[2:]]), len(digest))
    return key.sign(digest, pss if algorithm.startswith("PS") else padding.PKCS1v15(), prehashed)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_each_of_the_nine_algorithms_is_verified_as_itself_alone(algorithm: str) -> None:
    signature = raw_signature(algorithm, signed_digest(algorithm, ORIGIN, NONCE))
    token = Token(certificate_of(algorithm), algorithm, signature)
    read = parse(token.text())
    assert read == token
    key = parsed_certificate(read.certificate).public_key()
    assert proves(read, key, ORIGIN, NONCE)
    for other in ALGORITHMS:
        if other != algorithm:
            assert not proves(Token(token.certificate, other, signature), key, ORIGIN, NONCE)


def test_what_is_signed() -> None:
    both = sha256(ORIGIN.encode()).digest() + sha256(NONCE.encode()).digest()
    assert signed_digest("RS256", ORIGIN, NONCE) == sha256(both).digest()


def test_a_der_signature_is_not_a_raw_one() -> None:
    digest, key = signed_digest("ES384", ORIGIN, NONCE), EC_KEYS["ES384"]
    der = key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA384())))
    assert not signature_holds(key.public_key(), "ES384", der, digest)


@pytest.mark.parametrize("length", [0, 95, 97])
def test_a_cut_or_padded_signature(length: int) -> None:
    digest = signed_digest("ES384", ORIGIN, NONCE)
    signature = raw_signature("ES384", digest).ljust(97, b"\0")[:length]
    assert not signature_holds(EC_KEYS["ES384"].public_key(), "ES384", signature, digest)


def test_the_application_names_the_algorithm_by_the_key() -> None:
    for name, key in EC_KEYS.items():
        assert algorithm_for(key.public_key()) == name
    assert algorithm_for(RSA_KEY.public_key()) == "RS256"
    with pytest.raises(ValueError, match="no Web eID algorithm"):
        algorithm_for(ec.generate_private_key(ec.SECP256K1()).public_key())


@pytest.mark.parametrize(
    ("length", "field"), [(99, "length"), (100, "json"), (10_000, ""), (10_001, "length")]
)
def test_a_token_has_100_to_10_000_characters(length: int, field: str) -> None:
    text = Token(certificate_of("ES256"), "ES256", b"signature").text()
    fitted = text.ljust(length) if length > len(text) else text[:length]
    found = ""
    try:
        parse(fitted)
    except Refused as refused:
        found = str(refused.detail["field"])
    assert found == field


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_whatever_is_posted_is_refused_as_unreadable(value: object) -> None:
    base = json.loads(Token(certificate_of("ES256"), "ES256", b"signature").text())
    for field in ("unverifiedCertificate", "algorithm", "format"):
        with pytest.raises(Refused) as refused:
            parsed_certificate(parse(json.dumps({**base, field: value})).certificate)
        assert refused.value.code is Code.TOKEN_PARSE


@pytest.mark.parametrize("text", ["[" * 9000, "x" * 200, f'"{"x" * 200}"', "[]".ljust(200), "\ud800" * 200])
def test_what_is_not_an_object_is_unreadable(text: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(text)
    assert refused.value.detail == {"field": "json"}
