"""A look-alike between a person and the login host, over real TLS: it hands on what the person's card says.

It has a name of its own and a good certificate for it, asks for the card's certificate as the real host does,
and shows that and the card's signature to the real host. That one refuses: what was signed names the
look-alike (RFC 8446, 4.4.3; SID-SEC-003).
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from typing import Any, Self
from warnings import catch_warnings

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ..clients.tls_client import LoginFailed
from ..pki.authority import Authority
from ..registration.client_handshake import Key
from .tls import issue_server

with catch_warnings(action="ignore", category=DeprecationWarning):  # of asyncore, until 3.12
    from tlslite.api import X509, HandshakeSettings, TLSConnection, X509CertChain, parsePEMKey
    from tlslite.errors import BaseTLSException
    from tlslite.messages import CertificateVerify

HandOn = Callable[[Key], str]
"""Goes to the real host with what somebody showed; the address to go on with, or `LoginFailed`."""

_PATIENCE = 30  # seconds for the person to answer
_AT_ONCE = 4096  # octets that are read in one go


@dataclass
class Shown:
    """What a person showed, as whoever wants to pass for that person has it.

    Attributes:
        certificate: DER.
        signature: r || s, of another handshake.
    """

    certificate: bytes
    signature: bytes

    def sign(self, digest: bytes) -> bytes:
        """The signature that there is, whatever is to be signed."""
        return self.signature


class LookAlike:
    """Waits for one person, on loopback, in a thread of its own.

    Attributes:
        address: IP and port.
        shown: what the person showed; None as long as nobody showed anything.
        failed: why the real host gave no address; None as long as it did not say.
    """

    def __init__(self, host: str, authority: Authority, hand_on: HandOn) -> None:
        """Listen.

        Args:
            host: its name.
            authority: gives it a certificate.
            hand_on: goes to the real host.
        """
        self.shown: Shown | None = None
        self.failed: Exception | None = None
        self._hand_on = hand_on
        self._credentials = _credentials(host, authority)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(_PATIENCE)
        self.address: tuple[str, int] = self._listener.getsockname()
        self._thread = Thread(target=self._serve, name="look-alike", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()

    def _serve(self) -> None:
        with self._listener, suppress(OSError):
            plain, _ = self._listener.accept()
            with plain:
                plain.settimeout(_PATIENCE)
                try:
                    self._meet(plain)
                except BaseTLSException:  # the person has an alert coming, which a reset would take away
                    plain.shutdown(socket.SHUT_WR)
                    while plain.recv(_AT_ONCE):
                        pass

    def _meet(self, plain: socket.socket) -> None:
        connection = _Listening(plain)
        connection.closeSocket = False
        settings = HandshakeSettings()
        settings.minVersion = (3, 4)
        settings.certificate_compression_receive = []
        chain, key = self._credentials
        connection.handshakeServer(certChain=chain, privateKey=key, reqCert=True, settings=settings)
        certificates = connection.session.clientCertChain
        if not (certificates and connection.signature):
            return
        r, s = decode_dss_signature(connection.signature)
        half = (max(r, s).bit_length() + 7) // 8
        raw = r.to_bytes(half, "big") + s.to_bytes(half, "big")
        self.shown = Shown(bytes(certificates.x509List[0].writeBytes()), raw)
        try:
            address = self._hand_on(self.shown)
        except (LoginFailed, OSError) as failed:
            self.failed = failed
            return
        connection.sendall(f"HTTP/1.1 303 See Other\r\nLocation: {address}\r\n\r\n".encode())
        connection.close()


class _Listening(TLSConnection):  # type: ignore[misc]  # tlslite-ng has no types
    """A server's connection that keeps the client's signature."""

    signature = b""

    def _getMsg(self, *arguments: Any, **named: Any) -> Iterator[Any]:  # noqa: N802
        """The library's own step in which each message is read."""
        for result in super()._getMsg(*arguments, **named):
            if isinstance(result, CertificateVerify):
                self.signature = bytes(result.signature)
            yield result


def _credentials(host: str, authority: Authority) -> tuple[Any, Any]:
    """A chain and a key, as tlslite-ng has them."""
    key, certificate = issue_server(authority, [host])
    chain = []
    for one in (certificate, authority.issuer):
        chain.append(X509())
        chain[-1].parseBinary(one.public_bytes(Encoding.DER))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return X509CertChain(chain), parsePEMKey(private, private=True)
