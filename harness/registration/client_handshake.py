"""Logging in by mutual TLS, in process: who proves to whom that it has the key of a certificate.

Of TLS 1.3 only that is modelled on which the login rests: the client signs everything that was said so far
(RFC 8446, 4.4.3), and what was said names the server. So a signature is good on one connection to one server:
it cannot be forwarded to another (SID-SEC-003), and a session that is taken up again has none (SID-LGN-034).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from .login_ticket import How
from .ocsp_check import UNREADABLE
from .refusal import Refused
from .web_eid_token import parsed_certificate

_CONTEXT = b"TLS 1.3, client CertificateVerify"
_PADDING = b"\x20" * 64
SERVER_SINCE = timedelta(days=1)
"""For how long a server's certificate has been valid, so that a clock which is a little slow takes it."""
SERVER_LIFE = timedelta(days=397)
"""How long it is valid: browsers allow 398 days (CA/Browser Forum, Baseline Requirements, 6.3.2)."""
_RANDOM_OCTETS = 32
"""Of ClientHello and ServerHello (RFC 8446, 4.1.2)."""


class Alert(StrEnum):
    """Why a handshake fails (RFC 8446, 6.2)."""

    BAD_CERTIFICATE = "bad_certificate"
    CERTIFICATE_EXPIRED = "certificate_expired"
    """Has expired, or is not currently valid."""
    DECRYPT_ERROR = "decrypt_error"
    ILLEGAL_PARAMETER = "illegal_parameter"
    UNSUPPORTED_CERTIFICATE = "unsupported_certificate"


class HandshakeFailed(Exception):
    """No connection came about; neither side learnt who the other is.

    Attributes:
        alert: what the peer was told.
    """

    def __init__(self, alert: Alert) -> None:
        super().__init__(f"the TLS handshake failed: {alert}")
        self.alert = alert


class _Scheme(NamedTuple):
    """A row of the table of signature schemes."""

    name: str
    hash: hashes.HashAlgorithm


# RFC 8446, 4.2.3: in TLS 1.3 the curve fixes the hash.
_BY_CURVE: Mapping[str, _Scheme] = {
    "secp256r1": _Scheme("ecdsa_secp256r1_sha256", hashes.SHA256()),
    "secp384r1": _Scheme("ecdsa_secp384r1_sha384", hashes.SHA384()),
    "secp521r1": _Scheme("ecdsa_secp521r1_sha512", hashes.SHA512()),
}
_RSA = _Scheme("rsa_pss_rsae_sha256", hashes.SHA256())


class Hello(NamedTuple):
    """What both have said before the client shows a certificate.

    Attributes:
        origin: whom the server's certificate names, `https://host[:port]`; the server has proven that.
        not_before: the first instant of the server's certificate.
        not_after: the last one.
        client_random: 32 octets.
        server_random: 32 octets.
    """

    origin: str
    not_before: datetime
    not_after: datetime
    client_random: bytes
    server_random: bytes

    def transcript_hash(self, certificate: bytes) -> bytes:
        """The hash over all messages up to the client's certificate, that included; SHA-384.

        Args:
            certificate: the client's, DER.
        """
        server = f"{self.origin} {self.not_before.isoformat()} {self.not_after.isoformat()}"
        transcript = hashlib.sha384()
        for message in (self.client_random, self.server_random, server.encode(), certificate):
            transcript.update(len(message).to_bytes(3, "big") + message)
        return transcript.digest()


class Key(Protocol):
    """What a client has to offer.

    Attributes:
        certificate: DER.
    """

    certificate: bytes

    def sign(self, digest: bytes) -> bytes:
        """Sign a digest, 32 to 64 octets: raw r || s with an EC key, as the scheme says with an RSA key."""


class Proof(NamedTuple):
    """The client's Certificate and CertificateVerify messages.

    Attributes:
        certificate: DER.
        scheme: of RFC 8446, 4.2.3.
        signature: an ECDSA one as DER (Ecdsa-Sig-Value).
    """

    certificate: bytes
    scheme: str
    signature: bytes


def signed_content(transcript_hash: bytes) -> bytes:
    """What a client signs: 64 blanks, the context, a zero octet, the transcript's hash (RFC 8446, 4.4.3)."""
    return _PADDING + _CONTEXT + b"\0" + transcript_hash


def answer(hello: Hello, origin: str, now: datetime, key: Key | None) -> Proof | None:
    """The client's answer to a server: it looks whom it has before it, then lets its key sign.

    Args:
        hello: of the connection.
        origin: where the person meant to go.
        now: by the clock of the person's computer.
        key: of the certificate that is offered; None where there is none.

    Raises:
        HandshakeFailed: the server is another one, or its certificate is not valid then (the computer's
            clock is wrong then, SID-TIM-003), or TLS has no scheme for the key; nothing was signed.
    """
    if hello.origin != origin:
        raise HandshakeFailed(Alert.BAD_CERTIFICATE)
    if not hello.not_before <= now <= hello.not_after:
        raise HandshakeFailed(Alert.CERTIFICATE_EXPIRED)
    return None if key is None else prove(hello, key)


def prove(hello: Hello, key: Key) -> Proof:
    """A client's certificate and its signature of all that was said, whoever the server is.

    Raises:
        HandshakeFailed: TLS has no scheme for the key; nothing was signed.
    """
    public = _public_key(key.certificate)
    scheme = _scheme(public)
    content = signed_content(hello.transcript_hash(key.certificate))
    signature = key.sign(hashlib.new(scheme.hash.name, content).digest())
    if isinstance(public, ec.EllipticCurvePublicKey):
        signature = ecdsa_der(signature)
    return Proof(key.certificate, scheme.name, signature)


def ecdsa_der(raw: bytes) -> bytes:
    """An ECDSA signature as TLS carries it, from r || s as a card gives it (RFC 8446, 4.2.3)."""
    half = len(raw) // 2
    return encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))


class Connection:
    """The server's end of one connection.

    Attributes:
        hello: what was said before the client's certificate.
    """

    def __init__(self, hello: Hello, earlier: bytes | None = None) -> None:
        self.hello = hello
        self._certificate = earlier
        self._how = How.WITHOUT if earlier is None else How.RESUMED

    def authenticate(self, proof: Proof | None) -> None:
        """Take the client's answer to the request for a certificate.

        Any certificate will do; whether it is a good one is asked where the ticket is redeemed.

        Args:
            proof: None where the client has nothing to offer.

        Raises:
            HandshakeFailed: the signature is not one by the certificate's key over this connection.
        """
        if proof is None:
            self._certificate, self._how = None, How.WITHOUT
            return
        key = _public_key(proof.certificate)
        scheme = _scheme(key)
        if proof.scheme != scheme.name:
            raise HandshakeFailed(Alert.ILLEGAL_PARAMETER)
        content = signed_content(self.hello.transcript_hash(proof.certificate))
        if not _verifies(key, scheme, proof.signature, content):
            raise HandshakeFailed(Alert.DECRYPT_ERROR)
        self._certificate, self._how = proof.certificate, How.SIGNED

    def take(self) -> tuple[bytes | None, How]:
        """The client's certificate, DER, and how it was come by: fresh once, known from before ever after."""
        how = self._how
        if how is How.SIGNED:
            self._how = How.RESUMED
        return self._certificate, how


class LoginServer:
    """A server that asks for a client certificate in the first handshake."""

    def __init__(
        self,
        origin: str,
        random: Callable[[int], bytes],
        now: Callable[[], datetime],
        *,
        resumes: bool = False,
    ) -> None:
        """Serve.

        Args:
            origin: whom its own certificate names.
            random: gives so many octets.
            now: the time of day that is right, by which the server's certificate is valid.
            resumes: whether it takes up earlier sessions without a new signature, as many servers do; the
                lab's does not.
        """
        self.origin = origin
        self._random = random
        self._now = now
        self._resumes = resumes

    def accept(self, client_random: bytes, earlier: Connection | None = None) -> Connection:
        """Begin a handshake.

        Args:
            client_random: the client's 32 octets.
            earlier: a connection whose session the client would like to take up again.

        Raises:
            HandshakeFailed: the client's random octets are not 32.
        """
        if len(client_random) != _RANDOM_OCTETS:
            raise HandshakeFailed(Alert.ILLEGAL_PARAMETER)
        known = earlier.take()[0] if earlier and self._resumes else None
        not_before = self._now() - SERVER_SINCE
        random = self._random(_RANDOM_OCTETS)
        return Connection(
            Hello(self.origin, not_before, not_before + SERVER_LIFE, client_random, random), known
        )


def _public_key(certificate: bytes) -> CertificatePublicKeyTypes:
    try:
        return parsed_certificate(certificate).public_key()
    except Refused:
        raise HandshakeFailed(Alert.BAD_CERTIFICATE) from None


def _scheme(key: CertificatePublicKeyTypes) -> _Scheme:
    if isinstance(key, ec.EllipticCurvePublicKey) and (scheme := _BY_CURVE.get(key.curve.name)):
        return scheme
    if isinstance(key, rsa.RSAPublicKey):
        return _RSA
    raise HandshakeFailed(Alert.UNSUPPORTED_CERTIFICATE)


def _verifies(key: CertificatePublicKeyTypes, scheme: _Scheme, signature: bytes, content: bytes) -> bool:
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, content, ec.ECDSA(scheme.hash))
        elif isinstance(key, rsa.RSAPublicKey):
            pss = padding.PSS(padding.MGF1(scheme.hash), scheme.hash.digest_size)
            key.verify(signature, content, pss, scheme.hash)
        else:
            return False
    except (InvalidSignature, *UNREADABLE):
        return False
    return True
