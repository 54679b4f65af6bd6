"""OCSP as octets (RFC 6960): questions about a certificate, and a responder that answers them.

How octets travel is a function's business: a call in process, HTTP in a lab.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import new as new_hash

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from softeid.emulator.tlv import TlvError, encode, find

from ..clock import Clock
from . import der
from .authority import Authority
from .signing import signed
from .status import Status

# (address from AIA, request) -> response, both DER. Raises OSError when nobody answers.
Fetch = Callable[[str, bytes], bytes]


class HttpStatusError(OSError):
    """A server answered with something else than 200.

    Attributes:
        status: what it said, 300 to 599.
    """

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP status {status}")
        self.status = status


MAX_REQUEST = 8192  # octets; an ordinary request has about 120
_BASIC_RESPONSE = "1.3.6.1.5.5.7.48.1.1"
_NONCE = "1.3.6.1.5.5.7.48.1.2"
_ECDSA_SHA256 = "1.2.840.10045.4.3.2"
# OCSPResponseStatus, RFC 6960, 4.2.1.
_STATUSES = {
    ocsp.OCSPResponseStatus.SUCCESSFUL: 0,
    ocsp.OCSPResponseStatus.MALFORMED_REQUEST: 1,
    ocsp.OCSPResponseStatus.INTERNAL_ERROR: 2,
    ocsp.OCSPResponseStatus.TRY_LATER: 3,
    ocsp.OCSPResponseStatus.SIG_REQUIRED: 5,
    ocsp.OCSPResponseStatus.UNAUTHORIZED: 6,
}
# What `cryptography` raises at octets from outside.
_UNREADABLE = (
    ValueError,
    NotImplementedError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
# CRLReason, RFC 5280, 5.3.1.
_REASONS = {
    x509.ReasonFlags.unspecified: 0,
    x509.ReasonFlags.key_compromise: 1,
    x509.ReasonFlags.ca_compromise: 2,
    x509.ReasonFlags.affiliation_changed: 3,
    x509.ReasonFlags.superseded: 4,
    x509.ReasonFlags.cessation_of_operation: 5,
    x509.ReasonFlags.certificate_hold: 6,
    x509.ReasonFlags.remove_from_crl: 8,
    x509.ReasonFlags.privilege_withdrawn: 9,
    x509.ReasonFlags.aa_compromise: 10,
}


def refusal(status: ocsp.OCSPResponseStatus) -> bytes:
    """A response without an answer: malformedRequest, tryLater and the like, DER (RFC 6960, 4.2.1)."""
    return der.sequence(_status(status))


def request(certificate: x509.Certificate, issuer: x509.Certificate, nonce: bytes | None = None) -> bytes:
    """The question after one certificate, with a SHA-1 CertID as Web eID's library asks it.

    Args:
        certificate: asked after.
        issuer: its issuer's certificate.
        nonce: 1 to 128 octets that the answer must repeat (RFC 9654); None asks without.
    """
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1())  # noqa: S303
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


@dataclass(frozen=True)
class Single:
    """What is said of one certificate.

    Attributes:
        cert_id: which one: the CertID as it was sent, DER.
        status: None for unknown.
        this_update: when that was known to be so.
    """

    cert_id: bytes
    status: Status | None
    this_update: datetime


@dataclass(frozen=True)
class Answer:
    """What a responder is about to say and sign.

    Attributes:
        singles: one for each certificate asked after: with us always one.
        produced_at: when it is said.
        nonce: value of the nonce extension, DER; None leaves it out.
        certificate: the responder's, sent along and named as the signer.
        key: which signs.
    """

    singles: tuple[Single, ...]
    produced_at: datetime
    nonce: bytes | None
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


class Responder:
    """Answers for one authority, under a certificate that the authority delegated to it.

    The response is written here octet by octet: `cryptography`'s builder dates it by the machine's clock, not
    the scenario's, and cannot sign the same way twice.

    Attributes:
        authority: whose register is consulted.
        clock: dates the answers.
        certificate: the responder's.
    """

    def __init__(self, authority: Authority, clock: Clock) -> None:
        """Open a responder."""
        self.authority = authority
        self.clock = clock
        self._key, self.certificate = authority.responder()

    def answer(self, request: bytes) -> bytes:
        """The DER response to a DER request, whatever the octets.

        One certificate is answered for: good, revoked with time and reason, or unknown if this authority
        never issued it. Expired certificates stay good, suspended ones are revoked with certificateHold (as
        with SK's responder). A nonce comes back. What cannot be read, or asks after none or several, is a
        malformed request.
        """
        answer = self.considered(request)
        return self.written(answer) if answer else refusal(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)

    def considered(self, request: bytes) -> Answer | None:
        """What is to be said to a request; None if it is malformed."""
        if len(request) > MAX_REQUEST:
            return None
        try:
            asked = ocsp.load_der_ocsp_request(request)
            single = Single(_cert_id(request), self._said_of(asked), self.clock.now)
            return Answer((single,), self.clock.now, _nonce(asked), self.certificate, self._key)
        except _UNREADABLE:
            return None

    def written(self, answer: Answer) -> bytes:
        """A response that says so, DER. No nextUpdate: newer information is there at any time."""
        named = x509.SubjectKeyIdentifier.from_public_key(answer.certificate.public_key()).digest
        extensions = [_nonce_extension(answer.nonce)] if answer.nonce else []
        data = der.sequence(  # ResponseData, RFC 6960, 4.2.1
            der.explicit(2, der.octet_string(named)),
            der.generalized_time(answer.produced_at),
            der.sequence(*map(_single_response, answer.singles)),
            *(der.explicit(1, der.sequence(extension)) for extension in extensions),
        )
        basic = der.sequence(
            data,
            der.sequence(der.object_identifier(_ECDSA_SHA256)),
            der.bit_string(signed(answer.key, data, hashes.SHA256(), self.authority.seed)),
            der.explicit(0, der.sequence(answer.certificate.public_bytes(Encoding.DER))),
        )
        body = der.sequence(der.object_identifier(_BASIC_RESPONSE), der.octet_string(basic))
        return der.sequence(_status(ocsp.OCSPResponseStatus.SUCCESSFUL), der.explicit(0, body))

    def _said_of(self, asked: ocsp.OCSPRequest) -> Status | None:
        issuer = self.authority.issuer
        name = asked.hash_algorithm.name
        # A CertID is two hashes by an algorithm of the asker's choice: nothing secret hangs on it.
        key = _key_bits(issuer)
        ours = (
            new_hash(name, issuer.subject.public_bytes(), usedforsecurity=False).digest(),
            new_hash(name, key, usedforsecurity=False).digest(),
        )
        if (asked.issuer_name_hash, asked.issuer_key_hash) != ours:
            return None
        return self.authority.register.get(asked.serial_number)


def _status(status: ocsp.OCSPResponseStatus) -> bytes:
    return der.enumerated(_STATUSES[status])


def _single_response(single: Single) -> bytes:
    """SingleResponse, RFC 6960, 4.2.1."""
    return der.sequence(single.cert_id, _cert_status(single.status), der.generalized_time(single.this_update))


def _nonce_extension(value: bytes) -> bytes:
    return der.sequence(der.object_identifier(_NONCE), der.octet_string(value))


def _cert_status(status: Status | None) -> bytes:
    """CertStatus: [0] good, [1] revoked, [2] unknown, all implicit."""
    if status is None:
        return encode(0x82)
    if status.since is None:
        return encode(0x80)
    since = der.generalized_time(status.since)
    if status.reason is None:
        return encode(0xA1, since)
    return encode(0xA1, since, der.explicit(0, der.enumerated(_REASONS[status.reason])))


def _cert_id(request: bytes) -> bytes:
    """The CertID as it was sent: the asker may compare octets.

    Raises:
        ValueError: the octets are not laid out as `cryptography` read them.
    """
    try:
        # OCSPRequest, TBSRequest, requestList, Request; version and requestorName carry other tags.
        content = find(request, 0x30, 0x30, 0x30, 0x30, 0x30)
    except TlvError as error:
        raise ValueError(str(error)) from None
    if content is None:
        raise ValueError("a request without CertID")
    return der.sequence(content)


def _nonce(asked: ocsp.OCSPRequest) -> bytes | None:
    """The value of the nonce extension, which is an OCTET STRING of its own (RFC 9654, 2.1)."""
    for extension in asked.extensions:
        if isinstance(extension.value, x509.OCSPNonce):
            return der.octet_string(extension.value.nonce)
    return None


def _key_bits(certificate: x509.Certificate) -> bytes:
    """The octets in the subject's public key BIT STRING, what issuerKeyHash is made of."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
