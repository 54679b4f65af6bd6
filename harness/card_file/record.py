"""What a card file holds, as values; no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from softeid.emulator import personalise
from softeid.emulator.facts import Profile
from softeid.emulator.pin import Pin, PinState
from softeid.emulator.state import Permanent

from ..person import Person

_PLACEHOLDER = b"\0"  # personalisation wants content; an empty file is emptied afterwards


@dataclass(frozen=True)
class StoredPin:
    """A PIN or PUK as the card keeps it.

    Attributes:
        block: what VERIFY must send, padding included.
        tries: left, 0 to the profile's limit.
        state: BLOCKED exactly when no try is left.
    """

    block: bytes = field(repr=False)
    tries: int
    state: PinState


def stored_pins(permanent: Permanent) -> dict[str, StoredPin]:
    """A card's PINs as they are in its memory now."""
    return {name: StoredPin(pin.value, pin.tries, pin.state) for name, pin in permanent.pins.items()}


@dataclass(frozen=True)
class Happening:
    """One line of a card's history.

    Attributes:
        at: when, with a zone.
        what: in a few words, without any secret: "made", "inserted", "PIN1 changed".
    """

    at: datetime
    what: str


@dataclass(frozen=True)
class CardRecord:
    """One card, whole.

    Attributes:
        profile: the facts of its generation, with the card's switches.
        profile_name: as options name it: a profile of the package, or the name within `profile_text`.
        profile_text: the YAML of a profile of one's own; None for one of the package.
        switches: open questions answered otherwise than the profile does.
        person: the holder.
        state: the life with which it was made or last set (`CARD_STATES`).
        document_number: of the records D003 and 5007.
        holder: personal data by record name, as `personalise` takes them.
        keys: private keys by key name.
        certificates: DER by key name; empty octets where the file is empty (state `not-activated`).
        pins: by name, as they are now.
        seed: the text from which keys and numbers were drawn, if any; the card then signs after RFC 6979.
        history: what happened to it, the oldest first.
    """

    profile: Profile
    profile_name: str
    profile_text: str | None
    switches: Mapping[str, str]
    person: Person
    state: str
    document_number: str
    holder: Mapping[str, str]
    keys: Mapping[str, ec.EllipticCurvePrivateKey] = field(repr=False)
    certificates: Mapping[str, bytes] = field(repr=False)
    pins: Mapping[str, StoredPin]
    seed: str | None = None
    history: tuple[Happening, ...] = ()

    def permanent(self) -> Permanent:
        """The card's memory, made anew from these values.

        Raises:
            PersonalisationError: they do not fit the profile.
        """
        made = personalise(
            self.profile,
            holder=self.holder,
            keys=self.keys,
            certificates={name: der or _PLACEHOLDER for name, der in self.certificates.items()},
            deterministic=self.seed is not None,
        )
        for name, der in self.certificates.items():
            if not der:
                made.file(f"certificate/{name}").replace(b"")
        return replace(made, pins={name: self._pin(name, pin) for name, pin in self.pins.items()})

    def certificate(self, use: str) -> x509.Certificate | None:
        """The certificate of a use, None where its file is empty.

        Raises:
            ValueError: the octets are no certificate.
        """
        der = self.certificates[use]
        return x509.load_der_x509_certificate(der) if der else None

    def _pin(self, name: str, stored: StoredPin) -> Pin:
        pin = Pin(stored.block, self.profile.pins[name].tries, stored.state)
        pin.tries = stored.tries
        return pin
