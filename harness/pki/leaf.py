"""Recipes for certificates: what is in one before an authority signs it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ..person import Person
from . import der
from .error import StateError
from .key_usage import key_usage
from .name import MAX_COMMON_NAME, clipped
from .shape import ESTEID2018_LEAF, Document, LeafShape

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
_Value = TypeVar("_Value", bound=x509.ExtensionType)


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
        access: whether the authority's addresses go in.
        ocsp: whether the OCSP address is one of them.
    """

    subject: x509.Name
    public_key: CertificatePublicKeyTypes
    not_before: datetime
    not_after: datetime
    extensions: Sequence[x509.Extension[x509.ExtensionType]]
    access: bool = True
    ocsp: bool = True

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

    def value(self, kind: type[_Value]) -> _Value | None:
        """The extension of a kind; None if there is none."""
        return next((one.value for one in self.extensions if isinstance(one.value, kind)), None)

    def without(self, kind: type[x509.ExtensionType]) -> Leaf:
        """The same without an extension."""
        kept = tuple(one for one in self.extensions if not isinstance(one.value, kind))
        return replace(self, extensions=kept)

    def having(self, value: x509.ExtensionType, critical: bool = False) -> Leaf:
        """The same with an extension: in place of its own, as critical as that was, or behind all others."""
        at = next((i for i, one in enumerate(self.extensions) if one.oid == value.oid), None)
        kept = list(self.extensions)
        if at is None:
            kept.append(_extension(value, critical))
        else:
            kept[at] = _extension(value, kept[at].critical)
        return replace(self, extensions=tuple(kept))

    def usable_as(self, use: Use) -> Leaf:
        """The same with the key usage of another kind of certificate, and that kind's extended key usage."""
        changed = self.without(x509.ExtendedKeyUsage).having(_key_usage(use))
        return changed.having(_CARD_PURPOSES, critical=True) if use is Use.AUTHENTICATION else changed

    def of_document(self, document: Document, shape: LeafShape = ESTEID2018_LEAF) -> Leaf:
        """The same with the policy of another kind of document."""
        policies = self.value(x509.CertificatePolicies)
        assert policies
        arc = f"{EXAMPLE_ARC}." if policies[0].policy_identifier.dotted_string.startswith(EXAMPLE_ARC) else ""
        return self.having(x509.CertificatePolicies([_document_policy(shape, document, arc), *policies[1:]]))


def authentication(
    person: Person,
    public_key: CertificatePublicKeyTypes,
    not_before: datetime,
    not_after: datetime,
    *,
    policies: Policies = "card",
    document: Document = "id-card",
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
        document: what the card is.
        shape: the table.

    Raises:
        StateError: the person's name cannot stand in a certificate.
    """
    mail = x509.RFC822Name(f"{person.code}@{shape.mail_domain}")
    extensions = [
        *_usage(Use.AUTHENTICATION),
        _policies(shape, NCP_PLUS, policies, document),
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
    document: Document = "id-card",
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
        _policies(shape, QCP_N_QSCD, policies, document),
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
    """The subject of a holder's certificates in encoding order: C, CN, SN, GN, serialNumber.

    Names stand as they are, in Unicode's form C. Only the common name has a limit; where it would be longer
    the names in it are cut, never the code. A person without given names has no GN.

    Raises:
        StateError: the surname is empty, or a name holds what UTF-8 cannot carry.
    """
    surname, given = (unicodedata.normalize("NFC", name) for name in (person.surname, person.given_names))
    try:
        names = clipped(",".join(filter(None, (surname, given))), MAX_COMMON_NAME - len(person.code) - 1)
        parts = [
            (NameOID.COUNTRY_NAME, person.country),
            (NameOID.COMMON_NAME, f"{names},{person.code}"),
            (NameOID.SURNAME, surname),
            (NameOID.GIVEN_NAME, given),
            (NameOID.SERIAL_NUMBER, person.serial_number),
        ]
        if surname:
            return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts if text])
    except UnicodeEncodeError:
        pass
    raise StateError("a holder's name", "a surname, and text in UTF-8", f"{person.surname!r}")


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


def _policies(
    shape: LeafShape, etsi: str, policies: Policies, document: Document
) -> x509.Extension[x509.ExtensionType]:
    """The document's policy with its practice statement, then ETSI's."""
    arc = f"{EXAMPLE_ARC}." if policies == "neutral" else ""
    general = x509.PolicyInformation(x509.ObjectIdentifier(f"{arc}{etsi}"), None)
    return _extension(x509.CertificatePolicies([_document_policy(shape, document, arc), general]))


def _document_policy(shape: LeafShape, document: Document, arc: str) -> x509.PolicyInformation:
    identifier = x509.ObjectIdentifier(f"{arc}{shape.documents[document]}")
    return x509.PolicyInformation(identifier, [shape.practice])


def _key_identifier(public_key: CertificatePublicKeyTypes) -> x509.Extension[x509.ExtensionType]:
    """SHA-1 over the key's BIT STRING (RFC 5280, 4.2.1.2, method 1)."""
    return _extension(x509.SubjectKeyIdentifier.from_public_key(public_key))


def _statements(*statements: bytes) -> x509.Extension[x509.ExtensionType]:
    return _extension(x509.UnrecognizedExtension(QC_STATEMENTS, der.sequence(*statements)))


def _conditions(shape: LeafShape) -> bytes:
    location = der.sequence(der.ia5_string(shape.conditions), der.printable_string("EN"))
    return der.sequence(der.object_identifier(_QC_PDS), der.sequence(location))
