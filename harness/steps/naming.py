"""How looks name people, reasons and lists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Annotated

from softeid.emulator.mistake import Wrong, meant
from softeid.emulator.mistake import listed as offered

from ..person import persons
from ..registration.identity import Identity
from ..registration.vocabulary import PortalState, Reason
from ..scenario.annotation import OneOf, Reads
from ..web.messages import LANGUAGES

Handle = Annotated[str, OneOf("a person of the table", lambda: tuple(persons()))]
LanguageName = Annotated[str, OneOf("a language", lambda: tuple(LANGUAGES))]
PageState = Annotated[str, OneOf("a state of the portal", lambda: tuple(PortalState))]
ReasonName = Annotated[str, OneOf("a reason", lambda: tuple(Reason))]


def handle_of(identity: Identity | None) -> str | None:
    """Who in the table of persons an identity is."""
    if identity is None:
        return None
    return next((name for name, one in persons().items() if one.code == identity.personal_code), "a stranger")


def listing(what: str, words: Sequence[str], pattern: str = "") -> Reads:
    """Several of these words, or of those with this form, as `listed` writes them; or `none`."""
    wanted = f"{what} separated by ', ' ({offered(words, 20)}), or none"

    def convert(text: str) -> str:
        for one in text.split(", ") if text != "none" else ():
            if one not in words and not re.fullmatch(pattern, one):
                raise Wrong(wanted, repr(one), meant(one, words))
        return str(text)

    return Reads(wanted, convert)


def listed(words: Iterable[str]) -> str:
    """Words as a scenario writes several: separated by ", "; `none` where there are none."""
    return ", ".join(words) or "none"
