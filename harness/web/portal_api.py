"""The portal's JSON API (registration specification, 3.2): one function for each thing a person does there.

The session is a cookie. Every POST carries the session's `csrf` in X-CSRF-Token and is answered with what the
portal shows then; a refusal is a problem.
"""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI

from ..registration.login_ticket import Hint
from ..registration.visit import Visit
from ..registration.vocabulary import Code
from .api import Description, JsonRoute, application
from .forgery import csrf_token
from .problem import refusals
from .schemas import (
    AbortedLogin,
    AbortedSigning,
    Answers,
    Challenge,
    Confirmed,
    Deleted,
    Empty,
    Invited,
    Link,
    Presence,
    Shown,
    Signature,
    Ticket,
    Token,
    ToSign,
    TypedCode,
    base64_of,
    octets,
)
from .session import Guest, Site, guest, looker

Posting = Annotated[Guest, Depends(guest)]
Looking = Annotated[Guest, Depends(looker)]

_POST = (Code.COOKIES_REQUIRED, Code.CSRF, Code.WRONG_STEP, Code.DEADLINE_PASSED)
_CERTIFICATE = (
    Code.CERT_EXPIRED,
    Code.CERT_NOT_YET_VALID,
    Code.CERT_UNTRUSTED,
    Code.CERT_REVOKED,
    Code.CERT_SUSPENDED,
    Code.CERT_STATUS_UNKNOWN,
    Code.CERT_WRONG_PURPOSE,
    Code.CERT_POLICY,
    Code.CERT_WEAK,
    Code.OCSP_UNAVAILABLE,
    Code.OCSP_INVALID,
    Code.OCSP_STALE,
    Code.IDENTITY_UNPARSABLE,
    Code.PERSONAL_CODE_INVALID,
    Code.PERSONAL_CODE_UNSUPPORTED,
)
_LINK = (Code.GUARDIAN_LINK_USED, Code.GUARDIAN_LINK_EXPIRED, Code.GUARDIAN_MISMATCH)
_PERSON = (
    *_LINK,
    Code.NO_GUARDIAN,
    Code.COUNTRY_UNSUPPORTED,
    Code.GEO_RESTRICTED,
    Code.REGISTER_UNAVAILABLE,
    Code.PERSON_NOT_ELIGIBLE,
    Code.AGE_NOT_ALLOWED,
    Code.AGE_UNKNOWN,
    Code.DOCUMENT_EXPIRED,
    Code.DOCUMENT_INVALID,
)

routes = APIRouter(route_class=JsonRoute)


def portal_api(site: Site, *further: APIRouter) -> FastAPI:
    """The application.

    Args:
        site: the portal that it serves.
        further: what else it serves, such as pages.
    """
    about = "The registration portal of a test lab. Log in with the card, answer, type the code, sign."
    app = application(Description("softeid TEST: portal", about, (routes, *further)))
    app.state.site = site
    return app


# --- what is seen ---------------------------------------------------------------------------------


@routes.get("/api/portal/session")
def session(guest: Looking) -> Shown:
    """Look at the portal; a browser that it does not know begins a visit."""
    return guest.look()


# --- login ----------------------------------------------------------------------------------------


@routes.get("/auth/challenge", responses=refusals(Code.COOKIES_REQUIRED, Code.WRONG_STEP))
def challenge(guest: Looking) -> Challenge:
    """A nonce for the Web eID application; a visit that is over is followed by another."""
    nonce, csrf = guest.begin(lambda visit: (visit.challenge(), csrf_token(visit.record.session_id)))
    return Challenge(nonce=nonce, csrf=csrf)


@routes.post(
    "/auth/login",
    responses=refusals(
        *_POST,
        Code.TOKEN_PARSE,
        Code.TOKEN_SIGNATURE,
        Code.NONCE_UNKNOWN,
        Code.NONCE_EXPIRED,
        *_CERTIFICATE,
        *_PERSON,
    ),
)
def login(body: Token, guest: Posting) -> Shown:
    """Log in with a Web eID authentication token; the session gets another name."""
    token = body.authToken if isinstance(body.authToken, str) else compact(body.authToken)
    return guest.do(lambda visit: visit.log_in(token))


@routes.post("/auth/invite", responses=refusals(*_POST))
def invite(body: Empty, guest: Posting) -> Invited:
    """A way to the login host, which asks the browser for a client certificate."""
    return Invited(link=guest.get(Visit.invite))


@routes.post("/auth/ticket", responses=refusals(*_POST, Code.NO_CLIENT_CERT, *_CERTIFICATE, *_PERSON))
def redeem(body: Ticket, guest: Posting) -> Shown:
    """Log in with what the login host saw; the session gets another name."""
    return guest.do(lambda visit: visit.redeem(body.ticket))


@routes.post("/auth/abort", responses=refusals(*_POST, Code.LOGIN_CANCELLED, Code.NO_CLIENT_CERT))
def abort_login(body: AbortedLogin, guest: Posting) -> Shown:
    """No login came about; always a refusal."""
    hint = Hint(body.hint) if body.hint else None
    return guest.do(lambda visit: visit.abort_login(Code(body.code), why=body.why, hint=hint))


@routes.post("/api/guardian", responses=refusals(*_POST, *_LINK))
def open_link(body: Link, guest: Posting) -> Shown:
    """Come by a link that a minor gave; the login then leads to the minor's application."""
    return guest.do(lambda visit: visit.open_link(body.link))


# --- questions and code ---------------------------------------------------------------------------


@routes.post(
    "/api/portal/answers",
    responses=refusals(*_POST, Code.EMAIL_REQUIRED, Code.EMAIL_INVALID, Code.PHONE_INVALID),
)
def answers(body: Answers, guest: Posting) -> Shown:
    """Answer the questions."""
    return guest.do(lambda visit: visit.answer(body.email, body.phone, consent=body.consent))


@routes.post(
    "/api/portal/code",
    responses=refusals(
        *_POST,
        Code.RC_FORMAT,
        Code.RC_WRONG,
        Code.RC_EXPIRED,
        Code.RC_TOO_MANY,
        Code.RC_COOLDOWN,
        Code.COUNTRY_MISMATCH,
        Code.IDENTITY_MISMATCH,
    ),
)
def code(body: TypedCode, guest: Posting) -> Shown:
    """Type the code that the phone shows."""
    return guest.do(lambda visit: visit.enter_code(body.code))


# --- review and signature -------------------------------------------------------------------------


@routes.post("/api/portal/step-up", responses=refusals(*_POST, Code.STEP_UP_FAILED))
def step_up(body: TypedCode, guest: Posting) -> Shown:
    """Type the further code that was sent to an earlier address."""
    return guest.do(lambda visit: visit.step_up(body.code))


@routes.post("/api/portal/application", responses=refusals(*_POST, Code.STEP_UP_REQUIRED))
def confirm(body: Confirmed, guest: Posting) -> ToSign:
    """Confirm what the review page shows: the application that is to be signed."""
    made = guest.get(lambda visit: visit.confirm(body.hashFunction))
    return ToSign(digest=base64_of(made.digest), hashFunction=made.hash_function, text=made.text)


@routes.post("/api/portal/click", responses=refusals(*_POST, Code.STEP_UP_REQUIRED))
def click(body: Empty, guest: Posting) -> Shown:
    """Confirm without a signature, where the setting says so."""
    return guest.do(Visit.click)


@routes.post(
    "/api/portal/signature",
    responses=refusals(*_POST, Code.SIGN_INVALID, Code.SIGNER_MISMATCH, *_LINK, *_CERTIFICATE),
)
def sign(body: Signature, guest: Posting) -> Shown:
    """Hand in the application's signature by the card."""
    certificate = octets(body.certificate, "certificate")
    signature = octets(body.signature, "signature")
    return guest.do(lambda visit: visit.sign(certificate, signature, body.signatureAlgorithm))


@routes.post("/api/portal/signature/abort", responses=refusals(*_POST, Code.SIGN_ABORTED))
def abort_signing(body: AbortedSigning, guest: Posting) -> Shown:
    """No signature came about; always a refusal, and the review page follows."""
    return guest.do(lambda visit: visit.abort_signing(body.why))


@routes.post("/api/portal/cancel", responses=refusals(*_POST))
def cancel(body: Empty, guest: Posting) -> Shown:
    """Say no on the review page."""
    return guest.do(Visit.cancel)


@routes.post("/api/portal/report", responses=refusals(*_POST))
def report(body: Empty, guest: Posting) -> Shown:
    """Say that this is fraud."""
    return guest.do(Visit.report)


# --- at any time ----------------------------------------------------------------------------------


@routes.post("/api/portal/accounts/delete", responses=refusals(*_POST))
def delete_account(body: Deleted, guest: Posting) -> Shown:
    """End one of one's accounts."""
    return guest.do(lambda visit: visit.delete_account(body.document, body.typed))


@routes.post("/api/portal/presence", responses=refusals(*_POST))
def presence(body: Presence, guest: Posting) -> Shown:
    """Say whether the card is still in the reader."""
    return guest.do(lambda visit: visit.presence(body.there))


@routes.post("/api/portal/logout", responses=refusals(*_POST))
def log_out(body: Empty, guest: Posting) -> Shown:
    """Leave."""
    return guest.do(Visit.log_out)


def compact(token: object) -> str:
    """A token as text, without blanks."""
    return json.dumps(token, separators=(",", ":"))
