"""What somebody should know about a card before it is used: what is wrong with it, and what soon will be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from softeid.emulator.pin import PinState

from .card_certificate import CertificateView, NoCertificate
from .card_view import CardView, HolderView, PinView
from .validity import Phase, Validity

SOON = timedelta(days=30)
"""So long before its end somebody should know of it."""
# What each certificate must be usable for (RFC 5280, 4.2.1.3; ETSI EN 319 412-2, 4.3.2).
_USAGE = {"authentication": "digitalSignature", "signature": "contentCommitment"}


class Finding(NamedTuple):
    """One thing to know.

    Attributes:
        code: for programs: `blocked`, `expired`, `revoked` ...
        about: a PIN's name, a certificate's use, `document` or `holder`.
        text: one sentence without a full stop.
        wrong: something does not work; else somebody should know of it.
    """

    code: str
    about: str
    text: str
    wrong: bool = True


def findings(card: CardView) -> tuple[Finding, ...]:
    """Everything to know of a card, what is wrong first."""
    found = [
        *_about_holder(card.holder),
        *(_about_validity("document", "the document", card.document, card.at) if card.document else ()),
        *(one for use, seen in card.certificates.items() for one in _about_certificate(use, seen, card.at)),
        *(one for name, pin in card.pins.items() for one in _about_pin(name, pin)),
    ]
    return tuple(sorted(found, key=lambda one: not one.wrong))


def _about_holder(holder: HolderView) -> Iterator[Finding]:
    if not holder.code_possible:
        yield Finding("impossible-code", "holder", "nobody can have the holder's personal code")


def _about_validity(about: str, what: str, validity: Validity, at: datetime) -> Iterator[Finding]:
    phase, told = validity.phase(at), f"{what} {validity.words(at)}".replace(" not valid", " is not valid")
    if phase is not Phase.WITHIN:
        yield Finding(str(phase).replace(" ", "-"), about, told)
    elif validity.ends - at < SOON:
        yield Finding("expires-soon", about, told, wrong=False)


def _about_certificate(use: str, seen: CertificateView | NoCertificate, at: datetime) -> Iterator[Finding]:
    if isinstance(seen, NoCertificate):
        code = "no-certificate" if seen.empty else "unreadable"
        yield Finding(code, use, f"there is no {use} certificate: {seen.why}")
        return
    what = f"the {use} certificate"
    yield from _about_validity(use, what, seen.validity, at)
    if seen.status == "unknown":
        yield Finding("unknown", use, f"its issuer does not know {what}")
    elif seen.status and not seen.status.good:
        yield Finding(str(seen.status), use, f"{what} is {seen.status} by its issuer")
    if not seen.of_the_card:
        yield Finding("other-key", use, f"{what} is about another key than the card's")
    if not seen.of_the_holder:
        yield Finding("other-person", use, f"{what} names another person: {seen.subject}")
    if use in _USAGE and _USAGE[use] not in seen.usages:
        told = ", ".join(seen.usages) or "none"
        yield Finding("other-usage", use, f"{what} has the key usage {told}, not {_USAGE[use]}")


def _about_pin(name: str, pin: PinView) -> Iterator[Finding]:
    if pin.state is PinState.BLOCKED:
        yield Finding("blocked", name, f"{name} is blocked")
    elif pin.state is PinState.TRANSPORT:
        yield Finding("transport", name, f"{name} is the issuer's and must be changed first")
    elif pin.tries == 1 < pin.facts.tries:
        yield Finding("last-try", name, f"one try is left for {name}", wrong=False)
