"""Signing certificates: as `cryptography` builds them, or altered in a way that it refuses to build."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from softeid.emulator.tlv import encode, parse

from ..seed import Seed
from . import der
from .leaf import Leaf
from .private_key import PrivateKey

Digest = hashes.SHA256 | hashes.SHA384 | hashes.SHA512

_SERIAL_OCTETS = 16  # as the real authority's; RFC 5280, 4.1.2.2 allows 20
# Places in TBSCertificate, RFC 5280, 4.1: version, serialNumber, signature, issuer, validity, subject ...
_SERIAL_NUMBER, _SIGNATURE, _SUBJECT = 1, 2, 5
_ECDSA_WITH_SHA1 = der.sequence(der.object_identifier("1.2.840.10045.4.1"))  # RFC 3279, 2.2.3
_SHA1_WITH_RSA = der.sequence(der.object_identifier("1.2.840.113549.1.1.5"), encode(0x05))  # 2.2.1


def sign(
    key: PrivateKey,
    issuer: x509.Name,
    leaf: Leaf,
    digest: Digest,
    seed: Seed,
    more: Iterable[x509.Extension[x509.ExtensionType]] = (),
) -> x509.Certificate:
    """Make a certificate of a leaf.

    The serial number follows from seed and content: the same certificate twice is the same octets, and no
    two different ones share a number (NSS refuses such a pair).

    Args:
        key: the issuer's.
        issuer: the issuer's name.
        leaf: everything else.
        digest: hash of the signature.
        seed: of the serial number; one that repeats makes the signature repeat too.
        more: extensions behind those of the leaf.
    """
    builder = (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(leaf.subject)
        .public_key(leaf.public_key)
        .not_valid_before(leaf.not_before)
        .not_valid_after(leaf.not_after)
    )
    content = sha256(issuer.public_bytes() + leaf.subject.public_bytes())
    content.update(leaf.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    content.update(f"{leaf.not_before.isoformat()} {leaf.not_after.isoformat()}".encode())
    for extension in (*leaf.extensions, *more):
        builder = builder.add_extension(extension.value, extension.critical)
        content.update(extension.oid.dotted_string.encode() + bytes([extension.critical]))
        content.update(extension.value.public_bytes())
    serial = _serial(seed, content.hexdigest())
    return builder.serial_number(serial).sign(key, digest, ecdsa_deterministic=deterministic(key, seed))


def altered(
    key: PrivateKey,
    certificate: x509.Certificate,
    digest: Digest,
    seed: Seed,
    *,
    subject: bytes | None = None,
    sha1: bool = False,
) -> x509.Certificate:
    """A certificate with what no builder puts into one, signed anew under a serial number of its own.

    Args:
        key: the issuer's.
        certificate: as it would be otherwise.
        digest: hash of the signature.
        seed: as for `sign`.
        subject: a Name in DER, in place of the subject; may be malformed as a name.
        sha1: sign with SHA-1, and say so.
    """
    fields = [encode(one.tag, one.value) for one in parse(certificate.tbs_certificate_bytes)[0].children()]
    if subject is not None:
        fields[_SUBJECT] = subject
    if sha1:
        fields[_SIGNATURE] = (
            _ECDSA_WITH_SHA1 if isinstance(key, ec.EllipticCurvePrivateKey) else _SHA1_WITH_RSA
        )
    fields[_SERIAL_NUMBER] = der.integer(_serial(seed, sha256(b"".join(fields)).hexdigest()))
    content = der.sequence(*fields)
    signature = signed(key, content, hashes.SHA1() if sha1 else digest, seed)  # noqa: S303  # what was asked for
    return x509.load_der_x509_certificate(
        der.sequence(content, fields[_SIGNATURE], der.bit_string(signature))
    )


def signed(key: PrivateKey, content: bytes, digest: hashes.HashAlgorithm, seed: Seed) -> bytes:
    """A signature as certificates carry it: ECDSA in DER, or RSA with PKCS #1 v1.5."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(content, padding.PKCS1v15(), digest)
    return key.sign(content, ec.ECDSA(digest, deterministic_signing=seed.repeats))


def deterministic(key: PrivateKey, seed: Seed) -> bool | None:
    """What `cryptography`'s builders are to be told: RFC 6979 for an EC key of a seed that repeats."""
    return (seed.repeats and isinstance(key, ec.EllipticCurvePrivateKey)) or None


def _serial(seed: Seed, content: str) -> int:
    """A positive number of 16 octets whose first is never 0: every certificate of one form has one length."""
    octets = bytearray(seed.stream("serial number", content)(_SERIAL_OCTETS))
    octets[0] = octets[0] & 0x7F | 0x40
    return int.from_bytes(octets, "big")
