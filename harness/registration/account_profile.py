"""The certificates of accounts as they were issued over the years, and those of Basic accounts.

Source: registration specification, 6.1 and 6.2. `account_certificate` makes today's Qualified ones; this
changes them into the others, so that relying parties can be tested against all.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ..pki.birth import DIRECTORY_ATTRIBUTES
from ..pki.key_usage import key_usage
from ..pki.leaf import QC_STATEMENTS, Leaf, Use
from ..pki.name import MAX_COMMON_NAME, clipped
from ..pki.shape import AuthorityShape
from .account_certificate import account_leaf
from .identity import Identity

Generation = Literal["2025", "2018", "2016"]
"""When a certificate was issued: since April 2025, before, or by the first authorities."""
Level = Literal["Q", "NQ"]
"""Qualified, or Basic; the document number ends with it."""

ACCOUNT_AUTHORITY_RSA = AuthorityShape(
    root="SOFTEID TEST account root R",
    issuer="SOFTEID TEST account CA 2026R",
    curve=None,
    rsa_bits=3072,
    digest=hashes.SHA256(),
    path="account2026r",
    lists=True,
)
"""The second chain, with RSA keys. The real one has 4096 bits; ours are found faster."""

_ARC = "1.3.6.1.4.1.10015"
# Policies of the service for each level, and ETSI's with it; those of 2016 stand under the arc for tests.
_SERVICE = {"Q": f"{_ARC}.17.2", "NQ": f"{_ARC}.17.1"}
_SERVICE_2016 = {"Q": f"{_ARC}.3.17.2", "NQ": f"{_ARC}.3.17.1"}
_NCP = "0.4.0.2042.1.1"  # ETSI EN 319 411-1, 5.3 a
_UNITS = {Use.AUTHENTICATION: "AUTHENTICATION", Use.SIGNATURE: "SIGNATURE"}


def profiled_leaf(
    generation: Generation,
    level: Level,
    use: Use,
    identity: Identity,
    number: str,
    modulus: int,
    begin: datetime,
    end: datetime,
) -> Leaf:
    """One of an account's two certificates before it is signed, in the form of its time.

    Args:
        generation: when it was issued.
        level: of the account.
        use: which of the two.
        identity: its subject.
        number: the document number, which ends with the level.
        modulus: of the account key.
        begin: the first instant, whole seconds.
        end: the last instant, whole seconds.

    Raises:
        ValueError: number and level contradict each other.
    """
    if not number.endswith(f"-{level}"):
        raise ValueError(f"expected a document number that ends with -{level}, found {number}")
    leaf = account_leaf(use, identity, number, modulus, begin, end)
    if level == "NQ":
        leaf = basic(leaf)
    if generation != "2025" and use is Use.AUTHENTICATION:
        leaf = _before_2025(leaf)
    return _of_2016(leaf, level, use) if generation == "2016" else leaf


def basic(leaf: Leaf) -> Leaf:
    """The same for a Basic account: other policies, no statements of qualification, no date of birth."""
    kept = tuple(one for one in leaf.extensions if one.oid not in (QC_STATEMENTS, DIRECTORY_ATTRIBUTES))
    return replace(leaf, extensions=kept).having(policies(_SERVICE["NQ"], _NCP))


def policies(*identifiers: str) -> x509.CertificatePolicies:
    """Certificate policies without qualifiers, by dotted object identifier."""
    return x509.CertificatePolicies(
        [x509.PolicyInformation(x509.ObjectIdentifier(one), None) for one in identifiers]
    )


def _before_2025(leaf: Leaf) -> Leaf:
    """Authentication keys could decipher, and were for TLS clients."""
    usage = key_usage("digital_signature", "key_encipherment", "data_encipherment")
    return leaf.having(usage).having(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]))


def _of_2016(leaf: Leaf, level: Level, use: Use) -> Leaf:
    """The code in the common name, the use in OU, policies for tests, and no date of birth yet."""
    (serial,) = leaf.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)
    code = str(serial.value)
    attributes: list[x509.NameAttribute[str]] = []
    for one in leaf.subject:
        text = str(one.value)
        if one.oid == NameOID.COMMON_NAME:
            attributes.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, _UNITS[use]))
            text = f"{clipped(text, MAX_COMMON_NAME - len(code) - 1)},{code}"
        attributes.append(x509.NameAttribute(one.oid, text))
    kept = tuple(one for one in leaf.extensions if one.oid != DIRECTORY_ATTRIBUTES)
    old = replace(leaf, subject=x509.Name(attributes), extensions=kept)
    general = old.value(x509.CertificatePolicies)
    assert general
    etsi = [one.policy_identifier.dotted_string for one in general][1:]
    return old.having(policies(_SERVICE_2016[level], *etsi))
