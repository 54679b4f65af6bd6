"""The same octets, judged by OpenSSL."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from softeid.harness.clock import Clock
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.certificate_state import CERTIFICATE_STATES
from softeid.harness.pki.leaf import Leaf, Use
from softeid.harness.pki.ocsp import Responder
from softeid.harness.seed import Seed

pytestmark = pytest.mark.openssl

MakeLeaf = Callable[[Use], Leaf]


def openssl(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False
    )


def written(path: Path, *certificates: x509.Certificate) -> Path:
    path.write_bytes(b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates))
    return path


@pytest.mark.parametrize("use", list(Use))
@pytest.mark.parametrize(
    ("state", "complaint"),
    [
        ("valid", ""),
        ("expired", "certificate has expired"),
        ("not-yet-valid", "certificate is not yet valid"),
        ("untrusted-issuer", "unable to get local issuer certificate"),
    ],
)
def test_chain(
    authority: Authority, leaf: MakeLeaf, clock: Clock, tmp_path: Path, use: Use, state: str, complaint: str
) -> None:
    certificate = CERTIFICATE_STATES[state](authority, leaf(use))
    done = openssl(
        "verify",
        "-x509_strict",
        "-attime",
        int(clock.now.timestamp()),
        "-CAfile",
        written(tmp_path / "root.pem", authority.root),
        "-untrusted",
        written(tmp_path / "issuer.pem", authority.issuer),
        written(tmp_path / "leaf.pem", certificate),
    )
    assert (done.returncode == 0) == (not complaint), done.stderr
    assert complaint in done.stderr


def test_the_authentication_certificate_is_a_client_certificate(
    authority: Authority, leaf: MakeLeaf, clock: Clock, tmp_path: Path
) -> None:
    chain = [
        "-CAfile",
        written(tmp_path / "root.pem", authority.root),
        "-untrusted",
        written(tmp_path / "issuer.pem", authority.issuer),
    ]
    for purpose, fits in (("sslclient", True), ("smimesign", True), ("sslserver", False)):
        certificate = written(tmp_path / "leaf.pem", authority.issue(leaf(Use.AUTHENTICATION)))
        moment = int(clock.now.timestamp())
        done = openssl("verify", "-purpose", purpose, "-attime", moment, *chain, certificate)
        assert (done.returncode == 0) == fits, f"{purpose}: {done.stderr}"


@pytest.mark.parametrize("digest", ["-sha1", "-sha256"])
@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("valid", "leaf.pem: good"),
        ("suspended", "leaf.pem: revoked"),
        ("revoked", "leaf.pem: revoked"),
        ("untrusted-issuer", "leaf.pem: unknown"),
    ],
)
def test_ocsp_round_trip(leaf: MakeLeaf, tmp_path: Path, digest: str, state: str, told: str) -> None:
    """OpenSSL asks, our responder answers, OpenSSL verifies responder, nonce, CertID and time."""
    clock = Clock(datetime.now(UTC))
    authority = Authority(Seed(), clock)
    certificate = written(tmp_path / "leaf.pem", CERTIFICATE_STATES[state](authority, leaf(Use.SIGNATURE)))
    issuer = written(tmp_path / "issuer.pem", authority.issuer)
    question, answer = tmp_path / "request.der", tmp_path / "response.der"
    subject = [digest, "-issuer", issuer, "-cert", certificate]
    asked = openssl("ocsp", *subject, "-reqout", question)
    assert asked.returncode == 0, asked.stderr
    answer.write_bytes(Responder(authority, clock).answer(question.read_bytes()))
    root = written(tmp_path / "root.pem", authority.root)
    chain = ["-CAfile", root, "-verify_other", issuer, "-respin", answer]
    for what in (
        ["-reqin", question],
        [*subject, "-no_nonce"],
    ):  # nonce and signature; CertID, time and status
        judged = openssl("ocsp", *chain, *what)
        assert judged.returncode == 0, judged.stderr
        assert "Response verify OK" in judged.stderr
    assert told in judged.stdout
    if state == "suspended":
        assert "Reason: certificateHold" in judged.stdout
    if state == "revoked":
        assert "Reason: keyCompromise" in judged.stdout
