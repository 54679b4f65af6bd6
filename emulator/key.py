"""Private keys on the card and what they do: ECDSA over a given representative, and ECDH.

The mathematics is `cryptography`'s; this module fits it to what a card takes and gives: fixed-width integers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature

from .errors import StatusError
from .status import SW


class Curve(NamedTuple):
    """A named curve and the hash whose length is that of its order."""

    group: ec.EllipticCurve
    size: int  # octets of a coordinate and of the order
    hash: hashes.HashAlgorithm


CURVES: Mapping[str, Curve] = {
    "secp256r1": Curve(ec.SECP256R1(), 32, hashes.SHA256()),
    "secp384r1": Curve(ec.SECP384R1(), 48, hashes.SHA384()),
    "brainpoolP384r1": Curve(ec.BrainpoolP384R1(), 48, hashes.SHA384()),
}


class Key:
    """One private key of the card."""

    __slots__ = ("_algorithm", "private", "size")

    def __init__(self, private: ec.EllipticCurvePrivateKey, deterministic: bool = False) -> None:
        """Take a key.

        Args:
            private: on one of `CURVES`.
            deterministic: sign after RFC 6979, so that a run repeats octet for octet.
        """
        curve = CURVES[private.curve.name]
        self.private = private
        self.size = curve.size
        self._algorithm = ec.ECDSA(Prehashed(curve.hash), deterministic_signing=deterministic)

    def sign(self, representative: bytes) -> bytes:
        """The ECDSA signature of a message representative, r and s in a row.

        Args:
            representative: taken as a big-endian number: shorter ones get zeros on the left, of longer ones
                the leftmost `size` octets count (FIPS 186-5, 6.4.1).

        Returns:
            2 * `size` octets: r and s, each as wide as the order; leading zeros are kept.
        """
        number = representative[: self.size].rjust(self.size, b"\0")
        r, s = decode_dss_signature(self.private.sign(number, self._algorithm))
        return r.to_bytes(self.size, "big") + s.to_bytes(self.size, "big")

    def agree(self, point: bytes) -> bytes:
        """The X coordinate of the ECDH shared point, `size` octets, not hashed.

        Args:
            point: the peer's public point, uncompressed: 04, X, Y.

        Raises:
            StatusError: 6A80, no such point of the key's curve.
        """
        if len(point) != 1 + 2 * self.size or point[0] != 0x04:
            raise StatusError(SW.WRONG_DATA, f"no uncompressed point of {1 + 2 * self.size} octets")
        try:
            peer = ec.EllipticCurvePublicKey.from_encoded_point(self.private.curve, point)
        except ValueError:
            raise StatusError(SW.WRONG_DATA, "the point is not on the curve") from None
        return self.private.exchange(ec.ECDH(), peer)
