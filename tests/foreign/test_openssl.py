"""Trust: openssl checks the card's certificates against what `softeid ca export` hands out."""

from __future__ import annotations

import pytest
from tests.foreign.user import User

pytestmark = [pytest.mark.pcsc, pytest.mark.opensc, pytest.mark.openssl]

authorities = pytest.mark.parametrize("seed", [(), ("--seed", "trust")], ids=["home", "seed"])


def read_certificates(user: User, *options: str) -> None:
    """Leave the certificates of a card in the home, as 01.crt and 02.crt."""
    with user.card(*options) as reader:
        for number in ("01", "02"):
            reader.did("pkcs15-tool", "--read-certificate", number, "-o", f"{number}.crt")


def export(user: User, *options: str) -> None:
    ended = user.call("ca", "export", "--format", "pem", *options)
    assert ended.code == 0, ended
    (user.home / "ca.pem").write_text(ended.out)


def trusted(user: User, certificate: str, *options: str) -> bool:
    ended = user.run("openssl", "verify", "-x509_strict", "-CAfile", "ca.pem", *options, certificate)
    assert ended.code == 0 or "error" in ended.err, ended
    return ended.code == 0


@authorities
def test_what_ca_export_hands_out_proves_the_card(user: User, seed: tuple[str, ...]) -> None:
    read_certificates(user, *seed)
    export(user, *seed)
    assert trusted(user, "01.crt")
    assert trusted(user, "02.crt")
    assert trusted(user, "01.crt", "-purpose", "sslclient")
    assert not trusted(user, "02.crt", "-purpose", "sslclient")


def test_the_home_authority_is_the_same_tomorrow(user: User) -> None:
    """Exported before the card is made, it is good for the card, and for the next one."""
    export(user)
    for _ in range(2):
        read_certificates(user)
        assert trusted(user, "01.crt")
        assert trusted(user, "02.crt")


@pytest.mark.parametrize("other", [(), ("--seed", "another")], ids=["home", "another seed"])
def test_another_authority_proves_nothing(user: User, other: tuple[str, ...]) -> None:
    read_certificates(user, "--seed", "trust")
    export(user, *other)
    assert not trusted(user, "01.crt")


@pytest.mark.parametrize("state", ["expired", "not-yet-valid", "untrusted-issuer"])
def test_what_is_wrong_with_a_card_is_found_out(user: User, state: str) -> None:
    read_certificates(user, "--state", state)
    export(user)
    assert not trusted(user, "01.crt")
    assert not trusted(user, "02.crt")
