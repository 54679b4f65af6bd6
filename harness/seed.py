"""Where everything random comes from: the system, or a seed, so that a run repeats byte for byte.

Each purpose has a stream of its own, named by labels: what one part draws never shifts what another
part gets.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha512

from cryptography.hazmat.primitives.asymmetric import ec

# Orders of the groups, SEC 2, 2.4.2, 2.5.1 and 2.6.1.
_ORDERS = {
    "secp256r1": int("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551", 16),
    "secp384r1": int("F" * 48 + "C7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973", 16),
    "secp521r1": int(
        "1" + "F" * 65 + "A51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409", 16
    ),
}


def fresh_text() -> str:
    """A seed that nobody has had before, short enough to be typed again."""
    return os.urandom(4).hex()


class Seed:
    """A source of octets, numbers and EC keys, each drawn for a named purpose."""

    def __init__(self, text: str | None = None) -> None:
        """Take a seed.

        Args:
            text: any text; the same text gives the same draws. None: the system's randomness.
        """
        self.text = text

    @property
    def repeats(self) -> bool:
        """Whether the same run comes out twice: then signatures are made deterministic too (RFC 6979)."""
        return self.text is not None

    def stream(self, *labels: str) -> Callable[[int], bytes]:
        """A function that gives the next so many octets of one purpose; each call of `stream` begins anew."""
        if self.text is None:
            return os.urandom
        return _Stream(f"{self.text}\0" + "\0".join(labels))

    def number(self, below: int, *labels: str) -> int:
        """A whole number from 0 to `below` - 1, the first of its purpose."""
        octets = (below.bit_length() + 7) // 8 + 8  # 64 bits more than needed: no bias worth the name
        return int.from_bytes(self.stream(*labels)(octets), "big") % below

    def ec_key(self, curve: ec.EllipticCurve, *labels: str) -> ec.EllipticCurvePrivateKey:
        """A private key on secp256r1, secp384r1 or secp521r1; fresh, or that of seed and labels."""
        if self.text is None:
            return ec.generate_private_key(curve)
        return ec.derive_private_key(
            1 + self.number(_ORDERS[curve.name] - 1, "ec-key", curve.name, *labels), curve
        )


class _Stream:
    """SHA-512 over seed, labels and a counter, octet by octet."""

    def __init__(self, name: str) -> None:
        self._name = sha512(name.encode()).digest()
        self._held = b""
        self._count = 0

    def __call__(self, octets: int) -> bytes:
        while len(self._held) < octets:
            self._held += sha512(self._name + self._count.to_bytes(8, "big")).digest()
            self._count += 1
        drawn, self._held = self._held[:octets], self._held[octets:]
        return drawn
