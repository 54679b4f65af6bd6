"""Keys from a seed: what was drawn is a key, and is drawn again."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from softeid.harness.pki.private_key import SOFTWARE_KEYS, draw_key, draw_rsa_key
from softeid.harness.seed import Seed


@pytest.mark.parametrize("bits", [1024, 2048])
def test_rsa_keys_repeat_and_work(bits: int) -> None:
    key, again = draw_rsa_key(Seed("s"), bits, "a"), draw_rsa_key(Seed("s"), bits, "a")
    assert key.private_numbers() == again.private_numbers()
    assert key.key_size == bits
    assert key.private_numbers().public_numbers.e == 65537
    signature = key.sign(b"content", padding.PKCS1v15(), hashes.SHA256())
    key.public_key().verify(signature, b"content", padding.PKCS1v15(), hashes.SHA256())


def test_each_seed_and_each_purpose_has_its_own() -> None:
    drawn = [(Seed("s"), "a"), (Seed("t"), "a"), (Seed("s"), "b"), (Seed(), "a"), (Seed(), "a")]
    moduli = {draw_rsa_key(seed, 1024, label).private_numbers().public_numbers.n for seed, label in drawn}
    assert len(moduli) == len(drawn)


@pytest.mark.parametrize("seed", [Seed("s"), Seed()], ids=["seeded", "fresh"])
@pytest.mark.parametrize("name", SOFTWARE_KEYS)
def test_every_kind_is_what_it_says(name: str, seed: Seed) -> None:
    kind = SOFTWARE_KEYS[name]
    key = draw_key(seed, kind, "x")
    if kind.curve is None:
        assert isinstance(key, rsa.RSAPrivateKey)
        assert key.key_size == kind.rsa_bits
    else:
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        assert key.curve.name == kind.curve.name
    same = key.public_key() == draw_key(seed, kind, "x").public_key()
    assert same == seed.repeats
