"""What the card desk's routes have in common."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Request

from ..service.card_desk import CardDesk
from ..service.card_prompt import Prompt
from .lab_window import Window
from .pages import desk as views
from .pages.render import Problem
from .site import Form, posted

Posted = Annotated[Form, Depends(posted)]
LONGEST = 64
"""Characters that are taken of what is typed into a PIN's field; what is no PIN is then said so."""
_DIGITS = re.compile(r"[0-9]*", re.ASCII)


def desk_of(request: Request) -> CardDesk:
    """The desk that the application serves."""
    desk: CardDesk = request.app.state.desk
    return desk


def window_of(request: Request) -> Window:
    """How its pages are drawn."""
    window: Window = request.app.state.window
    return window


def digits_problem(field: str, line: views.PinLine, typed: str) -> Problem | None:
    """Why something cannot be this PIN; no card need be asked for that, and no try is lost."""
    if not _DIGITS.fullmatch(typed):
        return Problem(field, "desk.wrong-digits")
    if not line.least <= len(typed) <= line.most:
        values = {"pin": line.name, "least": line.least, "most": line.most}
        return Problem(field, "desk.wrong-length", values=values)
    return None


def refused(field: str, sw: str) -> Problem:
    """What the card said no with, as a problem."""
    return Problem(field, "desk.wrong-refused", values={"sw": sw or "-"})


def reader_state(card: views.InsertedCard | None) -> str:
    """The word for where the reader stands."""
    return "CARD_INSERTED" if card else "READER_EMPTY"


def prompt_state(prompt: Prompt, card: views.InsertedCard | None) -> str:
    """The word for where a question stands."""
    if prompt.outcome:
        return "PROMPT_OVER"
    if card is None:
        return "CARD_ASKED"
    if prompt.kind == "certificate":
        return "CERTIFICATE_ASKED"
    return f"{prompt.pin}_ASKED" if card.pin(prompt.pin).left else f"{prompt.pin}_BLOCKED"
