"""OCSP as octets (RFC 6960): questions about a certificate, and a responder that answers them.

How octets travel is a function's business: a call in process, HTTP in a lab.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import new as new_hash

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from softeid.emulator.tlv import TlvError, encode, find

from ..clock import Clock
from . import der
from .authority import Authority
from .status import Status

# (address from AIA, request) -> response, both DER. Raises OSError when nobody answers.
Fetch = Callable[[str, bytes], bytes]

MAX_REQUEST = 8192  # octets; an ordinary request has about 120
_BASIC_RESPONSE = "1.3.6.1.5.5.7.48.1.1"
_NONCE = "1.3.6.1.5.5.7.48.1.2"
_ECDSA_SHA256 = "1.2.840.10045.4.3.2"
# OCSPResponseStatus, RFC 6960, 4.2.1.
_SUCCESSFUL, _MALFORMED_REQUEST = 0, 1
_MALFORMED = der.sequence(der.enumerated(_MALFORMED_REQUEST))
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


class Responder:
    """Answers for one authority, under a certificate that the authority delegated to it.

    The response is written here octet by octet: `cryptography`'s builder dates it by the machine's clock, not
    the scenario's, and cannot sign the same way twice.
    """

    def __init__(self, authority: Authority, clock: Clock) -> None:
        """Open a responder.

        Args:
            authority: whose register is consulted.
            clock: dates the answers.
        """
        self._authority = authority
        self._clock = clock
        self._key, self.certificate = authority.responder()
        self._algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=authority.seed.repeats)

    def answer(self, request: bytes) -> bytes:
        """The DER response to a DER request, whatever the octets.

        One certificate is answered for: good, revoked with time and reason, or unknown if this authority
        never issued it. Expired certificates stay good, suspended ones are revoked with certificateHold (as
        with SK's responder). A nonce comes back. What cannot be read, or asks after none or several, is a
        malformed request.
        """
        if len(request) > MAX_REQUEST:
            return _MALFORMED
        try:
            asked = ocsp.load_der_ocsp_request(request)
            data = self._data(_cert_id(request), self._status(asked), _nonce(asked))
        except _UNREADABLE:
            return _MALFORMED
        return self._signed(data)

    def _status(self, asked: ocsp.OCSPRequest) -> Status | None:
        issuer = self._authority.issuer
        name = asked.hash_algorithm.name
        # A CertID is two hashes by an algorithm of the asker's choice: nothing secret hangs on it.
        key = _key_bits(issuer)
        ours = (
            new_hash(name, issuer.subject.public_bytes(), usedforsecurity=False).digest(),
            new_hash(name, key, usedforsecurity=False).digest(),
        )
        if (asked.issuer_name_hash, asked.issuer_key_hash) != ours:
            return None
        return self._authority.register.get(asked.serial_number)

    def _data(self, cert_id: bytes, status: Status | None, nonce: bytes | None) -> bytes:
        """ResponseData, RFC 6960, 4.2.1. No nextUpdate: newer information is there at any time."""
        now = der.generalized_time(self._clock.now)
        key_hash = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()).digest
        single = der.sequence(cert_id, _cert_status(status), now)
        extension = der.sequence(der.object_identifier(_NONCE), der.octet_string(nonce)) if nonce else b""
        return der.sequence(
            der.explicit(2, der.octet_string(key_hash)),
            now,
            der.sequence(single),
            der.explicit(1, der.sequence(extension)) if extension else b"",
        )

    def _signed(self, data: bytes) -> bytes:
        signature = self._key.sign(data, self._algorithm)
        basic = der.sequence(
            data,
            der.sequence(der.object_identifier(_ECDSA_SHA256)),
            der.bit_string(signature),
            der.explicit(0, der.sequence(self.certificate.public_bytes(Encoding.DER))),
        )
        body = der.sequence(der.object_identifier(_BASIC_RESPONSE), der.octet_string(basic))
        return der.sequence(der.enumerated(_SUCCESSFUL), der.explicit(0, body))


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
    return certificate.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
