"""Web eID tokens that somebody changed on their way."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import Literal

from ..registration.client_handshake import ecdsa_der

Alteration = Literal["certificate", "algorithm", "signature", "der", "undecodable"]


def changed(
    token: str,
    alteration: Alteration | None,
    algorithm: str,
    form: str,
    length: int | None,
    other: Callable[[], bytes],
) -> str:
    """A token that is not what the card made.

    Args:
        token: as it was made.
        alteration: another's certificate, another algorithm, a signature that is cut, in DER, or no Base64.
        algorithm: its name; as it was where empty.
        form: likewise.
        length: characters in all; as many as it has where None.
        other: gives another person's certificate, DER.
    """
    fields = json.loads(token)
    signature = b64decode(fields["signature"])
    changes: Mapping[Alteration, Callable[[], Mapping[str, str]]] = {
        "certificate": lambda: {"unverifiedCertificate": _text(other())},
        "algorithm": lambda: {"algorithm": "ES256"},
        "signature": lambda: {"signature": _text(signature[:-1])},
        "der": lambda: {"signature": _text(ecdsa_der(signature))},
        "undecodable": lambda: {"signature": f"!{fields['signature'][1:]}"},
    }
    if alteration:
        fields |= changes[alteration]()
    fields |= {name: value for name, value in (("algorithm", algorithm), ("format", form)) if value}
    text = json.dumps(fields)
    return text if length is None else _as_long(fields, text, length)


def _as_long(fields: Mapping[str, str], text: str, length: int) -> str:
    """Cut, or stretched by a longer name of the application, which nobody reads."""
    if length <= len(text):
        return text[:length]
    return json.dumps({**fields, "appVersion": fields["appVersion"] + "x" * (length - len(text))})


def _text(octets: bytes) -> str:
    return b64encode(octets).decode()
