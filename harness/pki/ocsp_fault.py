"""A responder that answers wrongly, or not at all: one function adds a fault, each has exactly one defect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

from softeid.emulator.tlv import encode, parse

from . import der
from .ocsp import Answer, Fetch, HttpStatusError, Responder, Single, refusal
from .registry import Registry
from .status import GOOD

Wait = Callable[[timedelta], None]
"""How time passes on the way: on a scenario's clock that is moved, or on the machine's."""

PATIENCE = timedelta(seconds=5)
"""How long an asker waits (default of the reference Web eID validation library)."""


@dataclass(frozen=True)
class Line:
    """The way from an asker to a responder.

    Attributes:
        responder: the one that would answer rightly.
        wait: lets time pass.
        delay: how long `slow` takes.
        patience: how long the asker waits.
    """

    responder: Responder
    wait: Wait
    delay: timedelta
    patience: timedelta


# What becomes of a request. Raises OSError when nobody answers.
OcspFault = Callable[[Line, bytes], bytes]
OCSP_FAULTS = Registry[OcspFault]("OCSP fault", shown=30)
ocsp_fault = OCSP_FAULTS.add


def faulty(
    name: str,
    responder: Responder,
    wait: Wait,
    *,
    delay: timedelta = timedelta(seconds=4),
    patience: timedelta = PATIENCE,
) -> Fetch:
    """A way to ask that has a fault.

    Args:
        name: one of `OCSP_FAULTS`.
        responder: the one that would answer rightly.
        wait: lets time pass, for `slow` and `timeout`.
        delay: how long `slow` takes; more than the patience, and the asker gives up.
        patience: how long the asker waits.

    Raises:
        StateError: there is no such fault.
    """
    fault = OCSP_FAULTS.named(name)
    line = Line(responder, wait, delay, patience)
    return lambda url, request: fault(line, request)


# --- nobody answers ---------------------------------------------------------------------------------------


@ocsp_fault("down")
def down(line: Line, request: bytes) -> bytes:
    """Nobody listens."""
    raise ConnectionRefusedError("nobody listens at the responder's address")


@ocsp_fault("timeout")
def timeout(line: Line, request: bytes) -> bytes:
    """The responder says nothing until the asker gives up."""
    line.wait(line.patience)
    raise TimeoutError(f"no answer within {line.patience.total_seconds():g} s")


@ocsp_fault("slow")
def slow(line: Line, request: bytes) -> bytes:
    """The answer is right, and takes its time."""
    if line.delay > line.patience:
        return timeout(line, request)
    line.wait(line.delay)
    return line.responder.answer(request)


@ocsp_fault("http-500")
def http_500(line: Line, request: bytes) -> bytes:
    """The web server in front of the responder has an error of its own."""
    raise HttpStatusError(500)


@ocsp_fault("try-later")
def try_later(line: Line, request: bytes) -> bytes:
    """The responder says tryLater."""
    return refusal(ocsp.OCSPResponseStatus.TRY_LATER)


@ocsp_fault("unauthorized")
def unauthorized(line: Line, request: bytes) -> bytes:
    """The responder says that it does not answer this asker."""
    return refusal(ocsp.OCSPResponseStatus.UNAUTHORIZED)


@ocsp_fault("garbage")
def garbage(line: Line, request: bytes) -> bytes:
    """A web page, as a proxy sends it in place of an answer."""
    return b"<!DOCTYPE html><title>Sign in to this network</title>"


# --- the answer is wrong ----------------------------------------------------------------------------------


@ocsp_fault("stale")
def stale(line: Line, request: bytes) -> bytes:
    """What is said was known 121 seconds ago: a second more than two minutes."""
    return _bent(line, request, lambda answer: _dated(answer, timedelta(seconds=-121)))


@ocsp_fault("future")
def future(line: Line, request: bytes) -> bytes:
    """What is said will be known in 901 seconds: a second more than a quarter of an hour."""
    return _bent(line, request, lambda answer: _dated(answer, timedelta(seconds=901)))


@ocsp_fault("wrong-signer")
def wrong_signer(line: Line, request: bytes) -> bytes:
    """Signed with another key than that of the certificate which comes along."""
    key = line.responder.authority.seed.ec_key(ec.SECP256R1(), "ocsp wrong signer")
    return _bent(line, request, lambda answer: replace(answer, key=key))


@ocsp_fault("no-purpose")
def no_purpose(line: Line, request: bytes) -> bytes:
    """Signed under a certificate of the right issuer that is not for OCSP signing."""
    key, certificate = line.responder.authority.responder(may_answer=False)
    return _bent(line, request, lambda answer: replace(answer, key=key, certificate=certificate))


@ocsp_fault("foreign-responder")
def foreign_responder(line: Line, request: bytes) -> bytes:
    """Signed by the responder of another authority, which has the same name."""
    key, certificate = line.responder.authority.look_alike.responder()
    return _bent(line, request, lambda answer: replace(answer, key=key, certificate=certificate))


@ocsp_fault("wrong-serial")
def wrong_serial(line: Line, request: bytes) -> bytes:
    """The answer is about the certificate with the next serial number."""
    return _bent(line, request, lambda answer: replace(answer, singles=(_next(answer),)))


@ocsp_fault("two-answers")
def two_answers(line: Line, request: bytes) -> bytes:
    """The certificate with the next serial number is answered for too."""
    return _bent(line, request, lambda answer: replace(answer, singles=(*answer.singles, _next(answer))))


@ocsp_fault("nonce-missing")
def nonce_missing(line: Line, request: bytes) -> bytes:
    """The nonce does not come back."""
    return _bent(line, request, lambda answer: replace(answer, nonce=None))


@ocsp_fault("nonce-other")
def nonce_other(line: Line, request: bytes) -> bytes:
    """Another nonce comes back than was sent: every bit of it is turned."""
    return _bent(line, request, lambda answer: replace(answer, nonce=_turned(answer.nonce)))


@ocsp_fault("unknown")
def unknown(line: Line, request: bytes) -> bytes:
    """The responder knows nothing of the certificate."""

    def unheard_of(answer: Answer) -> Answer:
        return replace(answer, singles=tuple(replace(one, status=None) for one in answer.singles))

    return _bent(line, request, unheard_of)


def _bent(line: Line, request: bytes, bend: Callable[[Answer], Answer]) -> bytes:
    answer = line.responder.considered(request)
    if answer is None:
        return line.responder.answer(request)  # nothing is said that could be wrong
    return line.responder.written(bend(answer))


def _dated(answer: Answer, by: timedelta) -> Answer:
    singles = tuple(replace(one, this_update=one.this_update + by) for one in answer.singles)
    return replace(answer, singles=singles)


def _next(answer: Answer) -> Single:
    (single,) = answer.singles
    fields = parse(single.cert_id)[0].children()  # CertID: algorithm, two hashes, serialNumber
    serial = int.from_bytes(fields[-1].value, "big", signed=True) + 1
    kept = [encode(one.tag, one.value) for one in fields[:-1]]
    return replace(single, cert_id=der.sequence(*kept, der.integer(serial)), status=GOOD)


def _turned(nonce: bytes | None) -> bytes:
    """Another nonce of the same length; of one octet where none was sent."""
    sent = parse(nonce)[0].value if nonce else b"\xff"
    return der.octet_string(bytes(octet ^ 0xFF for octet in sent))
