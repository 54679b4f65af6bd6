"""Whether a card's certificate may be used here and now (registration specification, group D).

The order is fixed, so that one defect gives one code: purpose, policy, strength (our place for it: the
catalogue names none), time, chain, revocation.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ..pki.leaf import Use
from .ocsp_check import UNREADABLE, OcspCheck, OcspOutcome
from .refusal import Refused
from .vocabulary import Code

# Estonian Mobile-ID, refused by default in the reference Web eID validation library.
_MOBILE_ID = frozenset(
    x509.ObjectIdentifier(f"1.3.6.1.4.1.10015.1.3{version}") for version in ("", ".1", ".2", ".3")
)
_CURVES = ("secp256r1", "secp384r1", "secp521r1")
_LEAST_RSA_BITS = 2048
_LITHUANIAN_CARDS_FROM = datetime(2012, 7, 4, tzinfo=UTC)
"""Cards issued before know SHA-1 only and cannot be used (FAQ)."""


class Trust:
    """The intermediate authorities that are the anchors; a root is none (SID-CRT-005)."""

    def __init__(
        self,
        intermediates: Iterable[x509.Certificate],
        revoked: Iterable[x509.Certificate] = (),
        unlisted: Iterable[x509.Certificate] = (),
    ) -> None:
        """Trust some authorities.

        Args:
            intermediates: the trusted ones.
            revoked: those that were trusted once.
            unlisted: roots of the trusted ones, and others under these, that are known and no anchors.
        """
        self._intermediates = tuple(intermediates)
        self._revoked = tuple(revoked)
        self._unlisted = tuple(unlisted)

    def issuer_of(self, certificate: x509.Certificate, now: datetime) -> x509.Certificate:
        """The trusted authority that issued a certificate.

        Raises:
            Refused: CERT_UNTRUSTED, with `why` ca_expired, ca_revoked, root_only or unknown_issuer.
        """
        for authority in (*self._intermediates, *self._revoked):
            if not _issued_by(certificate, authority):
                continue
            if authority in self._revoked:
                raise Refused(Code.CERT_UNTRUSTED, why="ca_revoked")
            if not authority.not_valid_before_utc <= now <= authority.not_valid_after_utc:
                raise Refused(Code.CERT_UNTRUSTED, why="ca_expired")
            return authority
        known = any(_issued_by(certificate, authority) for authority in self._unlisted)
        raise Refused(Code.CERT_UNTRUSTED, why="root_only" if known else "unknown_issuer")


class CertificateCheck:
    """Judges certificates by a trust list and OCSP.

    Attributes:
        trust: the trust list.
    """

    def __init__(self, trust: Trust, ocsp: OcspCheck) -> None:
        """Judge by these."""
        self.trust = trust
        self._ocsp = ocsp

    def check(self, certificate: x509.Certificate, use: Use, now: datetime) -> OcspOutcome:
        """Refuse a certificate that is not good for a use at an instant.

        Returns:
            Whether OCSP said good, or could not be asked and need not be.

        Raises:
            Refused: the first CERT_ or OCSP_ code in the catalogue's order that applies.
        """
        _check_purpose(certificate, use)
        _check_policy(certificate)
        _check_strength(certificate)
        _check_time(certificate, now)
        issuer = self.trust.issuer_of(certificate, now)
        return self._ocsp.check(certificate, issuer, now)


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
    """Refuse what can be forged: a short RSA key, a curve of which nobody vouches, a broken hash."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < _LEAST_RSA_BITS:
            raise Refused(Code.CERT_WEAK, why="rsa")
    elif not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in _CURVES:
        raise Refused(Code.CERT_WEAK, why="curve")
    if isinstance(certificate.signature_hash_algorithm, hashes.SHA1 | hashes.MD5):
        raise Refused(Code.CERT_WEAK, why="hash")
    countries = [one.value for one in certificate.subject.get_attributes_for_oid(NameOID.COUNTRY_NAME)]
    if countries == ["LT"] and certificate.not_valid_before_utc < _LITHUANIAN_CARDS_FROM:
        raise Refused(Code.CERT_WEAK, why="old")


def _check_time(certificate: x509.Certificate, now: datetime) -> None:
    """Both ends belong to the time in which a certificate is valid (RFC 5280, 4.1.2.5)."""
    since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    told = {"valid_from": since.isoformat(), "valid_until": until.isoformat()}
    if now < since:
        raise Refused(Code.CERT_NOT_YET_VALID, **told)
    if now > until:
        raise Refused(Code.CERT_EXPIRED, **told)


def _issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (*UNREADABLE, InvalidSignature):
        return False
    return True
