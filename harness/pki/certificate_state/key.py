"""States in which a certificate is about another key, or signed in another way, than is good today.

A card cannot have these keys: what it signs does not fit such a certificate. Who needs the private key has it
from `software_key`.
"""

from __future__ import annotations

from dataclasses import replace

from cryptography import x509

from ..authority import Authority
from ..leaf import Leaf
from ..private_key import PrivateKey
from ..signing import sign
from .registry import certificate_state


@certificate_state("rsa")
def rsa_key(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """About an RSA key of 2048 bits, for a program that signs: nothing is wrong with it."""
    return authority.issue(_about(authority, leaf, "rsa"))


@certificate_state("short-rsa")
def short_rsa(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """About an RSA key of 1024 bits."""
    return authority.issue(_about(authority, leaf, "short-rsa"))


@certificate_state("foreign-curve")
def foreign_curve(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """About a key on secp256k1, a curve that no ID card uses."""
    return authority.issue(_about(authority, leaf, "foreign-curve"))


@certificate_state("sha1-signed")
def sha1_signed(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Signed by its issuer with SHA-1."""
    return authority.issue(leaf, sha1=True)


@certificate_state("self-signed")
def self_signed(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Signed with its own key, issued by nobody but itself."""
    own = _about(authority, leaf, "self-signed")
    key = software_key(authority, leaf, "self-signed")
    return sign(key, own.subject, own, authority.shape.digest, authority.seed)


def software_key(authority: Authority, leaf: Leaf, state: str) -> PrivateKey:
    """The private key of a certificate in one of these states.

    Args:
        authority: which issued it.
        leaf: as it was handed to the state; subject, and whether it is for login or for signing, matter.
        state: `rsa`, `short-rsa`, `foreign-curve` or `self-signed`.
    """
    usage = leaf.value(x509.KeyUsage)
    purpose = "signature" if usage and usage.content_commitment else "authentication"
    return authority.software_key(state, purpose, leaf.subject.rfc4514_string())


def _about(authority: Authority, leaf: Leaf, state: str) -> Leaf:
    key = software_key(authority, leaf, state).public_key()
    return replace(leaf, public_key=key).having(x509.SubjectKeyIdentifier.from_public_key(key))
