"""Refusals as they travel: problem details (RFC 9457) with the catalogue's code and what belongs to it.

A refusal's details are members beside the standard's, so that a client can tell the same refusal again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum, auto
from http import HTTPStatus
from math import ceil
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ..registration.refusal import Refused
from ..registration.vocabulary import HTTP_STATUS, Code
from .messages import SOURCE, messages

MEDIA_TYPE = "application/problem+json"


class RimCode(StrEnum):
    """What is refused before any session hears of it; the catalogue has no words for it."""

    @staticmethod
    def _generate_next_value_(name: str, start: int, count: int, last_values: list[str]) -> str:
        return name

    LAB_TOKEN = auto()
    NOT_FOUND = auto()
    METHOD_NOT_ALLOWED = auto()
    REQUEST_TIMEOUT = auto()
    CONTENT_TOO_LARGE = auto()
    UNSUPPORTED_MEDIA_TYPE = auto()
    MISDIRECTED_REQUEST = auto()
    HTTPS_REQUIRED = auto()
    INTERNAL_ERROR = auto()
    TOO_BUSY = auto()


RIM_STATUS: Mapping[RimCode, int] = {
    RimCode.LAB_TOKEN: 401,
    RimCode.HTTPS_REQUIRED: 403,
    RimCode.NOT_FOUND: 404,
    RimCode.METHOD_NOT_ALLOWED: 405,
    RimCode.REQUEST_TIMEOUT: 408,
    RimCode.CONTENT_TOO_LARGE: 413,
    RimCode.UNSUPPORTED_MEDIA_TYPE: 415,
    RimCode.MISDIRECTED_REQUEST: 421,
    RimCode.INTERNAL_ERROR: 500,
    RimCode.TOO_BUSY: 503,
}
"""What is answered with each (RFC 9110, 15.5 and 15.6)."""

_BY_STATUS = {status: code for code, status in RIM_STATUS.items() if code is not RimCode.HTTPS_REQUIRED}

_SAID: Mapping[RimCode, tuple[str, str]] = {
    RimCode.LAB_TOKEN: (
        "The lab's token is lacking, or is another",
        "Send `Authorization: Bearer TOKEN`; it stands in ~/.local/state/softeid/labs/NAME/lab.json.",
    ),
    RimCode.HTTPS_REQUIRED: ("Plain HTTP is not served here", "Use https."),
    RimCode.NOT_FOUND: ("There is nothing here", "Check the address; the names in it must be known ones."),
    RimCode.METHOD_NOT_ALLOWED: ("This cannot be done here", "The Allow field lists what can."),
    RimCode.REQUEST_TIMEOUT: ("The request took too long", "Send it again, in one go."),
    RimCode.CONTENT_TOO_LARGE: ("The request is too large", "Send at most 64 KiB."),
    RimCode.UNSUPPORTED_MEDIA_TYPE: ("The body's type is not taken here", "Send application/json."),
    RimCode.MISDIRECTED_REQUEST: (
        "This server has another name",
        "Use the address that it names.",
    ),
    RimCode.INTERNAL_ERROR: ("This is our fault", "The server's log says where; please report it."),
    RimCode.TOO_BUSY: ("Too much at once", "Try again in a moment."),
}


class Problem(BaseModel):
    """An error answer; further members say more, such as `attempts_left`."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="always about:blank")
    status: int = Field(description="the HTTP status", ge=400, le=599)
    title: str = Field(description="what is wrong, for people")
    detail: str = Field(description="what to do, for people")
    instance: str = Field(description="the path of the request")
    code: Code | RimCode = Field(description="what is wrong, for programs")
    docs: str = Field(default="", description="a page of this server about the code, where there is one")


STANDARD = frozenset(Problem.model_fields)
"""The members that every problem has; the others are the refusal's details."""


def problem(code: Code | RimCode, path: str, detail: Mapping[str, object] | None = None) -> Response:
    """An error answer.

    Args:
        code: why.
        path: of the request.
        detail: of the refusal; it never holds a PIN or a registration code.
    """
    status = status_of(code)
    title, todo = _texts(code)
    details = {name: _plain(value) for name, value in (detail or {}).items()}
    members = {
        **details,
        "type": "about:blank",
        "status": status,
        "title": title,
        "detail": todo,
        "instance": path,
        "code": str(code),
    }
    if isinstance(code, Code):  # of the others the problem says all there is to say
        members["docs"] = f"/help/{code}"
    return Response(json.dumps(members), status, dict(header_fields(status, details)), MEDIA_TYPE)


def status_of(code: Code | RimCode) -> int:
    """The HTTP status of a code."""
    return HTTP_STATUS[code] if isinstance(code, Code) else RIM_STATUS[code]


async def refused(request: Request, refusal: Exception) -> Response:
    """What a session said no with, as an answer."""
    assert isinstance(refusal, Refused)
    return problem(refusal.code, request.url.path, refusal.detail)


async def unreadable(request: Request, invalid: Exception) -> Response:
    """A body or parameter that is not as the description says: BAD_REQUEST with the first wrong field.

    A path that cannot name anything is one that is not found.
    """
    assert isinstance(invalid, RequestValidationError)
    errors: Sequence[dict[str, Any]] = invalid.errors()
    first = tuple(errors[0]["loc"]) if errors else ()
    if first[:1] == ("path",):
        return problem(RimCode.NOT_FOUND, request.url.path)
    wrong = _nearest(errors)
    names = [part for part in wrong.get("loc", ())[1:] if _names_field(part)]
    detail: dict[str, object] = {"field": names[0]} if names else {}
    if expected := wrong.get("ctx", {}).get("expected"):
        detail["expected"] = str(expected).replace("'", "")
    return problem(Code.BAD_REQUEST, request.url.path, detail)


def _names_field(part: object) -> bool:
    """Whether a part of an error's place is a field, and not one of the shapes that a body may have."""
    return isinstance(part, str) and part.isidentifier() and part[0].islower()


def _nearest(errors: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The first error; where a body may have several shapes, the first of that which it is nearest to."""
    shapes: dict[object, list[dict[str, Any]]] = {}
    for error in errors:
        shape = error["loc"][1] if len(error["loc"]) > 1 else ""
        shapes.setdefault("" if _names_field(shape) else shape, []).append(error)
    return min(shapes.values(), key=len, default=[{}])[0]


async def http_error(request: Request, error: Exception) -> Response:
    """What the framework refuses by itself: no such path, no such method, a body that is no JSON."""
    assert isinstance(error, HTTPException)
    code = _BY_STATUS.get(error.status_code, Code.BAD_REQUEST)
    answer = problem(code, request.url.path)
    answer.headers.update(error.headers or {})
    return answer


async def fault(request: Request, bug: Exception) -> Response:
    """Our own bug; who guards the application tells of it."""
    return problem(RimCode.INTERNAL_ERROR, request.url.path)


def refusals(*codes: Code | RimCode) -> dict[int | str, dict[str, Any]]:
    """The error answers of an endpoint, for its OpenAPI description."""
    by_status: dict[int | str, list[str]] = {}
    for code in codes:
        by_status.setdefault(status_of(code), []).append(str(code))
    return {
        status: described(names) for status, names in sorted(by_status.items(), key=lambda one: int(one[0]))
    }


def described(codes: list[str]) -> dict[str, Any]:
    """One error answer in OpenAPI's words."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": ", ".join(codes), "content": {MEDIA_TYPE: {"schema": schema}}}


def _texts(code: Code | RimCode) -> tuple[str, str]:
    """What is wrong, and what to do."""
    if isinstance(code, RimCode):
        return _SAID[code]
    said = messages(SOURCE)
    return said[f"error.{code}.title"].replace("**", ""), said[f"error.{code}.todo"].replace("**", "")


def _plain(value: object) -> object:
    """A detail as JSON has it; instants in ISO 8601 with a zone."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return value.isoformat() if isinstance(value, datetime) else str(value)


def header_fields(status: int, detail: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """What an error answer says beside its body."""
    if status == HTTPStatus.UNAUTHORIZED:  # RFC 9110, 15.5.2: it must name a way to log in
        yield "WWW-Authenticate", 'Softeid realm="TEST"'
    wait = detail.get("retry_after")
    if isinstance(wait, (int, float)):  # RFC 9110, 10.2.3: whole seconds
        yield "Retry-After", str(ceil(wait))
