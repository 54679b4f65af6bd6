"""Certificates of an account: the requests that both key shares sign, and what is issued for them.

Source: the certificate profile of Smart-ID Qualified (registration specification, 6.2), under names of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from softeid.emulator.tlv import encode

from ..pki import der
from ..pki.birth import date_of_birth
from ..pki.key_usage import key_usage
from ..pki.leaf import QC_STATEMENTS, QCP_N_QSCD, Leaf, Use
from ..pki.name import clipped
from ..pki.shape import AuthorityShape
from .identity import Identity
from .key_share import public_key

ACCOUNT_AUTHORITY = AuthorityShape(
    root="SOFTEID TEST account root",
    issuer="SOFTEID TEST account CA 2026E",
    curve=ec.SECP384R1(),
    digest=hashes.SHA384(),
    path="account2026e",
    lists=True,
)
"""Who issues the certificates of accounts."""

# The four letters and digits of a document number; nothing that is read as something else (2.3).
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_FIXTURES = ("MOCK", "DEMO")

_SMART_ID_PURPOSE = x509.ObjectIdentifier("1.3.6.1.4.1.62306.5.7.0")
_QUALIFIED = x509.ObjectIdentifier("1.3.6.1.4.1.10015.17.2")
_NCP_PLUS = x509.ObjectIdentifier("0.4.0.2042.1.2")

# RFC 3739, 3.2.6 and ETSI EN 319 412-5, 4.2 and 4.3.
_QC_SYNTAX, _NATURAL_PERSON = "1.3.6.1.5.5.7.11.2", "0.4.0.194121.1.1"
_QC_COMPLIANCE, _QC_SSCD = "0.4.0.1862.1.1", "0.4.0.1862.1.4"
_QC_TYPE, _QC_TYPE_ESIGN = "0.4.0.1862.1.6", "0.4.0.1862.1.6.1"
_QC_PDS, _CONDITIONS = "0.4.0.1862.1.5", "https://softeid.invalid/account-conditions/"

_SHA256_WITH_RSA = "1.2.840.113549.1.1.11"  # RFC 8017, A.2.4


def document_number(identity: Identity, random: Callable[[int], bytes], taken: Container[str]) -> str:
    """A number that no account has: `PNOEE-38001085718-K2GN-Q`."""
    while True:
        mark = "".join(_ALPHABET[octet % len(_ALPHABET)] for octet in random(4))
        number = f"{identity.semantics_id}-{mark}-Q"
        if mark not in _FIXTURES and number not in taken:
            return number


def subject_of(identity: Identity) -> x509.Name:
    """The subject of both certificates: C, CN as SURNAME,GIVEN, SN, GN, serialNumber."""
    common = ",".join(filter(None, (identity.surname, identity.given_name)))
    parts = [
        (NameOID.COUNTRY_NAME, identity.country),
        (NameOID.COMMON_NAME, clipped(common)),
        (NameOID.SURNAME, identity.surname),
        (NameOID.GIVEN_NAME, identity.given_name),
        (NameOID.SERIAL_NUMBER, identity.semantics_id),
    ]
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts if text])


def request_content(identity: Identity, modulus: int) -> bytes:
    """CertificationRequestInfo, what a certificate request signs, DER (RFC 2986, 4.1)."""
    key = public_key(modulus).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return der.sequence(der.integer(0), subject_of(identity).public_bytes(), key, encode(0xA0))


def signed_request(content: bytes, signature: bytes) -> bytes:
    """The certificate request as a whole, DER (RFC 2986, 4.2); signed with RSA and SHA-256."""
    algorithm = der.sequence(der.object_identifier(_SHA256_WITH_RSA), encode(0x05))
    return der.sequence(content, algorithm, der.bit_string(signature))


def account_leaf(
    use: Use, identity: Identity, number: str, modulus: int, begin: datetime, end: datetime
) -> Leaf:
    """One of the two certificates before it is signed.

    Args:
        use: which of the two.
        identity: its subject.
        number: the document number, told in subjectAltName.
        modulus: of the account key.
        begin: the first instant, whole seconds.
        end: the last instant, whole seconds.
    """
    key = public_key(modulus)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, number)])
    values: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=False, path_length=None), False),
        (_key_usage(use), True),
        (_policies(use), False),
        (x509.SubjectAlternativeName([x509.DirectoryName(name)]), False),
        (_key_identifier(key), False),
    ]
    if use is Use.AUTHENTICATION:
        values.append((x509.ExtendedKeyUsage([_SMART_ID_PURPOSE]), False))
    else:
        values.append((x509.UnrecognizedExtension(QC_STATEMENTS, _statements()), False))
    if identity.birth_date:
        values.append((date_of_birth(identity.birth_date), False))
    extensions = tuple(x509.Extension(value.oid, critical, value) for value, critical in values)
    return Leaf(subject_of(identity), key, begin, end, extensions)


def _key_identifier(key: CertificatePublicKeyTypes) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier.from_public_key(key)


def _key_usage(use: Use) -> x509.KeyUsage:
    return key_usage("digital_signature" if use is Use.AUTHENTICATION else "content_commitment")


def _policies(use: Use) -> x509.CertificatePolicies:
    etsi = _NCP_PLUS if use is Use.AUTHENTICATION else x509.ObjectIdentifier(QCP_N_QSCD)
    return x509.CertificatePolicies([x509.PolicyInformation(oid, None) for oid in (_QUALIFIED, etsi)])


def _statements() -> bytes:
    oid = der.object_identifier
    location = der.sequence(der.ia5_string(_CONDITIONS), der.printable_string("en"))
    return der.sequence(
        der.sequence(oid(_QC_SYNTAX), der.sequence(oid(_NATURAL_PERSON))),
        der.sequence(oid(_QC_COMPLIANCE)),
        der.sequence(oid(_QC_SSCD)),
        der.sequence(oid(_QC_TYPE), der.sequence(oid(_QC_TYPE_ESIGN))),
        der.sequence(oid(_QC_PDS), der.sequence(location)),
    )
