"""What an authority answers over HTTP, without a socket."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import given
from hypothesis import strategies as st

from softeid.harness.clock import Clock
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.error import HomeError
from softeid.harness.pki.leaf import Leaf, Use
from softeid.harness.pki.ocsp import MAX_REQUEST, HttpStatusError, request
from softeid.harness.pki.ocsp_http import MAX_BODY, OCSP_REQUEST, OCSP_RESPONSE, HttpAnswer, StatusSite
from softeid.harness.pki.status import StatusRegister
from softeid.harness.seed import Seed

MakeLeaf = Callable[[Use], Leaf]
ASKING = {"Content-Type": OCSP_REQUEST}
PLACE = "/esteid2018"


@pytest.fixture
def site(authority: Authority) -> StatusSite:
    return StatusSite([authority])


@pytest.fixture
def question(authority: Authority, leaf: MakeLeaf) -> bytes:
    return request(authority.issue(leaf(Use.SIGNATURE)), authority.issuer, b"nonce?>")


def status_in(answer: HttpAnswer) -> ocsp.OCSPCertStatus:
    assert answer.status == 200, answer
    assert answer.headers["Content-Type"] == OCSP_RESPONSE
    assert answer.headers["Cache-Control"] == "no-store"
    return ocsp.load_der_ocsp_response(answer.body).certificate_status


@pytest.mark.parametrize(
    "target",
    [PLACE, f"{PLACE}/", f"http://aia.softeid.invalid{PLACE}", f"http://aia.softeid.invalid:80{PLACE}"],
)
@pytest.mark.parametrize("name", ["Content-Type", "content-type"])
@pytest.mark.parametrize("kind", [OCSP_REQUEST, "Application/OCSP-Request; charset=binary"])
def test_post(site: StatusSite, question: bytes, target: str, name: str, kind: str) -> None:
    assert status_in(site.respond("POST", target, {name: kind}, question)) is ocsp.OCSPCertStatus.GOOD


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("safe", ["", "/", "/+="], ids=["all encoded", "slashes left", "nothing encoded"])
def test_get(site: StatusSite, question: bytes, method: str, safe: str) -> None:
    target = f"{PLACE}/{quote(b64encode(question).decode(), safe=safe)}"
    assert status_in(site.respond(method, target, {}, b"")) is ocsp.OCSPCertStatus.GOOD


def test_what_cannot_be_read_is_answered_by_the_responder(site: StatusSite) -> None:
    answer = site.respond("POST", PLACE, ASKING, b"nothing")
    assert (answer.status, answer.body) == (200, bytes.fromhex("30030A0101"))


def test_certificates_and_crl(site: StatusSite, authority: Authority) -> None:
    for path, certificate in (
        ("/esteid2018.der.crt", authority.issuer),
        ("/esteid2018-root.der.crt", authority.root),
    ):
        answer = site.respond("GET", path, {}, b"")
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/pkix-cert")
        assert answer.body == certificate.public_bytes(Encoding.DER)
    answer = site.respond("GET", "http://c.softeid.invalid/esteid2018.crl", {}, b"")
    assert answer.headers["Content-Type"] == "application/pkix-crl"
    assert x509.load_der_x509_crl(answer.body) == authority.revocation_list()


def test_every_address_in_a_certificate_leads_somewhere(
    site: StatusSite, authority: Authority, leaf: MakeLeaf
) -> None:
    certificate = authority.issue(leaf(Use.AUTHENTICATION))
    access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    for description in access:
        address = description.access_location.value
        path = "/" + address.split("/", 3)[3]
        assert path in site.paths
        assert site.respond("GET", address, {}, b"").status in (200, 400)


def test_the_start_lists_what_is_here(site: StatusSite) -> None:
    answer = site.respond("GET", "/", {}, b"")
    assert answer.status == 200
    assert answer.body.decode().splitlines()[0] == "/esteid2018  OCSP"
    assert len(answer.body.splitlines()) == len(site.paths) == 4


@pytest.mark.parametrize(
    ("method", "target", "headers", "body", "status"),
    [
        ("GET", "/nowhere", {}, b"", 404),
        ("GET", "/esteid2018x", {}, b"", 404),
        ("POST", "/", ASKING, b"", 404),
        ("POST", f"{PLACE}/more", ASKING, b"", 404),
        ("GET", PLACE, {}, b"", 400),
        ("GET", f"{PLACE}/!!!!", {}, b"", 400),
        ("GET", f"{PLACE}/%ZZ", {}, b"", 400),
        ("GET", f"{PLACE}/AAA", {}, b"", 400),
        ("GET", f"{PLACE}/\u00e4\u00e4\u00e4\u00e4", {}, b"", 400),
        ("GET", f"{PLACE}/" + "A" * 3 * MAX_REQUEST, {}, b"", 414),
        ("GET", "*", {}, b"", 400),
        ("GET", "", {}, b"", 400),
        ("GET", "http://[", {}, b"", 400),
        ("GET", "http://example.org/esteid2018", {}, b"", 400),
        ("GET", "https://aia.softeid.invalid/esteid2018", {}, b"", 400),
        ("POST", PLACE, {}, b"", 415),
        ("POST", PLACE, {"Content-Type": "text/plain"}, b"", 415),
        ("POST", PLACE, ASKING, b"x" * (MAX_BODY + 1), 413),
        ("POST", "/esteid2018.crl", ASKING, b"", 405),
        ("DELETE", PLACE, {}, b"", 405),
        ("BREW", "/esteid2018.der.crt", {}, b"", 405),
    ],
)
def test_bad_requests(
    site: StatusSite, method: str, target: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    answer = site.respond(method, target, headers, body)
    assert answer.status == status
    assert answer.body.startswith(b"expected ")
    assert ("Allow" in answer.headers) == (status == 405)


def test_several_authorities_side_by_side(authority: Authority, leaf: MakeLeaf) -> None:
    other = authority.unlisted_issuer
    site = StatusSite([authority, other])
    certificate = other.issue(leaf(Use.SIGNATURE))
    question = request(certificate, other.issuer)
    known = status_in(site.respond("POST", other.url, ASKING, question))
    unknown = status_in(site.respond("POST", authority.url, ASKING, question))
    assert (known, unknown) == (ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.UNKNOWN)


def test_somebody_else_may_answer(authority: Authority, question: bytes) -> None:
    def broken(request: bytes) -> bytes:
        raise HttpStatusError(503)

    def down(request: bytes) -> bytes:
        raise ConnectionRefusedError("nobody")

    site = StatusSite([authority], {"esteid2018": broken})
    assert site.respond("POST", PLACE, ASKING, question).status == 503
    with pytest.raises(ConnectionRefusedError):
        StatusSite([authority], {"esteid2018": down}).respond("POST", PLACE, ASKING, question)


def test_a_register_that_cannot_be_used_is_told(authority: Authority, question: bytes) -> None:
    class Lost(StatusRegister):
        def get(self, serial: int) -> None:
            raise HomeError("/place", "a file", "nothing")

    authority.register = Lost()
    answer = StatusSite([authority]).respond("POST", PLACE, ASKING, question)
    assert (answer.status, answer.body) == (500, b"/place: expected a file, found nothing\n")


_FUZZED = StatusSite([Authority(Seed("fuzz"), Clock.real())])


@given(
    st.sampled_from(["GET", "POST", "HEAD", "PUT", ""]),
    st.one_of(st.text(max_size=60), st.text(max_size=60).map(lambda text: f"{PLACE}/{text}")),
    st.dictionaries(st.text(max_size=15), st.text(max_size=15), max_size=3),
    st.binary(max_size=60),
)
def test_nothing_makes_it_raise(method: str, target: str, headers: dict[str, str], body: bytes) -> None:
    answer = _FUZZED.respond(method, target, headers, body)
    assert answer.status in (200, 400, 404, 405, 415)
