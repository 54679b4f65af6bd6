"""The lab's own pages, and its API for programs: the routes of `pages.lab` and `lab_api`.

People are let in by a page of the lab, programs by the token that lies in the lab's folder.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar, cast, get_args

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ..person import Person, persons
from ..registration.refusal import Refused
from ..registration.vocabulary import Code
from ..service.lab_world import Impossible, LabWorld, Network, Standing, Switched
from . import lab_sight as sight
from .api import Behind, Description, JsonRoute, application
from .lab_api import Bench, World
from .lab_api import routes as api
from .lab_schemas import LabState
from .lab_window import Window
from .pages.lab import LabView
from .pages.render import Problem
from .problem import RimCode, refusals
from .site import Form, furnish, posted, router, see

Posted = Annotated[Form, Depends(posted)]
T = TypeVar("T")
API = "/lab/"
_A_YEAR_S = 366 * 86_400
_STATE = "LAB"

routes = router()
programs = APIRouter(route_class=JsonRoute)
_bearer = HTTPBearer(auto_error=False, description="the token in lab.json, in the lab's folder")


class LabSite:
    """What the application has at hand."""

    def __init__(self, world: LabWorld, behind: Behind, window: Window, token: str) -> None:
        """Serve one lab.

        Args:
            world: the lab.
            behind: its stores and timers.
            window: how pages are drawn.
            token: of programs.
        """
        self.world = world
        self.window = window
        self._behind = behind
        self._token = token

    def whole(self, act: Callable[[LabWorld], T]) -> T:
        """Do something in one transaction."""
        return self._behind.whole(lambda: act(self.world))

    def let_in(self, request: Request) -> None:
        """Insist on the token, or on a page of ours with its own.

        Raises:
            HTTPException: 401, there is no token, or another.
            Refused: COOKIES_REQUIRED, CSRF; what says that it is a page of ours is none.
        """
        if page := request.headers.get("x-csrf-token", ""):
            self.window.sessions.prove(request, page)
            return
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise _no_token("")
        if not hmac.compare_digest(given.strip().encode(errors="replace"), self._token.encode()):
            raise _no_token(', error="invalid_token"')


def _no_token(why: str) -> HTTPException:
    """RFC 6750, 3: what a program is told that came without the token, or with another."""
    return HTTPException(401, headers={"WWW-Authenticate": f'Bearer realm="softeid lab"{why}'})


def lab_site(site: LabSite, bench: Bench) -> FastAPI:
    """The application.

    Args:
        site: what it has at hand.
        bench: the same lab, for the API.
    """
    about = "Clock, certificate status, registers and faults of a test lab."
    app = application(Description("softeid TEST: lab", about, (routes,)))
    for ours in (programs, api):
        insists = [Depends(_bearer), Depends(site.let_in)]
        app.include_router(ours, dependencies=insists, responses=refusals(RimCode.LAB_TOKEN))
    app.state.policy, app.state.site, app.state.bench = site.window.policy, site, bench
    furnish(app, site.window.wrong, (API,))
    return app


def bench_of(world: LabWorld, behind: Behind, window: Window, reset: Callable[[], None]) -> Bench:
    """The lab as `lab_api` has it.

    Args:
        world: the lab.
        behind: its stores and timers.
        window: of its server.
        reset: begins anew, with nothing remembered.
    """
    shown = World(world.portal, world.phones, world.issuers, reset, world.set_pace)
    return Bench(window.policy, behind, shown)


def site_of(request: Request) -> LabSite:
    """The lab that the application serves."""
    site: LabSite = request.app.state.site
    return site


# --- what is seen ---------------------------------------------------------------------------------


def _page(request: Request, look: Callable[[LabWorld], LabView]) -> Response:
    site = site_of(request)
    return site.window.draw(request, site.whole(look), _STATE)


@routes.get("/")
def home(request: Request) -> Response:
    """The overview."""
    return _page(request, sight.home)


@routes.get("/persons/{handle}")
def person(request: Request, handle: str) -> Response:
    """One person."""
    who = _known(handle)
    return _page(request, lambda world: sight.person(world, who))


@routes.get("/faults")
def faults(request: Request) -> Response:
    """What goes wrong."""
    return _page(request, sight.faults)


@routes.get("/outbox")
def outbox(request: Request) -> Response:
    """Messages that would have been sent."""
    return _page(request, sight.outbox)


@routes.get("/audit")
def audit(request: Request, before: Annotated[int | None, Query(ge=1, le=2**53)] = None) -> Response:
    """What happened."""
    return _page(request, lambda world: sight.audit(world, before))


@routes.get("/settings")
def settings(request: Request) -> Response:
    """The rules."""
    return _page(request, sight.settings)


@programs.get("/lab/state")
def state(request: Request) -> LabState:
    """The lab in a few words, for programs."""
    return site_of(request).whole(sight.state)


# --- what is done ---------------------------------------------------------------------------------


def _done(
    request: Request,
    form: Form,
    at: str,
    act: Callable[[LabWorld], None],
    look: Callable[[LabWorld], LabView],
    told: Callable[[Impossible], Problem] | None = None,
) -> Response:
    """Take a form, and show the page that it stands on.

    Args:
        request: the browser's.
        form: what it sent.
        at: the page's path.
        act: what it asks for.
        look: the page.
        told: what is said on it where that cannot be done; by default the request was wrong.
    """
    site = site_of(request)
    site.window.prove(request, form)
    try:
        site.whole(act)
    except Impossible as impossible:
        if told is None:
            raise Refused(Code.BAD_REQUEST, field=impossible.field) from None
        problem = told(impossible)
    else:
        return see(at)
    view = replace(site.whole(look), problems=(problem,))
    return site.window.draw(request, view, _STATE, Code.BAD_REQUEST, path=at)


@routes.post("/clock")
def clock(request: Request, form: Posted) -> Response:
    """Move the clock, stop it, let it run."""
    zone = site_of(request).window.dress.zone

    def act(world: LabWorld) -> None:
        if form.text("act") in ("freeze", "run"):
            world.set_pace(float(form.text("act") == "run"))
        elif "advance" in form:
            world.advance(_seconds(form.text("advance", 12)))
        else:
            try:
                at = datetime.fromisoformat(form.text("at", 40))
            except ValueError:
                raise Impossible("at", "") from None
            world.set_to(at.replace(tzinfo=at.tzinfo or zone).astimezone(UTC))

    def told(impossible: Impossible) -> Problem:
        back = bool(str(impossible))
        key = "lab.wrong-clock-back" if back else "lab.wrong-clock-text"
        return Problem("at", key, "lab.wrong-clock-advice" if back else "")

    return _done(request, form, "/", act, sight.home, told)


@routes.post("/persons/{handle}")
def register(request: Request, handle: str, form: Posted) -> Response:
    """What the register says of somebody."""
    who = _known(handle)
    document, standing = sight.DOCUMENTS.get(form.text("document")), sight.PERSONS.get(form.text("person"))
    if document is None or standing is None:
        raise Refused(Code.BAD_REQUEST, field="document" if document is None else "person")
    names = form.text("guardians").split()
    return _done(
        request,
        form,
        f"/persons/{handle}",
        lambda world: world.say_of_person(who, document, standing, names),
        lambda world: sight.person(world, who),
        lambda wrong: Problem("guardians", "lab.wrong-guardians", values={"name": str(wrong)}),
    )


@routes.post("/persons/{handle}/certificates")
def certificates(request: Request, handle: str, form: Posted) -> Response:
    """What the authority says of somebody's certificates."""
    who = _known(handle)
    chosen = {use: form.text(use) for use in ("authentication", "signature")}
    for use, standing in chosen.items():
        if standing not in get_args(Standing):
            raise Refused(Code.BAD_REQUEST, field=use)

    def act(world: LabWorld) -> None:
        for use, standing in chosen.items():
            world.set_certificate(handle, use, cast(Standing, standing))

    return _done(request, form, f"/persons/{handle}", act, lambda world: sight.person(world, who))


@routes.post("/faults/ocsp")
def ocsp(request: Request, form: Posted) -> Response:
    """What OCSP answers."""
    fault = form.text("fault")
    return _done(
        request,
        form,
        "/faults",
        lambda world: world.set_ocsp("" if fault == "none" else fault),
        sight.faults,
    )


_NETWORK: dict[str, Network] = {"break": "broken", "slow": "slow", "return": "well"}


@routes.post("/faults/services")
def services(request: Request, form: Posted) -> Response:
    """Who answers, and what the network is like."""
    service, do = form.text("service"), form.text("do")

    def act(world: LabWorld) -> None:
        if service == "network" and do in _NETWORK:
            world.set_network(_NETWORK[do])
        elif service in get_args(Switched) and do in ("stop", "answer"):
            world.switch(cast(Switched, service), do == "answer")
        else:
            raise Impossible("service", "")

    return _done(request, form, "/faults", act, sight.faults)


@routes.post("/faults/terms")
def terms(request: Request, form: Posted) -> Response:
    """Which terms of use are in force."""
    version = form.text("version", 32).strip()
    if not version:
        raise Refused(Code.BAD_REQUEST, field="version")
    return _done(request, form, "/faults", lambda world: world.set_terms(version), sight.faults)


def _known(handle: str) -> Person:
    who = persons().get(handle)
    if who is None:
        raise HTTPException(404)
    return who


def _seconds(text: str) -> timedelta:
    if not (text.isascii() and text.isdigit() and int(text) <= 20 * _A_YEAR_S):
        raise Refused(Code.BAD_REQUEST, field="advance")
    return timedelta(seconds=int(text))
