"""The CRL: who is on it, how it is numbered, and what cryptography and OpenSSL read in it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from softeid.harness.clock import Clock
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.certificate_state import recipe_named
from softeid.harness.pki.leaf import Leaf, Use
from softeid.harness.pki.status import GOOD, revoked, suspended
from softeid.harness.seed import Seed

MakeLeaf = Callable[[Use], Leaf]


def rows(crl: x509.CertificateRevocationList) -> dict[int, x509.ReasonFlags | None]:
    """Serial number and reason of each entry."""
    return {
        entry.serial_number: next(
            (one.value.reason for one in entry.extensions if isinstance(one.value, x509.CRLReason)), None
        )
        for entry in crl
    }


def number(crl: x509.CertificateRevocationList) -> int:
    return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def test_nobody_is_on_the_first_one(authority: Authority, leaf: MakeLeaf, clock: Clock) -> None:
    authority.issue(leaf(Use.SIGNATURE))
    crl = authority.revocation_list()
    assert list(crl) == []
    assert crl.issuer == authority.issuer.subject
    assert crl.is_signature_valid(authority.issuer.public_key())  # type: ignore[arg-type]  # an EC key
    assert crl.last_update_utc == clock.now
    assert crl.next_update_utc == clock.now + timedelta(hours=12)
    own = authority.issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    told = crl.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert told.key_identifier == own.digest
    assert [one.critical for one in crl.extensions] == [False, False]


def test_revoked_and_suspended_are_on_it_with_time_and_reason(
    authority: Authority, leaf: MakeLeaf, clock: Clock
) -> None:
    register = authority.register
    since = clock.now - timedelta(days=3, microseconds=1)
    for serial, status in {
        40: revoked(since, x509.ReasonFlags.superseded),
        10: suspended(since),
        30: revoked(since),
        20: revoked(since, x509.ReasonFlags.unspecified),
        50: GOOD,
    }.items():
        register.set(serial, status)
    crl = authority.revocation_list()
    assert rows(crl) == {
        10: x509.ReasonFlags.certificate_hold,
        20: None,
        30: None,
        40: x509.ReasonFlags.superseded,
    }
    assert [entry.serial_number for entry in crl] == [10, 20, 30, 40]
    assert {entry.revocation_date_utc for entry in crl} == {since.replace(microsecond=0)}


def test_who_is_released_is_off_it(authority: Authority) -> None:
    authority.register.set(7, suspended(authority.clock.now))
    assert rows(authority.revocation_list()).keys() == {7}
    authority.register.set(7, GOOD)
    assert rows(authority.revocation_list()) == {}


def test_numbers_grow_with_time_and_with_change(authority: Authority, clock: Clock) -> None:
    numbers = [number(authority.revocation_list())]
    for serial in (1, 2):
        authority.register.set(serial, revoked(clock.now))
        numbers.append(number(authority.revocation_list()))
        clock.move_to(clock.now + timedelta(seconds=1))
        numbers.append(number(authority.revocation_list()))
    assert sorted(set(numbers)) == numbers
    assert all(one.bit_length() <= 8 * 20 for one in numbers), "RFC 5280, 5.2.3"


def test_a_clock_that_is_set_back_lowers_no_number(authority: Authority, clock: Clock) -> None:
    before = number(authority.revocation_list())
    clock.set_back(timedelta(hours=1))
    assert number(authority.revocation_list()) >= before


def test_the_same_moment_and_register_give_the_same_octets(clock: Clock, leaf: MakeLeaf) -> None:
    made = set()
    for _ in range(2):
        authority = Authority(Seed("s"), clock)
        recipe_named("revoked")(authority, leaf(Use.SIGNATURE))
        made.add(authority.revocation_list().public_bytes(Encoding.DER))
    assert len(made) == 1


def test_how_long_it_lasts_can_be_said(authority: Authority, clock: Clock) -> None:
    assert authority.revocation_list(timedelta(days=7)).next_update_utc == clock.now + timedelta(days=7)


@pytest.mark.openssl
@pytest.mark.parametrize(
    ("state", "complaint"),
    [("valid", ""), ("suspended", "certificate revoked"), ("revoked", "certificate revoked")],
)
def test_openssl_checks_by_it(
    authority: Authority, leaf: MakeLeaf, clock: Clock, tmp_path: Path, state: str, complaint: str
) -> None:
    certificate = recipe_named(state)(authority, leaf(Use.AUTHENTICATION))
    files = {}
    for name, made in (
        ("root", authority.root),
        ("issuer", authority.issuer),
        ("leaf", certificate),
        ("crl", authority.revocation_list()),
    ):
        files[name] = tmp_path / f"{name}.pem"
        files[name].write_bytes(made.public_bytes(Encoding.PEM))
    done = subprocess.run(
        [
            *("openssl", "verify", "-x509_strict", "-crl_check", "-attime", str(int(clock.now.timestamp()))),
            *(
                "-CAfile",
                files["root"],
                "-untrusted",
                files["issuer"],
                "-CRLfile",
                files["crl"],
                files["leaf"],
            ),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode == 0) == (not complaint), done.stderr
    assert complaint in done.stderr
