"""Certificates and OCSP answers with one defect each, by name of the defect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st

from softeid.emulator.tlv import encode, parse
from softeid.harness.clock import Clock
from softeid.harness.person import persons
from softeid.harness.pki import der
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.certificate_state import recipe_named
from softeid.harness.pki.leaf import Leaf, Use, authentication, signature
from softeid.harness.pki.ocsp import Fetch, HttpStatusError, Responder
from softeid.harness.pki.status import revoked, suspended
from softeid.harness.registration.certificate_check import CertificateCheck, Trust
from softeid.harness.registration.identity import identity_of
from softeid.harness.registration.ocsp_check import OcspCheck
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.settings import Settings
from softeid.harness.registration.vocabulary import Code
from softeid.harness.registration.web_eid_token import parsed_certificate
from softeid.harness.seed import Seed

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BEGIN, END = datetime(2025, 3, 2, tzinfo=UTC), datetime(2030, 3, 1, 23, 59, 59, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MS = timedelta(milliseconds=1)
SEED = Seed("certificate tests")


class Bench:
    """An authority, its responder, and a check that trusts the authority."""

    def __init__(self, **settings: object) -> None:
        self.clock = Clock(NOW)
        self.authority = Authority(SEED, self.clock)
        self.responder = Responder(self.authority, self.clock)
        self.settings = replace(Settings(), **settings)  # type: ignore[arg-type]  # the tests name fields
        self.fetch: Fetch = lambda url, request: self.responder.answer(request)
        self.key = SEED.ec_key(ec.SECP384R1(), "holder")

    def leaf(self, use: Use = Use.AUTHENTICATION) -> Leaf:
        recipe = authentication if use is Use.AUTHENTICATION else signature
        return recipe(persons()["jaak"], self.key.public_key(), BEGIN, END)

    def check(
        self, certificate: x509.Certificate, use: Use = Use.AUTHENTICATION, trust: Trust | None = None
    ) -> None:
        asked = OcspCheck(lambda url, request: self.fetch(url, request), self.settings, SEED.stream("nonce"))
        CertificateCheck(trust or Trust([self.authority.issuer]), asked).check(
            certificate, use, self.clock.now
        )

    def refused(self, certificate: x509.Certificate, **how: object) -> Refused:
        with pytest.raises(Refused) as caught:
            self.check(certificate, **how)  # type: ignore[arg-type]  # use and trust
        return caught.value


@pytest.fixture
def bench() -> Bench:
    return Bench()


def without(leaf: Leaf, kind: type[x509.ExtensionType]) -> Leaf:
    return replace(leaf, extensions=[one for one in leaf.extensions if not isinstance(one.value, kind)])


def with_value(leaf: Leaf, value: x509.ExtensionType) -> Leaf:
    kept = without(leaf, type(value))
    return replace(kept, extensions=[*kept.extensions, x509.Extension(value.oid, False, value)])


# --- the certificate ----------------------------------------------------------------------------------


@pytest.mark.parametrize("use", Use)
def test_a_good_certificate_passes_for_its_use_and_no_other(bench: Bench, use: Use) -> None:
    certificate = bench.authority.issue(bench.leaf(use))
    bench.check(certificate, use)
    other = Use.SIGNATURE if use is Use.AUTHENTICATION else Use.AUTHENTICATION
    assert bench.refused(certificate, use=other).code is Code.CERT_WRONG_PURPOSE


@pytest.mark.parametrize(
    ("instant", "code"),
    [
        (BEGIN - MS, Code.CERT_NOT_YET_VALID),
        (BEGIN, None),
        (END, None),
        (END + MS, Code.CERT_EXPIRED),
    ],
)
def test_both_ends_of_the_validity_belong_to_it(bench: Bench, instant: datetime, code: Code | None) -> None:
    certificate = bench.authority.issue(bench.leaf())
    bench.clock = Clock(instant)
    bench.responder = Responder(bench.authority, bench.clock)
    if code:
        assert bench.refused(certificate).code is code
    else:
        bench.check(certificate)


def test_key_usage_and_extended_key_usage(bench: Bench) -> None:
    leaf = bench.leaf()
    bare = bench.authority.issue(without(leaf, x509.KeyUsage))
    assert bench.refused(bare).detail == {"lacks": "keyUsage"}
    mail = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
    assert bench.refused(bench.authority.issue(with_value(leaf, mail))).detail == {"lacks": "clientAuth"}
    bench.check(bench.authority.issue(without(leaf, x509.ExtendedKeyUsage)))


@pytest.mark.parametrize(
    "policy", ["1.3.6.1.4.1.10015.1.3", "1.3.6.1.4.1.10015.1.3.1", "1.3.6.1.4.1.10015.1.3.3"]
)
def test_mobile_id_is_not_an_id_card(bench: Bench, policy: str) -> None:
    policies = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(policy), None)])
    certificate = bench.authority.issue(with_value(bench.leaf(), policies))
    assert bench.refused(certificate).code is Code.CERT_POLICY
    bench.check(bench.authority.issue(without(bench.leaf(), x509.CertificatePolicies)))


def test_weak_keys_are_refused(bench: Bench) -> None:
    short = rsa.generate_private_key(65537, 1024).public_key()
    odd = ec.generate_private_key(ec.SECP224R1()).public_key()
    for key, why in ((short, "rsa"), (odd, "curve")):
        certificate = bench.authority.issue(replace(bench.leaf(), public_key=key))
        answer = bench.refused(certificate)
        assert (answer.code, answer.detail) == (Code.CERT_WEAK, {"why": why})


@pytest.mark.parametrize(("state", "why"), [("sha1-signed", "hash"), ("old-lithuanian", "old")])
def test_certificates_of_another_time_are_refused(bench: Bench, state: str, why: str) -> None:
    certificate = recipe_named(state)(bench.authority, bench.leaf())
    answer = bench.refused(certificate)
    assert (answer.code, answer.detail) == (Code.CERT_WEAK, {"why": why})


def test_a_stranger_with_the_same_name_is_not_trusted(bench: Bench) -> None:
    certificate = bench.authority.look_alike.issue(bench.leaf())
    assert certificate.issuer == bench.authority.issuer.subject
    assert bench.refused(certificate).code is Code.CERT_UNTRUSTED


def test_the_root_alone_is_no_anchor(bench: Bench) -> None:
    certificate = bench.authority.issue(bench.leaf())
    assert bench.refused(certificate, trust=Trust([bench.authority.root])).code is Code.CERT_UNTRUSTED
    other = bench.authority.unlisted_issuer
    known = Trust([bench.authority.issuer], unlisted=[bench.authority.root, other.issuer])
    for issuer in (other, bench.authority.root_issuer):
        assert bench.refused(issuer.issue(bench.leaf()), trust=known).detail == {"why": "root_only"}
    assert bench.refused(other.issue(bench.leaf())).detail == {"why": "unknown_issuer"}


def test_an_authority_that_was_revoked_or_has_expired(bench: Bench) -> None:
    issuer = bench.authority.issuer
    certificate = bench.authority.issue(bench.leaf().lasting(BEGIN, issuer.not_valid_after_utc + 9 * SECOND))
    assert bench.refused(certificate, trust=Trust([], [issuer])).detail == {"why": "ca_revoked"}
    bench.clock.move_to(issuer.not_valid_after_utc + SECOND)
    assert bench.refused(certificate).detail == {"why": "ca_expired"}


def test_the_order_is_fixed_so_that_one_defect_gives_one_code(bench: Bench) -> None:
    """Everything wrong at once: what is mended in the catalogue's order uncovers the next."""
    stranger, leaf = bench.authority.look_alike, bench.leaf(Use.SIGNATURE)
    mobile = x509.CertificatePolicies(
        [x509.PolicyInformation(x509.ObjectIdentifier("1.3.6.1.4.1.10015.1.3"), None)]
    )
    old = with_value(leaf, mobile).until(NOW - SECOND)
    codes = [bench.refused(stranger.issue(old)).code]
    old = old.usable_as(Use.AUTHENTICATION)
    codes.append(bench.refused(stranger.issue(old)).code)
    old = without(old, x509.CertificatePolicies)
    codes.append(bench.refused(stranger.issue(old)).code)
    fresh = old.until(END)
    codes.append(bench.refused(stranger.issue(fresh)).code)
    own = bench.authority.issue(fresh)
    bench.authority.register.set(own.serial_number, revoked(NOW))
    codes.append(bench.refused(own).code)
    assert codes == [
        Code.CERT_WRONG_PURPOSE,
        Code.CERT_POLICY,
        Code.CERT_EXPIRED,
        Code.CERT_UNTRUSTED,
        Code.CERT_REVOKED,
    ]


# --- its status ---------------------------------------------------------------------------------------


def test_revoked_suspended_released_unknown(bench: Bench) -> None:
    certificate = bench.authority.issue(bench.leaf())
    register, serial = bench.authority.register, certificate.serial_number
    register.set(serial, revoked(NOW, x509.ReasonFlags.key_compromise))
    answer = bench.refused(certificate)
    since = NOW.isoformat()
    assert answer.code is Code.CERT_REVOKED
    assert answer.detail == {"reason": "keyCompromise", "revoked_at": since}
    register.set(serial, revoked(NOW))
    assert bench.refused(certificate).detail == {"reason": "unspecified", "revoked_at": since}
    register.set(serial, suspended(NOW))
    answer = bench.refused(certificate)
    assert (answer.code, answer.detail) == (Code.CERT_SUSPENDED, {"revoked_at": since})
    register.set(serial, type(suspended(NOW))())
    bench.check(certificate)
    empty = Authority(SEED, bench.clock)
    bench.responder = Responder(empty, bench.clock)
    assert bench.refused(certificate).code is Code.CERT_STATUS_UNKNOWN


def down(url: str, request: bytes) -> bytes:
    raise ConnectionRefusedError(url)


def late(url: str, request: bytes) -> bytes:
    raise TimeoutError(url)


def broken(url: str, request: bytes) -> bytes:
    raise HttpStatusError(503)


def busy(url: str, request: bytes) -> bytes:
    status = ocsp.OCSPResponseStatus.TRY_LATER
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    ("fetch", "code", "why"),
    [
        (down, Code.OCSP_UNAVAILABLE, "down"),
        (late, Code.OCSP_UNAVAILABLE, "timeout"),
        (broken, Code.OCSP_UNAVAILABLE, "http_503"),
        (busy, Code.OCSP_UNAVAILABLE, "try_later"),
        (lambda url, request: b"<html>500</html>", Code.OCSP_INVALID, "unreadable"),
        (lambda url, request: b"", Code.OCSP_INVALID, "unreadable"),
    ],
    ids=["down", "timeout", "HTTP 503", "try later", "a web page", "nothing"],
)
def test_no_answer_closes_the_door(bench: Bench, fetch: Fetch, code: Code, why: str) -> None:
    certificate = bench.authority.issue(bench.leaf())
    bench.fetch = fetch
    answer = bench.refused(certificate)
    assert (answer.code, answer.detail) == (code, {"why": why})


def test_a_certificate_that_names_no_responder(bench: Bench) -> None:
    certificate = bench.authority.issue(replace(bench.leaf(), access=False))
    answer = bench.refused(certificate)
    assert (answer.code, answer.detail) == (Code.OCSP_UNAVAILABLE, {"why": "no_address"})


def test_soft_fail_goes_on_without_an_answer_but_not_against_one() -> None:
    bench = Bench(ocsp_soft_fail=True)
    certificate = bench.authority.issue(bench.leaf())
    bench.authority.register.set(certificate.serial_number, revoked(NOW))
    assert bench.refused(certificate).code is Code.CERT_REVOKED
    bench.fetch = down
    bench.check(certificate)


class Forger:
    """Answers good for whatever it is asked, with one thing wrong."""

    def __init__(self, bench: Bench, certificate: x509.Certificate) -> None:
        self.bench = bench
        self.certificate = certificate
        self.issuer = bench.authority.issuer
        self.key, self.signer = bench.authority.responder()
        self.this_update = bench.clock.now
        self.next_update: datetime | None = None
        self.nonce: bytes | None = None
        self.silent = False

    def __call__(self, url: str, request: bytes) -> bytes:
        asked = ocsp.load_der_ocsp_request(request)
        told = self.nonce or asked.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                self.certificate,
                self.issuer,
                hashes.SHA1(),
                ocsp.OCSPCertStatus.GOOD,
                self.this_update,
                self.next_update,
                None,
                None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.NAME, self.signer)
            .certificates([self.signer])
        )
        if not self.silent:
            builder = builder.add_extension(x509.OCSPNonce(told), critical=False)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER)


@pytest.fixture
def forger(bench: Bench) -> Forger:
    forger = Forger(bench, bench.authority.issue(bench.leaf()))
    bench.fetch = forger
    bench.check(forger.certificate)  # nothing is wrong yet
    return forger


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_octets_are_refused_and_nothing_else(data: st.DataObject) -> None:
    """One octet of a good response or certificate is another, or the rest from there is missing."""
    bench = Bench()
    certificate = bench.authority.issue(bench.leaf())
    bench.fetch = lambda url, request: damaged(bench.responder.answer(request), data)
    assert refusal(lambda: bench.check(certificate)) in {None, Code.OCSP_INVALID, Code.OCSP_UNAVAILABLE}
    bench.fetch = lambda url, request: bench.responder.answer(request)
    octets = damaged(certificate.public_bytes(Encoding.DER), data)
    refusal(lambda: bench.check(parsed_certificate(octets)))
    refusal(lambda: identity_of(parsed_certificate(octets)))


def damaged(octets: bytes, data: st.DataObject) -> bytes:
    """The octets with one changed, or cut off there."""
    at = data.draw(st.integers(0, len(octets) - 1))
    other = data.draw(st.one_of(st.none(), st.binary(min_size=1, max_size=1)))
    return octets[:at] if other is None else octets[:at] + other + octets[at + 1 :]


def refusal(deed: Callable[[], object]) -> Code | None:
    """The code with which a deed is refused."""
    try:
        deed()
    except Refused as refused:
        return refused.code
    return None


def test_a_nonce_that_is_missing_or_another(bench: Bench, forger: Forger) -> None:
    forger.nonce = b"another nonce of some length"
    assert bench.refused(forger.certificate).detail == {"why": "nonce_other"}
    forger.silent = True
    assert bench.refused(forger.certificate).detail == {"why": "nonce_missing"}


def test_an_answer_about_another_certificate(bench: Bench, forger: Forger) -> None:
    asked = forger.certificate
    forger.certificate = bench.authority.issue(bench.leaf(Use.SIGNATURE))
    answer = bench.refused(asked)
    assert (answer.code, answer.detail) == (Code.OCSP_INVALID, {"why": "serial"})


def test_an_answer_about_the_same_number_of_another_issuer(bench: Bench, forger: Forger) -> None:
    """The names are the same: only the issuer's key hash in the CertID tells them apart."""
    forger.issuer = bench.authority.look_alike.issuer
    assert forger.issuer.subject == bench.authority.issuer.subject
    answer = bench.refused(forger.certificate)
    assert (answer.code, answer.detail) == (Code.OCSP_INVALID, {"why": "serial"})


def test_an_answer_signed_by_another_key(bench: Bench, forger: Forger) -> None:
    bench.fetch = lambda url, request: resigned(forger(url, request), forger.key)
    bench.check(forger.certificate)
    another = SEED.ec_key(ec.SECP256R1(), "another")
    bench.fetch = lambda url, request: resigned(forger(url, request), another)
    assert bench.refused(forger.certificate).detail == {"why": "signature"}


def test_a_responder_that_is_not_for_ocsp(bench: Bench, forger: Forger) -> None:
    forger.key = SEED.ec_key(ec.SECP256R1(), "impostor")
    forger.signer = bench.authority.issue(replace(bench.leaf(), public_key=forger.key.public_key()))
    assert bench.refused(forger.certificate).detail == {"why": "purpose"}


def test_a_responder_of_another_authority(bench: Bench, forger: Forger) -> None:
    forger.key, forger.signer = bench.authority.look_alike.responder()
    assert bench.refused(forger.certificate).detail == {"why": "foreign"}


def test_a_responder_out_of_its_time(bench: Bench, forger: Forger) -> None:
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])
    leaf = with_value(replace(bench.leaf(), public_key=forger.key.public_key()), usage).until(NOW - SECOND)
    forger.signer = bench.authority.issue(leaf)
    assert bench.refused(forger.certificate).detail == {"why": "responder_time"}


@pytest.mark.parametrize(
    ("this_update", "next_update", "stale"),
    [
        (timedelta(seconds=-120), None, False),
        (timedelta(seconds=-121), None, True),
        (timedelta(seconds=900), None, False),
        (timedelta(seconds=901), None, True),
        (timedelta(seconds=-60), timedelta(seconds=-59), False),
    ],
)
def test_the_age_of_an_answer(
    bench: Bench,
    forger: Forger,
    this_update: timedelta,
    next_update: timedelta | None,
    stale: bool,
) -> None:
    forger.this_update = NOW + this_update
    forger.next_update = NOW + next_update if next_update is not None else None
    if stale:
        assert bench.refused(forger.certificate).code is Code.OCSP_STALE
    else:
        bench.check(forger.certificate)


def test_two_answers_to_one_question(bench: Bench, forger: Forger) -> None:
    bench.fetch = lambda url, request: resigned(forger(url, request), forger.key, answers=2)
    assert bench.refused(forger.certificate).detail == {"why": "answers"}


def resigned(response: bytes, key: ec.EllipticCurvePrivateKey, answers: int = 1) -> bytes:
    """A response with its list of answers repeated, signed anew (RFC 6960, 4.2.1)."""
    basic = parse(parse(response)[0].children()[1].children()[0].children()[1].value)[0].children()
    parts = [
        # the list of answers is the one SEQUENCE in ResponseData
        encode(one.tag, one.value * answers if one.tag == 0x30 else one.value)
        for one in basic[0].children()
    ]
    data = der.sequence(*parts)
    signature = der.bit_string(key.sign(data, ec.ECDSA(hashes.SHA256())))
    algorithm, *certificates = (encode(one.tag, one.value) for one in (basic[1], *basic[3:]))
    octets = der.octet_string(der.sequence(data, algorithm, signature, *certificates))
    body = der.sequence(der.object_identifier("1.3.6.1.5.5.7.48.1.1"), octets)
    return der.sequence(der.enumerated(0), der.explicit(0, body))
