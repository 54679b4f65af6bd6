"""What authorities and their certificates look like, as tables: one row per real chain whose form we take.

Only the form is taken: names, keys and addresses are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

# Addresses that lead nowhere (RFC 6761, 6.4): OCSP travels through a function that somebody hands over.
OCSP_HOST = "http://aia.softeid.invalid"
CERTIFICATE_HOST = "http://c.softeid.invalid"


@dataclass(frozen=True)
class AuthorityShape:
    """A root and an issuing authority.

    The validity of both is fixed, so that one seed gives the same two certificates whenever they are made; it
    is far longer than a real one, so that a scenario may play in any year with ID cards in it.

    Attributes:
        root: the root's common name; begins SOFTEID TEST.
        issuer: the issuing authority's common name; begins SOFTEID TEST.
        curve: of both authorities' keys; None if they are RSA keys.
        digest: hash of every signature the two make.
        path: a short name, in the OCSP address, the certificate's address and the home folder.
        not_before: UTC, when both certificates begin.
        not_after: UTC, the last second of both.
        rsa_bits: size of both authorities' keys where they are RSA keys.
        lists: whether its certificates name a CRL.
    """

    root: str
    issuer: str
    curve: ec.EllipticCurve | None
    digest: hashes.SHA256 | hashes.SHA384 | hashes.SHA512
    path: str
    not_before: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    not_after: datetime = datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC)
    rsa_bits: int = 3072
    lists: bool = False

    @property
    def ocsp(self) -> str:
        """The OCSP address in the certificates."""
        return f"{OCSP_HOST}/{self.path}"

    @property
    def certificate(self) -> str:
        """The address of the issuing authority's certificate."""
        return f"{CERTIFICATE_HOST}/{self.path}.der.crt"

    @property
    def root_certificate(self) -> str:
        """The address of the root's certificate."""
        return f"{CERTIFICATE_HOST}/{self.path}-root.der.crt"

    @property
    def crl(self) -> str:
        """The address of the issuing authority's CRL."""
        return f"{CERTIFICATE_HOST}/{self.path}.crl"


Document = Literal["id-card", "digital-id", "residence-permit", "e-resident"]
"""What a card is to its holder; the chip and its certificates are alike."""


@dataclass(frozen=True)
class LeafShape:
    """The certificates of a card's holder.

    Attributes:
        curve: of the holder's keys.
        years: from the day of issue to the document's last day.
        documents: object identifier of the policy for each kind of document; clients tell kinds apart by it.
        practice: address of the certification practice statement.
        conditions: address of the conditions of use (QcPDS).
        mail_domain: of the rfc822Name in the authentication certificate.
    """

    curve: ec.EllipticCurve
    years: int
    documents: Mapping[Document, str]
    practice: str
    conditions: str
    mail_domain: str


# ESTEID2018: certificates of the Estonian ID card of 2018 (SK's certificate profile; the order of extensions,
# the critical EKU and the QCStatements of the authentication certificate are those of libelectronic-id's
# recorded certificates). Policies are those of the profile's 2.2.3: 1 citizen's ID card, 3 Digi-ID, 4 an
# e-resident's Digi-ID, 5 long-term residence permit card; 2, 6 and 7 are further cards of the same form.
_POLICIES_2018 = "1.3.6.1.4.1.51361.1.1"
ESTEID2018 = AuthorityShape(
    root="SOFTEID TEST of EE-GovCA2018",
    issuer="SOFTEID TEST of ESTEID2018",
    curve=ec.SECP521R1(),
    digest=hashes.SHA512(),
    path="esteid2018",
)
ESTEID2018_LEAF = LeafShape(
    curve=ec.SECP384R1(),
    years=5,
    documents={
        "id-card": f"{_POLICIES_2018}.1",
        "digital-id": f"{_POLICIES_2018}.3",
        "e-resident": f"{_POLICIES_2018}.4",
        "residence-permit": f"{_POLICIES_2018}.5",
    },
    practice="https://softeid.invalid/CPS",
    conditions="https://softeid.invalid/conditions-for-use-of-certificates/",
    mail_domain="eesti.invalid",
)
