"""Certificates by name of their state, and what a relying party sees of each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from softeid.harness.clock import Clock
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.certificate_state import (
    CERTIFICATE_STATES,
    certificate_state,
    recipe_named,
    since,
    until,
    valid,
)
from softeid.harness.pki.error import StateError
from softeid.harness.pki.leaf import Leaf, Use

MakeLeaf = Callable[[Use], Leaf]
BOTH = pytest.mark.parametrize("use", list(Use))
DAY = timedelta(days=1)


def judged(certificate: x509.Certificate, use: Use, authority: Authority) -> set[str]:
    """Everything that is wrong with a certificate at the authority's now."""
    wrong = set()
    now = authority.clock.now
    if now > certificate.not_valid_after_utc:
        wrong.add("expired")
    if now < certificate.not_valid_before_utc:
        wrong.add("not-yet-valid")
    try:
        certificate.verify_directly_issued_by(authority.issuer)
    except InvalidSignature:
        wrong.add("untrusted-issuer")
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    if not (usage.digital_signature if use is Use.AUTHENTICATION else usage.content_commitment):
        wrong.add("wrong-usage")
    status = authority.register.get(certificate.serial_number)
    if status and not status.good:
        wrong.add(str(status))
    return wrong


def test_the_states_are_these() -> None:
    assert list(CERTIFICATE_STATES) == [
        "valid",
        "expired",
        "not-yet-valid",
        "suspended",
        "revoked",
        "untrusted-issuer",
        "wrong-usage",
    ]


@BOTH
@pytest.mark.parametrize("name", CERTIFICATE_STATES)
def test_a_state_has_its_defect_and_no_other(
    authority: Authority, leaf: MakeLeaf, use: Use, name: str
) -> None:
    certificate = recipe_named(name)(authority, leaf(use))
    assert judged(certificate, use, authority) == ({name} - {"valid"})


@pytest.mark.parametrize("name", CERTIFICATE_STATES)
def test_each_state_is_described(name: str) -> None:
    assert CERTIFICATE_STATES[name].__doc__


@BOTH
@pytest.mark.parametrize("name", CERTIFICATE_STATES)
def test_the_key_is_the_holders_in_every_state(
    authority: Authority, leaf: MakeLeaf, use: Use, name: str
) -> None:
    assert recipe_named(name)(authority, leaf(use)).public_key() == leaf(use).public_key


def test_an_expired_certificate_lasted_as_long_as_a_good_one(authority: Authority, leaf: MakeLeaf) -> None:
    ordinary = leaf(Use.SIGNATURE)
    certificate = recipe_named("expired")(authority, ordinary)
    assert certificate.not_valid_after_utc == authority.clock.now - DAY
    early = recipe_named("expired")(authority, ordinary.since(authority.clock.now + DAY))
    assert early.not_valid_after_utc - early.not_valid_before_utc == ordinary.not_after - (
        authority.clock.now + DAY
    )


def test_revocation_has_reason_and_time(authority: Authority, leaf: MakeLeaf) -> None:
    certificate = recipe_named("revoked")(authority, leaf(Use.SIGNATURE))
    status = authority.register.get(certificate.serial_number)
    assert status is not None
    assert (status.since, status.reason) == (authority.clock.now, x509.ReasonFlags.key_compromise)


def test_between_two_seconds_the_states_still_work(
    authority: Authority, leaf: MakeLeaf, clock: Clock
) -> None:
    clock.move_to(clock.now + timedelta(milliseconds=999))
    for name in CERTIFICATE_STATES:
        certificate = recipe_named(name)(authority, leaf(Use.SIGNATURE))
        assert judged(certificate, Use.SIGNATURE, authority) == ({name} - {"valid"})


def test_usage_is_swapped_with_its_purposes(authority: Authority, leaf: MakeLeaf) -> None:
    for use, other in ((Use.AUTHENTICATION, Use.SIGNATURE), (Use.SIGNATURE, Use.AUTHENTICATION)):
        wrong = recipe_named("wrong-usage")(authority, leaf(use)).extensions
        right = authority.issue(leaf(other)).extensions
        for kind in (x509.KeyUsage, x509.ExtendedKeyUsage):
            assert found(wrong, kind) == found(right, kind)


def found(extensions: x509.Extensions, kind: type[x509.ExtensionType]) -> list[tuple[object, bool]]:
    return [(one.value, one.critical) for one in extensions if isinstance(one.value, kind)]


@pytest.mark.parametrize(
    ("later", "good"),
    [(timedelta(minutes=10), True), (timedelta(minutes=10, milliseconds=1), False)],
    ids=["at the bound", "a millisecond later"],
)
def test_until_holds_to_the_instant(
    authority: Authority, leaf: MakeLeaf, clock: Clock, later: timedelta, good: bool
) -> None:
    certificate = until(clock.now + timedelta(minutes=10))(authority, leaf(Use.SIGNATURE))
    clock.move_to(clock.now + later)
    assert judged(certificate, Use.SIGNATURE, authority) == (set() if good else {"expired"})


@pytest.mark.parametrize(
    ("later", "good"),
    [(timedelta(minutes=10), True), (timedelta(minutes=10) - timedelta(milliseconds=1), False)],
    ids=["at the bound", "a millisecond earlier"],
)
def test_since_holds_from_the_instant(
    authority: Authority, leaf: MakeLeaf, clock: Clock, later: timedelta, good: bool
) -> None:
    certificate = since(clock.now + timedelta(minutes=10))(authority, leaf(Use.SIGNATURE))
    clock.move_to(clock.now + later)
    assert judged(certificate, Use.SIGNATURE, authority) == (set() if good else {"not-yet-valid"})


@pytest.mark.parametrize("bound", [until, since])
def test_a_bound_between_two_seconds_is_refused(bound: Callable[[datetime], object], clock: Clock) -> None:
    with pytest.raises(StateError, match="expected a whole second, found 1 ms more") as caught:
        bound(clock.now + timedelta(milliseconds=1))
    assert "no fractions" in caught.value.advice


def test_an_unknown_state_says_what_was_meant() -> None:
    with pytest.raises(StateError, match="certificate state: expected valid, expired") as caught:
        recipe_named("revokd")
    assert caught.value.advice == "did you mean revoked?"


def test_one_function_adds_a_state() -> None:
    with pytest.raises(ValueError, match="already"):
        certificate_state("valid")(valid)
