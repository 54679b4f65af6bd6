"""Private keys of authorities and of software signers: drawn from a seed, or fresh."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ..seed import Seed

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_EXPONENT = 65537
_SECP256K1_ORDER = int("F" * 31 + "EBAAEDCE6AF48A03BBFD25E8CD0364141", 16)  # SEC 2, 2.4.1
_SIEVED = 20000  # candidates with a prime factor below are thrown out before the costly test
_ROUNDS = 8  # FIPS 186-5, table B.1 asks for 5 at 512 bits and for fewer at larger sizes


@dataclass(frozen=True)
class KeyKind:
    """What sort of key.

    Attributes:
        curve: of an elliptic curve key; None for RSA.
        rsa_bits: size of the modulus.
    """

    curve: ec.EllipticCurve | None = None
    rsa_bits: int = 0


# Keys that no card of ours has: for programs that sign, and for certificates that are to be refused.
SOFTWARE_KEYS: Mapping[str, KeyKind] = {
    "rsa": KeyKind(rsa_bits=2048),
    "short-rsa": KeyKind(rsa_bits=1024),
    "foreign-curve": KeyKind(ec.SECP256K1()),
    "self-signed": KeyKind(ec.SECP384R1()),
}


def draw_key(seed: Seed, kind: KeyKind, *labels: str) -> PrivateKey:
    """A key of a kind: fresh, or that of seed and labels."""
    if kind.curve is None:
        return draw_rsa_key(seed, kind.rsa_bits, *labels)
    if isinstance(kind.curve, ec.SECP256K1) and seed.repeats:
        number = seed.number(_SECP256K1_ORDER - 1, "ec-key", kind.curve.name, *labels)
        return ec.derive_private_key(1 + number, kind.curve)
    return seed.ec_key(kind.curve, *labels)


def draw_rsa_key(seed: Seed, bits: int, *labels: str) -> rsa.RSAPrivateKey:
    """An RSA key with the exponent 65537.

    A seeded one is slower: 2048 bits take a quarter of a second, 3072 more than one.

    Args:
        seed: source of the primes.
        bits: size of the modulus, even.
        labels: what the key is for.
    """
    if not seed.repeats:
        return rsa.generate_private_key(_EXPONENT, bits)
    stream = seed.stream("rsa-key", str(bits), *labels)
    p = q = 0
    while p == q:
        p, q = (_prime(int.from_bytes(stream(bits // 16), "big"), bits // 2) for _ in range(2))
    d = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(_EXPONENT, p * q)
    crt = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
    return rsa.RSAPrivateNumbers(p, q, d, *crt, public).private_key()


def _prime(start: int, bits: int) -> int:
    """The first prime from a number on whose two upper bits are set: two such make a modulus of full size."""
    candidate = start | 3 << bits - 2 | 1
    while not _fits(candidate):
        candidate += 2
    return candidate


def _fits(number: int) -> bool:
    if any(number % small == 0 for small in _small_primes()) or number % _EXPONENT == 1:
        return False
    return all(_probably_prime(number, base) for base in _small_primes()[:_ROUNDS])


def _probably_prime(number: int, base: int) -> bool:
    """Miller and Rabin's test: the candidates are drawn at random, so fixed bases do."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    power = pow(base, odd, number)
    if power in (1, number - 1):
        return True
    for _ in range(twos - 1):
        power = power * power % number
        if power == number - 1:
            return True
    return False


@cache
def _small_primes() -> tuple[int, ...]:
    sieve = bytearray([1]) * _SIEVED
    for number in range(2, int(_SIEVED**0.5) + 1):
        if sieve[number]:
            sieve[number * number :: number] = bytes(len(range(number * number, _SIEVED, number)))
    return tuple(number for number in range(2, _SIEVED) if sieve[number])
