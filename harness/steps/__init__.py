"""The steps of the product's world: one function each, grouped by what they talk about.

A step says what a person does or what can be seen. What portal, phone and core refuse goes through; a refusal
of the card is what the step returns.
"""

from __future__ import annotations

from ..scenario.language import Language
from ..scenario.step import STEPS
from ..world import VISIBLE
from . import (
    account,
    card,
    guardian,
    guess,
    lab,
    login,
    network,
    ocsp,
    phone,
    phone_screen,
    portal,
    portal_page,
    register,
    web,
)

LANGUAGE = Language(STEPS, VISIBLE)
"""The words that scenarios of the product are written in."""

__all__ = [
    "LANGUAGE",
    "account",
    "card",
    "guardian",
    "guess",
    "lab",
    "login",
    "network",
    "ocsp",
    "phone",
    "phone_screen",
    "portal",
    "portal_page",
    "register",
    "web",
]
