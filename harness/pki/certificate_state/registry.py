"""The names of certificates' states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from cryptography import x509

from softeid.emulator.mistake import listed, meant

from ..authority import Authority
from ..error import StateError
from ..leaf import Leaf

# What makes a certificate in a state: the authority that would issue it, and what it would issue.
CertificateRecipe = Callable[[Authority, Leaf], x509.Certificate]

_STATES: dict[str, CertificateRecipe] = {}
CERTIFICATE_STATES: Mapping[str, CertificateRecipe] = MappingProxyType(_STATES)


def certificate_state(name: str) -> Callable[[CertificateRecipe], CertificateRecipe]:
    """Make a recipe known under a name."""

    def known(recipe: CertificateRecipe) -> CertificateRecipe:
        if name in _STATES:
            raise ValueError(f"there is a certificate state {name} already")
        _STATES[name] = recipe
        return recipe

    return known


def recipe_named(name: str) -> CertificateRecipe:
    """The recipe of a state.

    Raises:
        StateError: there is none of that name.
    """
    if recipe := CERTIFICATE_STATES.get(name):
        return recipe
    raise StateError(
        "certificate state", listed(CERTIFICATE_STATES, 40), repr(name), meant(name, CERTIFICATE_STATES)
    )
