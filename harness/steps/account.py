"""What a person does with an account, and what can be known of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from ..actor import Actor, Phone
from ..pki.leaf import Use
from ..registration.account_life import Wanted, renewable
from ..registration.encoded_message import HashName
from ..registration.encoded_message import Padding as PaddingName
from ..registration.key_share import EXPONENT
from ..registration.model import Account
from ..registration.vocabulary import KeyState
from ..scenario.annotation import Has, OneOf
from ..scenario.reading import Who
from ..scenario.stage import Stuck
from ..scenario.step import step
from ..world import World
from .typed import AppPin

Pin = Literal["pin1", "pin2"]
State = Annotated[str, OneOf("a key state", lambda: tuple(KeyState))]
_USES: dict[Pin, Use] = {"pin1": Use.AUTHENTICATION, "pin2": Use.SIGNATURE}
_PADDINGS: dict[str, PaddingName] = {"pkcs1": "pkcs1v15", "pss": "pss"}
_HASHES: dict[str, HashName] = {
    "sha256": "sha256",
    "sha384": "sha384",
    "sha512": "sha512",
    "sha3-256": "sha3_256",
    "sha3-384": "sha3_384",
    "sha3-512": "sha3_512",
}
_ALGORITHMS: dict[HashName, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
    "sha3_256": hashes.SHA3_256(),
    "sha3_384": hashes.SHA3_384(),
    "sha3_512": hashes.SHA3_512(),
}
_CONTENT = b"softeid: something to sign"


@step("use key", expect="key.used")
def use_key(
    world: World,
    me: Actor,
    phone: Phone,
    *,
    pin: Pin,
    typed: AppPin = "right",
    padding: Literal["pkcs1", "pss"] = "pkcs1",
    hash: Literal["sha256", "sha384", "sha512", "sha3-256", "sha3-384", "sha3-512"] = "sha256",
    message: Literal["any", "leading zeros"] = "any",
    account: Who | None = None,
) -> None:
    """Make one signature with an account key, and verify it with the account's certificate.

    Args:
        pin: which key: PIN1 for authentication, PIN2 for signatures.
        typed: right, wrong or the digits.
        padding: of the signature (RFC 8017).
        hash: of what is signed.
        message: what is signed: anything, or something whose signature begins with a zero octet.
        account: whose account the request is for; by default the one on the phone.
    """
    use = _USES[pin]
    with world.records():
        content = _CONTENT if message == "any" else _begins_with_zero(world, phone, use)
        number = _number(world, account) if account else ""
    digits = phone.digits(pin, typed)
    signature, wanted = phone.app.account.use_key(
        use, digits, content, _PADDINGS[padding], _HASHES[hash], number=number
    )
    with world.records():
        certificate = _account(world, phone).certificates[use]
    _verify(certificate, signature, wanted)


@step("refresh key", expect="key.refreshed")
def refresh_key(world: World, phone: Phone, *, pin: Pin) -> None:
    """Let the app get a new one-time password for a key, as it does now and then by itself.

    Args:
        pin: which key.
    """
    phone.app.account.refresh_key(_USES[pin])


@step("delete account", expect="account.closed(by=app)")
def delete_account(world: World, phone: Phone, *, typed: str = "OK") -> None:
    """Delete the account in the app.

    Args:
        typed: what is typed to show that it is meant.
    """
    phone.app.account.delete(typed)


@step("renew account", expect="COUNTRY & registration.started")
def renew_account(world: World, phone: Phone) -> None:
    """Start the renewal of an account that ends soon."""
    phone.app.renew()


@step("clone app")
def clone_app(world: World, phone: Phone, *, to: str, of: Annotated[Who, Has("phone")] | None = None) -> None:
    """Copy everything that the app stores onto another phone.

    Args:
        to: the other phone, by name.
        of: whose phone that is; one's own by default.
    """
    owner = world.actors[of or phone.owner]
    if to not in owner.phones:
        raise Stuck(f"{owner.name} has no phone named {to}")
    owner.phones[to].becomes_copy_of(phone)


@dataclass(frozen=True)
class AccountSeen:
    """An account, as the core keeps it."""

    status: Literal["ACTIVE", "EXPIRED", "CLOSED", "none"]
    name: str | None = None
    email: str | None = None  # masked
    certificates: Literal["good", "revoked", "some revoked", "none"] = "none"
    pin1_key: State | None = None
    pin2_key: State | None = None
    renewal: Literal["offered", "not yet"] = "not yet"
    document: str | None = None


@step("account shows")
def account_shows(world: World, phone: Phone) -> AccountSeen:
    """Look at the account that is on the phone."""
    with world.records():
        return _seen(world, phone) if phone.app.device.account else AccountSeen("none")


def _seen(world: World, phone: Phone) -> AccountSeen:
    account = _account(world, phone)
    life = world.core.account_life
    told = (world.core.authority.register.get(one.serial_number) for one in account.certificates.values())
    good = {status is not None and status.good for status in told}
    return AccountSeen(
        status=account.status(world.now),
        name=account.identity.name,
        email=account.contact.masked_email,
        certificates="some revoked" if len(good) > 1 else "good" if True in good else "revoked",
        pin1_key=life.standing(account, Use.AUTHENTICATION).state.value,
        pin2_key=life.standing(account, Use.SIGNATURE).state.value,
        renewal="offered" if renewable(account, world.now) else "not yet",
        document=account.document_number,
    )


@dataclass(frozen=True)
class KeySeen:
    """An account key, as anybody may ask after it."""

    state: State
    locked_for: int = 0  # seconds
    attempts: int = 3  # wrong PINs until the next lock
    otp: int = 1  # one-time passwords that it has had


@step("key shows")
def key_shows(world: World, phone: Phone, *, pin: Pin) -> KeySeen:
    """Ask the core what becomes of an account key.

    Args:
        pin: which key.
    """
    with world.records():
        state, locked, attempts, otp = world.core.account_life.standing(_account(world, phone), _USES[pin])
    return KeySeen(state.value, int(locked), attempts, otp)


@dataclass(frozen=True)
class CertificateSeen:
    """A certificate of an account."""

    use: Literal["auth", "sign"]
    common_name: str
    surname: str
    given_name: str
    serial: str  # the subject's semantics identifier
    document: str  # the document number in it; `same` where both certificates tell one
    issuer: str
    years: int  # of validity


@step("certificate shows")
def certificate_shows(world: World, phone: Phone, *, use: Literal["auth", "sign"]) -> CertificateSeen:
    """Read a certificate of the account.

    Args:
        use: which of the two.
    """
    with world.records():
        account = _account(world, phone)
    kinds = {"auth": Use.AUTHENTICATION, "sign": Use.SIGNATURE}
    certificate = account.certificates[kinds[use]]
    numbers = {_document(one) for one in account.certificates.values()}
    whole = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    subject = certificate.subject
    return CertificateSeen(
        use,
        _named(subject, NameOID.COMMON_NAME),
        _named(subject, NameOID.SURNAME),
        _named(subject, NameOID.GIVEN_NAME),
        _named(subject, NameOID.SERIAL_NUMBER),
        "same" if numbers == {account.document_number} else _document(certificate),
        _named(certificate.issuer, NameOID.COMMON_NAME),
        round(whole.days / 365.25),
    )


def _account(world: World, phone: Phone) -> Account:
    own = phone.app.device.account
    account = world.core.accounts.get(own.document_number) if own else None
    if account is None:
        raise Stuck(f"there is no account on {phone.spec.name}")
    return account


def _number(world: World, who: str) -> str:
    for phone in world.actors[who].phones.values():
        if phone.app.device.account:
            return phone.app.device.account.document_number
    raise Stuck(f"{who} has no account")


def _verify(certificate: x509.Certificate, signature: bytes, wanted: Wanted) -> None:
    """Hold a signature against an ordinary RSA library.

    Raises:
        Stuck: it does not verify.
    """
    key, algorithm = certificate.public_key(), _ALGORITHMS[wanted.hash_name]
    assert isinstance(key, rsa.RSAPublicKey)
    pss = padding.PSS(padding.MGF1(algorithm), algorithm.digest_size)
    try:
        key.verify(
            signature,
            wanted.content,
            pss if wanted.padding == "pss" else padding.PKCS1v15(),
            algorithm,
        )
    except InvalidSignature:
        raise Stuck("the signature does not verify with the account's certificate") from None


def _begins_with_zero(world: World, phone: Phone, use: Use) -> bytes:
    """A content whose PKCS #1 v1.5 signature with SHA-256 begins with a zero octet.

    Nobody but a test world can look for one: it adds both shares, and the person's PIN is known to it.
    """
    device, account = phone.app.device, _account(world, phone)
    assert device.account
    own = device.account.shares[use].opened(
        phone.digits("pin1" if use is Use.AUTHENTICATION else "pin2"), device.secret
    )
    core = world.core.account_life.keys(account)[use].share
    p, q = rsa.rsa_recover_prime_factors(core.modulus, EXPONENT, own + core.exponent)
    d = pow(EXPONENT, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p,
        q,
        d,
        rsa.rsa_crt_dmp1(d, p),
        rsa.rsa_crt_dmq1(d, q),
        rsa.rsa_crt_iqmp(p, q),
        rsa.RSAPublicNumbers(EXPONENT, core.modulus),
    )
    whole = numbers.private_key()
    for content in _contents():
        if whole.sign(content, padding.PKCS1v15(), hashes.SHA256())[0] == 0:
            return content
    raise AssertionError("contents never end")


def _contents() -> Iterator[bytes]:
    number = 0
    while True:
        yield hashlib.sha256(number.to_bytes(4, "big")).digest()
        number += 1


def _document(certificate: x509.Certificate) -> str:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    (name,) = names.get_values_for_type(x509.DirectoryName)
    return _named(name, NameOID.COMMON_NAME)


def _named(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    return ", ".join(str(one.value) for one in name.get_attributes_for_oid(oid))
