"""Encoded messages: what an RSA signature is the power of (RFC 8017, section 9), by digest.

The two shares of an account key work on these as numbers; the result verifies with any RSA library.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Literal

HashName = Literal["sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512"]
Padding = Literal["pkcs1v15", "pss"]

# DigestInfo before the digest: RFC 8017, 9.2, note 1; for SHA-3 NIST's OIDs 2.16.840.1.101.3.4.2.8 to 10.
_DIGEST_INFO: Mapping[HashName, bytes] = {
    "sha256": bytes.fromhex("30 31 30 0D 06 09 60 86 48 01 65 03 04 02 01 05 00 04 20"),
    "sha384": bytes.fromhex("30 41 30 0D 06 09 60 86 48 01 65 03 04 02 02 05 00 04 30"),
    "sha512": bytes.fromhex("30 51 30 0D 06 09 60 86 48 01 65 03 04 02 03 05 00 04 40"),
    "sha3_256": bytes.fromhex("30 31 30 0D 06 09 60 86 48 01 65 03 04 02 08 05 00 04 20"),
    "sha3_384": bytes.fromhex("30 41 30 0D 06 09 60 86 48 01 65 03 04 02 09 05 00 04 30"),
    "sha3_512": bytes.fromhex("30 51 30 0D 06 09 60 86 48 01 65 03 04 02 0A 05 00 04 40"),
}


def pkcs1v15(digest: bytes, hash_name: HashName, modulus_bits: int) -> int:
    """EMSA-PKCS1-v1_5 of a digest (RFC 8017, 9.2), as a number below the modulus."""
    _check(digest, hash_name)
    length = (modulus_bits + 7) // 8
    info = _DIGEST_INFO[hash_name] + digest
    filling = b"\xff" * (length - len(info) - 3)
    return int.from_bytes(b"\x00\x01" + filling + b"\x00" + info, "big")


def pss(digest: bytes, hash_name: HashName, modulus_bits: int, salt: bytes) -> int:
    """EMSA-PSS of a digest with MGF1 over the same hash (RFC 8017, 9.1.1), as a number below the modulus.

    Args:
        digest: of the message, by `hash_name`.
        hash_name: the hash of message and mask.
        modulus_bits: length of the modulus; the encoded message has one bit less.
        salt: as a rule as many octets as the digest.
    """
    _check(digest, hash_name)
    bits = modulus_bits - 1
    length = (bits + 7) // 8
    hashed = hashlib.new(hash_name, bytes(8) + digest + salt).digest()
    block = bytes(length - len(salt) - len(hashed) - 2) + b"\x01" + salt
    masked = int.from_bytes(block, "big") ^ int.from_bytes(_mgf1(hashed, len(block), hash_name), "big")
    masked &= (1 << (bits - 8 * (length - len(block)))) - 1
    return int.from_bytes(masked.to_bytes(len(block), "big") + hashed + b"\xbc", "big")


def encoded(
    digest: bytes, hash_name: HashName, padding: Padding, modulus_bits: int, random: Callable[[int], bytes]
) -> int:
    """The encoded message of a digest; for PSS with a fresh salt as long as the digest."""
    if padding == "pkcs1v15":
        return pkcs1v15(digest, hash_name, modulus_bits)
    return pss(digest, hash_name, modulus_bits, random(len(digest)))


def _mgf1(seed: bytes, octets: int, hash_name: HashName) -> bytes:
    """RFC 8017, B.2.1."""
    mask = b""
    counter = 0
    while len(mask) < octets:
        mask += hashlib.new(hash_name, seed + counter.to_bytes(4, "big")).digest()
        counter += 1
    return mask[:octets]


def _check(digest: bytes, hash_name: HashName) -> None:
    wanted = hashlib.new(hash_name).digest_size
    if len(digest) != wanted:
        raise ValueError(f"a {hash_name} digest has {wanted} octets, this one has {len(digest)}")
