"""Whether a card's certificate may be used here and now (registration specification, group D).

The order is fixed, so that one defect gives one code: purpose, policy, strength (our place for it: the
catalogue names none), time, chain, revocation.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from ..pki.leaf import Use
from .ocsp_check import UNREADABLE, OcspCheck
from .refusal import Refused
from .vocabulary import Code

# Estonian Mobile-ID, refused by default in the reference Web eID validation library.
_MOBILE_ID = frozenset(
    x509.ObjectIdentifier(f"1.3.6.1.4.1.10015.1.3{version}") for version in ("", ".1", ".2", ".3")
)
_CURVES = ("secp256r1", "secp384r1", "secp521r1")
_LEAST_RSA_BITS = 2048


class Trust:
    """The intermediate authorities that are the anchors; a root is none (SID-CRT-005)."""

    def __init__(
        self, intermediates: Iterable[x509.Certificate], revoked: Iterable[x509.Certificate] = ()
    ) -> None:
        """Trust intermediates; `revoked` are those that were trusted once."""
        self._intermediates = tuple(intermediates)
        self._revoked = tuple(revoked)

    def issuer_of(self, certificate: x509.Certificate, now: datetime) -> x509.Certificate:
        """The trusted authority that issued a certificate.

        Raises:
            Refused: CERT_UNTRUSTED, with `why` ca_expired or ca_revoked where that is the reason.
        """
        for authority in (*self._intermediates, *self._revoked):
            if not _issued_by(certificate, authority):
                continue
            if authority in self._revoked:
                raise Refused(Code.CERT_UNTRUSTED, why="ca_revoked")
            if not authority.not_valid_before_utc <= now <= authority.not_valid_after_utc:
                raise Refused(Code.CERT_UNTRUSTED, why="ca_expired")
            return authority
        raise Refused(Code.CERT_UNTRUSTED)


class CertificateCheck:
    """Judges certificates by a trust list and OCSP."""

    def __init__(self, trust: Trust, ocsp: OcspCheck) -> None:
        """Judge by these."""
        self._trust = trust
        self._ocsp = ocsp

    def check(self, certificate: x509.Certificate, use: Use, now: datetime) -> None:
        """Refuse a certificate that is not good for a use at an instant.

        Raises:
            Refused: the first CERT_ or OCSP_ code in the catalogue's order that applies.
        """
        _check_purpose(certificate, use)
        _check_policy(certificate)
        _check_strength(certificate)
        _check_time(certificate, now)
        issuer = self._trust.issuer_of(certificate, now)
        self._ocsp.check(certificate, issuer, now)


def _check_purpose(certificate: x509.Certificate, use: Use) -> None:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        raise Refused(Code.CERT_WRONG_PURPOSE, lacks="keyUsage") from None
    if use is Use.SIGNATURE:
        if not usage.content_commitment:
            raise Refused(Code.CERT_WRONG_PURPOSE, lacks="nonRepudiation")
        return
    if not usage.digital_signature:
        raise Refused(Code.CERT_WRONG_PURPOSE, lacks="digitalSignature")
    try:
        extended = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return
    if ExtendedKeyUsageOID.CLIENT_AUTH not in extended:
        raise Refused(Code.CERT_WRONG_PURPOSE, lacks="clientAuth")


def _check_policy(certificate: x509.Certificate) -> None:
    try:
        policies = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound:
        return
    for policy in policies:
        if policy.policy_identifier in _MOBILE_ID:
            raise Refused(Code.CERT_POLICY, policy=policy.policy_identifier.dotted_string)


def _check_strength(certificate: x509.Certificate) -> None:
    key = certificate.public_key()
    strong = (isinstance(key, rsa.RSAPublicKey) and key.key_size >= _LEAST_RSA_BITS) or (
        isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES
    )
    if not strong or isinstance(certificate.signature_hash_algorithm, hashes.SHA1 | hashes.MD5):
        raise Refused(Code.CERT_WEAK)


def _check_time(certificate: x509.Certificate, now: datetime) -> None:
    """Both ends belong to the time in which a certificate is valid (RFC 5280, 4.1.2.5)."""
    if now < certificate.not_valid_before_utc:
        raise Refused(Code.CERT_NOT_YET_VALID, valid_from=certificate.not_valid_before_utc.isoformat())
    if now > certificate.not_valid_after_utc:
        raise Refused(Code.CERT_EXPIRED, valid_until=certificate.not_valid_after_utc.isoformat())


def _issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (*UNREADABLE, InvalidSignature):
        return False
    return True
