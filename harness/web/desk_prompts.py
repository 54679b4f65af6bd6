"""What a site asks of the card: the window with the PIN, and the JSON for the script on the site's page.

Which site asks is told by the browser, in the Origin field: no body can name one. Only the portal may ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import JSONResponse, Response

from ..clients.web_eid import WebEidCode
from ..registration.vocabulary import Code
from ..service.card_desk import CardDesk
from ..service.card_prompt import Kind, Prompt, Unusable, Wrong, WrongTry
from . import desk_sight as sight
from .desk_window import LONGEST, Posted, desk_of, digits_problem, prompt_state, refused, window_of
from .messages import LANGUAGES
from .pages.desk import PromptOpening, PromptOver
from .pages.render import Problem
from .schemas import Body, Octets, Word
from .site import Form, router, see

PATH = "/api/prompts"

routes = router()
programs = APIRouter(include_in_schema=False)


# --- the window -----------------------------------------------------------------------------------


@routes.get("/prompts/wait")
def opening(request: Request) -> Response:
    """What the window shows before it is sent on."""
    return window_of(request).draw(request, PromptOpening(), "PROMPT_OPENING")


@routes.get("/prompts/{prompt_id}")
def prompt(request: Request, prompt_id: str) -> Response:
    """What is asked."""
    desk = desk_of(request)
    with desk.turn:
        return _drawn(request, desk, desk.prompts.find(prompt_id))


@routes.post("/prompts/{prompt_id}")
def answer(request: Request, prompt_id: str, form: Posted) -> Response:
    """What the person does."""
    window_of(request).prove(request, form)
    desk = desk_of(request)
    with desk.turn:
        asked = desk.prompts.find(prompt_id)
        problem = None if asked is None or asked.outcome else _done(desk, asked, form)
        if problem:
            return _drawn(request, desk, asked, problem)
    return see(f"/prompts/{prompt_id}")


def _done(desk: CardDesk, asked: Prompt, form: Form) -> Problem | None:
    """Do it; or what was wrong with it."""
    if "cancel" in form:
        desk.prompts.end(asked, "blocked" if desk.blocks(asked) else "cancelled")
        return None
    if "remove" in form:
        desk.remove()
        return None
    there = sight.inserted(desk)
    if there is None:
        return None
    if asked.kind == "certificate":
        shown = desk.prompts.show_certificate(asked, desk.client)
        return refused("", shown.sw) if shown else None
    pin = form.text("pin", LONGEST)
    if problem := digits_problem("pin", there.pin(asked.pin), pin):
        return problem
    match desk.prompts.type_pin(asked, desk.client, pin):
        case WrongTry(left=0):
            return None  # its page says that it is blocked, and stays until the person closes it
        case WrongTry(name, left):
            return Problem("pin", "desk.wrong-pin", "desk.wrong-pin-advice", {"pin": name, "left": left})
        case Unusable(sw):
            return refused("pin", sw)
        case None:
            return None


def _drawn(request: Request, desk: CardDesk, asked: Prompt | None, *problems: Problem) -> Response:
    window = window_of(request)
    if asked is None:
        view = PromptOver(inserted=sight.inserted(desk), outcome="gone")
        return window.draw(request, view, "PROMPT_OVER")
    view_of = sight.prompt(desk, asked, *problems)
    wrong = any(one.key == "desk.wrong-pin" for one in problems)
    error = Code.PIN_WRONG if wrong else Code.BAD_REQUEST if problems else ""
    return window.draw(request, view_of, prompt_state(asked, view_of.inserted), error)


# --- the script on the portal's page ----------------------------------------------------------------


class Asked(Body):
    """What a page asks: which fields there are depends on the kind."""

    kind: Kind
    lang: Word | None = None
    challengeNonce: Word | None = None  # noqa: N815  # of web-eid.js
    certificate: Octets | None = None
    hash: Octets | None = None
    hashFunction: Word | None = None  # noqa: N815  # of web-eid.js


_NEEDED: Mapping[Kind, tuple[str, ...]] = {
    "authenticate": ("challengeNonce",),
    "certificate": (),
    "sign": ("certificate", "hash", "hashFunction"),
}


@programs.options(PATH)
@programs.options(PATH + "/{prompt_id}")
async def preflight(request: Request) -> Response:
    """A browser asks whether the page may ask (Fetch standard, CORS protocol)."""
    answer = Response(status_code=204)
    answer.headers["Access-Control-Allow-Methods"] = "GET, POST, DELETE"
    answer.headers["Access-Control-Allow-Headers"] = "Content-Type"
    return _for_portal(request, answer)


@programs.post(PATH)
async def ask(request: Request) -> Response:
    """Open a prompt."""
    desk = desk_of(request)
    try:
        _from_portal(request)
        body = _read(await request.body())
        fields = {name: str(getattr(body, name)) for name in _NEEDED[body.kind]}
        language = body.lang if body.lang and body.lang in LANGUAGES else ""
        with desk.turn:
            opened = desk.prompts.open(body.kind, request.headers["origin"], fields, language)
    except Wrong as wrong:
        return _refusal(request, wrong)
    query = f"?{urlencode({'lang': language})}" if language else ""
    told = {"id": opened.id, "url": f"/prompts/{opened.id}{query}"}
    return _for_portal(request, JSONResponse(told, 201))


@programs.get(PATH + "/{prompt_id}")
def poll(request: Request, prompt_id: str) -> Response:
    """How a prompt stands."""
    desk = desk_of(request)
    try:
        _from_portal(request)
        with desk.turn:
            asked = desk.prompts.poll(prompt_id)
            if asked is None:
                raise Wrong("ERR_WEBEID_USER_TIMEOUT", "There is no such prompt, or no more")
            told = _told(desk, asked)
    except Wrong as wrong:
        return _refusal(request, wrong)
    return _for_portal(request, JSONResponse(told))


@programs.delete(PATH + "/{prompt_id}")
def withdraw(request: Request, prompt_id: str) -> Response:
    """The page gave up, or its window was closed."""
    desk = desk_of(request)
    try:
        _from_portal(request)
    except Wrong as wrong:
        return _refusal(request, wrong)
    with desk.turn:
        if asked := desk.prompts.find(prompt_id):
            desk.prompts.end(asked, "gone")
    return _for_portal(request, Response(status_code=204))


def _read(octets: bytes) -> Asked:
    try:
        body = Asked.model_validate_json(octets)
    except ValidationError as invalid:
        where = ".".join(str(part) for part in invalid.errors()[0]["loc"]) or "body"
        raise Wrong(WebEidCode.NATIVE_INVALID_ARGUMENT, f"{where[:60]}: not as the desk takes it") from None
    for name in _NEEDED[body.kind]:
        if getattr(body, name) is None:
            raise Wrong(WebEidCode.NATIVE_INVALID_ARGUMENT, f"{name}: missing")
    return body


def _told(desk: CardDesk, asked: Prompt) -> Mapping[str, object]:
    if asked.outcome is None:
        return {"state": "waiting", **({"blocked": True} if desk.blocks(asked) else {})}
    if asked.result is not None:
        return {"state": "done", "result": asked.result}
    return {"state": "failed", "error": asked.error}


class _Stranger(Wrong):
    """Another origin than the portal's asks."""


def _from_portal(request: Request) -> None:
    if request.headers.get("origin") != request.app.state.portal:
        raise _Stranger(WebEidCode.NATIVE_INVALID_ARGUMENT, "Only the lab's portal may ask for the card")


def _refusal(request: Request, wrong: Wrong) -> Response:
    pending = wrong.code == "ERR_WEBEID_ACTION_PENDING"
    gone = wrong.code == "ERR_WEBEID_USER_TIMEOUT"
    status = 403 if isinstance(wrong, _Stranger) else 409 if pending else 404 if gone else 400
    told = {"error": {"code": str(wrong.code), "message": str(wrong)}}
    return _for_portal(request, JSONResponse(told, status))


def _for_portal(request: Request, answer: Response) -> Response:
    """Let the portal's page, and no other, read an answer."""
    answer.headers["Access-Control-Allow-Origin"] = str(request.app.state.portal)
    answer.headers["Vary"] = "Origin"
    return answer
