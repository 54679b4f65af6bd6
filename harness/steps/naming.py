"""How looks name people, reasons and lists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from ..person import persons
from ..registration.identity import Identity
from ..registration.vocabulary import Reason
from ..scenario.annotation import OneOf

Handle = Annotated[str, OneOf("a person of the table", lambda: tuple(persons()))]
ReasonName = Annotated[str, OneOf("a reason", lambda: tuple(Reason))]


def handle_of(identity: Identity | None) -> str | None:
    """Who in the table of persons an identity is."""
    if identity is None:
        return None
    return next((name for name, one in persons().items() if one.code == identity.personal_code), "a stranger")


def listed(words: Iterable[str]) -> str:
    """Words as a scenario writes several: separated by ", "; `none` where there are none."""
    return ", ".join(words) or "none"
