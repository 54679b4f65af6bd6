"""What the issuer of ID cards says of its certificates, and whether it says anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from cryptography import x509
from cryptography.x509 import ocsp

from ..actor import Card, Use
from ..issuers import TRUST_LISTS, Fault, TrustList
from ..pki.ocsp import request
from ..pki.status import GOOD, revoked, suspended
from ..route import KNOWN_ISSUER
from ..scenario.annotation import OneOf
from ..scenario.step import step
from ..world import USES, World

Certificate = Annotated[Literal["auth", "sign"], "a certificate"]
Status = Annotated[Literal["good", "suspended", "revoked"], "a status"]
Reason = Annotated[
    Literal[
        "unspecified",
        "keyCompromise",
        "cACompromise",
        "affiliationChanged",
        "superseded",
        "cessationOfOperation",
        "privilegeWithdrawn",
    ],
    "a reason",
]
List = Annotated[TrustList, OneOf("a trust list", lambda: TRUST_LISTS)]
CertStatus = Literal["good", "revoked", "unknown"]
Validity = Literal["valid", "expired", "not yet valid"]
_CERT_STATUS: Mapping[ocsp.OCSPCertStatus, CertStatus] = {
    ocsp.OCSPCertStatus.GOOD: "good",
    ocsp.OCSPCertStatus.REVOKED: "revoked",
    ocsp.OCSPCertStatus.UNKNOWN: "unknown",
}


@step("certificate becomes", needs=KNOWN_ISSUER)
def certificate_becomes(
    world: World, card: Card, *, use: Certificate, status: Status, reason: Reason = "keyCompromise"
) -> None:
    """Change what the issuer says of a certificate of the card.

    Args:
        use: which of the two.
        status: what OCSP answers from now on.
        reason: why it was revoked (RFC 5280, 5.3.1).
    """
    now = world.now.replace(microsecond=0)  # whole seconds in OCSP (RFC 6960, 4.2.2.1: GeneralizedTime)
    becomes = {
        "good": GOOD,
        "suspended": suspended(now),
        "revoked": revoked(now, x509.ReasonFlags(reason)),
    }
    world.authority.register.set(_certificate(card, use).serial_number, becomes[status])


@dataclass(frozen=True)
class Told:
    """What is known of a certificate.

    Attributes:
        status: by the issuer's OCSP responder.
        certificate: by its own dates and the clock.
    """

    status: CertStatus
    certificate: Validity


@step("ocsp tells", needs=KNOWN_ISSUER)
def ocsp_tells(world: World, card: Card, *, use: Certificate) -> Told:
    """Ask the issuer's OCSP responder about a certificate of the card, as anybody may.

    Args:
        use: which of the two.
    """
    certificate = _certificate(card, use)
    with world.records():
        answered = world.fetch(world.authority.url, request(certificate, world.authority.issuer))
    validity: Validity = "valid"
    if world.now > certificate.not_valid_after_utc:
        validity = "expired"
    elif world.now < certificate.not_valid_before_utc:
        validity = "not yet valid"
    return Told(_CERT_STATUS[ocsp.load_der_ocsp_response(answered).certificate_status], validity)


@step("ocsp stops")
def ocsp_stops(world: World) -> None:
    """The issuer's OCSP responder goes down."""
    world.issuers.fault = "down"


@step("ocsp answers")
def ocsp_answers(world: World, *, with_: Fault) -> None:
    """The issuer's OCSP responder answers in one way from now on.

    Args:
        with_: good, or what is wrong with its answers.
    """
    world.issuers.fault = with_


@step("ocsp answers again")
def ocsp_answers_again(world: World) -> None:
    """The issuer's OCSP responder comes back."""
    world.issuers.fault = "good"


@step("trust list changes")
def trust_list_changes(world: World, *, to: List) -> None:
    """The portal trusts other authorities from now on.

    Args:
        to: ordinary; empty; issuer-revoked (no longer the issuer of the cards); with-unlisted (one more).
    """
    world.portal.certificates.trust = world.issuers.trusted(to)


def _certificate(card: Card, use: Literal["auth", "sign"]) -> x509.Certificate:
    chosen: Use = "auth" if use == "auth" else "sign"
    return card.own.issued.certificates[USES[chosen]]
