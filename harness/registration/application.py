"""The application for an account: a text that says what is asked for, by whom, on which device.

The person signs its digest with the card's signature key (PIN2) on the portal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256, sha384

from ..pki.leaf import Use
from .contact import Contact
from .identity import Identity
from .model import Registration

HASH_FUNCTION = "SHA-384"
"""Of the text; the name that the Web eID application takes."""


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


def application_for(
    registration: Registration, identity: Identity, contact: Contact, number: str, now: datetime
) -> Application:
    """Write the application of a person for a registration.

    Args:
        registration: whose keys and device are asked for.
        identity: who logged in.
        contact: what the questions were answered with.
        number: drawn for this application, so that no signature fits two.
        now: when it was written.
    """
    device, terms = registration.device, registration.terms
    rows = (
        ("SOFTEID TEST", "application for a new account, without legal effect"),
        ("Application", number),
        ("Written", now.isoformat()),
        ("Person", f"{identity.name}, {identity.semantics_id}"),
        ("Country", registration.country),
        ("Device", f"{device.name} ({device.platform}), {device.device_id}"),
        ("E-mail", contact.email),
        ("Telephone", contact.phone or "none"),
        ("Terms", f"{terms.version} ({terms.language}), accepted {terms.accepted_at.isoformat()}"),
        *((f"Key for {use}", _fingerprint(registration, use)) for use in Use),
    )
    text = "".join(f"{name}: {value}\n" for name, value in rows)
    return Application(text, sha384(text.encode()).digest())


def _fingerprint(registration: Registration, use: Use) -> str:
    """SHA-256 of the key's modulus, big-endian, as long as it is."""
    modulus = registration.keys[use].share.modulus
    return sha256(modulus.to_bytes((modulus.bit_length() + 7) // 8, "big")).hexdigest()
