"""Accounts on the portal's page, and how to be rid of one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.harness.registration.conftest import PIN1, PIN2, START, Lab, at
from tests.harness.registration.test_visit import refused

from softeid.harness.registration.visit import Visit
from softeid.harness.registration.vocabulary import Code


@pytest.fixture
def done(lab: Lab) -> Visit:
    app, visit, _ = lab.to_confirm()
    app.confirm_pin(1, PIN1)
    app.confirm_pin(2, PIN2)
    assert at(visit) == "DONE"
    return visit


def test_the_list_tells_what_there_is_and_what_was(lab: Lab, done: Visit) -> None:
    (line,) = done.page().accounts
    assert (line.device, line.status, line.renewable) == ("Phone", "ACTIVE", False)
    assert (line.created_at, line.expires_at) == (START, START.replace(year=2029))
    done.delete_account(line.document_number, "OK")
    (line,) = done.page().accounts
    assert (line.status, line.closed_at) == ("CLOSED", START)


def test_the_certificates_are_revoked_at_that_instant(lab: Lab, done: Visit) -> None:
    (line,) = done.page().accounts
    account = lab.core.accounts[line.document_number]
    lab.after(timedelta(minutes=10))
    done.delete_account(line.document_number, "OK")
    for certificate in account.certificates.values():
        status = lab.core.authority.register.get(certificate.serial_number)
        assert status
        assert (str(status), status.since) == ("revoked", START + timedelta(minutes=10))
    (event,) = [event for event in lab.watched.events if event.name == "account.closed"]
    assert event.data == {"document": line.document_number, "by": "portal"}


@pytest.mark.parametrize("typed", ["", "ok", "OK ", "yes"])
def test_deleting_is_meant(lab: Lab, done: Visit, typed: str) -> None:
    (line,) = done.page().accounts
    answer = refused(lambda: done.delete_account(line.document_number, typed))
    assert (answer.code, answer.detail) == (Code.BAD_REQUEST, {"field": "typed"})
    assert done.page().accounts == (line,)


def test_what_is_not_ones_own_and_what_is_not_there_are_refused_alike(lab: Lab, done: Visit) -> None:
    (line,) = done.page().accounts
    other = lab.visit("mari")
    lab.log_in(other, lab.card("mari"))
    assert other.page().accounts == ()
    details = [
        refused(lambda document=document: other.delete_account(document, "OK")).detail  # type: ignore[misc]
        for document in (line.document_number, "PNOEE-30303039914-AAAA-Q", "")
    ]
    assert details == [{"field": "document"}] * 3
    done.delete_account(line.document_number, "OK")
    assert refused(lambda: done.delete_account(line.document_number, "OK")).detail == {"field": "document"}


def test_a_renewal_is_offered_two_months_before_the_end(lab: Lab, done: Visit) -> None:
    for at_, renewable in ((START.replace(year=2029, month=1) - timedelta(seconds=1), False), (None, True)):
        lab.core.move_clock(at_ or lab.clock.now + timedelta(seconds=1))
        visit = lab.visit()
        lab.log_in(visit, lab.card())
        (line,) = visit.page().accounts
        assert line.renewable is renewable


def test_where_the_core_cannot_be_reached_nothing_is_listed_and_nothing_ended(lab: Lab, done: Visit) -> None:
    (line,) = done.page().accounts
    lab.portal.line.up = False
    assert done.page().accounts == ()
    assert refused(lambda: done.delete_account(line.document_number, "OK")).code is Code.CORE_UNAVAILABLE
    lab.portal.line.up = True
    assert done.page().accounts == (line,)
