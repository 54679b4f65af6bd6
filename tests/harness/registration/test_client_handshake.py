"""Proof of possession in the model of a TLS 1.3 handshake."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding

from softeid.harness.clock import Clock
from softeid.harness.person import persons
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.leaf import authentication
from softeid.harness.registration.client_handshake import (
    SERVER_LIFE,
    SERVER_SINCE,
    Alert,
    Connection,
    HandshakeFailed,
    LoginServer,
    Proof,
    answer,
    prove,
    signed_content,
)
from softeid.harness.registration.login_ticket import How
from softeid.harness.seed import Seed

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ORIGIN = "https://login.softeid.test"
LOOK_ALIKE = "https://login.softeid.example"
SEED = Seed("handshake tests")
RANDOM = SEED.stream("random")
AUTHORITY = Authority(SEED, Clock(NOW))


class SoftKey:
    """A key in software with a certificate; counts what it signed."""

    def __init__(self, kind: Any, person: str = "jaak") -> None:
        self.private = (
            rsa.generate_private_key(65537, kind)
            if isinstance(kind, int)
            else SEED.ec_key(kind, "handshake", person)
            if kind.name != "secp256k1"
            else ec.generate_private_key(kind)
        )
        leaf = authentication(
            persons()[person], self.private.public_key(), NOW - timedelta(days=9), NOW + timedelta(days=9)
        )
        self.certificate = AUTHORITY.issue(leaf).public_bytes(Encoding.DER)
        self.signed: list[bytes] = []

    def sign(self, digest: bytes) -> bytes:
        self.signed.append(digest)
        prehashed = Prehashed({32: hashes.SHA256(), 48: hashes.SHA384(), 64: hashes.SHA512()}[len(digest)])
        if isinstance(self.private, rsa.RSAPrivateKey):
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
            return self.private.sign(digest, pss, prehashed)
        half = (self.private.curve.key_size + 7) // 8
        numbers = decode_dss_signature(self.private.sign(digest, ec.ECDSA(prehashed)))
        return b"".join(number.to_bytes(half, "big") for number in numbers)


def server(origin: str = ORIGIN, **options: Any) -> LoginServer:
    return LoginServer(origin, RANDOM, lambda: NOW, **options)


def begun(origin: str = ORIGIN) -> Connection:
    return server(origin).accept(RANDOM(32))


def alert(connection: Connection, proof: Proof) -> Alert:
    with pytest.raises(HandshakeFailed) as caught:
        connection.authenticate(proof)
    assert connection.take() == (None, How.WITHOUT)
    return caught.value.alert


@pytest.fixture
def key() -> SoftKey:
    return SoftKey(ec.SECP384R1())


def test_what_is_signed() -> None:
    """RFC 8446, 4.4.3 prints the octets of the server's; the client's differ in one word."""
    assert signed_content(bytes([1]) * 32) == (
        b" " * 64 + b"TLS 1.3, client CertificateVerify" + b"\0" + bytes([1]) * 32
    )


@pytest.mark.parametrize(
    ("kind", "scheme"),
    [
        (ec.SECP256R1(), "ecdsa_secp256r1_sha256"),
        (ec.SECP384R1(), "ecdsa_secp384r1_sha384"),
        (ec.SECP521R1(), "ecdsa_secp521r1_sha512"),
        (2048, "rsa_pss_rsae_sha256"),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_who_holds_the_key_gets_through(kind: Any, scheme: str) -> None:
    key, connection = SoftKey(kind), begun()
    proof = answer(connection.hello, ORIGIN, NOW, key)
    assert proof
    assert (proof.scheme, len(key.signed)) == (scheme, 1)
    connection.authenticate(proof)
    assert connection.take() == (key.certificate, How.SIGNED)


def test_a_key_for_which_tls_has_no_scheme() -> None:
    key = SoftKey(ec.SECP256K1())
    with pytest.raises(HandshakeFailed) as caught:
        answer(begun().hello, ORIGIN, NOW, key)
    assert (caught.value.alert, key.signed) == (Alert.UNSUPPORTED_CERTIFICATE, [])


def test_nothing_to_offer() -> None:
    connection = begun()
    connection.authenticate(answer(connection.hello, ORIGIN, NOW, None))
    assert connection.take() == (None, How.WITHOUT)


# --- those who have no key --------------------------------------------------------------------------------


def test_the_certificate_of_somebody_else(key: SoftKey) -> None:
    connection, other = begun(), SoftKey(ec.SECP384R1(), "mari")
    key.certificate = other.certificate
    assert alert(connection, prove(connection.hello, key)) is Alert.DECRYPT_ERROR


@pytest.mark.covers("SID-SEC-003")
def test_a_handshake_cannot_be_forwarded(key: SoftKey) -> None:
    """A look-alike lets the victim sign its own handshake and shows the signature to the true host."""
    true, false = begun(), begun(LOOK_ALIKE)
    proof = answer(false.hello, LOOK_ALIKE, NOW, key)
    assert proof
    assert alert(true, proof) is Alert.DECRYPT_ERROR
    false.authenticate(proof)


@pytest.mark.covers("SID-SEC-003")
def test_a_look_alike_that_claims_to_be_the_true_host(key: SoftKey) -> None:
    """It can repeat all that the true host says but its name: the browser sees whose certificate it has."""
    true = begun()
    proof = prove(true.hello._replace(origin=LOOK_ALIKE), key)
    assert alert(true, proof) is Alert.DECRYPT_ERROR
    with pytest.raises(HandshakeFailed) as caught:
        answer(true.hello, LOOK_ALIKE, NOW, key)
    assert caught.value.alert is Alert.BAD_CERTIFICATE
    assert len(key.signed) == 1


@pytest.mark.parametrize("part", ["client_random", "server_random", "not_before"])
def test_a_signature_is_good_on_its_connection_only(key: SoftKey, part: str) -> None:
    connection = begun()
    other = begun().hello
    changed = {part: getattr(other, part) + (timedelta(1) if part == "not_before" else b"")}
    proof = prove(connection.hello._replace(**changed), key)
    assert alert(connection, proof) is Alert.DECRYPT_ERROR


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"signature": b""}, Alert.DECRYPT_ERROR),
        ({"signature": bytes(96)}, Alert.DECRYPT_ERROR),
        ({"signature": hashlib.sha384(b"").digest()}, Alert.DECRYPT_ERROR),
        ({"scheme": "ecdsa_secp256r1_sha256"}, Alert.ILLEGAL_PARAMETER),
        ({"scheme": ""}, Alert.ILLEGAL_PARAMETER),
        ({"certificate": b""}, Alert.BAD_CERTIFICATE),
        ({"certificate": b"\x30\x80"}, Alert.BAD_CERTIFICATE),
    ],
)
def test_an_answer_that_was_changed(key: SoftKey, change: dict[str, Any], told: Alert) -> None:
    connection = begun()
    assert alert(connection, prove(connection.hello, key)._replace(**change)) is told


# --- time -------------------------------------------------------------------------------------------------

SECOND = timedelta(seconds=1)


@pytest.mark.covers("SID-TIM-003")
@pytest.mark.parametrize(
    ("off", "holds"),
    [
        (timedelta(), True),
        (-SERVER_SINCE, True),
        (-SERVER_SINCE - SECOND, False),
        (SERVER_LIFE - SERVER_SINCE, True),
        (SERVER_LIFE - SERVER_SINCE + SECOND, False),
        (timedelta(days=-3650), False),
    ],
)
def test_a_computer_whose_clock_is_wrong(key: SoftKey, off: timedelta, holds: bool) -> None:
    """It does not trust the server, and the card is not asked; the server hears nothing of it."""
    hello = begun().hello
    if holds:
        assert answer(hello, ORIGIN, NOW + off, key)
        return
    with pytest.raises(HandshakeFailed) as caught:
        answer(hello, ORIGIN, NOW + off, key)
    assert (caught.value.alert, key.signed) == (Alert.CERTIFICATE_EXPIRED, [])


# --- coming back ------------------------------------------------------------------------------------------


def logged_in(host: LoginServer, key: SoftKey) -> Connection:
    connection = host.accept(RANDOM(32))
    connection.authenticate(prove(connection.hello, key))
    return connection


@pytest.mark.covers("SID-LGN-034")
def test_a_connection_is_fresh_once(key: SoftKey) -> None:
    connection = logged_in(server(), key)
    assert connection.take() == (key.certificate, How.SIGNED)
    assert connection.take() == (key.certificate, How.RESUMED)


@pytest.mark.covers("SID-LGN-034")
@pytest.mark.parametrize("resumes", [False, True])
def test_a_session_that_is_taken_up_again(key: SoftKey, resumes: bool) -> None:
    host = server(resumes=resumes)
    again = host.accept(RANDOM(32), logged_in(host, key))
    assert again.take() == ((key.certificate, How.RESUMED) if resumes else (None, How.WITHOUT))
    again.authenticate(prove(again.hello, key))
    assert again.take() == (key.certificate, How.SIGNED)


@pytest.mark.parametrize("octets", [0, 31, 33])
def test_a_client_hello_of_another_length(octets: int) -> None:
    with pytest.raises(HandshakeFailed):
        server().accept(bytes(octets))
