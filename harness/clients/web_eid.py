"""A stand-in of the Web eID application: it proves to a site, with the card, who sits at the computer.

Like the real one it asks for a PIN in a window that comes back after a wrong PIN, tells how many tries are
left, and leaves only closing the window when none are. Unlike the real one it has no clock and uses expired
certificates too, so that the site can say why it refuses them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from enum import StrEnum
from typing import Literal, NamedTuple

from cryptography import x509

from ..pki.leaf import Use
from ..registration.web_eid_token import Token, algorithm_for, signed_digest
from .eid_client import EidClient, PinBlocked, PinName, PinWrong

APP_VERSION = "https://softeid.invalid/web-eid-stand-in/1.0"
_SHORTEST_NONCE = 44  # characters: 256 bits in Base64

Prompt = Callable[[Literal["PIN1", "PIN2"], int], str | None]
"""The PIN window: (which PIN, tries left) -> the digits typed, or None when the person closes it."""


class WebEidCode(StrEnum):
    """Those error codes of web-eid.js that the application itself gives rise to."""

    USER_CANCELLED = "ERR_WEBEID_USER_CANCELLED"
    CONTEXT_INSECURE = "ERR_WEBEID_CONTEXT_INSECURE"
    NATIVE_INVALID_ARGUMENT = "ERR_WEBEID_NATIVE_INVALID_ARGUMENT"


class WebEidError(Exception):
    """No token and no signature came about.

    Attributes:
        code: what the page is told.
        blocked: the PIN that has no tries left; the person could only close the window.
    """

    def __init__(self, code: WebEidCode, blocked: PinName | None = None) -> None:
        super().__init__(f"{code} ({blocked} is blocked)" if blocked else str(code))
        self.code = code
        self.blocked = blocked


class NotActivated(Exception):
    """The card has no certificates yet: its holder must activate it first."""


class Signature(NamedTuple):
    """What `sign` gives the page.

    Attributes:
        algorithm: RFC 7518's name.
        octets: raw r || s.
    """

    algorithm: str
    octets: bytes


class WebEid:
    """The application on one computer."""

    def __init__(self, client: EidClient, *, plain_localhost: bool = False) -> None:
        """Use the card of a client.

        Args:
            client: of the card.
            plain_localhost: take `http://localhost` too, as browsers do and the real application does not:
                for a lab without TLS.
        """
        self._client = client
        self._secure = ("https://", "http://localhost:") if plain_localhost else ("https://",)

    def authenticate(self, origin: str, nonce: str, prompt: Prompt, use: Use = Use.AUTHENTICATION) -> str:
        """Make an authentication token.

        Args:
            origin: of the page, told by the browser: `https://host[:port]`.
            nonce: the page's challenge.
            prompt: the PIN window.
            use: of which key; the real application offers only the first, a careless one both (SID-LGN-018).

        Returns:
            The token as JSON.

        Raises:
            WebEidError: the window was closed, or origin or nonce will not do.
            CardRefused: the card cannot be used.
        """
        if not origin.startswith(self._secure):
            raise WebEidError(WebEidCode.CONTEXT_INSECURE)
        if len(nonce) < _SHORTEST_NONCE:
            raise WebEidError(WebEidCode.NATIVE_INVALID_ARGUMENT)
        certificate = self.certificate(use)
        algorithm = _algorithm(x509.load_der_x509_certificate(certificate))
        digest = signed_digest(algorithm, origin, nonce)
        if use is Use.AUTHENTICATION:
            signature = self._asked("PIN1", prompt, lambda pin: self._client.authenticate(digest, pin))
        else:
            signature = self._asked("PIN2", prompt, lambda pin: self._client.sign(digest, pin))
        return Token(certificate, algorithm, signature, APP_VERSION).text()

    def certificate(self, use: Use) -> bytes:
        """One of the two certificates, DER.

        Raises:
            NotActivated: the card has none.
            CardRefused: the card cannot be used.
        """
        certificate = self._client.read_certificate(use)
        if not certificate:
            raise NotActivated
        return certificate

    def signing_certificate(self) -> bytes:
        """The signature certificate, DER.

        Raises:
            CardRefused: the card cannot be used.
        """
        return self.certificate(Use.SIGNATURE)

    def sign(self, certificate: bytes, digest: bytes, hash_function: str, prompt: Prompt) -> Signature:
        """Sign a digest with the signature key.

        Args:
            certificate: what `signing_certificate` gave; the card must still have it.
            digest: by `hash_function`.
            hash_function: `SHA-256`, `SHA-384` or `SHA-512`.
            prompt: the PIN2 window.

        Raises:
            WebEidError: the window was closed, or certificate or digest will not do.
            CardRefused: the card cannot be used.
        """
        name = hash_function.lower().replace("-", "")
        known = name in ("sha256", "sha384", "sha512") and len(digest) == hashlib.new(name).digest_size
        if not known or certificate != self.signing_certificate():
            raise WebEidError(WebEidCode.NATIVE_INVALID_ARGUMENT)
        key = x509.load_der_x509_certificate(certificate).public_key()
        octets = self._asked("PIN2", prompt, lambda pin: self._client.sign(digest, pin))
        return Signature(f"{algorithm_for(key)[:2]}{name[-3:]}", octets)

    def _asked(self, name: Literal["PIN1", "PIN2"], prompt: Prompt, use: Callable[[str], bytes]) -> bytes:
        """Show the PIN window until the key was used, the PIN is blocked or the person gives up."""
        left = self._client.pin_counter(name).left
        while left:
            typed = prompt(name, left)
            if typed is None:
                raise WebEidError(WebEidCode.USER_CANCELLED)
            try:
                return use(typed)
            except PinWrong as wrong:
                left = wrong.tries_left
            except PinBlocked:
                left = 0
        raise WebEidError(WebEidCode.USER_CANCELLED, blocked=name)


def _algorithm(certificate: x509.Certificate) -> str:
    """What a token names; for a key that has no name there, what the card can do."""
    try:
        return algorithm_for(certificate.public_key())
    except ValueError:
        return "ES384"
