"""A card's key as a browser uses it in a TLS handshake: a PIN window asks, the card signs.

The window is that of the Web eID stand-in: it comes back after a wrong PIN, and leaves only closing when no
tries are left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Literal

from ..pki.leaf import Use
from ..reader import ReaderError
from .eid_client import CardRefused, EidClient, PinBlocked, PinWrong
from .web_eid import Prompt

_PINS: Mapping[Use, Literal["PIN1", "PIN2"]] = {Use.AUTHENTICATION: "PIN1", Use.SIGNATURE: "PIN2"}


class Why(StrEnum):
    """Why a card did not sign."""

    CANCELLED = "cancelled"
    BLOCKED = "blocked"
    CARD_REMOVED = "card_removed"
    CARD_REFUSED = "card_refused"


class NotSigned(Exception):
    """The card gave no signature, so there is no handshake.

    Attributes:
        why: as a person would tell it.
    """

    def __init__(self, why: Why) -> None:
        super().__init__(f"the card did not sign: {why}")
        self.why = why


class TlsKey:
    """One of the two keys on a card, offered to a server."""

    def __init__(self, client: EidClient, prompt: Prompt, use: Use = Use.AUTHENTICATION) -> None:
        """Read the certificate, which needs no PIN.

        Args:
            client: the card.
            prompt: the PIN window.
            use: which key; a browser lists both certificates to a person who asks for trouble (SID-LGN-018).

        Raises:
            NotSigned: the certificate cannot be read.
        """
        self._client = client
        self._prompt = prompt
        self._use = use
        self.certificate = _told(lambda: client.read_certificate(use))
        """DER."""

    def sign(self, digest: bytes) -> bytes:
        """Sign a digest: raw r || s, 96 octets.

        Args:
            digest: of the handshake, by the hash of the signature scheme.

        Raises:
            NotSigned: the window was closed, the PIN is blocked, or the card is gone.
        """
        return _told(lambda: self._asked(digest))

    def _asked(self, digest: bytes) -> bytes:
        name = _PINS[self._use]
        use = self._client.authenticate if self._use is Use.AUTHENTICATION else self._client.sign
        left = self._client.pin_counter(name).left
        while left:
            typed = self._prompt(name, left)
            if typed is None:
                raise NotSigned(Why.CANCELLED)
            try:
                return use(digest, typed)
            except PinWrong as wrong:
                left = wrong.tries_left
            except PinBlocked:
                left = 0
        raise NotSigned(Why.BLOCKED)


def _told(deed: Callable[[], bytes]) -> bytes:
    try:
        return deed()
    except ReaderError:
        raise NotSigned(Why.CARD_REMOVED) from None
    except CardRefused:
        raise NotSigned(Why.CARD_REFUSED) from None
