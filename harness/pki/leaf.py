"""Recipes for certificates: what is in one before an authority signs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ..person import Person
from . import der
from .key_usage import key_usage
from .shape import ESTEID2018_LEAF, LeafShape

NCP_PLUS = "0.4.0.2042.1.2"  # ETSI EN 319 411-1, 5.3 b
QCP_N_QSCD = "0.4.0.194112.1.2"  # ETSI EN 319 411-2, 5.3 c
EXAMPLE_ARC = "2.999"  # Rec. ITU-T X.660, A.3: for examples; clients that know it strip it
QC_STATEMENTS = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3")  # RFC 3739, 3.2.6

# ETSI EN 319 412-5, 4.2.1, 4.2.2, 4.2.3 and 4.3.4.
_QC_COMPLIANCE = "0.4.0.1862.1.1"
_QC_SSCD = "0.4.0.1862.1.4"
_QC_TYPE = "0.4.0.1862.1.6"
_QC_TYPE_ESIGN = "0.4.0.1862.1.6.1"
_QC_PDS = "0.4.0.1862.1.5"

Policies = Literal["card", "neutral"]


class Use(StrEnum):
    """What a holder's certificate and its key are for."""

    AUTHENTICATION = "authentication"
    SIGNATURE = "signature"


@dataclass(frozen=True)
class Leaf:
    """A certificate before it is signed. The authority adds its name, key identifier, serial number and AIA.

    Attributes:
        subject: whose certificate it is.
        public_key: what is certified.
        not_before: the first instant, whole seconds.
        not_after: the last instant, whole seconds; it still counts.
        extensions: in the order of the certificate.
        access: whether the authority's AIA addresses go in.
    """

    subject: x509.Name
    public_key: CertificatePublicKeyTypes
    not_before: datetime
    not_after: datetime
    extensions: Sequence[x509.Extension[x509.ExtensionType]]
    access: bool = True

    def lasting(self, not_before: datetime, not_after: datetime) -> Leaf:
        """The same with another validity."""
        return replace(self, not_before=not_before, not_after=not_after)

    def until(self, not_after: datetime) -> Leaf:
        """The same, ending then; where it had not begun by then, it begins as much earlier."""
        length = self.not_after - self.not_before
        not_before = self.not_before if self.not_before <= not_after else not_after - length
        return self.lasting(not_before, not_after)

    def since(self, not_before: datetime) -> Leaf:
        """The same, beginning then; where it would have ended by then, it ends as much later."""
        length = self.not_after - self.not_before
        not_after = self.not_after if self.not_after >= not_before else not_before + length
        return self.lasting(not_before, not_after)

    def usable_as(self, use: Use) -> Leaf:
        """The same with the key usage of another kind of certificate, and that kind's extended key usage."""
        kept = [one for one in self.extensions if not isinstance(one.value, x509.ExtendedKeyUsage)]
        at = next(i for i, one in enumerate(kept) if isinstance(one.value, x509.KeyUsage))
        kept[at] = _extension(_key_usage(use), critical=True)
        if use is Use.AUTHENTICATION:
            kept.append(_extension(_CARD_PURPOSES, critical=True))
        return replace(self, extensions=tuple(kept))


def authentication(
    person: Person,
    public_key: CertificatePublicKeyTypes,
    not_before: datetime,
    not_after: datetime,
    *,
    policies: Policies = "card",
    shape: LeafShape = ESTEID2018_LEAF,
) -> Leaf:
    """The certificate with which a holder logs in.

    Args:
        person: the holder.
        public_key: of the card's authentication key.
        not_before: the first instant, whole seconds.
        not_after: the last instant, whole seconds.
        policies: "card" for the real card's object identifiers, which unmodified clients look for; "neutral"
            for the same under 2.999.
        shape: the table.
    """
    mail = x509.RFC822Name(f"{person.code}@{shape.mail_domain}")
    extensions = [
        *_usage(Use.AUTHENTICATION),
        _policies(shape, NCP_PLUS, policies),
        _extension(x509.SubjectAlternativeName([mail])),
        _key_identifier(public_key),
        _statements(_conditions(shape)),
        _extension(_CARD_PURPOSES, critical=True),
    ]
    return Leaf(holder_name(person), public_key, not_before, not_after, tuple(extensions))


def signature(
    person: Person,
    public_key: CertificatePublicKeyTypes,
    not_before: datetime,
    not_after: datetime,
    *,
    policies: Policies = "card",
    shape: LeafShape = ESTEID2018_LEAF,
) -> Leaf:
    """The qualified certificate with which a holder signs. Arguments as for `authentication`."""
    qualified = (
        der.sequence(der.object_identifier(_QC_COMPLIANCE)),
        der.sequence(der.object_identifier(_QC_SSCD)),
        der.sequence(der.object_identifier(_QC_TYPE), der.sequence(der.object_identifier(_QC_TYPE_ESIGN))),
    )
    extensions = [
        *_usage(Use.SIGNATURE),
        _policies(shape, QCP_N_QSCD, policies),
        _key_identifier(public_key),
        _statements(*qualified, _conditions(shape)),
    ]
    return Leaf(holder_name(person), public_key, not_before, not_after, tuple(extensions))


RECIPES = {Use.AUTHENTICATION: authentication, Use.SIGNATURE: signature}


def ocsp_responder(
    subject: x509.Name, public_key: CertificatePublicKeyTypes, not_before: datetime, not_after: datetime
) -> Leaf:
    """The certificate of a delegated OCSP responder (RFC 6960, 4.2.2.2), itself not to be asked after."""
    extensions = [
        *_usage(Use.AUTHENTICATION, agrees=False),
        _key_identifier(public_key),
        _extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])),
        _extension(x509.OCSPNoCheck()),
    ]
    return Leaf(subject, public_key, not_before, not_after, tuple(extensions), access=False)


def holder_name(person: Person) -> x509.Name:
    """The subject of a holder's certificates in encoding order: C, CN, SN, GN, serialNumber."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, person.country),
            x509.NameAttribute(NameOID.COMMON_NAME, person.common_name),
            x509.NameAttribute(NameOID.SURNAME, person.surname),
            x509.NameAttribute(NameOID.GIVEN_NAME, person.given_names),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, person.serial_number),
        ]
    )


_CARD_PURPOSES = x509.ExtendedKeyUsage(
    [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION]
)


def _extension(value: x509.ExtensionType, critical: bool = False) -> x509.Extension[x509.ExtensionType]:
    return x509.Extension(value.oid, critical, value)


def _usage(use: Use, agrees: bool = True) -> list[x509.Extension[x509.ExtensionType]]:
    constraints = x509.BasicConstraints(ca=False, path_length=None)
    return [_extension(constraints), _extension(_key_usage(use, agrees), critical=True)]


def _key_usage(use: Use, agrees: bool = True) -> x509.KeyUsage:
    if use is Use.SIGNATURE:
        return key_usage("content_commitment")
    return key_usage("digital_signature", *(["key_agreement"] if agrees else []))


def _policies(shape: LeafShape, etsi: str, policies: Policies) -> x509.Extension[x509.ExtensionType]:
    """The document's policy with its practice statement, then ETSI's."""
    arc = f"{EXAMPLE_ARC}." if policies == "neutral" else ""
    document = x509.ObjectIdentifier(f"{arc}{shape.document_policy}")
    return _extension(
        x509.CertificatePolicies(
            [
                x509.PolicyInformation(document, [shape.practice]),
                x509.PolicyInformation(x509.ObjectIdentifier(f"{arc}{etsi}"), None),
            ]
        )
    )


def _key_identifier(public_key: CertificatePublicKeyTypes) -> x509.Extension[x509.ExtensionType]:
    """SHA-1 over the key's BIT STRING (RFC 5280, 4.2.1.2, method 1)."""
    return _extension(x509.SubjectKeyIdentifier.from_public_key(public_key))


def _statements(*statements: bytes) -> x509.Extension[x509.ExtensionType]:
    return _extension(x509.UnrecognizedExtension(QC_STATEMENTS, der.sequence(*statements)))


def _conditions(shape: LeafShape) -> bytes:
    location = der.sequence(der.ia5_string(shape.conditions), der.printable_string("EN"))
    return der.sequence(der.object_identifier(_QC_PDS), der.sequence(location))
