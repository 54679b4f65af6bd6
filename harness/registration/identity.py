"""Who a certificate of a card speaks of, and whether an account can be had for that person."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from cryptography import x509
from cryptography.x509.oid import NameOID

from ..pki.leaf import EXAMPLE_ARC
from ..pki.shape import ESTEID2018_LEAF, Document
from .national_identifier import birth_date, valid
from .refusal import Refused
from .vocabulary import Code

# ETSI EN 319 412-1, 5.1.3: three letters for the kind of document, the country, a hyphen, the identifier.
_SEMANTICS = re.compile(r"(?P<kind>PNO|PAS|IDC)(?P<country>[A-Z]{2})-(?P<code>.+)")


@dataclass(frozen=True)
class Identity:
    """A person as the subject of a certificate names them.

    Attributes:
        semantics_id: `PNOEE-38001085718`.
        country: of the identifier and of the subject, two capitals.
        personal_code: the identifier alone.
        surname: as in the certificate, Unicode form C.
        given_name: likewise; empty if there is none.
        birth_date: from the code, if it carries one.
    """

    semantics_id: str
    country: str
    personal_code: str
    surname: str
    given_name: str
    birth_date: date | None

    @property
    def name(self) -> str:
        """Given name and surname, as a page shows them."""
        return f"{self.given_name} {self.surname}".strip()


def identity_of(certificate: x509.Certificate) -> Identity:
    """Read the subject of a person's certificate.

    Raises:
        Refused: IDENTITY_UNPARSABLE, PERSONAL_CODE_UNSUPPORTED or PERSONAL_CODE_INVALID.
    """
    serial = _sole(certificate.subject, NameOID.SERIAL_NUMBER)
    found = _SEMANTICS.fullmatch(serial)
    country = _sole(certificate.subject, NameOID.COUNTRY_NAME)
    surname = _sole(certificate.subject, NameOID.SURNAME)
    if not found or found["country"] != country or not surname:
        raise Refused(Code.IDENTITY_UNPARSABLE, field="serialNumber")
    if found["kind"] != "PNO":
        raise Refused(Code.PERSONAL_CODE_UNSUPPORTED, form=found["kind"])
    if not valid(country, found["code"]):
        raise Refused(Code.PERSONAL_CODE_INVALID)
    return Identity(
        semantics_id=serial,
        country=country,
        personal_code=found["code"],
        surname=surname,
        given_name=_sole(certificate.subject, NameOID.GIVEN_NAME),
        birth_date=birth_date(country, found["code"]),
    )


def document_of(certificate: x509.Certificate) -> Document | None:
    """What document a card is, by the policy of its certificates; None for a policy that is not known."""
    try:
        policies = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound:
        return None
    told = {one.policy_identifier.dotted_string.removeprefix(f"{EXAMPLE_ARC}.") for one in policies}
    return next((kind for kind, policy in ESTEID2018_LEAF.documents.items() if policy in told), None)


def _sole(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    """The value of an attribute that stands once; empty if it is missing or stands twice."""
    values = [attribute.value for attribute in name.get_attributes_for_oid(oid)]
    return unicodedata.normalize("NFC", str(values[0])) if len(values) == 1 else ""
