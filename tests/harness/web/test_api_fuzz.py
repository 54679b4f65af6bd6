"""The APIs against what schemathesis makes of their descriptions: nothing is a fault, all is described."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Err
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.types import ASGIApp
from tests.harness.registration.conftest import PIN1, PIN2
from tests.harness.web.api_lab import ApiLab

from softeid.harness.issuing import IssuedCard
from softeid.harness.registration.app import App
from softeid.harness.registration.visit import Visit
from softeid.harness.web.api import Behind
from softeid.harness.web.app_api import Shop, app_api
from softeid.harness.web.forgery import csrf_token
from softeid.harness.web.lab_api import Bench, lab_api
from softeid.harness.web.portal_api import portal_api
from softeid.harness.web.security import Guard, Policy
from softeid.harness.web.session import Site

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
EXAMPLES = settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)

faults: list[Exception] = []
behind = Behind()
site, shop, bench = Site(Policy(), behind), Shop(Policy(), behind), Bench(Policy(), behind)


def operations(app: Any) -> dict[str, Any]:
    """Every operation of an application, by method and path."""
    guarded: ASGIApp = Guard(app, Policy(), faults.append)
    schema = schemathesis.openapi.from_asgi("/openapi.json", guarded)
    found: dict[str, Any] = {}
    for result in schema.get_all_operations():
        assert not isinstance(result, Err), "the description cannot be read"
        operation = result.ok()
        found[f"{operation.method.upper()} {operation.path}"] = operation
    return found


PORTAL, APP, LAB = operations(portal_api(site)), operations(app_api(shop)), operations(lab_api(bench))


@pytest.fixture
def lab(make_api_lab: Callable[..., ApiLab]) -> Iterator[ApiLab]:
    """A fresh world behind the applications."""
    made = make_api_lab()
    behind.stores, behind.wake = made.behind.stores, made.behind.wake
    site.portal, shop.phones, bench.world = made.portal, made.phones, made.bench.world
    yield made
    site.portal = shop.phones = bench.world = None
    told = [str(fault) for fault in faults]
    faults.clear()
    assert told == []


def try_all(operation: Any, ready: Callable[[], dict[str, Any]]) -> None:
    """Examples of one operation, good and bad ones.

    Args:
        operation: which one.
        ready: sees to it that something can happen, and says what goes along.
    """

    @EXAMPLES
    @given(case=operation.as_strategy())
    def each(case: Any) -> None:
        along = ready()
        response = case.call(**along)
        case.validate_response(response, checks=CHECKS, headers=along.get("headers"))

    each()


def begin(lab: ApiLab) -> Visit:
    return lab.visit()


def at_code(lab: ApiLab) -> Visit:
    return lab.to_code_entry(lab.visit(), CARDS[lab])


def at_review(lab: ApiLab) -> Visit:
    visit = at_code(lab)
    another = lab.app("jaak", f"Phone {len(lab.phones.apps())}")
    visit.enter_code(lab.to_code(another).device.code)
    return visit


def at_signing(lab: ApiLab) -> Visit:
    visit = at_review(lab)
    visit.confirm()
    return visit


CARDS: dict[ApiLab, IssuedCard] = {}
STAGES = {
    "on the first page": begin,
    "at the code page": at_code,
    "at the review page": at_review,
    "while signing": at_signing,
}


@pytest.mark.parametrize("stage", STAGES.values(), ids=STAGES)
@pytest.mark.parametrize("operation", PORTAL.values(), ids=PORTAL)
def test_portal(lab: ApiLab, operation: Any, stage: Callable[[ApiLab], Visit]) -> None:
    CARDS[lab] = lab.card()
    current = [stage(lab)]
    wanted = current[0].state

    def ready() -> dict[str, Any]:
        if current[0].state is not wanted:
            current[0] = stage(lab)
        name = current[0].record.session_id
        return {"headers": {"X-CSRF-Token": csrf_token(name), "Cookie": f"softeid={name}"}}

    try_all(operation, ready)
    CARDS.clear()


def at_home(lab: ApiLab) -> App:
    return lab.app()


def at_pins(lab: ApiLab) -> App:
    return lab.to_pins(lab.app())


def with_code(lab: ApiLab) -> App:
    return lab.to_code(lab.app())


def confirming(lab: ApiLab) -> App:
    return lab.to_confirm()[0]


def ready_to_use(lab: ApiLab) -> App:
    app = lab.to_confirm()[0]
    app.confirm_pin(1, PIN1)
    app.confirm_pin(2, PIN2)
    return app


PHONES = (at_home, at_pins, with_code, confirming, ready_to_use)


@pytest.mark.parametrize("stage", PHONES)
@pytest.mark.parametrize("operation", APP.values(), ids=APP)
def test_app(lab: ApiLab, operation: Any, stage: Callable[[ApiLab], App]) -> None:
    app = stage(lab)

    @EXAMPLES
    @given(case=operation.as_strategy())
    def each(case: Any) -> None:
        if case.path_parameters and len(repr(case.path_parameters)) % 3:  # else a phone that is not there
            case.path_parameters["device"] = app.device.phone_id
        case.validate_response(case.call(), checks=CHECKS)

    each()


@pytest.mark.parametrize("operation", LAB.values(), ids=LAB)
def test_lab(lab: ApiLab, operation: Any) -> None:
    lab.to_identity()
    try_all(operation, dict)
