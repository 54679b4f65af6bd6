"""`softeid ca export`: the same two certificates each time, of the home authority or of a seed's."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509
from tests.foreign.user import User


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
