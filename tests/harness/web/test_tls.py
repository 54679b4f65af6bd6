"""The lab's TLS authority and its servers' certificates."""

from __future__ import annotations

import ssl
import stat
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from softeid.harness.clock import Clock
from softeid.harness.pki.name import OURS
from softeid.harness.seed import Seed
from softeid.harness.web.tls import NAMES, issue_server, tls_authority, write_server

TODAY = datetime(2026, 11, 24, 10, 30, 15, 123, tzinfo=UTC)
SEED = Seed("tls tests")


def clock(days: int = 0) -> Clock:
    return Clock(TODAY + timedelta(days=days))


def good(host: str, certificates: list[x509.Certificate], root: x509.Certificate, days: int = 0) -> bool:
    """Whether a client takes a server's certificate for a host on a day."""
    try:
        subject: x509.DNSName | x509.IPAddress = x509.IPAddress(ip_address(host))
    except ValueError:
        subject = x509.DNSName(host)
    policy = PolicyBuilder().store(Store([root])).time(clock(days).now)
    try:
        policy.build_server_verifier(subject).verify(certificates[0], certificates[1:])
    except VerificationError:
        return False
    return True


def test_the_names_say_test() -> None:
    authority = tls_authority(SEED, clock())
    for certificate in (authority.root, authority.issuer):
        (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        assert str(name.value).startswith(f"{OURS} TLS")


@pytest.mark.parametrize("host", [name.replace("*", "anything") for name in NAMES])
def test_every_host_of_the_lab(host: str) -> None:
    authority = tls_authority(SEED, clock())
    _, certificate = issue_server(authority)
    assert good(host, [certificate, authority.issuer], authority.root)
    assert not good(host, [certificate, authority.issuer], tls_authority(Seed("other"), clock()).root)


@pytest.mark.parametrize("host", ["example.test", "softeid.test", "a.b.localhost", "127.0.0.2"])
def test_no_other_host(host: str) -> None:
    authority = tls_authority(SEED, clock())
    _, certificate = issue_server(authority)
    assert not good(host, [certificate, authority.issuer], authority.root)


@pytest.mark.parametrize(("days", "holds"), [(-2, False), (-1, True), (0, True), (395, True), (397, False)])
def test_how_long_a_certificate_lasts(days: int, holds: bool) -> None:
    authority = tls_authority(SEED, clock())
    _, certificate = issue_server(authority)
    assert good("localhost", [certificate, authority.issuer], authority.root, days) is holds


def test_a_seed_gives_the_same_authority_on_another_day() -> None:
    today, later = (tls_authority(SEED, clock(days)) for days in (0, 500))
    assert (today.root, today.issuer) == (later.root, later.issuer)
    _, certificate = issue_server(later)
    assert good("localhost", [certificate, later.issuer], today.root, 500)


def test_without_a_seed_it_is_kept(tmp_path: Path) -> None:
    """A browser that was told to trust it need not be told again."""
    here, there = ({"XDG_DATA_HOME": str(tmp_path / name)} for name in ("here", "there"))
    first = tls_authority(Seed(), clock(), here)
    assert tls_authority(Seed(), clock(), here).root == first.root
    assert tls_authority(Seed(), clock(), there).root != first.root
    for path in (tmp_path / "here").rglob("*"):
        assert not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO), path


def test_files_that_servers_start_with(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "for it"
    authority = tls_authority(SEED, clock())
    files = write_server(folder, authority)
    assert sorted(path.name for path in folder.iterdir()) == ["server.key.pem", "server.pem", "trust.pem"]
    for path in (files.certificate, files.key, files.trust):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(files.certificate, files.key)
    chain = x509.load_pem_x509_certificates(files.certificate.read_bytes())
    trust = x509.load_pem_x509_certificates(files.trust.read_bytes())
    assert chain[1:] == [authority.issuer]
    assert trust == [authority.root, authority.issuer]


def test_files_are_replaced(tmp_path: Path) -> None:
    before = write_server(tmp_path, tls_authority(SEED, clock()))
    text = before.certificate.read_text()
    after = write_server(tmp_path, tls_authority(SEED, clock(30)))
    assert after == before
    assert after.certificate.read_text() != text
    assert len(list(tmp_path.iterdir())) == 3
