"""The card desk's pages: the reader, and the cards beside it. Its routes are listed in `pages.desk`."""

from __future__ import annotations

from typing import get_args

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from ..person import persons
from ..pki.card_state import CARD_STATES
from ..pki.error import StateError
from ..registration.refusal import Refused
from ..registration.vocabulary import Code
from ..service.card_desk import CardDesk
from . import desk_pins, desk_prompts
from . import desk_sight as sight
from .api import Description, application
from .desk_window import Posted, desk_of, prompt_state, reader_state, window_of
from .lab_window import Window
from .pages.desk import PinName
from .pages.render import Problem
from .site import furnish, router, see

_DONE = ("inserted", "removed", "changed", "unblocked")

routes = router()


def desk_site(desk: CardDesk, window: Window, portal: str) -> FastAPI:
    """The application.

    Args:
        desk: which.
        window: how its pages are drawn.
        portal: origin of the only site that may ask for the card.
    """
    routers = (routes, desk_pins.routes, desk_prompts.routes, desk_prompts.programs)
    app = application(Description("softeid TEST: card desk", "A software card and its PINs.", routers))
    app.state.policy, app.state.window = window.policy, window
    app.state.desk, app.state.portal = desk, portal
    furnish(app, window.wrong, (desk_prompts.PATH,))
    return app


@routes.get("/")
def reader(request: Request, done: str = "", pin: str = "") -> Response:
    """The card in the reader.

    Args:
        request: the browser's.
        done: what was just done.
        pin: with which PIN.
    """
    desk = desk_of(request)
    with desk.turn:
        told = f"desk.done-{done}" if done in _DONE else ""
        view = sight.reader(desk, told, pin if pin in get_args(PinName) else "")
        waiting = desk.prompts.waiting()
    state = prompt_state(waiting, view.inserted) if waiting else reader_state(view.inserted)
    return window_of(request).draw(request, view, state)


@routes.get("/mark")
def mark(request: Request) -> Response:
    """Whether the first page would look different."""
    return JSONResponse({"mark": desk_of(request).mark})


@routes.get("/cards")
def cards(request: Request, person: str = "", state: str = "fresh") -> Response:
    """Cards to take, and one to be made."""
    desk = desk_of(request)
    with desk.turn:
        view = sight.cards(desk, person if person in persons() else "", state)
    return window_of(request).draw(request, view, "CARDS")


@routes.post("/cards")
def make(request: Request, form: Posted) -> Response:
    """Make a card, and put it into the reader."""
    desk, window = desk_of(request), window_of(request)
    window.prove(request, form)
    person, state = form.text("person", 40), form.text("state", 40)
    with desk.turn:
        problem = _made(desk, person, state)
        if problem is None:
            return see("/?done=inserted")
        view = sight.cards(desk, person, state, problem)
    return window.draw(request, view, "CARDS", Code.BAD_REQUEST)


def _made(desk: CardDesk, person: str, state: str) -> Problem | None:
    """Why no card could be made of that."""
    if person not in persons():
        return Problem("person", "desk.wrong-person")
    if state not in CARD_STATES:
        return Problem("state", "desk.wrong-state")
    try:
        desk.insert(desk.make(person, state).id)
    except StateError:
        return Problem("state", "desk.wrong-state")
    return None


@routes.post("/insert")
def insert(request: Request, form: Posted) -> Response:
    """Put a card into the reader; a prompt that waits for one goes on."""
    desk = desk_of(request)
    window_of(request).prove(request, form)
    card = form.text("card", 40)
    with desk.turn:
        if card not in desk.cards:
            raise Refused(Code.BAD_REQUEST, field="card")
        waiting = desk.prompts.waiting() if desk.inserted is None else None
        desk.insert(card)
    return see(f"/prompts/{waiting.id}" if waiting else "/?done=inserted")


@routes.post("/remove")
def remove(request: Request, form: Posted) -> Response:
    """Take the card out."""
    window_of(request).prove(request, form)
    desk_of(request).remove()
    return see("/?done=removed")
