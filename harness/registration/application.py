"""The application for an account: a text that says what is asked for, by whom, on which device.

The person signs its digest with the card's signature key (PIN2) on the portal; for a minor a guardian signs
a text of their own, which names the minor's by its digest.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from ..pki.leaf import Use
from .contact import Contact
from .identity import Identity
from .model import Registration, SignedApplication
from .refusal import Refused
from .vocabulary import Code

HASH_FUNCTION = "SHA-384"
"""Of the text where a page asks for no other; the name that the Web eID application takes."""
HASH_FUNCTIONS = ("SHA-256", "SHA-384", "SHA-512")
"""Those of the nine signature algorithms that a Web eID application may name."""

_ROW = re.compile(r"(?P<name>[^:\n]+): (?P<value>[^\n]*)\n")
_TERMS = re.compile(r"(?P<version>.+) \((?P<language>[a-z]{2})\), accepted (?P<accepted>.+)")


@dataclass(frozen=True)
class Application:
    """What a person is asked to sign.

    Attributes:
        text: the application, for reading.
        digest: of the text's UTF-8 by `hash_function`.
        hash_function: named as Web eID does.
    """

    text: str
    digest: bytes
    hash_function: str = HASH_FUNCTION

    @classmethod
    def of(cls, text: str, hash_function: str = HASH_FUNCTION) -> Application:
        """A text with its digest.

        Raises:
            Refused: BAD_REQUEST, for another hash function than those three.
        """
        if hash_function not in HASH_FUNCTIONS:
            raise Refused(Code.BAD_REQUEST, field="hashFunction")
        return cls(text, digest_of(text, hash_function[-3:]), hash_function)


def digest_of(text: str, bits: str) -> bytes:
    """The SHA-2 digest of a text's UTF-8.

    Args:
        text: any.
        bits: 256, 384 or 512.
    """
    return hashlib.new(f"sha{bits}", text.encode()).digest()


def application_text(
    registration: Registration, identity: Identity, contact: Contact, number: str, now: datetime
) -> str:
    """Write the application of a person for a registration.

    Args:
        registration: whose keys and device are asked for.
        identity: who logged in.
        contact: what the questions were answered with.
        number: drawn for this application, so that no signature fits two.
        now: when it was written.
    """
    device, terms = registration.device, registration.terms
    return _text(
        ("SOFTEID TEST", "application for a new account, without legal effect"),
        ("Application", number),
        ("Written", _instant(now)),
        ("Person", f"{identity.name}, {identity.semantics_id}"),
        ("Country", registration.country),
        ("Device", f"{device.name} ({device.platform}), {device.device_id}"),
        ("E-mail", contact.email),
        ("Telephone", contact.phone or "none"),
        ("Terms", f"{terms.version} ({terms.language}), accepted {_instant(terms.accepted_at)}"),
        *((f"Key for {use}", _fingerprint(registration, use)) for use in Use),
    )


def consent_text(
    registration: Registration, application: SignedApplication, guardian: Identity, number: str, now: datetime
) -> str:
    """Write what a guardian signs for a minor.

    Args:
        registration: the minor's.
        application: what the minor signed for it.
        guardian: who logged in.
        number: drawn for this text, so that no signature fits two.
        now: when it was written.
    """
    device, minor = registration.device, registration.identity
    assert minor
    return _text(
        ("SOFTEID TEST", "consent of a guardian to a minor's account, without legal effect"),
        ("Consent", number),
        ("Written", _instant(now)),
        ("Guardian", f"{guardian.name}, {guardian.semantics_id}"),
        ("Minor", f"{minor.name}, {minor.semantics_id}"),
        ("Device", f"{device.name} ({device.platform}), {device.device_id}"),
        ("Application", application.digest.hex()),
    )


class Read(NamedTuple):
    """What a person reads in an application.

    Attributes:
        terms: version of the terms of use.
        language: in which they were shown.
        accepted: when they were accepted.
        device: the phone's name.
        country: of residence.
    """

    terms: str
    language: str
    accepted: str
    device: str
    country: str


def read(text: str) -> Read:
    """Read an application.

    Raises:
        ValueError: the text is none.
    """
    rows = {row["name"]: row["value"] for row in _ROW.finditer(text)}
    terms = _TERMS.fullmatch(rows.get("Terms", ""))
    if not terms or "Country" not in rows:
        raise ValueError("this text is no application")
    device = rows["Device"].rpartition(" (")[0]
    return Read(terms["version"], terms["language"], terms["accepted"], device, rows["Country"])


def _text(*rows: tuple[str, str]) -> str:
    return "".join(f"{name}: {value}\n" for name, value in rows)


def _instant(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _fingerprint(registration: Registration, use: Use) -> str:
    """SHA-256 of the key's modulus, big-endian, as long as it is."""
    modulus = registration.keys[use].share.modulus
    return hashlib.sha256(modulus.to_bytes((modulus.bit_length() + 7) // 8, "big")).hexdigest()
