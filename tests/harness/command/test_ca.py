"""`softeid ca`: certificates to trust, statuses to ask after and to set, at home and of seeds."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12
from cryptography.x509 import ocsp
from tests.foreign.user import User

from softeid.harness.clock import Clock
from softeid.harness.issuing import issue_card
from softeid.harness.person import persons
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.home import authority_of
from softeid.harness.pki.ocsp import request
from softeid.harness.pki.ocsp_http import OCSP_REQUEST
from softeid.harness.pki.trust_store import PASSWORD
from softeid.harness.profile_file import load_profile
from softeid.harness.seed import Seed


def exported(user: User, *options: str) -> list[x509.Certificate]:
    """Root and issuing certificate, as printed."""
    ended = user.call("ca", "export", *options)
    assert ended.code == 0, ended
    assert ended.err == ""
    assert ended.out.startswith("-----BEGIN CERTIFICATE-----\n")
    return x509.load_pem_x509_certificates(ended.out.encode())


@pytest.mark.parametrize("options", [(), ("--seed", "s"), ("--seed", "")], ids=["home", "seed", "empty seed"])
def test_root_and_issuer_in_this_order(user: User, options: tuple[str, ...]) -> None:
    root, issuer = exported(user, *options, "--format", "pem")
    root.verify_directly_issued_by(root)
    issuer.verify_directly_issued_by(root)
    for certificate in (root, issuer):
        assert "SOFTEID TEST" in certificate.subject.rfc4514_string()
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
        assert constraints.value.ca


@pytest.mark.parametrize("options", [(), ("--seed", "s"), ("--seed", "")], ids=["home", "seed", "empty seed"])
def test_twice_the_same(user: User, options: tuple[str, ...]) -> None:
    assert exported(user, *options) == exported(user, *options)


def test_homes_and_seeds_are_told_apart(user: User, tmp_path: Path) -> None:
    other = User(tmp_path / "other")
    other.home.mkdir()
    calls = [
        (user, ()),
        (other, ()),
        (user, ("--seed", "s")),
        (user, ("--seed", "t")),
        (user, ("--seed", "")),
    ]
    roots = {exported(whose, *options)[0].serial_number for whose, options in calls}
    assert len(roots) == len(calls)


def test_a_seed_is_the_same_for_everybody(user: User, tmp_path: Path) -> None:
    other = User(tmp_path / "other")
    other.home.mkdir()
    assert exported(user, "--seed", "s") == exported(other, "--seed", "s")


def test_a_seed_keeps_nothing(user: User) -> None:
    exported(user, "--seed", "s")
    assert list(user.home.iterdir()) == []


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"XDG_DATA_HOME": "/dev/null"}, "/dev/null"),
        ({"XDG_DATA_HOME": "/proc/nowhere"}, "/proc"),
        ({"XDG_DATA_HOME": "relative", "HOME": ""}, "expected an absolute path in one of them"),
    ],
    ids=["a device", "read-only", "nowhere"],
)
def test_a_home_that_cannot_be_used(user: User, environment: dict[str, str], told: str) -> None:
    ended = User(user.home, extra=environment).call("ca", "export")
    assert ended.code == 3, ended
    assert ended.out == ""
    assert told in ended.err
    assert len(ended.err.splitlines()) == 2, "what is wrong, and what to do"


def test_a_damaged_authority_is_not_replaced(user: User) -> None:
    """Whoever trusts the old one would be left alone with it."""
    exported(user)
    key = next(user.home.rglob("issuer.key.pem"))
    whole = key.read_bytes()
    key.write_bytes(b"nothing")
    ended = user.call("ca", "export")
    assert ended.code == 3
    assert str(key) in ended.err
    assert key.read_bytes() == b"nothing"
    key.write_bytes(whole)
    assert exported(user)


@pytest.mark.parametrize("options", [(), ("--seed", "s")], ids=["home", "seed"])
def test_into_a_file(user: User, options: tuple[str, ...]) -> None:
    told = user.call("ca", "export", *options)
    written = user.call("ca", "export", *options, "-o", "ca.pem")
    assert (written.code, written.out, written.err) == (0, "", "")
    assert (user.home / "ca.pem").read_text() == told.out


def test_a_trust_store_for_java(user: User) -> None:
    ended = user.call("ca", "export", "--format", "p12", "-o", "trust.p12")
    assert (ended.code, ended.out) == (0, "")
    assert ended.err == "softeid: the password of trust.p12 is changeit\n"
    loaded = load_pkcs12((user.home / "trust.p12").read_bytes(), PASSWORD.encode())
    assert [one.certificate for one in loaded.additional_certs] == exported(user)


@pytest.mark.parametrize("form", ["p12", "nssdb"])
def test_what_is_no_text_wants_a_place(user: User, form: str) -> None:
    ended = user.call("ca", "export", "--format", form)
    assert (ended.code, ended.out) == (2, "")
    assert f"--format {form}: expected a f" in ended.err
    assert list(user.home.iterdir()) == [], "nothing was made for a wrong call"


@pytest.mark.parametrize(
    ("form", "place"), [("pem", "/nowhere/ca.pem"), ("p12", "/"), ("nssdb", "/dev/null/x")]
)
def test_a_place_that_cannot_be_written(user: User, form: str, place: str) -> None:
    ended = user.call("ca", "export", "--seed", "s", "--format", form, "-o", place)
    assert ended.code == 3
    assert ended.err.startswith(f"softeid: {place}: expected ") or "certutil" in ended.err


def test_without_certutil(user: User) -> None:
    lonely = User(user.home, extra={"PATH": str(user.home)})
    ended = lonely.call("ca", "export", "--format", "nssdb", "-o", "db")
    assert ended.code == 3
    assert "expected NSS's program certutil, found none" in ended.err
    assert "apt-get install libnss3-tools" in ended.err


# --- statuses ---------------------------------------------------------------------------------------------


def home_of(user: User, seed: str | None = None) -> Authority:
    return authority_of(Seed(seed), Clock.real(), user.environment)


def card_of(user: User, seed: str | None = None) -> x509.Certificate:
    """The signature certificate of a card that the user's authority made, as `exec` would."""
    issued = issue_card(
        load_profile("esteid-2018"),
        persons()["jaak"],
        home_of(user, seed),
        seed=Seed(seed),
        clock=Clock.real(),
    )
    return issued.certificates["signature"]


@contextmanager
def served(user: User, *options: str) -> Iterator[str]:
    """The address of OCSP while `ca serve` runs; it must end well when asked to."""
    with user.start(*user.softeid, "ca", "serve", *options) as process:
        assert process.stdout
        try:
            lines = [process.stdout.readline() for _ in range(5)]
            assert lines[0].startswith("OCSP "), process.communicate()
            yield lines[0].split()[1]
        finally:
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")


def asked(address: str, certificate: x509.Certificate, issuer: x509.Certificate) -> ocsp.OCSPResponse:
    question = request(certificate, issuer, b"nonce")
    with urlopen(Request(address, question, {"Content-Type": OCSP_REQUEST}), timeout=60) as answer:
        return ocsp.load_der_ocsp_response(answer.read())


@pytest.mark.parametrize("seed", [None, "s"], ids=["home", "seed"])
def test_what_is_set_is_served(user: User, seed: str | None) -> None:
    options = () if seed is None else ("--seed", seed)
    with served(user, *options) as address:
        certificate = card_of(user, seed)
        issuer = home_of(user, seed).issuer
        serial = f"{certificate.serial_number:X}"
        for status, told, reason in (
            ("good", ocsp.OCSPCertStatus.GOOD, None),
            ("suspended", ocsp.OCSPCertStatus.REVOKED, x509.ReasonFlags.certificate_hold),
            ("good", ocsp.OCSPCertStatus.GOOD, None),
            ("revoked", ocsp.OCSPCertStatus.REVOKED, None),
        ):
            ended = user.call("ca", "set-status", serial, status, *options)
            assert (ended.code, ended.err) == (0, "")
            assert ended.out.startswith(f"{serial}: {status}")
            answer = asked(address, certificate, issuer)
            assert (answer.certificate_status, answer.revocation_reason) == (told, reason)
        now = datetime.now(UTC)
        assert now - timedelta(minutes=5) < answer.this_update_utc <= now
        root = address.rsplit("/", 1)[0]
        with urlopen(f"{root}/esteid2018.crl", timeout=60) as crl:
            (entry,) = x509.load_der_x509_crl(crl.read())
        assert entry.serial_number == certificate.serial_number
        with urlopen(f"{root}/esteid2018.der.crt", timeout=60) as own:
            assert own.read() == issuer.public_bytes(Encoding.DER)
    with served(user, *options) as address:
        again = asked(address, certificate, issuer)
        assert again.certificate_status is ocsp.OCSPCertStatus.REVOKED, "and it stays"


def test_the_address_says_how_to_get_there(user: User) -> None:
    with user.start(*user.softeid, "ca", "serve", "--host", "127.0.0.2") as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(5)]
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    address = lines[0].split()[1].rsplit("/", 1)[0]
    assert address.startswith("http://127.0.0.2:")
    assert "http://aia.softeid.invalid/esteid2018" in lines[3]
    assert lines[4].endswith(f"http_proxy={address}\n")


def test_through_a_proxy_the_certificates_own_address_works(user: User) -> None:
    with served(user) as address:
        certificate, issuer = card_of(user), home_of(user).issuer
        asking = Request("http://aia.softeid.invalid/esteid2018", request(certificate, issuer))
        asking.add_header("Content-Type", OCSP_REQUEST)
        asking.set_proxy(address.split("/")[2], "http")
        with urlopen(asking, timeout=60) as answer:
            told = ocsp.load_der_ocsp_response(answer.read())
    assert told.certificate_status is ocsp.OCSPCertStatus.GOOD


@pytest.mark.openssl
def test_openssl_asks_and_believes(user: User) -> None:
    with served(user) as address:
        (user.home / "leaf.pem").write_bytes(card_of(user).public_bytes(Encoding.PEM))
        (user.home / "issuer.pem").write_bytes(home_of(user).issuer.public_bytes(Encoding.PEM))
        (user.home / "root.pem").write_bytes(home_of(user).root.public_bytes(Encoding.PEM))
        chain = [
            "-issuer",
            "issuer.pem",
            "-cert",
            "leaf.pem",
            "-CAfile",
            "root.pem",
            "-verify_other",
            "issuer.pem",
        ]
        told = user.did("openssl", "ocsp", *chain, "-url", address)
    assert "Response verify OK" in told
    assert "leaf.pem: good" in told


def test_a_port_that_is_taken(user: User) -> None:
    with served(user) as address:
        port = address.split(":")[2].split("/")[0]
        ended = user.call("ca", "serve", "--port", port)
    assert (ended.code, ended.out) == (3, "")
    assert f"127.0.0.1 port {port}: expected a place to listen, found Address already in use" in ended.err


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org", "127.0.0.256", "127.1", ""])
def test_beyond_loopback_nobody_listens(user: User, host: str) -> None:
    ended = user.call("ca", "serve", "--host", host)
    assert ended.code == 2
    assert "expected an address of loopback: 127.0.0.1, ::1" in ended.err
    assert not (user.home / ".data").exists()


def test_serial_numbers_as_people_write_them(user: User) -> None:
    number = card_of(user).serial_number
    octets = number.to_bytes(16, "big")
    for written in (f"{number:X}", f"{number:x}", f"0x{number:x}", octets.hex(":"), octets.hex(":").upper()):
        assert user.call("ca", "set-status", written, "good").code == 0, written


@pytest.mark.parametrize("written", ["", "0x", "12 34", "XYZ", "-1", "\u0661", "1" * 41, "12_34"])
def test_what_is_no_serial_number(user: User, written: str) -> None:
    ended = user.call("ca", "set-status", "--", written, "good")
    assert ended.code == 2
    assert "expected a serial number of up to 40 hexadecimal digits" in ended.err


@pytest.mark.parametrize("options", [(), ("--seed", "s")], ids=["home", "seed"])
def test_an_unknown_certificate_is_told(user: User, options: tuple[str, ...]) -> None:
    ended = user.call("ca", "set-status", "4A", "revoked", *options)
    assert (ended.code, ended.out) == (2, "")
    assert "4A: expected the serial number of a certificate of" in ended.err
    assert ("softeid ca serve" in ended.err) == bool(options)
    assert not list(user.home.rglob("*.sqlite"))


def test_what_was_revoked_stays_revoked(user: User) -> None:
    serial = f"{card_of(user).serial_number:X}"
    first = user.call("ca", "set-status", serial, "revoked", "--reason", "superseded")
    assert first.out.endswith(", superseded\n")
    for status in (["good"], ["suspended"], ["revoked", "--reason", "keyCompromise"]):
        ended = user.call("ca", "set-status", serial, *status)
        assert (ended.code, ended.out) == (2, ""), status
        assert "only a suspension can be lifted" in ended.err
    assert user.call("ca", "set-status", serial, "revoked").out == first.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["4A", "good", "--reason", "superseded"], "expected a reason with revoked alone"),
        (["4A", "suspended", "--reason", "superseded"], "expected a reason with revoked alone"),
        (["4A", "revoked", "--reason", "boredom"], "invalid choice"),
        (["4A", "revoked", "--reason", "certificateHold"], "invalid choice"),
        (["4A", "expired"], "invalid choice"),
        (["4A"], "required"),
    ],
)
def test_wrong_calls(user: User, arguments: list[str], told: str) -> None:
    ended = user.call("ca", "set-status", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err


def test_a_server_that_is_killed_leaves_a_register_that_works(user: User) -> None:
    with user.start(*user.softeid, "ca", "serve", stdin=subprocess.DEVNULL) as process:
        assert process.stdout
        process.stdout.readline()
        serial = f"{card_of(user).serial_number:X}"
        process.kill()
    assert user.call("ca", "set-status", serial, "suspended").code == 0
