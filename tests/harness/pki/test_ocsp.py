"""The responder's octets, read back by cryptography."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st

from softeid.emulator.tlv import encode, find, parse
from softeid.harness.clock import Clock
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.certificate_state import CERTIFICATE_STATES
from softeid.harness.pki.leaf import Leaf, Use
from softeid.harness.pki.ocsp import MAX_REQUEST, Responder, request
from softeid.harness.pki.status import GOOD, Status, revoked, suspended
from softeid.harness.seed import Seed

MakeLeaf = Callable[[Use], Leaf]
Digest = hashes.SHA1 | hashes.SHA256
MALFORMED = bytes.fromhex("30030A0101")


@pytest.fixture
def responder(authority: Authority, clock: Clock) -> Responder:
    return Responder(authority, clock)


@pytest.fixture
def certificate(authority: Authority, leaf: MakeLeaf) -> x509.Certificate:
    return authority.issue(leaf(Use.AUTHENTICATION))


def asked(responder: Responder, octets: bytes) -> ocsp.OCSPResponse:
    return ocsp.load_der_ocsp_response(responder.answer(octets))


def test_a_good_answer(
    responder: Responder, authority: Authority, certificate: x509.Certificate, clock: Clock
) -> None:
    answer = asked(responder, request(certificate, authority.issuer))
    assert answer.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL
    assert answer.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert len(list(answer.responses)) == 1
    assert answer.serial_number == certificate.serial_number
    assert isinstance(answer.hash_algorithm, hashes.SHA1)
    assert answer.this_update_utc == answer.produced_at_utc == clock.now
    assert answer.next_update_utc is None
    assert len(answer.extensions) == 0


def test_the_answer_is_dated_by_the_clock(
    responder: Responder, authority: Authority, certificate: x509.Certificate, clock: Clock
) -> None:
    clock.move_to(clock.now + timedelta(days=400, milliseconds=700))
    answer = asked(responder, request(certificate, authority.issuer))
    assert answer.this_update_utc == clock.now.replace(microsecond=0)


def test_the_responder_was_delegated(
    responder: Responder, authority: Authority, certificate: x509.Certificate
) -> None:
    answer = asked(responder, request(certificate, authority.issuer))
    (signer,) = answer.certificates
    assert signer == responder.certificate
    signer.verify_directly_issued_by(authority.issuer)
    purposes = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.OCSP_SIGNING]
    assert signer.extensions.get_extension_for_class(x509.OCSPNoCheck)
    identifier = signer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert answer.responder_key_hash == identifier.digest
    key = signer.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert isinstance(answer.signature_hash_algorithm, hashes.SHA256)
    key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize(
    ("status", "told", "reason"),
    [
        (GOOD, ocsp.OCSPCertStatus.GOOD, None),
        (None, ocsp.OCSPCertStatus.REVOKED, None),
        (x509.ReasonFlags.key_compromise, ocsp.OCSPCertStatus.REVOKED, x509.ReasonFlags.key_compromise),
        (x509.ReasonFlags.superseded, ocsp.OCSPCertStatus.REVOKED, x509.ReasonFlags.superseded),
        (
            x509.ReasonFlags.privilege_withdrawn,
            ocsp.OCSPCertStatus.REVOKED,
            x509.ReasonFlags.privilege_withdrawn,
        ),
        (
            x509.ReasonFlags.certificate_hold,
            ocsp.OCSPCertStatus.REVOKED,
            x509.ReasonFlags.certificate_hold,
        ),
    ],
    ids=["good", "revoked without a reason", "key compromise", "superseded", "withdrawn", "suspended"],
)
def test_statuses(
    responder: Responder,
    authority: Authority,
    certificate: x509.Certificate,
    clock: Clock,
    status: Status | x509.ReasonFlags | None,
    told: ocsp.OCSPCertStatus,
    reason: x509.ReasonFlags | None,
) -> None:
    since = clock.now - timedelta(days=3)
    if not isinstance(status, Status):
        hold = status is x509.ReasonFlags.certificate_hold
        status = suspended(since) if hold else revoked(since, status)
    authority.register.set(certificate.serial_number, status)
    answer = asked(responder, request(certificate, authority.issuer))
    assert (answer.certificate_status, answer.revocation_reason) == (told, reason)
    assert answer.revocation_time_utc == (since if told is ocsp.OCSPCertStatus.REVOKED else None)


def test_every_reason_has_its_number(
    responder: Responder, authority: Authority, certificate: x509.Certificate, clock: Clock
) -> None:
    for reason in set(x509.ReasonFlags) - {
        x509.ReasonFlags.certificate_hold,
        x509.ReasonFlags.remove_from_crl,
    }:
        authority.register.set(certificate.serial_number, revoked(clock.now, reason))
        assert asked(responder, request(certificate, authority.issuer)).revocation_reason is reason


def test_a_released_certificate_is_good_again(
    responder: Responder, authority: Authority, certificate: x509.Certificate, clock: Clock
) -> None:
    question = request(certificate, authority.issuer)
    authority.register.set(certificate.serial_number, suspended(clock.now))
    assert asked(responder, question).certificate_status is ocsp.OCSPCertStatus.REVOKED
    authority.register.set(certificate.serial_number, GOOD)
    assert asked(responder, question).certificate_status is ocsp.OCSPCertStatus.GOOD


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("valid", ocsp.OCSPCertStatus.GOOD),
        ("expired", ocsp.OCSPCertStatus.GOOD),
        ("not-yet-valid", ocsp.OCSPCertStatus.GOOD),
        ("suspended", ocsp.OCSPCertStatus.REVOKED),
        ("revoked", ocsp.OCSPCertStatus.REVOKED),
        ("untrusted-issuer", ocsp.OCSPCertStatus.UNKNOWN),
        ("wrong-usage", ocsp.OCSPCertStatus.GOOD),
    ],
)
def test_states(
    responder: Responder, authority: Authority, leaf: MakeLeaf, name: str, told: ocsp.OCSPCertStatus
) -> None:
    certificate = CERTIFICATE_STATES[name](authority, leaf(Use.SIGNATURE))
    assert asked(responder, request(certificate, authority.issuer)).certificate_status is told


def test_strangers_are_unknown(
    responder: Responder, authority: Authority, certificate: x509.Certificate, clock: Clock
) -> None:
    stranger = Authority(Seed("another"), clock)
    for issuer in (stranger.issuer, authority.root, authority.look_alike.issuer):
        answer = asked(responder, request(certificate, issuer))
        assert answer.certificate_status is ocsp.OCSPCertStatus.UNKNOWN


@pytest.mark.parametrize("nonce", [b"\x00", b"n" * 16, bytes(range(32)), b"\xff" * 128])
def test_a_nonce_comes_back(
    responder: Responder, authority: Authority, certificate: x509.Certificate, nonce: bytes
) -> None:
    answer = asked(responder, request(certificate, authority.issuer, nonce))
    (extension,) = answer.extensions
    assert isinstance(extension.value, x509.OCSPNonce)
    assert extension.value.nonce == nonce
    assert not extension.critical


@pytest.mark.parametrize("digest", [hashes.SHA1(), hashes.SHA256()], ids=["SHA-1", "SHA-256"])
def test_a_cert_id_comes_back_octet_by_octet(
    responder: Responder, authority: Authority, certificate: x509.Certificate, digest: Digest
) -> None:
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, authority.issuer, digest)
    question = builder.build().public_bytes(Encoding.DER)
    answer = responder.answer(question)
    assert ocsp.load_der_ocsp_response(answer).certificate_status is ocsp.OCSPCertStatus.GOOD
    cert_id = find(question, *[0x30] * 5)
    assert cert_id is not None
    assert encode(0x30, cert_id) in answer


def test_a_cert_id_without_null_parameters_comes_back_as_it_came(
    responder: Responder, authority: Authority, certificate: x509.Certificate
) -> None:
    """AlgorithmIdentifier with absent parameters, as RFC 5754 wants it for SHA-2: clients compare octets."""
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, authority.issuer, hashes.SHA256())
    fields = parse(find(builder.build().public_bytes(Encoding.DER), *[0x30] * 5) or b"")
    algorithm = encode(0x30, *(encode(one.tag, one.value) for one in fields[0].children()[:1]))
    cert_id = encode(0x30, algorithm, *(encode(one.tag, one.value) for one in fields[1:]))
    question = encode(0x30, encode(0x30, encode(0x30, encode(0x30, cert_id))))
    answer = responder.answer(question)
    assert cert_id in answer
    assert ocsp.load_der_ocsp_response(answer).certificate_status is ocsp.OCSPCertStatus.GOOD


def test_a_seed_gives_the_same_octets(clock: Clock, leaf: MakeLeaf) -> None:
    answers = set()
    for _ in range(2):
        authority = Authority(Seed("s"), clock)
        certificate = authority.issue(leaf(Use.SIGNATURE))
        answers.add(Responder(authority, clock).answer(request(certificate, authority.issuer, b"nonce")))
    assert len(answers) == 1


def bad_requests() -> Iterator[tuple[str, bytes]]:
    clock = Clock.real()
    authority = Authority(Seed("bad requests"), clock)
    good = request(authority.issuer, authority.root, b"nonce")
    single = parse(good)[0].children()[0].children()[0].children()[0]
    twice = encode(single.tag, single.value) * 2
    yield "nothing", b""
    yield "text", b"GET / HTTP/1.1\r\n\r\n"
    yield "an empty sequence", b"\x30\x00"
    yield "something behind it", good + b"\x00"
    yield "two questions", encode(0x30, encode(0x30, encode(0x30, twice)))
    yield "no question", encode(0x30, encode(0x30, encode(0x30)))
    yield "too long", good + b"\x00" * MAX_REQUEST
    yield "an endless length", b"\x30\x84\xff\xff\xff\xff"
    yield "a certificate", authority.root.public_bytes(Encoding.DER)
    unknown_hash = good.replace(bytes.fromhex("06052B0E03021A"), bytes.fromhex("06052B0E03021B"))
    assert unknown_hash != good
    yield "an unknown hash", unknown_hash
    tbs = parse(good)[0].children()[0].children()
    extension = parse(tbs[1].value)[0].children()[0]
    doubled = encode(0xA2, encode(0x30, *[encode(extension.tag, extension.value)] * 2))
    yield "a nonce twice", encode(0x30, encode(0x30, encode(tbs[0].tag, tbs[0].value), doubled))


BAD = dict(bad_requests())


@pytest.mark.parametrize("octets", BAD.values(), ids=BAD)
def test_what_cannot_be_answered_is_malformed(responder: Responder, octets: bytes) -> None:
    assert responder.answer(octets) == MALFORMED


def test_every_truncation_is_malformed(
    responder: Responder, authority: Authority, certificate: x509.Certificate
) -> None:
    question = request(certificate, authority.issuer, b"nonce")
    for length in range(len(question)):
        assert responder.answer(question[:length]) == MALFORMED, length


_FUZZED = Authority(Seed("fuzz"), Clock.real())
_FUZZED_RESPONDER = Responder(_FUZZED, Clock.real())
_QUESTION = request(_FUZZED.issuer, _FUZZED.root, b"nonce")


@settings(max_examples=400)
@given(st.data())
def test_no_octets_make_it_raise(data: st.DataObject) -> None:
    octets = bytearray(_QUESTION)
    for at in data.draw(st.lists(st.integers(0, len(octets) - 1), min_size=1, max_size=4)):
        octets[at] = data.draw(st.integers(0, 255))
    answer = ocsp.load_der_ocsp_response(_FUZZED_RESPONDER.answer(bytes(octets)))
    assert answer.response_status in (
        ocsp.OCSPResponseStatus.SUCCESSFUL,
        ocsp.OCSPResponseStatus.MALFORMED_REQUEST,
    )


@given(st.binary(max_size=300))
def test_no_rubbish_makes_it_raise(octets: bytes) -> None:
    assert ocsp.load_der_ocsp_response(_FUZZED_RESPONDER.answer(octets))
