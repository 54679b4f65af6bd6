"""Two additive shares of one RSA key: together they sign, alone they do not, and no PIN stands out."""

from __future__ import annotations

import hashlib
from functools import cache
from hashlib import sha256
from typing import get_args

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from softeid.harness.registration.encoded_message import HashName, Padding, encoded, pkcs1v15
from softeid.harness.registration.key_share import (
    EXPONENT,
    AppShare,
    CoreShare,
    Primes,
    public_key,
    split,
)
from softeid.harness.seed import Seed

SECRET = b"a device's secret, 32 octets long"
PINS = st.text("0123456789", min_size=4, max_size=12)


@cache
def primes(bits: int) -> Primes:
    """Short keys: the arithmetic is the same."""
    numbers = rsa.generate_private_key(EXPONENT, bits).private_numbers()
    return Primes(numbers.p, numbers.q)


def shares(pin: str, bits: int = 1024) -> tuple[AppShare, CoreShare]:
    return split(primes(bits), pin, SECRET, Seed("shares").stream("random"))


def message(share: AppShare, text: bytes = b"a request") -> int:
    return pkcs1v15(sha256(text).digest(), "sha256", share.modulus.bit_length())


@settings(max_examples=25)
@given(PINS, st.binary(max_size=40))
@pytest.mark.covers("SID-SKM-002")
def test_the_right_pin_gives_an_ordinary_signature(pin: str, text: bytes) -> None:
    app, core = shares(pin)
    m = message(app, text)
    signature = core.joined(m, app.signature_share(pin, SECRET, m))
    assert signature is not None
    public_key(app.modulus).verify(signature, text, padding.PKCS1v15(), hashes.SHA256())


@settings(max_examples=25)
@given(PINS, PINS)
@pytest.mark.covers("SID-SKM-003")
def test_a_wrong_pin_is_noticed_where_the_shares_are_joined(pin: str, typed: str) -> None:
    app, core = shares(pin)
    m = message(app)
    joined = core.joined(m, app.signature_share(typed, SECRET, m))
    assert (joined is None) == (typed != pin)


def test_without_the_devices_secret_the_right_pin_is_wrong() -> None:
    app, core = shares("4271")
    m = message(app)
    assert core.joined(m, app.signature_share("4271", b"another device's", m)) is None


@pytest.mark.covers("SID-SKM-004", "SID-SKM-005")
def test_neither_side_can_sign_alone() -> None:
    app, core = shares("4271")
    m = message(app)
    for number in (pow(m, core.exponent, core.modulus), app.signature_share("4271", SECRET, m)):
        octets = number.to_bytes(128, "big")
        with pytest.raises(InvalidSignature):
            public_key(app.modulus).verify(octets, b"a request", padding.PKCS1v15(), hashes.SHA256())


@settings(max_examples=50)
@given(PINS)
@pytest.mark.covers("SID-PIN-016")
def test_any_pin_opens_the_blob_to_a_share_that_could_have_been(typed: str) -> None:
    """Whatever was opened, some core share would go with it: nothing at the app says which one exists."""
    app, _ = shares("4271")
    opened = app.opened(typed, SECRET)
    assert 0 <= opened < 1 << (8 * len(app.blob))
    order = (primes(1024).p - 1) * (primes(1024).q - 1)
    fitting = CoreShare((pow(EXPONENT, -1, order) - opened) % order, app.modulus)
    m = message(app)
    assert fitting.joined(m, app.signature_share(typed, SECRET, m)) is not None


def test_what_a_thousand_pins_open_the_blob_to_looks_alike() -> None:
    """No candidate stands out by its length: the top octet of what opens is spread over its whole range."""
    app, _ = shares("4271")
    tops = {app.opened(f"{pin:04d}", SECRET) >> (8 * (len(app.blob) - 1)) for pin in range(0, 10_000, 10)}
    assert len(tops) > 200


def test_the_stored_share_holds_no_pin_and_no_check_value() -> None:
    assert set(AppShare.__dataclass_fields__) == {"blob", "salt", "modulus"}
    assert set(CoreShare.__dataclass_fields__) == {"exponent", "modulus"}


@pytest.mark.covers("SID-SKM-013")
def test_a_signature_with_leading_zeros_is_as_long_as_the_modulus() -> None:
    """SID-SKM-013. The message is chosen so that its signature is a small number."""
    app, core = shares("4271")
    m = pow(0xCAFE, EXPONENT, app.modulus)
    assert core.joined(m, app.signature_share("4271", SECRET, m)) == bytes(126) + b"\xca\xfe"


@pytest.mark.parametrize("name", get_args(HashName))
@pytest.mark.covers("SID-SKM-012")
def test_both_paddings_verify_with_every_hash(name: HashName) -> None:
    app, core = shares("4271", 2048)
    text, algorithm = b"anything", getattr(hashes, name.upper())()
    digest = hashlib.new(name, text).digest()
    paddings: dict[Padding, padding.AsymmetricPadding] = {
        "pkcs1v15": padding.PKCS1v15(),
        "pss": padding.PSS(padding.MGF1(algorithm), len(digest)),
    }
    for kind, checked in paddings.items():
        m = encoded(digest, name, kind, 2048, Seed("salt").stream(name))
        signature = core.joined(m, app.signature_share("4271", SECRET, m))
        assert signature is not None
        public_key(app.modulus).verify(signature, text, checked, algorithm)


def test_pss_masks_as_many_bits_as_the_modulus_asks_for() -> None:
    """A modulus of 8k + 1 bits leaves a message that is one octet shorter (RFC 8017, 9.1.1)."""
    digest = sha256(b"anything").digest()
    for bits in range(1017, 1026):
        number = encoded(digest, "sha256", "pss", bits, bytes)
        assert number.bit_length() <= bits - 1
        assert number & 0xFF == 0xBC


def test_a_digest_of_another_length_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="32 octets"):
        pkcs1v15(b"short", "sha256", 2048)
