"""Certificates by name of their state: one function adds a state.

`registry` knows the names; `life`, `usage`, `identity`, `issuer` and `key` hold one function for each state.
"""

from . import life

# isort: split
# A good certificate comes first in every list of states, then what becomes of one.
from . import identity, issuer, key, usage
from .life import since, until, valid
from .registry import CERTIFICATE_STATES, CertificateRecipe, certificate_state, recipe_named

__all__ = [
    "CERTIFICATE_STATES",
    "CertificateRecipe",
    "certificate_state",
    "identity",
    "issuer",
    "key",
    "life",
    "recipe_named",
    "since",
    "until",
    "usage",
    "valid",
]
