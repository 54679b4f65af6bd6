"""Rows of the catalogue about account keys that only a look into both stores can show."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from softeid.harness.registration import key_share
from softeid.harness.registration.encoded_message import encoded
from softeid.harness.registration.key_pool import KeyPool
from softeid.harness.registration.key_share import EXPONENT, AppShare, CoreShare, Primes, public_key, split
from softeid.harness.seed import Seed

PIN, SECRET, BITS = "4271", b"a device's secret, 32 octets long", 3072


@pytest.fixture(scope="module")
def primes() -> Primes:
    return KeyPool()(BITS)


@pytest.fixture
def shares(primes: Primes) -> tuple[AppShare, CoreShare]:
    return split(primes, PIN, SECRET, Seed("rows").stream("random"))


def message(text: bytes, modulus: int) -> int:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(text)
    return encoded(digest.finalize(), "sha256", "pkcs1v15", modulus.bit_length(), bytes)


def verifies(number: int, text: bytes, modulus: int) -> bool:
    try:
        octets = number.to_bytes((modulus.bit_length() + 7) // 8, "big")
        public_key(modulus).verify(octets, text, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


@pytest.mark.covers("SID-SKM-001")
def test_two_shares_of_one_modulus_and_the_whole_key_nowhere(
    primes: Primes, shares: tuple[AppShare, CoreShare]
) -> None:
    app, core = shares
    order = (primes.p - 1) * (primes.q - 1)
    d = pow(EXPONENT, -1, order)
    c = app.opened(PIN, SECRET)
    assert app.modulus == core.modulus == primes.p * primes.q
    assert app.modulus.bit_length() == BITS
    assert (c + core.exponent) % order == d % order
    everything = {c, core.exponent, core.modulus, int.from_bytes(app.blob, "big")}
    assert not everything & {d, primes.p, primes.q, order}


@pytest.mark.covers("SID-SKM-004")
def test_everything_at_the_core_does_not_sign(shares: tuple[AppShare, CoreShare]) -> None:
    _, core = shares
    m = message(b"a request", core.modulus)
    mine = pow(m, core.exponent, core.modulus)
    assert not verifies(mine, b"a request", core.modulus)
    guesses = (0, 1, m, mine, core.exponent, core.modulus - 1)
    assert [core.joined(m, guess) for guess in guesses] == [None] * len(guesses)


@pytest.mark.covers("SID-SKM-005")
def test_the_app_with_the_right_pin_does_not_sign_alone(shares: tuple[AppShare, CoreShare]) -> None:
    app, core = shares
    m = message(b"a request", app.modulus)
    part = app.signature_share(PIN, SECRET, m)
    assert not verifies(part, b"a request", app.modulus)
    joined = core.joined(m, part)
    assert joined is not None
    assert verifies(int.from_bytes(joined, "big"), b"a request", app.modulus)


@pytest.mark.covers("SID-PIN-016")
def test_all_ten_thousand_pins_open_the_blob_to_a_share_that_could_be_the_one(
    monkeypatch: pytest.MonkeyPatch, primes: Primes
) -> None:
    """With the least work for each guess: what opens does not depend on it."""
    monkeypatch.setattr(key_share, "_SCRYPT_N", 2)
    app, _ = split(primes, PIN, SECRET, Seed("rows").stream("random"))
    opened = [app.opened(f"{pin:04d}", SECRET) for pin in range(10_000)]
    length = 8 * len(app.blob)
    assert len(set(opened)) == 10_000
    assert all(0 <= number < 1 << length for number in opened)
    # The right one lies in the crowd: neither its top octet nor its last bit is rare among the others.
    right = opened[int(PIN)]
    for kind in (length - 8, length - 16, 0):
        alike = sum(number >> kind & 0xFF == right >> kind & 0xFF for number in opened)
        assert 10 <= alike <= 90  # of 10 000, where 39 are to be expected
    order = (primes.p - 1) * (primes.q - 1)
    d = pow(EXPONENT, -1, order)
    m = message(b"a request", app.modulus)
    for number in (right, *opened[:3]):  # each would have a core share that goes with it
        fitting = CoreShare((d - number) % order, app.modulus)
        assert fitting.joined(m, pow(m, number, app.modulus)) is not None
