"""The names of certificates' states."""

from __future__ import annotations

from collections.abc import Callable

from cryptography import x509

from ..authority import Authority
from ..leaf import Leaf
from ..registry import Registry

# What makes a certificate in a state: the authority that would issue it, and what it would issue.
CertificateRecipe = Callable[[Authority, Leaf], x509.Certificate]

CERTIFICATE_STATES = Registry[CertificateRecipe]("certificate state", shown=40)
certificate_state = CERTIFICATE_STATES.add
recipe_named = CERTIFICATE_STATES.named
