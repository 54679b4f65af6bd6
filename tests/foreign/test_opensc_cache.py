"""OpenSC keeps certificates by document number: a new card must never be taken for an old one."""

from __future__ import annotations

import re
from shutil import rmtree

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from tests.foreign.user import User

pytestmark = [pytest.mark.pcsc, pytest.mark.opensc, pytest.mark.openssl]

CACHING = "app default { framework pkcs15 { use_file_caching = public; } }\n"  # opensc.conf(5)
MESSAGE = b"signed by the card that is in now"


@pytest.fixture
def keeper(user: User) -> User:
    """A user whose OpenSC keeps what it reads, as it does by default from 0.26 on."""
    (user.home / "opensc.conf").write_text(CACHING)
    (user.home / "message").write_bytes(MESSAGE)
    return User(user.home, extra={"OPENSC_CONF": str(user.home / "opensc.conf")})


def used(keeper: User, *options: str) -> tuple[str, x509.Certificate]:
    """Read the certificate of a card and sign with it, each by another program.

    Returns:
        the document number and the certificate that OpenSC gave, which the signature fits.
    """
    with keeper.card(*options) as reader:
        told = reader.did("pkcs11-tool", "-L")
        reader.did("pkcs15-tool", "--read-certificate", "01", "-o", "certificate")
        reader.did(
            *("pkcs11-tool", "--sign", "-m", "ECDSA-SHA384", "--id", "01", "--login", "--pin", "1234"),
            *("-i", "message", "-o", "signature", "-f", "openssl"),
        )
    numbers = re.findall(r"serial num +: (\S+)", told)
    certificate = x509.load_pem_x509_certificate((keeper.home / "certificate").read_bytes())
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify((keeper.home / "signature").read_bytes(), MESSAGE, ec.ECDSA(hashes.SHA384()))
    return numbers[0], certificate


def kept(keeper: User) -> set[str]:
    """The document numbers of which OpenSC has kept something."""
    return {file.name.split("_")[0] for file in (keeper.home / ".cache" / "opensc").iterdir()}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((), ()),
        (("--seed", "one"), ("--seed", "two")),
        (("--seed", "one"), ("--seed", "one", "--state", "expired")),
        (("--seed", "one"), ("--seed", "one", "--person", "mari")),
    ],
    ids=["two new cards", "two seeds", "two states", "two persons"],
)
def test_two_cards_are_never_mistaken(keeper: User, first: tuple[str, ...], second: tuple[str, ...]) -> None:
    number, certificate = used(keeper, *first)
    assert kept(keeper) == {number}, "OpenSC keeps nothing: this test proves nothing"
    other_number, other_certificate = used(keeper, *second)
    assert other_number != number
    assert other_certificate != certificate
    assert kept(keeper) == {number, other_number}


def test_a_renewed_card_keeps_its_number(keeper: User) -> None:
    """As in life: new keys on the same document, and OpenSC goes on with the certificate that it kept."""
    number, old = used(keeper, "--seed", "one")
    with pytest.raises(InvalidSignature):
        used(keeper, "--seed", "one", "--state", "renewed")
    rmtree(keeper.home / ".cache" / "opensc")
    same, new = used(keeper, "--seed", "one", "--state", "renewed")
    assert same == number
    assert new != old


def test_the_same_seed_is_the_same_card(keeper: User) -> None:
    """What was kept is good for it."""
    assert used(keeper, "--seed", "one") == used(keeper, "--seed", "one")
