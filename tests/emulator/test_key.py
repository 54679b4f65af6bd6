"""Keys: signatures verify whatever the length of their input, widths are fixed, points are checked."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from softeid.emulator import StatusError
from softeid.emulator.key import CURVES, Key

P384 = ec.SECP384R1()
PRIVATE = ec.derive_private_key(20261124, P384)
FIELD = 2**384 - 2**128 - 2**96 + 2**32 - 1  # p of P-384, SEC 2, 2.5.1
B = int(
    "B3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF", 16
)


def point(public: ec.EllipticCurvePublicKey) -> bytes:
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def verifies(private: ec.EllipticCurvePrivateKey, signature: bytes, number: bytes) -> bool:
    size = CURVES[private.curve.name].size
    r, s = (int.from_bytes(half, "big") for half in (signature[:size], signature[size:]))
    algorithm = ec.ECDSA(Prehashed(CURVES[private.curve.name].hash))
    try:
        private.public_key().verify(encode_dss_signature(r, s), number, algorithm)
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize("length", [*range(1, 49), 64])
def test_signature_of_every_length(length: int) -> None:
    """Shorter input is the same number with zeros on the left; of longer input the leftmost octets count."""
    data = bytes(range(0xF0 - length, 0xF0))
    signature = Key(PRIVATE).sign(data)
    assert len(signature) == 96
    assert verifies(PRIVATE, signature, data[:48].rjust(48, b"\0"))
    assert not verifies(PRIVATE, signature, bytes(47) + b"\1")


@pytest.mark.parametrize("curve", CURVES)
def test_every_curve(curve: str) -> None:
    private, size = ec.derive_private_key(7, CURVES[curve].group), CURVES[curve].size
    signature = Key(private).sign(b"\x01" * size)
    assert len(signature) == 2 * size
    assert verifies(private, signature, b"\x01" * size)
    peer = ec.derive_private_key(11, CURVES[curve].group)
    assert Key(private).agree(point(peer.public_key())) == Key(peer).agree(point(private.public_key()))


def test_leading_zeros_of_r_and_s_are_kept() -> None:
    """One signature in 256 has a short r, one a short s; deterministic, so that they are always the same."""
    key = Key(PRIVATE, deterministic=True)
    short_r = short_s = 0
    for count in range(1, 1200):
        data = count.to_bytes(48, "big")
        signature = key.sign(data)
        assert len(signature) == 96
        if signature[0] == 0 or signature[48] == 0:
            assert verifies(PRIVATE, signature, data)
            short_r, short_s = short_r + (signature[0] == 0), short_s + (signature[48] == 0)
        if short_r and short_s:
            return
    pytest.fail(f"{short_r} short r and {short_s} short s")


def test_deterministic_signatures_repeat_and_others_do_not() -> None:
    """RFC 6979, A.2.6: the key and the signature of `sample` with SHA-384."""
    private = ec.derive_private_key(
        int(
            "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5",
            16,
        ),
        P384,
    )
    digest = hashes.Hash(hashes.SHA384())
    digest.update(b"sample")
    data = digest.finalize()
    assert Key(private, deterministic=True).sign(data).hex().upper() == (
        "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46"
        "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8"
    )
    assert Key(private).sign(data) != Key(private).sign(data)


@pytest.mark.parametrize("number", range(10))
def test_agreement_with_ten_points(number: int) -> None:
    peer = ec.generate_private_key(P384)
    shared = Key(PRIVATE).agree(point(peer.public_key()))
    assert len(shared) == 48
    assert shared == peer.exchange(ec.ECDH(), PRIVATE.public_key())


def test_a_shared_x_with_a_leading_zero_octet_keeps_it() -> None:
    """The shared point is built backwards: from a point whose X is short to the peer that leads to it."""
    order = int("F" * 48 + "C7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973", 16)
    x = next(x for x in range(1 << 372, 1 << 373) if pow(x**3 - 3 * x + B, (FIELD - 1) // 2, FIELD) == 1)
    y = pow(x**3 - 3 * x + B, (FIELD + 1) // 4, FIELD)
    short = ec.EllipticCurvePublicNumbers(x, y, P384).public_key()
    # d * peer = short  <=>  peer = d⁻¹ * short; with d' = d⁻¹ mod n, the key d' gives that peer's X.
    private = PRIVATE.private_numbers().private_value
    inverse = ec.derive_private_key(pow(private, -1, order), P384)
    peer_x = int.from_bytes(inverse.exchange(ec.ECDH(), short), "big")
    peer_y = pow(peer_x**3 - 3 * peer_x + B, (FIELD + 1) // 4, FIELD)
    peer = ec.EllipticCurvePublicNumbers(peer_x, peer_y, P384).public_key()
    shared = Key(PRIVATE).agree(point(peer))
    assert len(shared) == 48
    assert shared[0] == 0
    assert shared == x.to_bytes(48, "big")


GOOD = point(ec.derive_private_key(11, P384).public_key())


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x00", id="the point at infinity"),
        pytest.param(GOOD[:-1], id="an octet short"),
        pytest.param(GOOD + b"\0", id="an octet long"),
        pytest.param(b"\x02" + GOOD[1:49], id="compressed"),
        pytest.param(b"\x02" + GOOD[1:], id="marked as compressed"),
        pytest.param(b"\x06" + GOOD[1:], id="hybrid"),
        pytest.param(GOOD[:-1] + bytes([GOOD[-1] ^ 1]), id="not on the curve"),
        pytest.param(b"\x04" + bytes(96), id="zeros"),
        pytest.param(b"\x04" + b"\xff" * 96, id="coordinates beyond the field"),
        pytest.param(
            b"\x04" + FIELD.to_bytes(48, "big") + pow(B, (FIELD + 1) // 4, FIELD).to_bytes(48, "big"),
            id="X equal to the field's prime",
        ),
    ],
)
def test_what_is_no_point(octets: bytes) -> None:
    with pytest.raises(StatusError) as refused:
        Key(PRIVATE).agree(octets)
    assert refused.value.sw == 0x6A80
