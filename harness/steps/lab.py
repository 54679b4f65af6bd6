"""What happens in the world without anybody of the scenario doing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from cryptography import x509
from cryptography.x509 import ocsp

from ..actor import Card, Use
from ..pki.ocsp import request
from ..pki.status import GOOD, revoked, suspended
from ..scenario.step import step
from ..world import USES, World

Certificate = Annotated[Literal["auth", "sign"], "a certificate"]
Status = Annotated[Literal["good", "suspended", "revoked"], "a status"]
CertStatus = Literal["good", "revoked", "unknown"]
_CERT_STATUS: Mapping[ocsp.OCSPCertStatus, CertStatus] = {
    ocsp.OCSPCertStatus.GOOD: "good",
    ocsp.OCSPCertStatus.REVOKED: "revoked",
    ocsp.OCSPCertStatus.UNKNOWN: "unknown",
}


@step("wait")
def wait(world: World) -> None:
    """Do nothing; with `at:` the clock moves on."""


@step("certificate becomes")
def certificate_becomes(world: World, card: Card, *, use: Certificate, status: Status) -> None:
    """Change what the issuer says of a certificate of the card.

    Args:
        use: which of the two.
        status: what OCSP answers from now on.
    """
    chosen: Use = "auth" if use == "auth" else "sign"
    serial = card.own.issued.certificates[USES[chosen]].serial_number
    now = world.now.replace(microsecond=0)  # whole seconds in OCSP (RFC 6960, 4.2.2.1: GeneralizedTime)
    becomes = {
        "good": GOOD,
        "suspended": suspended(now),
        "revoked": revoked(now, x509.ReasonFlags.key_compromise),
    }
    world.authority.register.set(serial, becomes[status])


@dataclass(frozen=True)
class Told:
    """What the issuer's OCSP responder tells about a certificate."""

    status: CertStatus


@step("ocsp tells")
def ocsp_tells(world: World, card: Card, *, use: Certificate) -> Told:
    """Ask the issuer's OCSP responder about a certificate of the card, as anybody may.

    Args:
        use: which of the two.
    """
    certificate = card.own.issued.certificates[USES["auth" if use == "auth" else "sign"]]
    answer = ocsp.load_der_ocsp_response(
        world.fetch(world.authority.url, request(certificate, world.authority.issuer))
    )
    return Told(_CERT_STATUS[answer.certificate_status])


@step("ocsp stops")
def ocsp_stops(world: World) -> None:
    """The issuer's OCSP responder goes down."""
    world.ocsp_answers = False


@step("ocsp answers again")
def ocsp_answers_again(world: World) -> None:
    """The issuer's OCSP responder comes back."""
    world.ocsp_answers = True


@dataclass(frozen=True)
class Outbox:
    """The messages to people, which are never sent."""

    messages: int
    last: Literal["account requested", "account created"] | None = None
    to: str | None = None  # whom the last notice went to, in order, separated by ", "


@step("outbox shows")
def outbox_shows(world: World) -> Outbox:
    """Look at the messages to people: how many, what the last is about, and where it would have gone."""
    messages = world.core.outbox.messages
    if not messages:
        return Outbox(0)
    last = messages[-1]
    to = [one.to for one in messages if (one.at, one.kind) == (last.at, last.kind)]
    return Outbox(len(messages), last.kind, ", ".join(to))


@step("terms change")
def terms_change(world: World, *, version: str) -> None:
    """The terms of use get a new version.

    Args:
        version: its name.
    """
    world.core.terms_version = version
