"""The card: octets in, octets out, no I/O.

Here stand the names that we promise; each is imported when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .card import Card, build_card
    from .errors import EmulatorError, PersonalisationError, StatusError
    from .facts import Profile
    from .layer import CardLike, Layer
    from .personalisation import personalise
    from .profile import ProfileError, parse_profile
    from .state import Permanent
    from .trace import Trace

_HOMES = {
    "Card": "card",
    "CardLike": "layer",
    "EmulatorError": "errors",
    "Layer": "layer",
    "Permanent": "state",
    "PersonalisationError": "errors",
    "Profile": "facts",
    "ProfileError": "profile",
    "StatusError": "errors",
    "Trace": "trace",
    "build_card": "card",
    "parse_profile": "profile",
    "personalise": "personalisation",
}

__all__ = [
    "Card",
    "CardLike",
    "EmulatorError",
    "Layer",
    "Permanent",
    "PersonalisationError",
    "Profile",
    "ProfileError",
    "StatusError",
    "Trace",
    "build_card",
    "parse_profile",
    "personalise",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
