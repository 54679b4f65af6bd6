"""What reading tells of a card in a real reader: what it is, whose it is, and how it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509

from softeid.emulator import Profile

from ..clients.eid_client import CardRefused, EidClient, PinCounter, PinName
from ..error import HarnessError
from ..person import persons
from ..pki.leaf import Use
from ..pki.name import is_ours
from ..pki.unreadable import UNREADABLE
from ..profile_file import load_profile, profile_names
from .link import Link

_SURNAME, _GIVEN_NAMES, _CODE, _DOCUMENT = 0, 1, 5, 6  # places among the personal data records
PINS: tuple[PinName, ...] = ("PIN1", "PIN2", "PUK")


class NoEid(HarnessError):
    """The card in the reader is none that we know."""


@dataclass(frozen=True)
class Sight:
    """A card as it was when it was looked at.

    Attributes:
        profile: the card generation, by the answer to reset.
        surname, given_names, code, document: of its records; a living person's, perhaps.
        counters: tries left and maximum of each PIN.
        certificates: by use; None where the file holds none.
    """

    profile: Profile
    surname: str = field(repr=False)
    given_names: str = field(repr=False)
    code: str = field(repr=False)
    document: str = field(repr=False)
    counters: Mapping[PinName, PinCounter]
    certificates: Mapping[Use, x509.Certificate | None] = field(repr=False)

    @property
    def whose(self) -> str:
        """Whose it is, by a name of our table: nobody else's name is ever told."""
        known = (name for name, one in persons().items() if one.code == self.code)
        return next(known, "somebody who is not in the table of test persons")

    @property
    def ours(self) -> bool:
        """Whether both certificates were issued by test authorities of softeid, as their names say."""
        return all(one is not None and is_ours(one.issuer) for one in self.certificates.values())

    @property
    def untouched(self) -> bool:
        """Whether every counter is at its maximum."""
        return all(counter.left == counter.maximum for counter in self.counters.values())

    def validity(self, use: Use, now: datetime) -> str:
        """How a certificate stands at an instant: `valid`, `expired`, `not-yet-valid` or `none`."""
        certificate = self.certificates[use]
        if certificate is None:
            return "none"
        if now < certificate.not_valid_before_utc:
            return "not-yet-valid"
        return "expired" if now > certificate.not_valid_after_utc else "valid"


def profile_of(atr: bytes, reader: str) -> Profile:
    """The profile of the package that has this answer to reset.

    Raises:
        NoEid: none has.
    """
    known = [load_profile(name) for name in profile_names()]
    for profile in known:
        if profile.atr.octets == atr:
            return profile
    expected = "\n".join(f"  {one.name:<14} {spaced(one.atr.octets)}" for one in known)
    raise NoEid(
        f"the card in `{reader}` is no ID card that softeid knows: its answer to reset is\n"
        f"  {'found':<14} {spaced(atr)}\n"
        f"expected one of\n{expected}"
    )


def look(link: Link) -> Sight:
    """Read a card's records, counters and certificates.

    Raises:
        NoEid: its answer to reset is unknown, or it does not answer as its profile says.
        Lost: the way to the card is gone.
    """
    profile = profile_of(link.atr, link.reader)
    client = EidClient(link.transmit)
    try:
        counters = {pin: client.pin_counter(pin) for pin in PINS}
        records = client.personal_data()
        certificates = {use: _certificate(client, use) for use in Use}
    except (CardRefused, UnicodeDecodeError) as refused:
        raise NoEid(
            f"the card in `{link.reader}` has the answer to reset of {profile.name} and is none: {refused}"
        ) from None
    return Sight(
        profile,
        records[_SURNAME],
        records[_GIVEN_NAMES],
        records[_CODE],
        records[_DOCUMENT],
        counters,
        certificates,
    )


def spaced(octets: bytes) -> str:
    """Octets in hex, for people."""
    return octets.hex(" ").upper()


def _certificate(client: EidClient, use: Use) -> x509.Certificate | None:
    """The certificate of a use; None where its file is empty or holds something else."""
    octets = client.read_certificate(use)
    try:
        found = x509.load_der_x509_certificate(octets) if octets else None
        if found:
            found.issuer  # noqa: B018  # it can be read, too
    except UNREADABLE:
        return None
    return found
