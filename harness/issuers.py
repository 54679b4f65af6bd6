"""Who issues the ID cards of a world: authorities, their OCSP responders, and whom a portal trusts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal, get_args

from cryptography.hazmat.primitives.serialization import Encoding

from .clock import Clock
from .person import persons
from .pki.authority import Authority
from .pki.leaf import authentication
from .pki.ocsp import Responder
from .pki.ocsp_fault import OCSP_FAULTS, Wait, faulty
from .pki.shape import ESTEID2018_LEAF
from .registration.certificate_check import Trust
from .seed import Seed

Fault = Literal[
    "good",
    "down",
    "timeout",
    "http_500",
    "try_later",
    "unknown",
    "signature",
    "purpose",
    "foreign",
    "serial",
    "answers",
    "nonce_missing",
    "nonce_other",
    "old",
    "future",
]
"""What an OCSP responder does; those that say something wrong by the word that a portal refuses them with."""

WORDS: Mapping[Fault, str] = {
    "down": "down",
    "timeout": "timeout",
    "http_500": "http-500",
    "try_later": "try-later",
    "unknown": "unknown",
    "signature": "wrong-signer",
    "purpose": "no-purpose",
    "foreign": "foreign-responder",
    "serial": "wrong-serial",
    "answers": "two-answers",
    "nonce_missing": "nonce-missing",
    "nonce_other": "nonce-other",
    "old": "stale",
    "future": "future",
}
"""The responders' names of the same."""
_BY_NAME: Mapping[str, Fault] = {name: word for word, name in WORDS.items()}
OFF = "none"
"""What programs and pages call a responder without a fault."""


def fault_named(word: str) -> str | None:
    """What somebody calls a fault, as `OCSP_FAULTS` and `OFF` have it; None if nothing is called so.

    Args:
        word: that name, or the portal's word.
    """
    if word in (OFF, "good"):
        return OFF
    name = next((name for told, name in WORDS.items() if told == word), word)
    return name if name in OCSP_FAULTS else None


_YEAR = timedelta(days=365)

TrustList = Literal["ordinary", "empty", "issuer-revoked", "with-unlisted"]
TRUST_LISTS: tuple[TrustList, ...] = get_args(TrustList)


class Issuers:
    """The authorities.

    Attributes:
        authority: issues the people's ID cards.
        ocsp: what its responder does wrong, of `OCSP_FAULTS`; empty if it answers as it should.
    """

    ocsp = ""

    def __init__(self, seed: Seed, clock: Clock, wait: Wait) -> None:
        """Set them up.

        Args:
            seed: what keys are drawn from.
            clock: the scenario's.
            wait: lets time pass, where an answer is late.

        Raises:
            PkiError: they cannot exist at the clock's now.
        """
        self.authority = Authority(seed, clock)
        self._wait = wait
        self._responders = {
            one.url: Responder(one, clock) for one in (self.authority, self.authority.unlisted_issuer)
        }

    @property
    def fault(self) -> Fault:
        """The same in the portal's words; `good` also for what these do not know."""
        return _BY_NAME.get(self.ocsp, "good")

    @fault.setter
    def fault(self, fault: Fault) -> None:
        self.ocsp = "" if fault == "good" else WORDS[fault]

    def fetch(self, url: str, request: bytes) -> bytes:
        """How OCSP travels: a call in this process.

        Raises:
            OSError: nobody answers.
        """
        responder = self._responders.get(url)
        if responder is None:
            raise ConnectionRefusedError(f"nobody answers at {url}")
        if not self.ocsp:
            return responder.answer(request)
        return faulty(self.ocsp, responder, self._wait)(url, request)

    def other_certificate(self) -> bytes:
        """Somebody's good authentication certificate, DER; nobody in a scenario has its key."""
        key = self.authority.seed.ec_key(ESTEID2018_LEAF.curve, "somebody's card")
        now = self.authority.clock.now.replace(microsecond=0)
        leaf = authentication(persons()["leida"], key.public_key(), now - _YEAR, now + _YEAR)
        return self.authority.issue(leaf).public_bytes(Encoding.DER)

    def trusted(self, which: TrustList = "ordinary") -> Trust:
        """A trust list.

        Args:
            which: ordinary; `empty` trusts nobody, `issuer-revoked` no longer the one that issues the cards,
                `with-unlisted` also one that the ordinary list has not.
        """
        own, unlisted = self.authority.issuer, self.authority.unlisted_issuer.issuer
        listed = [own, self.authority.expired_issuer.issuer]
        revoked = [self.authority.revoked_issuer.issuer]
        known = [self.authority.root, unlisted]
        match which:
            case "ordinary":
                return Trust(listed, revoked, known)
            case "empty":
                return Trust([])
            case "issuer-revoked":
                return Trust(listed[1:], [*revoked, own], known)
            case "with-unlisted":
                return Trust([*listed, unlisted], revoked, known)
