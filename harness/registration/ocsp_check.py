"""Asking for the status of a certificate by OCSP, and believing nothing that is not proven (RFC 6960).

The request travels through a function (url, octets) -> octets. Source of the rules: the reference Web eID
validation library, as the registration specification quotes it (3.5, SID-CRT-007 to 017).

`why` says in one word what is wrong. OCSP_UNAVAILABLE: no_address, down, timeout, http_500 and the like, or a
refusal of the responder's such as try_later. OCSP_INVALID: unreadable, answers (not one), serial (of another
certificate), foreign (not of our issuer), purpose, responder_time, signature, nonce_missing, nonce_other.
OCSP_STALE: old, future.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal
from warnings import catch_warnings

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from ..pki.ocsp import Fetch, HttpStatusError, request
from .refusal import Refused
from .settings import Settings
from .vocabulary import Code

_NONCE_OCTETS = 32
OcspOutcome = Literal["good", "unavailable"]
"""How a certificate passed; unavailable where the setting lets it."""

UNREADABLE = (
    ValueError,
    TypeError,
    NotImplementedError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
    Warning,
)
"""What `cryptography` raises at octets from outside, some of it only when a part is looked at."""


class OcspCheck:
    """Tells whether certificates are revoked."""

    def __init__(self, fetch: Fetch, settings: Settings, random: Callable[[int], bytes]) -> None:
        """Ask through `fetch`; nonces come from `random`."""
        self._fetch = fetch
        self._settings = settings
        self._random = random

    def check(self, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime) -> OcspOutcome:
        """Refuse a certificate that is not known to be good.

        Raises:
            Refused: CERT_REVOKED and CERT_SUSPENDED with `revoked_at`, CERT_STATUS_UNKNOWN, or one of the
                three OCSP_ codes.
        """
        try:
            response, nonce = self._ask(certificate, issuer)
        except Refused as refusal:
            if self._settings.ocsp_soft_fail and refusal.code is Code.OCSP_UNAVAILABLE:
                return "unavailable"
            raise
        try:
            answer = _sole_answer(response)
            _check_subject(answer, certificate, issuer)
            _check_responder(response, issuer, now)
            _check_nonce(response, nonce)
            self._check_age(answer, now)
            _check_status(answer)
        except UNREADABLE as bad:
            raise _invalid("unreadable") from bad
        return "good"

    def _ask(
        self, certificate: x509.Certificate, issuer: x509.Certificate
    ) -> tuple[ocsp.OCSPResponse, bytes]:
        url = responder_address(certificate)
        if url is None:
            raise Refused(Code.OCSP_UNAVAILABLE, why="no_address")
        nonce = self._random(_NONCE_OCTETS)
        try:
            octets = self._fetch(url, request(certificate, issuer, nonce))
        except TimeoutError as late:
            raise Refused(Code.OCSP_UNAVAILABLE, why="timeout") from late
        except HttpStatusError as error:
            raise Refused(Code.OCSP_UNAVAILABLE, why=f"http_{error.status}") from error
        except OSError as down:
            raise Refused(Code.OCSP_UNAVAILABLE, why="down") from down
        try:
            with catch_warnings(action="error"):
                response = ocsp.load_der_ocsp_response(octets)
        except UNREADABLE as bad:
            raise _invalid("unreadable") from bad
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise Refused(Code.OCSP_UNAVAILABLE, why=response.response_status.name.lower())
        return response, nonce

    def _check_age(self, answer: ocsp.OCSPSingleResponse, now: datetime) -> None:
        """`thisUpdate` at most two minutes old; skew is for the future, as in the library."""
        skew = self._settings.ocsp_skew
        made = answer.this_update_utc
        if made > now + skew:
            raise Refused(Code.OCSP_STALE, why="future", this_update=made.isoformat())
        if made < now - self._settings.ocsp_max_age:
            raise Refused(Code.OCSP_STALE, why="old", this_update=made.isoformat())
        following = answer.next_update_utc
        if following is not None and (following < now - skew or following < made):
            raise Refused(Code.OCSP_STALE, why="old", next_update=following.isoformat())


def responder_address(certificate: x509.Certificate) -> str | None:
    """The OCSP address in a certificate's AIA extension."""
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return None
    for description in access:
        if description.access_method == AuthorityInformationAccessOID.OCSP:
            return str(description.access_location.value)
    return None


def _sole_answer(response: ocsp.OCSPResponse) -> ocsp.OCSPSingleResponse:
    answers = list(response.responses)
    if len(answers) != 1:
        raise _invalid("answers")
    return answers[0]


def _check_subject(
    answer: ocsp.OCSPSingleResponse, certificate: x509.Certificate, issuer: x509.Certificate
) -> None:
    """The answer speaks of our certificate: CertID of RFC 6960, 4.1.1, made anew."""
    asked = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, answer.hash_algorithm).build()
    told = (answer.serial_number, answer.issuer_name_hash, answer.issuer_key_hash)
    if told != (asked.serial_number, asked.issuer_name_hash, asked.issuer_key_hash):
        raise _invalid("serial")


def _check_responder(response: ocsp.OCSPResponse, issuer: x509.Certificate, now: datetime) -> None:
    """The signer is the issuer, or a valid responder that it authorised (RFC 6960, 4.2.2.2)."""
    signer = _signer(response, issuer)
    if signer is None:
        raise _invalid("foreign")
    if signer != issuer:
        try:
            signer.verify_directly_issued_by(issuer)
        except (*UNREADABLE, InvalidSignature) as foreign:
            raise _invalid("foreign") from foreign
        if not _may_answer(signer):
            raise _invalid("purpose")
        if not signer.not_valid_before_utc <= now <= signer.not_valid_after_utc:
            raise _invalid("responder_time")
    if not _signed_by(response, signer):
        raise _invalid("signature")


def _signer(response: ocsp.OCSPResponse, issuer: x509.Certificate) -> x509.Certificate | None:
    """The certificate that the response's responder ID names, of those that came along or the issuer's."""
    for candidate in (*response.certificates, issuer):
        if response.responder_name is not None:
            if candidate.subject == response.responder_name:
                return candidate
        elif _key_hash(candidate) == response.responder_key_hash:
            return candidate
    return None


def _key_hash(certificate: x509.Certificate) -> bytes:
    """SHA-1 of the public key's bits (RFC 6960, 4.2.1, KeyHash)."""
    return x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()).digest


def _may_answer(signer: x509.Certificate) -> bool:
    try:
        usage = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return ExtendedKeyUsageOID.OCSP_SIGNING in usage


def _signed_by(response: ocsp.OCSPResponse, signer: x509.Certificate) -> bool:
    key, hash_algorithm = signer.public_key(), response.signature_hash_algorithm
    if hash_algorithm is None:
        return False
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(hash_algorithm))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), hash_algorithm)
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _check_nonce(response: ocsp.OCSPResponse, nonce: bytes) -> None:
    try:
        told = response.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        told = None
    if told != nonce:
        raise _invalid("nonce_missing" if told is None else "nonce_other")


def _check_status(answer: ocsp.OCSPSingleResponse) -> None:
    """Suspension is told as revoked with the reason certificateHold."""
    if answer.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
        raise Refused(Code.CERT_STATUS_UNKNOWN)
    if answer.certificate_status is ocsp.OCSPCertStatus.REVOKED:
        reason, since = answer.revocation_reason, answer.revocation_time_utc
        told = {"revoked_at": since.isoformat()} if since else {}
        if reason is x509.ReasonFlags.certificate_hold:
            raise Refused(Code.CERT_SUSPENDED, **told)
        raise Refused(Code.CERT_REVOKED, reason=reason.value if reason else "unspecified", **told)


def _invalid(why: str) -> Refused:
    return Refused(Code.OCSP_INVALID, why=why)
