"""A browser's part in a login by mutual TLS: real sockets, real TLS, and a card that signs the handshake.

On tlslite-ng, whose keys are objects: one of ours lets the card make the signature. Nothing is signed before
the server's certificate was found good, for the computer's own idea of the time (SID-TIM-003).
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any, Literal
from urllib.parse import urlsplit
from warnings import catch_warnings

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from ..registration.client_handshake import Key, ecdsa_der
from ..registration.refusal import Refused
from ..registration.vocabulary import Code
from ..registration.web_eid_token import parsed_certificate
from .tls_key import NotSigned

with catch_warnings(action="ignore", category=DeprecationWarning):  # of asyncore, until 3.12
    from tlslite.api import X509, AlertDescription, HandshakeSettings, TLSConnection, X509CertChain
    from tlslite.errors import BaseTLSException, TLSAbruptCloseError, TLSAlert, TLSLocalAlert, TLSRemoteAlert
    from tlslite.utils.python_ecdsakey import Python_ECDSAKey
    from tlslite.utils.python_rsakey import Python_RSAKey

Version = Literal["1.2", "1.3"]

_VERSIONS = {"1.2": (3, 3), "1.3": (3, 4)}
_LONGEST = 65536  # octets of a response's head
_PATIENCE = 30  # seconds for the server to answer
_GROUP = "secp256r1"  # of the key share; each one more takes a millisecond


class LoginFailed(Exception):
    """There is no answer from the login host.

    Attributes:
        why: a word of `Why`; `untrusted` (the server is not who it should be); `alert` (by the server, such
            as for a card whose key is not that of its certificate), `closed`, `handshake` (the library saw
            a mistake, or cannot use the certificate); `answer` (no redirect); or TLS_CLOCK: the server's
            certificate would be good at another time, so it is the computer's clock that is wrong, never the
            portal.
        detail: the alert's name or the status line.
    """

    def __init__(self, why: str, detail: str = "") -> None:
        super().__init__(f"no login: {why}" + (f" ({detail})" if detail else ""))
        self.why = why
        self.detail = detail


@dataclass(frozen=True)
class Computer:
    """Where the browser runs.

    Attributes:
        trusted: authorities of TLS servers.
        now: the time of day, as this computer has it.
    """

    trusted: Sequence[x509.Certificate]
    now: datetime


@dataclass
class Memory:
    """What a browser keeps of its last connection, to take up that session again."""

    session: Any = None


def reach(address: str, computer: Computer, *, connect: tuple[str, int] | None = None) -> None:
    """Shake hands with a server, with no card, and ask for nothing.

    Args:
        address: `https://host[:port]`, as for `follow`.
        computer: as for `follow`.
        connect: as for `follow`.

    Raises:
        LoginFailed: no handshake came about.
        OSError: nobody listens.
    """
    with _connected(address, computer, connect) as connection:
        connection.handshake(None, "1.3")


def follow(
    address: str,
    computer: Computer,
    key: Key | None,
    *,
    connect: tuple[str, int] | None = None,
    version: Version = "1.3",
    memory: Memory | None = None,
) -> str:
    """Go to the login host, with a card or without.

    Args:
        address: the link that the portal gave: `https://host[:port]/auth/mtls?session=...`.
        computer: where this happens.
        key: of a card in a reader; None where there is nothing to offer.
        connect: IP and port to connect to; by default those of the address.
        version: of TLS.
        memory: holds a session to take up again, if the server will, and then this connection's.

    Returns:
        The address to go on with, which has the ticket.

    Raises:
        LoginFailed: there is no such address.
        OSError: nobody listens.
    """
    parts = urlsplit(address)
    with _connected(address, computer, connect) as connection:
        connection.handshake(key, version, memory.session if memory else None)
        request = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.sendall(f"GET {request} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        location = _location(connection)
        if memory:
            memory.session = connection.session
        return location


@contextmanager
def _connected(address: str, computer: Computer, connect: tuple[str, int] | None) -> Iterator[_Connection]:
    parts = urlsplit(address)
    host = parts.hostname or ""
    with socket.create_connection(connect or (host, parts.port or 443), _PATIENCE) as plain:
        # What is written after the handshake's last message would wait for that one's acknowledgement.
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        connection = _Connection(plain, host, computer)
        try:
            yield connection
        except NotSigned as not_signed:
            raise LoginFailed(not_signed.why) from not_signed
        except TLSRemoteAlert as alert:
            raise LoginFailed("alert", _name(alert)) from None
        except TLSLocalAlert as alert:
            raise LoginFailed("handshake", _name(alert)) from None
        except (TLSAlert, TLSAbruptCloseError, ConnectionError) as gone:
            raise LoginFailed("closed", str(gone)) from None
        except BaseTLSException as unable:
            raise LoginFailed("handshake", str(unable)) from None
        finally:
            with suppress(BaseTLSException, OSError):
                connection.close()


class _Connection(TLSConnection):  # type: ignore[misc]  # tlslite-ng has no types
    """A client's connection that looks at the server's certificate before the card signs anything."""

    def __init__(self, plain: socket.socket, host: str, computer: Computer) -> None:
        super().__init__(plain)
        self._host = host
        self._computer = computer

    def handshake(self, key: Key | None, version: Version, session: Any = None) -> None:
        settings = HandshakeSettings()
        settings.keyShares = [_GROUP]
        settings.minVersion = settings.maxVersion = _VERSIONS[version]
        # 0.8.2 compresses the client's certificate in TLS 1.3 whether or not the server can read that.
        settings.certificate_compression_send = []
        name = None if _is_ip(self._host) else self._host
        if key is None:
            self.handshakeClientCert(session=session, settings=settings, serverName=name)
            return
        private, certificate = _private(key), X509()
        try:
            certificate.parseBinary(key.certificate)
        except SyntaxError as unknown:
            raise LoginFailed("handshake", str(unknown)) from None
        chain = X509CertChain([certificate])
        self.handshakeClientCert(chain, private, session=session, settings=settings, serverName=name)

    def _clientGetKeyFromChain(self, *arguments: Any, **named: Any) -> Iterator[Any]:  # noqa: N802
        """The library's own step in which the server's certificates are taken from their message."""
        for result in super()._clientGetKeyFromChain(*arguments, **named):
            if isinstance(result, tuple):
                _check_server(result[1], self._host, self._computer)
            yield result


def _private(key: Key) -> _CardKey | _RsaKey:
    try:
        public = parsed_certificate(key.certificate).public_key()
    except Refused:
        raise LoginFailed("handshake", "no certificate that can be read") from None
    if isinstance(public, rsa.RSAPublicKey):
        return _RsaKey(public, key)
    if isinstance(public, ec.EllipticCurvePublicKey):
        return _CardKey(public, key)
    raise LoginFailed("handshake", "no key that TLS has a scheme for")


class _CardKey(Python_ECDSAKey):  # type: ignore[misc]  # tlslite-ng has no types
    """What tlslite-ng takes for a private key; the card has the real one."""

    def __init__(self, public: ec.EllipticCurvePublicKey, key: Key) -> None:
        numbers = public.public_numbers()
        super().__init__(numbers.x, numbers.y, public.curve.name)
        self._key = key
        self.private_key = self.public_key  # asked only for its curve

    def _sign(self, data: bytearray, hash_name: str) -> bytearray:
        return bytearray(ecdsa_der(self._key.sign(bytes(data))))

    def verify(self, *_: object) -> bool:
        """Browsers do not look at what the card gave; the server does."""
        return True


class _RsaKey(Python_RSAKey):  # type: ignore[misc]  # tlslite-ng has no types
    """The same where the certificate says that the card has an RSA key."""

    def __init__(self, public: rsa.RSAPublicKey, key: Key) -> None:
        numbers = public.public_numbers()
        super().__init__(numbers.n, numbers.e)
        self._key = key

    def sign(self, data: bytearray, *_: object) -> bytearray:
        """What the card gives for a digest."""
        return bytearray(self._key.sign(bytes(data)))

    def verify(self, *_: object) -> bool:
        """As above."""
        return True


def _check_server(chain: Any, host: str, computer: Computer) -> None:
    """Refuse a server that is not who it should be, at the time that this computer has."""
    leaf, *others = (x509.load_der_x509_certificate(bytes(one.writeBytes())) for one in chain.x509List)
    try:
        _verify(leaf, others, host, computer, computer.now)
        return
    except VerificationError as bad:
        told = str(bad).partition(" (encountered")[0]  # what follows is of no use to a person
    if not leaf.not_valid_before_utc <= computer.now <= leaf.not_valid_after_utc:
        with suppress(VerificationError):
            _verify(leaf, others, host, computer, leaf.not_valid_after_utc)
            raise LoginFailed(Code.TLS_CLOCK, told)
    raise LoginFailed("untrusted", told)


def _verify(
    leaf: x509.Certificate, others: list[x509.Certificate], host: str, computer: Computer, now: datetime
) -> None:
    subject = x509.IPAddress(ip_address(host)) if _is_ip(host) else x509.DNSName(host)
    policy = PolicyBuilder().store(Store(list(computer.trusted))).time(now)
    policy.build_server_verifier(subject).verify(leaf, others)


def _name(alert: Any) -> str:
    """The alert's name (RFC 8446, 6); the library's own text fails for some."""
    return str(AlertDescription.toStr(alert.description))


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _location(connection: _Connection) -> str:
    """Where the server's answer leads."""
    head = bytearray()
    while b"\r\n\r\n" not in head and len(head) < _LONGEST:
        octets = connection.recv(4096)
        if not octets:
            break
        head += octets
    status, *headers = head.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    for header in headers:
        name, _, value = header.partition(":")
        if name.lower() == "location" and " 303 " in status:
            return value.strip()
    raise LoginFailed("answer", status)
