"""A process is killed at any moment: what it answered is there, and nothing half-done is shown as done."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pytest
from tests.harness.registration.conftest import PIN1, PIN2, at
from tests.harness.store.conftest import DIALECTS
from tests.harness.store.stored_lab import StoredLab

from softeid.harness.issuing import IssuedCard
from softeid.harness.registration.model import DEVICES, REGISTRATIONS
from softeid.harness.registration.settings import Settings
from softeid.harness.registration.vocabulary import AppState, EventName

KILLS = 12
_ORDER = [
    AppState.CODE_SHOWN,
    AppState.BOUND,
    AppState.IDENTITY_CHECK,
    AppState.PIN1_CONFIRM,
    AppState.PIN2_CONFIRM,
    AppState.ACTIVE,
]

Answered = tuple[str, AppState, str]  # a phone, its state, and at the end the document number


def register(lab: StoredLab, card: IssuedCard, answered: Callable[[Answered], None]) -> None:
    """A whole registration; it says what was answered, as soon as it was."""
    app, visit = lab.app(), lab.visit()
    phone = app.device.phone_id
    for step in (
        lambda: lab.to_code(app),
        lambda: lab.to_code_entry(visit, card).enter_code(app.device.code),
        lambda: lab.sign(visit, card),
        app.accept_identity,
        lambda: app.confirm_pin(1, PIN1),
        lambda: app.confirm_pin(2, PIN2),
    ):
        step()
        answered((phone, app.state, ""))
    number = lab.act(lambda: lab.core.registration(app.device.registration).document_number)
    answered((phone, app.state, number))


def killed_after(make: Callable[[], StoredLab], answers: int, pause: float) -> list[Answered]:
    """What a process answered that was killed a moment after so many answers."""
    ours, theirs = get_context("fork").Pipe(duplex=False)

    def work() -> None:
        lab = make()
        card = lab.card()
        while True:
            register(lab, card, theirs.send)

    process = get_context("fork").Process(target=work, daemon=True)
    process.start()
    theirs.close()
    told: list[Answered] = [ours.recv() for _ in range(answers)]
    time.sleep(pause)
    process.kill()
    process.join()
    try:
        while True:
            told.append(ours.recv())  # what it said before it died
    except EOFError:
        return told


def check(lab: StoredLab, told: list[Answered]) -> None:
    """What was answered is there; core and phones tell the same story."""
    act = lab.act
    registrations = {one.reg_id: one for one in act(lambda: [*lab.core_store.table(REGISTRATIONS).values()])}
    devices = {one.phone_id: one for one in act(lambda: [*lab.phone_store.table(DEVICES).values()])}
    accounts = {one.document_number: one for one in act(lambda: [*lab.core.accounts.values()])}
    for phone, state, document in told:
        registration = registrations[devices[phone].registration]
        assert _ORDER.index(registration.state) >= _ORDER.index(state)
        assert _ORDER.index(devices[phone].state) >= _ORDER.index(state)
        assert not document or accounts[document].registration == registration.reg_id
    active = [one for one in registrations.values() if one.state is AppState.ACTIVE]
    assert sorted(one.document_number for one in active) == sorted(accounts)
    assert all(one.requests.keys() == one.keys.keys() for one in active)
    for device in devices.values():
        if device.state in _ORDER:
            known = registrations[device.registration].state
            assert _ORDER.index(device.state) <= _ORDER.index(known), "a phone never knows more than the core"
    names = [one.name for one in act(lambda: lab.core.audit.events)]
    assert act(lab.core.audit.whole)
    assert names.count(EventName.KEYS_GENERATED) == len(registrations)
    assert names.count(EventName.ACCOUNT_ACTIVATED) == len(active)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_process_killed_at_any_moment(dialect: str, pool: Path, new_url: Callable[[str, str], str]) -> None:
    urls = new_url(dialect, "core"), new_url("sqlite", "phones")
    make = partial(StoredLab, Settings(key_bits=2048), pool, urls)
    dice = random.Random()  # the moments are new each time
    told: list[Answered] = []
    for _ in range(KILLS):
        told += killed_after(make, dice.randrange(9), dice.random() * 0.1)
        lab = make()
        check(lab, told)
        app, visit, _ = lab.to_active()
        assert (at(app), at(visit)) == ("ACTIVE", "DONE")
        lab.stop()
    assert len(told) >= KILLS
