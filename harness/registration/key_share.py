"""An account key as two additive shares of one RSA key (registration specification, 5.2).

The private exponent is d = c + s (mod φ(n)): the app holds c, encrypted under a PIN, the core holds s, and d,
p and q exist nowhere once the shares are made. Neither side can sign alone, and the app cannot tell a wrong
PIN from a right one: any PIN opens the blob to a number that could have been c. Only the core sees, when it
joins the shares, whether the result is a signature.

Two-party RSA with one modulus is Boyd's (1989). Nothing is claimed about side channels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

EXPONENT = 65537
_MASKING_BITS = 128
"""So many bits more than the modulus: c says nothing about d (5.2)."""

# Work factor of scrypt (RFC 7914, 2): 3 ms and 1 MiB on one core. There is no check value that a stolen blob
# could be tried against, so cost buys nothing there; guesses are counted at the core.
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 2**10, 8, 1


@dataclass(frozen=True)
class Primes:
    """The two primes of a key, as they come from the pool.

    Attributes:
        ready: whether they lay there; else they were made on demand.
    """

    p: int
    q: int
    ready: bool = field(default=True, compare=False, repr=False)


@dataclass(frozen=True)
class AppShare:
    """What the app keeps for one key: c under the PIN, and nothing that knows the PIN.

    Attributes:
        blob: c XOR the PIN's stream; as long as the modulus and 16 octets more.
        salt: of the key derivation.
        modulus: n.
    """

    blob: bytes
    salt: bytes
    modulus: int

    def opened(self, pin: str, device_secret: bytes) -> int:
        """The exponent that a PIN opens the blob to: c for the right one, another number for any other."""
        stream = _stream(pin, self.salt, device_secret, len(self.blob))
        return int.from_bytes(_xor(self.blob, stream), "big")

    def signature_share(self, pin: str, device_secret: bytes, message: int) -> int:
        """u = m^c mod n, of an encoded message."""
        return pow(message, self.opened(pin, device_secret), self.modulus)


@dataclass(frozen=True)
class CoreShare:
    """What the core keeps for one key.

    Attributes:
        exponent: s.
        modulus: n.
    """

    exponent: int
    modulus: int

    def joined(self, message: int, app_part: int) -> bytes | None:
        """The signature u · m^s mod n of an encoded message, as long as the modulus; None if it is not one.

        Args:
            message: m, below n.
            app_part: u, from the app.
        """
        number = app_part * pow(message, self.exponent, self.modulus) % self.modulus
        if pow(number, EXPONENT, self.modulus) != message:
            return None
        return number.to_bytes((self.modulus.bit_length() + 7) // 8, "big")


def public_key(modulus: int) -> rsa.RSAPublicKey:
    """The public key that belongs to a modulus, for any ordinary verifier."""
    return rsa.RSAPublicNumbers(EXPONENT, modulus).public_key()


def split(
    primes: Primes, pin: str, device_secret: bytes, random: Callable[[int], bytes]
) -> tuple[AppShare, CoreShare]:
    """Make the two shares of a key; the caller forgets the primes.

    Args:
        primes: p and q.
        pin: what will open the app's share.
        device_secret: the possession factor that goes into the stream beside the PIN.
        random: gives so many octets.
    """
    modulus = primes.p * primes.q
    totient = (primes.p - 1) * (primes.q - 1)
    octets = (modulus.bit_length() + _MASKING_BITS + 7) // 8
    own = random(octets)
    salt = random(16)
    rest = (pow(EXPONENT, -1, totient) - int.from_bytes(own, "big")) % totient
    blob = _xor(own, _stream(pin, salt, device_secret, octets))
    return AppShare(blob, salt, modulus), CoreShare(rest, modulus)


def _stream(pin: str, salt: bytes, device_secret: bytes, octets: int) -> bytes:
    derivation = Scrypt(salt=salt, length=octets, n=_SCRYPT_N, r=_SCRYPT_R, p=_SCRYPT_P)
    return derivation.derive(len(device_secret).to_bytes(2, "big") + device_secret + pin.encode())


def _xor(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).to_bytes(len(one), "big")
