"""The card desk's pages for changing and unblocking PINs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from fastapi import Request
from starlette.responses import Response

from ..clients.eid_client import CardRefused
from ..registration.vocabulary import Code
from ..service.card_desk import CardDesk, NoCard, WrongPin
from . import desk_sight as sight
from .desk_window import LONGEST, Posted, desk_of, digits_problem, reader_state, refused, window_of
from .pages.desk import DeskView, InsertedCard, PinChange, PinName, PinUnblock
from .pages.render import Problem
from .site import Form, router, see

Blockable = Literal["PIN1", "PIN2"]

routes = router()


@routes.get("/pins/{pin}/change")
def change_page(request: Request, pin: PinName) -> Response:
    """Where a PIN is changed."""
    desk = desk_of(request)
    with desk.turn:
        view = PinChange(inserted=sight.inserted(desk), pin=pin)
    return _drawn(request, view, "PIN_CHANGE")


@routes.get("/pins/{pin}/unblock")
def unblock_page(request: Request, pin: Blockable) -> Response:
    """Where a PIN is unblocked."""
    desk = desk_of(request)
    with desk.turn:
        view = PinUnblock(inserted=sight.inserted(desk), pin=pin)
    return _drawn(request, view, "PIN_UNBLOCK")


@routes.post("/pins/{pin}/change")
def change(request: Request, pin: PinName, form: Posted) -> Response:
    """Give a PIN a new value by its old one."""
    window_of(request).prove(request, form)
    desk = desk_of(request)
    with desk.turn:
        there = sight.inserted(desk)
        problems = _tried(desk, there, form, "old", pin, pin, desk.change_pin)
        if not problems:
            return see(f"/?done=changed&pin={pin}")
        view = PinChange(inserted=sight.inserted(desk), pin=pin, problems=problems)
    return _drawn(request, view, "PIN_CHANGE")


@routes.post("/pins/{pin}/unblock")
def unblock(request: Request, pin: Blockable, form: Posted) -> Response:
    """Give a PIN a new value, and its tries, by the PUK; a prompt that waits for it goes on."""
    window_of(request).prove(request, form)
    desk = desk_of(request)
    with desk.turn:
        there = sight.inserted(desk)
        problems = _tried(desk, there, form, "puk", "PUK", pin, desk.unblock)
        if not problems:
            waiting = desk.prompts.waiting()
            goes_on = waiting and waiting.kind != "certificate" and waiting.pin == pin
            return see(f"/prompts/{waiting.id}" if waiting and goes_on else f"/?done=unblocked&pin={pin}")
        view = PinUnblock(inserted=sight.inserted(desk), pin=pin, problems=problems)
    return _drawn(request, view, "PIN_UNBLOCK")


def _tried(
    desk: CardDesk,
    there: InsertedCard | None,
    form: Form,
    field: str,
    proof: PinName,
    pin: PinName,
    act: Callable[..., WrongPin | None],
) -> tuple[Problem, ...]:
    """Do it, or say what is wrong with what was typed.

    Args:
        desk: which.
        there: the card in the reader.
        form: with the PIN that proves, and the new one twice.
        field: of the PIN that proves.
        proof: which PIN that is.
        pin: the one that changes.
        act: (pin, proof, new) -> what was wrong.
    """
    if there is None:
        return (Problem("", "desk.empty"),)
    old, new = form.text(field, LONGEST), form.text("new", LONGEST)
    found = [digits_problem(field, there.pin(proof), old), digits_problem("new", there.pin(pin), new)]
    if form.text("again", LONGEST) != new:
        found.append(Problem("again", "desk.wrong-again", values={"pin": pin}))
    problems = tuple(one for one in found if one)
    if problems:
        return problems
    try:
        wrong = act(pin, old, new)
    except NoCard:
        return (Problem("", "desk.empty"),)
    except CardRefused as no:
        return (refused("new", f"{no.sw:04X}"),)
    if wrong is None:
        return ()
    key = "desk.wrong-puk" if wrong.pin == "PUK" else "desk.wrong-pin"
    return (Problem(field, key, f"{key}-advice", {"pin": wrong.pin, "left": wrong.left}),)


def _drawn(request: Request, view: DeskView, state: str) -> Response:
    error = ""
    if view.problems:
        wrong = view.problems[0].key in ("desk.wrong-pin", "desk.wrong-puk")
        error = Code.PIN_WRONG if wrong else Code.BAD_REQUEST
    return window_of(request).draw(request, view, state if view.inserted else reader_state(None), error)
