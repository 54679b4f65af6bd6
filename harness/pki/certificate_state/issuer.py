"""States in which a certificate comes from somebody who is not to be trusted, or not any more."""

from __future__ import annotations

from cryptography import x509

from ..authority import Authority
from ..leaf import Leaf
from .registry import certificate_state


@certificate_state("untrusted-issuer")
def untrusted_issuer(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Issued by an authority that has our name and another key."""
    return authority.look_alike.issue(leaf)


@certificate_state("unlisted-issuer")
def unlisted_issuer(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Issued by an authority under our root that stands in no list of trusted ones."""
    return authority.unlisted_issuer.issue(leaf)


@certificate_state("root-issued")
def root_issued(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Issued by the root itself."""
    return authority.root_issuer.issue(leaf)


@certificate_state("ca-expired")
def ca_expired(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Issued by an authority under our root that has expired."""
    return authority.expired_issuer.issue(leaf)


@certificate_state("ca-revoked")
def ca_revoked(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Issued by an authority under our root that was revoked."""
    return authority.revoked_issuer.issue(leaf)
