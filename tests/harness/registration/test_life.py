"""The two tables: every state with every event, as data and as the sessions behave."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum

import pytest
from tests.harness.registration.conftest import PIN1, PIN2, Lab

from softeid.harness.registration.app import App
from softeid.harness.registration.app_life import APP_ENDS, APP_LIFE, AppEvent
from softeid.harness.registration.portal_life import PORTAL_ENDS, PORTAL_LIFE, PortalEvent
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.visit import Visit
from softeid.harness.registration.vocabulary import AppState, Code, PortalState, Reason

TABLES: list[tuple[Mapping[tuple[StrEnum, StrEnum], StrEnum], StrEnum]] = [
    (APP_LIFE, AppState.HOME),  # type: ignore[list-item]  # a table of one kind of state is one of states
    (PORTAL_LIFE, PortalState.ANON),  # type: ignore[list-item]  # likewise
]
APP_DEEDS: Mapping[AppEvent, Callable[[App], object]] = {
    AppEvent.REGISTER: App.register,
    AppEvent.COUNTRY_CHOSEN: lambda app: app.choose_country("EE"),
    AppEvent.METHOD_CHOSEN: App.choose_method,
    AppEvent.TERMS_ACCEPTED: App.accept_terms,
    AppEvent.TERMS_DECLINED: App.decline_terms,
    AppEvent.PIN1_CHOSEN: lambda app: app.choose_pin1(PIN1),
    AppEvent.PIN2_CHOSEN: lambda app: app.choose_pin2(PIN2),
    AppEvent.BACK: App.back,
    AppEvent.IDENTITY_ACCEPTED: App.accept_identity,
    AppEvent.IDENTITY_REJECTED: App.reject_identity,
    AppEvent.PIN1_CONFIRMED: lambda app: app.confirm_pin(1, PIN1),
    AppEvent.PIN2_CONFIRMED: lambda app: app.confirm_pin(2, PIN2),
    AppEvent.DELETED: App.delete,
}
PORTAL_DEEDS: Mapping[PortalEvent, Callable[[Visit], object]] = {
    PortalEvent.LOGIN_STARTED: Visit.challenge,
    PortalEvent.ANSWERED: lambda visit: visit.answer("someone@example.test"),
    PortalEvent.CONSENT_REFUSED: lambda visit: visit.answer("", consent=False),
    PortalEvent.CODE_ACCEPTED: lambda visit: visit.enter_code("000 000 000"),
    PortalEvent.CONFIRM: Visit.confirm,
    PortalEvent.SIGNED: lambda visit: visit.sign(b"", b"", "ES384"),
    PortalEvent.SIGNING_REFUSED: Visit.abort_signing,
    PortalEvent.CANCELLED: Visit.cancel,
    PortalEvent.REPORTED: Visit.report,
    PortalEvent.LOGOUT: Visit.log_out,
    PortalEvent.LINK_OPENED: lambda visit: visit.open_link("x" * 27),
    PortalEvent.CLICKED: Visit.click,
    PortalEvent.STEP_UP: lambda visit: visit.step_up("123456"),
    PortalEvent.ACCOUNT_DELETED: lambda visit: visit.delete_account("PNOEE-38001085718-AAAA-Q", "OK"),
}


@pytest.mark.parametrize(("table", "first"), TABLES, ids=["app", "portal"])
def test_every_state_can_be_reached(table: Mapping[tuple[StrEnum, StrEnum], StrEnum], first: StrEnum) -> None:
    reached, before = {first}, set[StrEnum]()
    while reached != before:
        before = set(reached)
        reached |= {then for (state, _), then in table.items() if state in reached}
    assert set(type(first)) == reached


@pytest.mark.parametrize(
    ("table", "events"), [(APP_LIFE, AppEvent), (PORTAL_LIFE, PortalEvent)], ids=["app", "portal"]
)
def test_every_event_may_happen_somewhere(
    table: Mapping[tuple[StrEnum, StrEnum], StrEnum], events: type[StrEnum]
) -> None:
    assert {event for _, event in table} == set(events)


def test_the_ends_are_those_of_the_specification() -> None:
    ends = {"ACTIVE", "EXPIRED", "TERMINATED", "ABANDONED", "REJECTED", "LOCKED"}
    assert {str(state) for state in APP_ENDS} == ends
    assert {str(state) for state in PORTAL_ENDS} == {"CLOSED"}


def test_what_may_be_reported_on_the_portal_can_end_on_the_device() -> None:
    """From a matched code to the end of the visit the app is in one of these (SID-SEC-007)."""
    states = ["BOUND", "IDENTITY_CHECK", "PIN1_CONFIRM", "PIN2_CONFIRM", "WAIT_GUARDIAN", "ISSUING"]
    assert [(AppState(state), AppEvent.REPORTED) in APP_LIFE for state in states] == [True] * 6


@pytest.mark.parametrize("state", AppState)
@pytest.mark.parametrize("event", APP_DEEDS)
def test_the_app_refuses_what_is_not_listed_and_stays_as_it_is(
    lab: Lab, state: AppState, event: AppEvent
) -> None:
    if (state, event) in APP_LIFE:
        return
    if event is AppEvent.REGISTER and state in APP_ENDS:
        return  # a new attempt is a new session, see test_app
    app = lab.app()
    app.device.state, app.device.reason = state, Reason.NOT_ME
    lab.phones.memory(app.device).pin1 = PIN1
    before, events = repr(app.device), lab.watched.names
    with pytest.raises(Refused) as refused:
        APP_DEEDS[event](app)
    assert refused.value.code is Code.APP_BAD_STATE
    assert refused.value.detail == {"state": state, "reason": Reason.NOT_ME}
    assert (repr(app.device), lab.watched.names) == (before, events)


@pytest.mark.parametrize("state", PortalState)
@pytest.mark.parametrize("event", PORTAL_DEEDS)
def test_the_portal_refuses_what_is_not_listed_and_stays_as_it_is(
    lab: Lab, state: PortalState, event: PortalEvent
) -> None:
    if (state, event) in PORTAL_LIFE:
        return
    visit = lab.visit()
    visit.record.state = state
    before, events = replace(visit.record), lab.watched.names
    with pytest.raises(Refused) as refused:
        PORTAL_DEEDS[event](visit)
    assert (refused.value.code, refused.value.detail) == (Code.WRONG_STEP, {"state": state})
    told = replace(before, error=Code.WRONG_STEP, detail={"state": str(state)})
    assert (visit.record, lab.watched.names) == (told, events)
