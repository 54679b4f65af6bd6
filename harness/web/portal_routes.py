"""The portal's pages and their forms: one function for each thing that a person does there.

What is sent is answered by 303 and a page that can be loaded again; only a form that must be filled in better
comes back at once, with what was typed.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ..registration.refusal import Refused
from ..registration.visit import Visit
from ..registration.vocabulary import Code, PortalState
from . import portal_account_view as own
from . import portal_view as views
from .pages.portal_end import Help
from .pages.render import Problem, View
from .portal_map import AFTER_LOGIN, PLACES, home
from .portal_sight import Sight
from .portal_window import Visitor, draw, plain, portal_of, sent, shown
from .schemas import octets
from .site import Form, posted, router, see

Posted = Annotated[Form, Depends(posted)]
_READ = ["GET", "HEAD"]
_TOKEN, _OCTETS = 20_000, 16_384  # characters, as in the JSON API

routes = router()
"""For people."""


@routes.api_route("/", methods=_READ)
@routes.api_route("/questions", methods=_READ)
@routes.api_route("/code", methods=_READ)
@routes.api_route("/review", methods=_READ)
@routes.api_route("/step-up", methods=_READ)
@routes.api_route("/sign", methods=_READ)
@routes.api_route("/wait", methods=_READ)
@routes.api_route("/done", methods=_READ)
@routes.api_route("/closed", methods=_READ)
@routes.api_route("/refused", methods=_READ)
def look(request: Request) -> Response:
    """A page that shows where the visit stands."""
    return shown(request, request.url.path)


# --- login ----------------------------------------------------------------------------------------


def wanted(request: Request) -> str:
    """Where somebody wants to be after the login; a place that is none of ours is ignored (SID-SEC-010)."""
    path = request.query_params.get("next", "")
    return path if path in AFTER_LOGIN else ""


@routes.api_route("/login", methods=_READ)
def login(request: Request) -> Response:
    """The ways to log in."""
    return shown(request, "/login", follows=wanted(request))


@routes.post("/login")
def log_in(request: Request, form: Posted) -> Response:
    """Log in with a Web eID token."""
    token = form.text("token", _TOKEN)
    return sent(request, form, "/login", lambda visit: _none(visit.log_in(token)), follows=wanted(request))


@routes.api_route("/guardian/{link}", methods=_READ)
def guardian(request: Request, link: str) -> Response:
    """Come by the link that a minor gave."""

    def open_link(visit: Visit) -> Response:
        if visit.state is not PortalState.ANON:
            raise Refused(Code.WRONG_STEP, state=visit.state)
        visit.open_link(link)
        sight = Sight(portal_of(request), visit)
        return draw(request, sight, views.login(sight))

    return Visitor(request).look_at(open_link, anew=True)


@routes.post("/logout")
def log_out(request: Request, form: Posted) -> Response:
    """Leave; whoever has left already stays where they are."""

    def leave(visit: Visit) -> Response:
        try:
            visit.log_out()
        except Refused as refusal:
            if refusal.code not in (Code.WRONG_STEP, Code.DEADLINE_PASSED):
                raise
        return see(home(visit))

    visitor = Visitor(request)
    visitor.prove(form.csrf)
    return visitor.get(leave)


# --- questions and code ---------------------------------------------------------------------------


@routes.post("/questions")
def answer(request: Request, form: Posted) -> Response:
    """Answer the questions, or do not agree; who forgot the tick is asked for it."""
    email, phone = form.text("email"), form.text("phone")
    typed = {"email": email, "phone": phone, **({"consent": "yes"} if "consent" in form else {})}
    consents = form.text("consent") == "true"

    def say(visit: Visit) -> Problem | None:
        declines = "decline" in form
        if not consents and not declines:
            return Problem("consent", "portal.consent-needed")
        visit.answer(email.strip(), phone.strip(), consent=not declines)
        return None

    return sent(request, form, "/questions", say, typed=typed)


@routes.post("/code")
def enter_code(request: Request, form: Posted) -> Response:
    """Type the registration code, or stop."""
    typed = form.text("code")

    def say(visit: Visit) -> None:
        if "stop" in form:
            visit.log_out()
        else:
            visit.enter_code(typed)

    return sent(request, form, "/code", say)


# --- review and signature -------------------------------------------------------------------------


@routes.post("/review")
def decide(request: Request, form: Posted) -> Response:
    """Say whether the phone is one's own; a guardian, whether they agree."""

    def say(visit: Visit) -> Problem | str | None:
        field = "agree" if visit.record.guards else "mine"
        said = form.text(field)
        if said == "yes":
            visit.confirm()
            return "/sign"
        if said != "no":
            return Problem(field, "portal.choose")
        visit.cancel()
        return None

    return sent(request, form, "/review", say, typed={})


@routes.post("/step-up")
def step_up(request: Request, form: Posted) -> Response:
    """Type the further code, or stop."""
    typed = form.text("otp")

    def say(visit: Visit) -> str | None:
        if "stop" in form:
            visit.cancel()
            return None
        visit.step_up(typed)
        return "/review"

    return sent(request, form, "/step-up", say)


@routes.post("/sign")
def sign(request: Request, form: Posted) -> Response:
    """Sign the application, confirm it with a click where that is enough, or do not."""
    certificate, signature = form.text("certificate", _OCTETS), form.text("signature", _OCTETS)
    algorithm = form.text("algorithm")
    core = portal_of(request).core

    def say(visit: Visit) -> str | None:
        clicks = core.settings.confirm == "click" and not visit.record.guards
        if "stop" in form:
            if not clicks:
                visit.abort_signing()
            return "/review"
        if clicks:
            visit.click()
        else:
            visit.sign(octets(certificate, "certificate"), octets(signature, "signature"), algorithm)
        return None

    return sent(request, form, "/sign", say)


@routes.post("/report")
def report(request: Request, form: Posted) -> Response:
    """Say that this is fraud."""
    return sent(request, form, "/wait", Visit.report)


# --- self-service ---------------------------------------------------------------------------------


@routes.api_route("/selfservice", methods=_READ)
def accounts(request: Request) -> Response:
    """A person's accounts."""
    deleted = request.query_params.get("deleted", "")
    return _of_owner(request, "/selfservice", lambda sight: own.accounts(sight, deleted))


@routes.api_route("/selfservice/history", methods=_READ)
def history(request: Request) -> Response:
    """What was done with them."""
    return _of_owner(request, "/selfservice/history", own.history)


@routes.api_route("/selfservice/{document}/delete", methods=_READ)
def ask_to_delete(request: Request, document: str) -> Response:
    """Ask before an account is deleted."""

    def asked(sight: Sight) -> View:
        view = own.delete(sight, document)
        if view is None:
            raise HTTPException(404)
        return view

    return _of_owner(request, "/selfservice", asked)


@routes.post("/selfservice/{document}/delete")
def delete(request: Request, form: Posted, document: str) -> Response:
    """Delete an account; somebody else's and nobody's are refused alike (SID-SEC-013)."""
    typed = form.text("confirmation")

    def say(visit: Visit) -> str:
        try:
            visit.delete_account(document, typed)
        except Refused as refusal:
            if refusal.code is Code.BAD_REQUEST and refusal.detail.get("field") == "typed":
                return own.delete_path(document)
            raise
        return f"/selfservice?{urlencode({'deleted': document})}"

    return sent(request, form, "/selfservice", say)


def _of_owner(request: Request, path: str, view: own.OwnView) -> Response:
    """A page of self-service; whoever is not logged in does that first, and comes back."""

    def look(visit: Visit) -> Response:
        if visit.state is PortalState.ANON:
            return see(f"/login?{urlencode({'next': path})}")
        if visit.state not in PLACES[path].states:
            return see(home(visit))
        sight = Sight(portal_of(request), visit)
        sight.problems = PLACES[path].problems(sight)
        return draw(request, sight, view(sight))

    return Visitor(request).look_at(look, anew=True)


# --- help -----------------------------------------------------------------------------------------


@routes.api_route("/help/{code}", methods=_READ)
def help_with(request: Request, code: str) -> Response:
    """What a code means, for anybody."""
    if code not in Code.__members__:
        raise HTTPException(404)
    return plain(request, Help(code=Code(code)), status=200, state="HELP", error=code)


def _none(_: object) -> None:
    """Leave the page to where the visit stands."""
