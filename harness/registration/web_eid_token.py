"""The Web eID authentication token: its form, what is signed, and the check of the signature.

Source: Web eID's architecture document and reference validation library, as the registration specification
quotes them (3.5).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from warnings import catch_warnings

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature

from .ocsp_check import UNREADABLE
from .refusal import Refused
from .vocabulary import Code

FORMAT = "web-eid:1.0"
_FORMAT_PREFIX = "web-eid:1"
_SHORTEST, _LONGEST = 100, 10_000
"""Characters of a token (reference library)."""
NONCE_OCTETS = 32
"""At least 256 bits: extension and application refuse less than 44 characters of Base64."""

_HASHES: Mapping[str, hashes.HashAlgorithm] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}
_CURVES: Mapping[str, str] = {"ES256": "secp256r1", "ES384": "secp384r1", "ES512": "secp521r1"}
ALGORITHMS = tuple(f"{family}{bits}" for family in ("ES", "PS", "RS") for bits in _HASHES)
"""The nine signature algorithms that a token may name (RFC 7518, 3.1)."""


@dataclass(frozen=True)
class Token:
    """A token as it was posted; nothing in it is proven yet.

    Attributes:
        certificate: the authentication certificate, DER; read with `parsed_certificate`, after the nonce.
        algorithm: one of `ALGORITHMS`.
        signature: octets; raw r || s for ES.
        app_version: names the application; informative.
        format: begins `web-eid:1`.
    """

    certificate: bytes
    algorithm: str
    signature: bytes
    app_version: str = ""
    format: str = FORMAT

    def text(self) -> str:
        """The token as JSON, for posting."""
        return json.dumps(
            {
                "unverifiedCertificate": _base64(self.certificate),
                "algorithm": self.algorithm,
                "signature": _base64(self.signature),
                "format": self.format,
                "appVersion": self.app_version,
            }
        )


def parse(text: str) -> Token:
    """Read the form of a posted token; the certificate in it is not looked at.

    Raises:
        Refused: TOKEN_PARSE, with the field that is wrong.
    """
    if not _SHORTEST <= len(text) <= _LONGEST:
        raise Refused(Code.TOKEN_PARSE, field="length")
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as bad:
        raise Refused(Code.TOKEN_PARSE, field="json") from bad
    if not isinstance(fields, dict):
        raise Refused(Code.TOKEN_PARSE, field="json")
    form = _text(fields, "format")
    if not form.startswith(_FORMAT_PREFIX):
        raise Refused(Code.TOKEN_PARSE, field="format")
    algorithm = _text(fields, "algorithm")
    if algorithm not in ALGORITHMS:
        raise Refused(Code.TOKEN_PARSE, field="algorithm")
    signature = _octets(fields, "signature")
    certificate = _octets(fields, "unverifiedCertificate")
    return Token(certificate, algorithm, signature, str(fields.get("appVersion", "")), form)


def parsed_certificate(der: bytes) -> x509.Certificate:
    """Read a certificate of which nothing is known, far enough that later checks cannot stumble over it.

    Raises:
        Refused: TOKEN_PARSE.
    """
    try:
        with catch_warnings(action="error"):  # a negative serial number and the like
            certificate = x509.load_der_x509_certificate(der)
            certificate.public_key()
            _ = certificate.extensions, certificate.subject, certificate.issuer
            _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc
            _ = certificate.signature_hash_algorithm
    except UNREADABLE as bad:
        raise Refused(Code.TOKEN_PARSE, field="unverifiedCertificate") from bad
    return certificate


def signed_digest(algorithm: str, origin: str, nonce: str) -> bytes:
    """What the card signs: H(H(origin) || H(nonce)), with H the hash of the algorithm.

    Args:
        algorithm: one of `ALGORITHMS`.
        origin: `https://host[:port]`, no slash at the end.
        nonce: the challenge's Base64 text as it was issued.
    """
    name = f"sha{algorithm[-3:]}"
    both = hashlib.new(name, origin.encode()).digest() + hashlib.new(name, nonce.encode()).digest()
    return hashlib.new(name, both).digest()


def algorithm_for(key: CertificatePublicKeyTypes) -> str:
    """The algorithm that the Web eID application names for a key: ES by the curve, RS256 for RSA."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        for algorithm, curve in _CURVES.items():
            if key.curve.name == curve:
                return algorithm
    if isinstance(key, rsa.RSAPublicKey):
        return "RS256"
    raise ValueError(f"no Web eID algorithm for {type(key).__name__}")


def signature_holds(key: CertificatePublicKeyTypes, algorithm: str, signature: bytes, digest: bytes) -> bool:
    """Whether a signature of a digest verifies; the algorithm must be the key's own kind.

    Args:
        key: of the certificate.
        algorithm: one of `ALGORITHMS`.
        signature: octets; raw r || s, each as long as the curve's order, for ES (RFC 7518, 3.4).
        digest: as long as the algorithm's hash.
    """
    prehashed = Prehashed(_HASHES[algorithm[-3:]])
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            half = (key.curve.key_size + 7) // 8
            if _CURVES.get(algorithm) != key.curve.name or len(signature) != 2 * half:
                return False
            r, s = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
            key.verify(encode_dss_signature(r, s), digest, ec.ECDSA(prehashed))
        elif isinstance(key, rsa.RSAPublicKey) and algorithm.startswith("RS"):
            key.verify(signature, digest, padding.PKCS1v15(), prehashed)
        elif isinstance(key, rsa.RSAPublicKey) and algorithm.startswith("PS"):
            pss = padding.PSS(padding.MGF1(_HASHES[algorithm[-3:]]), len(digest))
            key.verify(signature, digest, pss, prehashed)
        else:
            return False
    except InvalidSignature:
        return False
    return True


def proves(token: Token, key: CertificatePublicKeyTypes, origin: str, nonce: str) -> bool:
    """Whether a token was signed for this origin and this challenge.

    Args:
        token: as it was posted.
        key: of its certificate.
        origin: `https://host[:port]`, no slash at the end.
        nonce: the challenge's Base64 text as it was issued.
    """
    digest = signed_digest(token.algorithm, origin, nonce)
    return signature_holds(key, token.algorithm, token.signature, digest)


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise Refused(Code.TOKEN_PARSE, field=name)
    return value


def _octets(fields: Mapping[str, Any], name: str) -> bytes:
    try:
        octets = base64.b64decode(_text(fields, name), validate=True)
    except (binascii.Error, ValueError) as bad:
        raise Refused(Code.TOKEN_PARSE, field=name) from bad
    if not octets:
        raise Refused(Code.TOKEN_PARSE, field=name)
    return octets


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
