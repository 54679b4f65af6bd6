"""Faults of a responder: each has its one defect, read by cryptography."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from softeid.harness.clock import Clock
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.error import StateError
from softeid.harness.pki.leaf import Leaf, Use
from softeid.harness.pki.ocsp import HttpStatusError, Responder, request
from softeid.harness.pki.ocsp_fault import OCSP_FAULTS, PATIENCE, down, faulty, ocsp_fault
from softeid.harness.seed import Seed

MakeLeaf = Callable[[Use], Leaf]
NONCE = b"\x00nonce of a length that comes back"
URL = "http://aia.softeid.invalid/esteid2018"

SILENT = {"down": ConnectionRefusedError, "timeout": TimeoutError, "http-500": HttpStatusError}
REFUSING = {
    "try-later": ocsp.OCSPResponseStatus.TRY_LATER,
    "unauthorized": ocsp.OCSPResponseStatus.UNAUTHORIZED,
}
ANSWERING = sorted(OCSP_FAULTS.keys() - SILENT.keys() - REFUSING.keys() - {"garbage"})


class Asker:
    """Somebody who asks after one certificate, and sees everything that is wrong with an answer."""

    def __init__(self, authority: Authority, clock: Clock, certificate: x509.Certificate) -> None:
        self.authority = authority
        self.clock = clock
        self.certificate = certificate
        self.responder = Responder(authority, clock)

    def wait(self, time: timedelta) -> None:
        self.clock.move_to(self.clock.now + time)

    def asked(self, fault: str, **more: timedelta) -> bytes:
        question = request(self.certificate, self.authority.issuer, NONCE)
        return faulty(fault, self.responder, self.wait, **more)(URL, question)

    def found(self, fault: str) -> set[str]:
        began = self.clock.now
        answer = ocsp.load_der_ocsp_response(self.asked(fault))
        wrong = set()
        if self.clock.now - began > timedelta(seconds=1):
            wrong.add("slow")
        singles = list(answer.responses)
        if len(singles) != 1:
            wrong.add("two-answers")
        if singles[0].serial_number != self.certificate.serial_number:
            wrong.add("wrong-serial")
        if singles[0].certificate_status is not ocsp.OCSPCertStatus.GOOD:
            wrong.add(singles[0].certificate_status.name.lower())
        if singles[0].this_update_utc < self.clock.now - timedelta(seconds=120):
            wrong.add("stale")
        if singles[0].this_update_utc > self.clock.now + timedelta(seconds=900):
            wrong.add("future")
        nonces = [one.value.nonce for one in answer.extensions if isinstance(one.value, x509.OCSPNonce)]
        if nonces != [NONCE]:
            wrong.add("nonce-other" if nonces else "nonce-missing")
        return wrong | set(self._signer(answer))

    def _signer(self, answer: ocsp.OCSPResponse) -> list[str]:
        wrong = []
        (signer,) = answer.certificates
        identifier = x509.SubjectKeyIdentifier.from_public_key(signer.public_key())
        assert answer.responder_key_hash == identifier.digest
        try:
            signer.verify_directly_issued_by(self.authority.issuer)
        except InvalidSignature:
            wrong.append("foreign-responder")
        purposes = [one.value for one in signer.extensions if isinstance(one.value, x509.ExtendedKeyUsage)]
        if not any(ExtendedKeyUsageOID.OCSP_SIGNING in one for one in purposes):
            wrong.append("no-purpose")
        key = signer.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        try:
            key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            wrong.append("wrong-signer")
        return wrong


@pytest.fixture
def asker(authority: Authority, clock: Clock, leaf: MakeLeaf) -> Asker:
    return Asker(authority, clock, authority.issue(leaf(Use.AUTHENTICATION)))


@pytest.mark.parametrize("fault", ANSWERING)
def test_a_fault_has_its_defect_and_no_other(asker: Asker, fault: str) -> None:
    assert asker.found(fault) == {fault}


@pytest.mark.parametrize("fault", SILENT)
def test_nobody_answers(asker: Asker, fault: str) -> None:
    with pytest.raises(SILENT[fault]) as caught:
        asker.asked(fault)
    assert isinstance(caught.value, OSError)
    assert getattr(caught.value, "status", None) == (500 if fault == "http-500" else None)


@pytest.mark.parametrize("fault", REFUSING)
def test_the_responder_refuses(asker: Asker, fault: str) -> None:
    assert ocsp.load_der_ocsp_response(asker.asked(fault)).response_status is REFUSING[fault]


def test_a_web_page_is_no_answer(asker: Asker) -> None:
    with pytest.raises(ValueError, match="parsing"):
        ocsp.load_der_ocsp_response(asker.asked("garbage"))


def test_the_bounds_are_missed_by_a_second(asker: Asker) -> None:
    now = asker.clock.now
    for fault, seconds in (("stale", -121), ("future", 901)):
        answer = ocsp.load_der_ocsp_response(asker.asked(fault))
        assert answer.this_update_utc == now + timedelta(seconds=seconds)
        assert answer.produced_at_utc == now


def test_time_passes_by_the_clock(asker: Asker) -> None:
    began = asker.clock.now
    answer = ocsp.load_der_ocsp_response(asker.asked("slow", delay=timedelta(seconds=3)))
    assert asker.clock.now - began == timedelta(seconds=3)
    assert answer.this_update_utc == asker.clock.now
    for fault, more in (("timeout", {}), ("slow", {"delay": PATIENCE + timedelta(milliseconds=1)})):
        began = asker.clock.now
        with pytest.raises(TimeoutError, match="no answer within 5 s"):
            asker.asked(fault, **more)
        assert asker.clock.now - began == PATIENCE


@pytest.mark.parametrize("fault", sorted(OCSP_FAULTS.keys() - SILENT.keys()))
def test_a_seed_repeats_every_fault(clock: Clock, leaf: MakeLeaf, fault: str) -> None:
    answers = set()
    for _ in range(2):
        authority = Authority(Seed("s"), Clock(clock.now))
        asker = Asker(authority, authority.clock, authority.issue(leaf(Use.AUTHENTICATION)))
        answers.add(asker.asked(fault))
    assert len(answers) == 1


@pytest.mark.parametrize("fault", ANSWERING)
def test_a_malformed_request_stays_one(asker: Asker, fault: str) -> None:
    octets = faulty(fault, asker.responder, asker.wait)(URL, b"nothing")
    assert octets == bytes.fromhex("30030A0101")


def test_another_nonce_even_where_none_was_sent(asker: Asker) -> None:
    question = request(asker.certificate, asker.authority.issuer)
    answer = ocsp.load_der_ocsp_response(faulty("nonce-other", asker.responder, asker.wait)(URL, question))
    assert len(answer.extensions) == 1


@pytest.mark.parametrize("fault", OCSP_FAULTS)
def test_each_fault_is_described(fault: str) -> None:
    assert OCSP_FAULTS[fault].__doc__


def test_an_unknown_fault_says_what_was_meant(asker: Asker) -> None:
    with pytest.raises(StateError, match="OCSP fault: expected down, timeout") as caught:
        faulty("stail", asker.responder, asker.wait)
    assert caught.value.advice == "did you mean stale?"


def test_one_function_adds_a_fault() -> None:
    with pytest.raises(ValueError, match="already"):
        ocsp_fault("down")(down)


_FUZZED = Responder(Authority(Seed("fuzz"), Clock.real()), Clock.real())


@given(st.sampled_from(ANSWERING), st.binary(max_size=300))
def test_no_rubbish_makes_a_fault_raise(fault: str, octets: bytes) -> None:
    answer = faulty(fault, _FUZZED, lambda time: None)(URL, octets)
    assert ocsp.load_der_ocsp_response(answer)
