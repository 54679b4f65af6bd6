"""What is in a certificate on a card, as `card show` tells it."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .. import personal_code
from ..pki.status import GOOD, Status
from ..pki.unreadable import UNREADABLE
from .validity import Validity

# RFC 5280, 4.2.1.3 and 4.2.1.12, by the names of the standard.
_USAGES = {
    "digital_signature": "digitalSignature",
    "content_commitment": "contentCommitment",
    "key_encipherment": "keyEncipherment",
    "data_encipherment": "dataEncipherment",
    "key_agreement": "keyAgreement",
    "key_cert_sign": "keyCertSign",
    "crl_sign": "cRLSign",
}
_PURPOSES = {
    ExtendedKeyUsageOID.CLIENT_AUTH: "clientAuth",
    ExtendedKeyUsageOID.EMAIL_PROTECTION: "emailProtection",
    ExtendedKeyUsageOID.SERVER_AUTH: "serverAuth",
    ExtendedKeyUsageOID.OCSP_SIGNING: "OCSPSigning",
}
_CODE = re.compile(r"(?<![0-9])[0-9]{11}(?![0-9])")


IssuerSays = Status | Literal["unknown"] | None
"""The status; unknown, if the issuer's register is here and has no such certificate; None, if nobody here can
tell."""


@dataclass(frozen=True)
class CertificateView:
    """One certificate.

    Attributes:
        subject: its common name, personal codes masked.
        serial_number: of the subject, such as PNOEE-*******5718; empty if there is none.
        issuer: the issuer's common name.
        serial: the certificate's serial number, hex.
        validity: in UTC.
        key: of what kind its public key is: "EC secp384r1", "RSA 2048".
        of_the_card: whether that key belongs to the card's private key.
        of_the_holder: whether its subject's code is that of the card's holder.
        usages: what the key may be used for.
        purposes: likewise, extended.
        status: what its issuer says of it at the moment of the view.
    """

    subject: str
    serial_number: str
    issuer: str
    serial: str
    validity: Validity
    key: str
    of_the_card: bool
    of_the_holder: bool
    usages: tuple[str, ...]
    purposes: tuple[str, ...]
    status: IssuerSays


@dataclass(frozen=True)
class NoCertificate:
    """A certificate that is not there.

    Attributes:
        why: in a few words.
        empty: the file is empty, as it is until the holder activates the card; else it holds something else.
    """

    why: str
    empty: bool


def view_certificate(
    der: bytes, key: ec.EllipticCurvePrivateKey, code: str, status: IssuerSays, at: datetime
) -> CertificateView | NoCertificate:
    """What a certificate says.

    Args:
        der: what its file holds; anything.
        key: the card's, for the same use.
        code: the holder's personal code.
        status: what its issuer says of it now.
        at: the moment of the view; what was revoked later is still good.
    """
    if not der:
        return NoCertificate("its file is empty", empty=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what cryptography will refuse one day; a stranger wrote it
            found = x509.load_der_x509_certificate(der)
            return _view(found, key, code, _at(status, at))
    except UNREADABLE as error:
        return NoCertificate(f"its file holds no X.509 certificate: {error}", empty=False)


def masked(text: str) -> str:
    """A text with every personal code in it masked."""
    return _CODE.sub(lambda found: personal_code.masked(found[0]), text)


def _view(
    found: x509.Certificate, key: ec.EllipticCurvePrivateKey, code: str, status: IssuerSays
) -> CertificateView:
    public = found.public_key()
    serial_number = _attribute(found.subject, NameOID.SERIAL_NUMBER)
    return CertificateView(
        subject=masked(_attribute(found.subject, NameOID.COMMON_NAME)),
        serial_number=masked(serial_number),
        issuer=_attribute(found.issuer, NameOID.COMMON_NAME),
        serial=f"{found.serial_number:X}",
        validity=Validity(found.not_valid_before_utc, found.not_valid_after_utc),
        key=_key_kind(public),
        of_the_card=public == key.public_key(),
        of_the_holder=serial_number.rpartition("-")[2] == code,
        usages=_usages(found),
        purposes=_purposes(found),
        status=status,
    )


def _at(status: IssuerSays, at: datetime) -> IssuerSays:
    later = isinstance(status, Status) and status.since is not None and status.since > at
    return GOOD if later else status


def _attribute(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(oid)
    value = found[0].value if found else ""
    return value if isinstance(value, str) else value.hex().upper()


def _key_kind(key: PublicKeyTypes) -> str:
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}"
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    return type(key).__name__.removesuffix("PublicKey")


def _usages(found: x509.Certificate) -> tuple[str, ...]:
    try:
        usage = found.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(told for name, told in _USAGES.items() if getattr(usage, name))


def _purposes(found: x509.Certificate) -> tuple[str, ...]:
    try:
        purposes = found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(_PURPOSES.get(one, one.dotted_string) for one in purposes)
