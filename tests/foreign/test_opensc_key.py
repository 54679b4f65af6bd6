"""The card's keys through OpenSC; openssl judges by the card's certificates what they made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)
from tests.foreign.terminal import terminal
from tests.foreign.user import User

pytestmark = [pytest.mark.pcsc, pytest.mark.opensc, pytest.mark.openssl]

DATA = hashlib.sha512(b"something to sign").digest()


class Key(NamedTuple):
    """How OpenSC names a key: PKCS#11 slot and object id, and the PIN that it wants."""

    name: str
    slot: str
    number: str
    pin: str


AUTHENTICATION = Key("authentication", "0", "01", "1234")
SIGNATURE = Key("signature", "1", "02", "12345")
both_keys = pytest.mark.parametrize("key", [AUTHENTICATION, SIGNATURE], ids=lambda key: key.name)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """A user with a card in, whose public keys lie beside as NUMBER.pem; nothing here changes the card."""
    user = User(tmp_path_factory.mktemp("home"))
    with user.card() as within:
        for key in (AUTHENTICATION, SIGNATURE):
            within.did("pkcs15-tool", "--read-certificate", key.number, "-o", f"{key.number}.crt")
            within.did(
                "openssl",
                "x509",
                "-in",
                f"{key.number}.crt",
                "-pubkey",
                "-noout",
                "-out",
                f"{key.number}.pem",
            )
        yield within


def sign(reader: User, key: Key, mechanism: str, data: bytes) -> None:
    """Leave data and signature (DER) in the home, as openssl likes them."""
    (reader.home / "message").write_bytes(data)
    reader.did(*signing(key, mechanism), "--pin", key.pin)


def signing(key: Key, mechanism: str) -> tuple[str, ...]:
    return (
        *("pkcs11-tool", "--slot-index", key.slot, "--id", key.number, "--login", "--sign", "-m", mechanism),
        *("-i", "message", "-o", "signature", "-f", "openssl"),
    )


def verifies(reader: User, key: Key) -> bool:
    """Whether openssl takes the signature over the data as it stands, by the card's certificate."""
    ended = reader.run(
        *("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", f"{key.number}.pem"),
        *("-in", "message", "-sigfile", "signature"),
    )
    assert "Signature Verif" in ended.out, ended
    return ended.code == 0


@both_keys
@pytest.mark.parametrize("octets", [20, 32, 48, 64])
def test_raw_ecdsa(reader: User, key: Key, octets: int) -> None:
    """Shorter than the curve is filled from the left, longer is cut from the right."""
    sign(reader, key, "ECDSA", DATA[:octets])
    assert verifies(reader, key)
    (reader.home / "message").write_bytes(DATA[octets - 1 :: -1])
    assert not verifies(reader, key)


@both_keys
@pytest.mark.parametrize("digest", ["SHA256", "SHA384", "SHA512"])
def test_ecdsa_with_a_hash(reader: User, key: Key, digest: str) -> None:
    sign(reader, key, f"ECDSA-{digest}", DATA)
    told = reader.did(
        *(
            "openssl",
            "dgst",
            f"-{digest.lower()}",
            "-verify",
            f"{key.number}.pem",
            "-signature",
            "signature",
            "message",
        )
    )
    assert "Verified OK" in told


def test_the_keys_are_two(reader: User) -> None:
    sign(reader, AUTHENTICATION, "ECDSA", DATA[:48])
    assert not verifies(reader, SIGNATURE)


@both_keys
def test_pins_typed_at_a_terminal(reader: User, key: Key) -> None:
    """The signature key asks twice: for the session and for this one signature (CKA_ALWAYS_AUTHENTICATE)."""
    (reader.home / "message").write_bytes(DATA[:48])
    (reader.home / "signature").unlink(missing_ok=True)
    with terminal(reader, *signing(key, "ECDSA")) as tool:
        tool.expect("Please enter User PIN: ")
        tool.type_secret(f"{key.pin}\n")
        if key is SIGNATURE:
            tool.expect("Please enter context specific PIN: ")
            tool.type_secret(f"{key.pin}\n")
        told = tool.rest()
    assert tool.process.returncode == 0, told
    assert key.pin not in told
    assert verifies(reader, key)


@both_keys
def test_no_signature_without_its_pin(reader: User, key: Key) -> None:
    (reader.home / "message").write_bytes(DATA[:48])
    (reader.home / "signature").unlink(missing_ok=True)
    ended = reader.run(*(part for part in signing(key, "ECDSA") if part != "--login"))
    assert ended.code != 0
    assert not (reader.home / "signature").exists()


@both_keys
def test_pkcs11_and_pkcs15_read_the_same_certificate(reader: User, key: Key) -> None:
    reader.did(
        *(
            "pkcs11-tool",
            "--slot-index",
            key.slot,
            "--read-object",
            "--type",
            "cert",
            "--id",
            key.number,
            "-o",
            "der",
        )
    )
    read = x509.load_der_x509_certificate((reader.home / "der").read_bytes())
    assert read == x509.load_pem_x509_certificate((reader.home / f"{key.number}.crt").read_bytes())


def test_key_agreement(reader: User) -> None:
    """ECDH1-DERIVE against openssl, for ordinary points and for one whose secret begins with a zero octet."""
    card = public_key(reader.home / "01.pem")
    peers = [ec.generate_private_key(ec.SECP384R1()) for _ in range(4)]
    for peer in (*peers, leading_zero(card)):
        write_peer(reader.home, peer)
        reader.did(
            *("pkcs11-tool", "--id", "01", "--login", "--pin", "1234", "--derive", "-m", "ECDH1-DERIVE"),
            *("-i", "peer.der", "-o", "by-card"),
        )
        reader.did(
            "openssl", "pkeyutl", "-derive", "-inkey", "peer.key", "-peerkey", "01.pem", "-out", "by-openssl"
        )
        secret = (reader.home / "by-card").read_bytes()
        assert len(secret) == 48
        assert secret == (reader.home / "by-openssl").read_bytes()
    assert secret[0] == 0


def public_key(path: Path) -> ec.EllipticCurvePublicKey:
    key = load_pem_public_key(path.read_bytes())
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key


def leading_zero(card: ec.EllipticCurvePublicKey) -> ec.EllipticCurvePrivateKey:
    """A key whose secret with the card's begins with a zero octet: one in 256 does."""
    for scalar in range(2, 1 << 16):
        peer = ec.derive_private_key(scalar, ec.SECP384R1())
        if peer.exchange(ec.ECDH(), card)[0] == 0:
            return peer
    raise AssertionError("none of 65,534")


def write_peer(home: Path, peer: ec.EllipticCurvePrivateKey) -> None:
    """Both halves of the other side's key, as openssl and pkcs11-tool take them."""
    private = peer.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (home / "peer.key").write_bytes(private)
    public = peer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    (home / "peer.der").write_bytes(public)


def test_a_signature_is_asked_for_as_middleware_does(user: User) -> None:
    """VERIFY twice (session and signature), then MSE and PSO: the order in every version of OpenSC."""
    trace = user.home / "trace"
    (user.home / "message").write_bytes(DATA[:48])
    with user.card("--trace", trace) as reader:
        sign(reader, SIGNATURE, "ECDSA", DATA[:48])
    sent = [line.removeprefix("> ") for line in trace.read_text().splitlines() if line.startswith("> ")]
    acts = [line[:11] for line in sent if line[3:5] in ("20", "22", "2A", "88")]
    assert acts == ["00 20 00 85", "00 20 00 85", "00 22 41 B6", "00 2A 9E 9A"]
