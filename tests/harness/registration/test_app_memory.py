"""What an app has in memory alone: gone when it is killed, when its process ends, and when it is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from softeid.harness.registration.app import App
from softeid.harness.registration.phones import Memory
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.vocabulary import Code

from .conftest import PIN1, PIN2, Lab, at

BIRTHDAY = "0801"  # jaak's


def memory_of(lab: Lab, app: App) -> Memory:
    return lab.phones.memory(app.device)


def empty(memory: Memory) -> bool:
    return not (memory.pin1 or memory.dated or memory.warnings or memory.unanswered)


def born(lab: Lab) -> App:
    app = lab.to_pins(lab.app())
    app.choose_pins(BIRTHDAY, "080180")
    assert memory_of(lab, app).dated == {1: BIRTHDAY, 2: "080180"}
    return app


def finished(lab: Lab) -> App:
    app, card = born(lab), lab.card()
    visit = lab.to_code_entry(lab.visit(), card)
    visit.enter_code(app.device.code)
    lab.sign(visit, card)
    app.accept_identity()
    app.confirm_pin(1, BIRTHDAY)
    app.confirm_pin(2, "080180")
    assert at(app) == "ACTIVE"
    return app


def expired(lab: Lab) -> App:
    app = born(lab)
    lab.after(timedelta(minutes=15))
    assert at(app) == "EXPIRED"
    return app


def deleted(lab: Lab) -> App:
    app = born(lab)
    app.delete()
    return app


def killed(lab: Lab) -> App:
    app = born(lab)
    app.restart()
    return app


def too_slow(lab: Lab) -> App:
    app = lab.to_pins(lab.app())
    app.choose_pin1(PIN1)
    lab.after(timedelta(minutes=5))
    assert at(app) == "TERMINATED"
    return app


def back(lab: Lab) -> App:
    app = lab.to_pins(lab.app())
    app.choose_pin1(PIN1)
    app.back()
    return app


@pytest.mark.parametrize("end", [finished, expired, deleted, killed, too_slow, back])
def test_no_pin_is_kept(lab: Lab, end: Callable[[Lab], App]) -> None:
    app = end(lab)
    assert empty(memory_of(lab, app))


def test_a_new_process_begins_without_pin1(lab: Lab) -> None:
    """What is stored says that PIN1 was chosen; which one it was nobody knows any more."""
    app = lab.to_pins(lab.app())
    app.choose_pin1(PIN1)
    lab.phones._memories.clear()
    (app,) = lab.phones.apps()
    with pytest.raises(Refused) as caught:
        app.choose_pin2(PIN2)
    assert caught.value.code is Code.APP_BAD_STATE
    assert at(app) == "PIN1_SET"


def test_a_rooted_phone_is_warned_of_after_a_restart_too(lab: Lab) -> None:
    app = lab.phones.install("jaak", "Phone", rooted=True)
    app.register()
    app.restart()
    assert app.screen().warnings == ("ROOTED",)


def test_a_copy_holds_all_that_the_original_stored(lab: Lab) -> None:
    app, _, _ = lab.to_confirm()
    onto = lab.phones.install("thief", "Copy")
    phone_id = onto.device.phone_id
    copy = lab.phones.copied(app.device, onto.device)
    assert (copy.device.phone_id, copy.device.owner, copy.device.label) == (phone_id, "thief", "Copy")
    kept = {
        name: value for name, value in vars(app.device).items() if name not in ("phone_id", "owner", "label")
    }
    assert {name: vars(copy.device)[name] for name in kept} == kept
    app.confirm_pin(1, PIN1)
    assert copy.device.pending == {}
    assert copy.device.shares is not app.device.shares
