"""Made-up people with cards, as many as are wanted, and the keys that their phones will make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count

from softeid.harness.clients.eid_client import EidClient
from softeid.harness.clients.web_eid import WebEid
from softeid.harness.clock import Clock
from softeid.harness.issuing import IssuedCard, issue_card
from softeid.harness.person import Person
from softeid.harness.personal_code import check_digit
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.chain import make_chain
from softeid.harness.pki.shape import ESTEID2018, AuthorityShape
from softeid.harness.profile_file import load_profile
from softeid.harness.registration.key_pool import generated
from softeid.harness.registration.key_share import Primes
from softeid.harness.seed import Seed

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ORIGIN = "https://portal.softeid.test"
PIN1, PIN2 = "4271", "58362"
_BIRTH = date(1890, 1, 1)  # nobody who was born then has this code today


@dataclass(frozen=True)
class Citizen:
    """A person with a card in a reader."""

    handle: str
    card: IssuedCard

    def token(self, nonce: str) -> str:
        """A Web eID authentication token."""
        return self._web_eid.authenticate(ORIGIN, nonce, lambda *_: self.card.pins["PIN1"])

    def signature(self, digest: bytes, hash_function: str) -> tuple[bytes, bytes, str]:
        """Certificate (DER), signature and its algorithm over an application's digest."""
        certificate = self._web_eid.signing_certificate()
        signed = self._web_eid.sign(certificate, digest, hash_function, lambda *_: self.card.pins["PIN2"])
        return certificate, signed.octets, signed.algorithm

    @property
    def _web_eid(self) -> WebEid:
        return WebEid(EidClient(self.card.card.process))


def citizens(number: int, first: int = 0) -> list[Citizen]:
    """So many people, each with an ordinary card, issued now.

    Args:
        number: of people.
        first: the place of the first one among all that there could be.
    """
    authority, profile = kept_authority(ESTEID2018), load_profile("esteid-2018")
    made = []
    for index in range(first, first + number):
        person = _person(index)
        card = issue_card(profile, person, authority, seed=Seed(), clock=authority.clock)
        made.append(Citizen(person.handle, card))
    return made


def serials(people: Sequence[Citizen]) -> tuple[int, ...]:
    """The serial numbers of their certificates, for a responder elsewhere."""
    return tuple(one.serial_number for who in people for one in who.card.certificates.values())


def kept_authority(shape: AuthorityShape) -> Authority:
    """An authority that is the same in every process, and draws other serial numbers each time."""
    return Authority(Seed(), Clock(START), shape, chain=make_chain(Seed("kill test"), shape))


def keys(number: int, bits: int = 2048) -> tuple[Primes, ...]:
    """So many different RSA keys."""
    return tuple(Primes(made.p, made.q) for made in (generated(bits) for _ in range(number)))


class Again:
    """Hands the same keys out in turn, for ever: nobody waits for primes."""

    def __init__(self, keys: Sequence[Primes]) -> None:
        """Begin with the first."""
        self._keys, self._next = keys, count()

    def __call__(self, bits: int) -> Primes:
        """The next one."""
        return self._keys[next(self._next) % len(self._keys)]


def _person(index: int) -> Person:
    born = _BIRTH + timedelta(days=index % 3000)
    ten = f"2{born:%y%m%d}{index // 3000:03d}"
    code = f"{ten}{check_digit(ten)}"
    return Person(f"citizen-{index}", code, "MAASIKAS", "MARI-LIIS", "made up for the tests")
