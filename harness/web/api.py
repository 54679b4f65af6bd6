"""What every application of the rim is made with: error answers, an honest description, transactions."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import unquote

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ..registration.refusal import Refused
from ..registration.store import Store
from ..registration.vocabulary import Code
from ..store import SqlStore, StoreError, run
from .problem import Problem, RimCode, described, fault, http_error, refused, status_of, unreadable
from .security import Policy

T = TypeVar("T")
_ANYWHERE = (
    Code.BAD_REQUEST,
    RimCode.REQUEST_TIMEOUT,
    RimCode.MISDIRECTED_REQUEST,
    RimCode.HTTPS_REQUIRED,
    Code.CORE_UNAVAILABLE,
)
_WITH_BODY = (RimCode.CONTENT_TOO_LARGE, RimCode.UNSUPPORTED_MEDIA_TYPE)
WHO = "Softeid-Who"
"""A field by which a client of the lab says for whom it acts: `person/thing`, each percent-encoded."""


class JsonRoute(APIRoute):
    """A route whose body is JSON, and is called that."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The framework's handler behind a check of the body's type.

        A page of another site can send a form or a text with the browser's cookies, but not this type.
        """
        handler: Callable[[Request], Awaitable[Response]] = super().get_route_handler()

        async def checked(request: Request) -> Response:
            if request.method == "POST":
                told = request.headers.get("content-type", "").partition(";")[0].strip().lower()
                if told != "application/json":
                    raise HTTPException(415)
            return await handler(request)

        return checked


@dataclass
class Behind:
    """What stands behind an application; a worker puts one world after the other there.

    Attributes:
        stores: that one request opens, in this order, those in memory first; it is one transaction in all.
        wake: does what is due.
        labelled: whether to believe `WHO`: in a scenario's world, where people have names.
    """

    stores: Sequence[Store] = ()
    wake: Callable[[], None] = lambda: None
    labelled: bool = False

    def whole(self, act: Callable[[], T]) -> T:
        """Do something in one transaction, after what is due; it may be tried again from its beginning.

        Raises:
            Refused: by the act, or CORE_UNAVAILABLE.
        """

        def after_what_is_due() -> T:
            self.wake()
            return act()

        try:
            with ExitStack() as held:
                for store in self.stores:
                    if not isinstance(store, SqlStore):
                        held.enter_context(store.transaction())
                # Only now: while we waited for our turn, other databases may have been put there.
                lasting = [store for store in self.stores if isinstance(store, SqlStore)]
                return run(after_what_is_due, *lasting)
        except StoreError as broken:
            raise Refused(Code.CORE_UNAVAILABLE) from broken


@dataclass(frozen=True)
class Caller:
    """Who sends a request, as far as the lab tells people apart.

    Attributes:
        owner: the person.
        thing: the browser or phone.
        address: of the network.
    """

    owner: str
    thing: str
    address: str


_LABEL = re.compile(r"([^/\s]{1,300})/([^/\s]{1,300})", re.ASCII)


def caller(request: Request, *, labelled: bool, policy: Policy) -> Caller:
    """Who sends a request: by what the client says where that is believed, else anybody."""
    forwarded = request.headers.get("x-forwarded-for", "") if policy.proxied else ""
    address = forwarded or (request.client.host if request.client else "")
    label = _LABEL.fullmatch(request.headers.get(WHO, "")) if labelled else None
    if label:
        return Caller(unquote(label[1]), unquote(label[2]), address)
    return Caller("guest", "browser", address)


@dataclass
class Description:
    """How an application presents itself."""

    title: str
    about: str
    routers: Sequence[APIRouter] = field(default_factory=tuple)


def application(description: Description) -> FastAPI:
    """An application whose every error answer is a problem, and is described."""
    app = FastAPI(
        title=description.title,
        description=description.about,
        version="1",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={
            Refused: refused,
            RequestValidationError: unreadable,
            HTTPException: http_error,
            Exception: fault,
        },
    )
    for router in description.routers:
        app.include_router(router)
    described_once: dict[str, Any] = {}
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if not described_once:
            described_once.update(_honest(made()))
        return described_once

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend it
    return app


def _honest(document: dict[str, Any]) -> dict[str, Any]:
    """The description with the errors that every operation may answer, and without those that none does."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for gone in ("HTTPValidationError", "ValidationError"):
        schemas.pop(gone, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    for path in document["paths"].values():
        for method, operation in path.items():
            answers = operation["responses"]
            answers.pop("422", None)
            codes = (*_ANYWHERE, *_WITH_BODY) if method == "post" else _ANYWHERE
            for code in codes:
                _add(answers, code)
            operation["responses"] = dict(sorted(answers.items()))
    return document


def _add(answers: dict[str, Any], code: Code | RimCode) -> None:
    status = str(status_of(code))
    told = answers.get(status)
    if told is None:
        answers[status] = described([str(code)])
    elif str(code) not in told["description"].split(", "):
        told["description"] += f", {code}"
