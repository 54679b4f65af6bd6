"""What a person types, as a scenario writes it: by its meaning, as digits, or whatever else in quotes."""

from __future__ import annotations

import re
from typing import Annotated

from softeid.emulator.mistake import Wrong, listed, meant
from softeid.emulator.yaml_text import Text

from ..scenario.annotation import Reads
from ..scenario.words import MEANT

_CARD_PIN = "right, wrong or 1 to 12 digits"
_OTHERS = "digits (anything else that is typed stands in quotes)"


def _at_the_card(text: str) -> str:
    """A card's own programs take digits and nothing else."""
    if text not in MEANT and not re.fullmatch("[0-9]{1,12}", text):
        raise Wrong(_CARD_PIN, advice=meant(text, MEANT))
    return str(text)


def _freely(*words: str) -> Reads:
    """One of these words, or what is typed; without quotes no letters: they may be a slip."""
    wanted = listed((*words, _OTHERS))

    def convert(text: str) -> str:
        bare = not isinstance(text, Text) or text.bare
        if bare and text not in words and re.match("[A-Za-z]", text):
            raise Wrong(wanted, advice=meant(text, words))
        return str(text)

    return Reads(wanted, convert)


CardPin = Annotated[str, Reads(_CARD_PIN, _at_the_card, "right|wrong|[0-9]{1,12}")]
AppPin = Annotated[str, _freely(*MEANT)]
NewPin = Annotated[str, _freely()]
ShownCode = Annotated[str, _freely("right", "grouped", "wrong", "previous")]
SentCode = Annotated[str, _freely(*MEANT)]
