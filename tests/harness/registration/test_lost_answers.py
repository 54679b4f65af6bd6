"""Answers that never came: whatever happens next, no account dies of it and no key is made twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from softeid.harness.pki.leaf import Use
from softeid.harness.registration.app import App
from softeid.harness.registration.line import Line
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.vocabulary import Code

from .conftest import PIN1, PIN2, Lab, at

AUTH, SIGN = Use.AUTHENTICATION, Use.SIGNATURE


def line_of(lab: Lab, app: App) -> Line:
    return lab.phones.memory(app.device).line


def refused(act: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value


def lost(lab: Lab, app: App, act: Callable[[], object], what: str = "answer") -> None:
    """Do something of which nothing is heard."""
    line = line_of(lab, app)
    line.lost = what  # type: ignore[assignment]  # one of the two
    assert refused(act).code is Code.CORE_UNAVAILABLE
    line.lost = ""


def active(lab: Lab) -> App:
    app, _, _ = lab.to_confirm()
    app.confirm_pin(1, PIN1)
    app.confirm_pin(2, PIN2)
    return app


def use_both(lab: Lab, app: App) -> None:
    """Both keys are of use, and nobody took the phone for a copy."""
    app.account.use_key(AUTH, PIN1, b"one thing")
    app.account.use_key(SIGN, PIN2, b"another")
    assert "security.clone" not in lab.watched.names


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("minutes", [0, 2])
@pytest.mark.parametrize("number", [1, 2])
def test_an_account_survives_a_confirmation_whose_answer_was_lost(
    lab: Lab, number: int, minutes: int, killed: bool
) -> None:
    app, _, _ = lab.to_confirm()
    if number == 2:
        app.confirm_pin(1, PIN1)
        lost(lab, app, lambda: app.confirm_pin(2, PIN2))
    else:
        lost(lab, app, lambda: app.confirm_pin(1, PIN1))
    lab.core.move_clock(lab.clock.now + timedelta(minutes=minutes))
    if killed:
        app.restart()
    else:
        app.try_again()
    if number == 1:
        assert at(app) == "PIN2_CONFIRM"
        app.confirm_pin(2, PIN2)
    assert at(app) == "ACTIVE"
    use_both(lab, app)


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("minutes", [0, 2])
@pytest.mark.parametrize("what", ["request", "answer"])
def test_something_else_is_signed_after_a_signature_that_was_lost(
    lab: Lab, what: str, minutes: int, killed: bool
) -> None:
    app = active(lab)
    lost(lab, app, lambda: app.account.use_key(AUTH, PIN1, b"lost"), what)
    lab.core.move_clock(lab.clock.now + timedelta(minutes=minutes))
    if killed:
        app.restart()
    use_both(lab, app)


def test_a_request_that_is_sent_again_too_late_is_refused_and_no_copy(lab: Lab) -> None:
    app = active(lab)
    lost(lab, app, lambda: app.account.use_key(AUTH, PIN1, b"lost"))
    lab.core.move_clock(lab.clock.now + lab.settings.t_repeat)
    answer = refused(app.try_again)
    assert (answer.code, answer.detail) == (Code.BAD_REQUEST, {"field": "otp"})
    use_both(lab, app)


def test_a_new_password_whose_answer_was_lost_is_not_lost(lab: Lab) -> None:
    app = active(lab)
    lost(lab, app, lambda: app.account.refresh_key(AUTH))
    use_both(lab, app)


def test_a_copy_made_before_the_lost_answer_is_found_out_all_the_same(lab: Lab) -> None:
    app = active(lab)
    copy = lab.phones.copied(app.device, lab.phones.install("thief", "Copy").device)
    lost(lab, app, lambda: app.account.use_key(AUTH, PIN1, b"lost"))
    assert refused(lambda: copy.account.use_key(AUTH, PIN1, b"")).detail["why"] == "cloned"


def test_new_keys_under_way_are_not_made_again(lab: Lab) -> None:
    """An empty PIN1 would lock their owner out for ever."""
    app = lab.to_pins(lab.app())
    lost(lab, app, lambda: app.choose_pins(PIN1, PIN2), "request")
    sent = app.device.enrolment
    for act in (lambda: app.choose_pin2("64208"), app.back):
        assert refused(act).code is Code.APP_BAD_STATE
    assert app.device.enrolment == sent
    app.try_again()
    assert at(app) == "CODE_SHOWN"


def test_the_time_for_pins_ends_when_both_are_chosen(lab: Lab) -> None:
    app = lab.to_pins(lab.app())
    lost(lab, app, lambda: app.choose_pins(PIN1, PIN2), "request")
    lab.after(timedelta(hours=1))
    assert at(app) == "PIN2_SET"
    app.try_again()
    assert at(app) == "CODE_SHOWN"


def test_a_registration_that_expired_meanwhile_is_over_on_the_phone_too(lab: Lab) -> None:
    app = lab.to_pins(lab.app())
    lost(lab, app, lambda: app.choose_pins(PIN1, PIN2))
    lab.after(timedelta(hours=1))
    app.try_again()
    assert at(app) == "EXPIRED"
    app.register()
    assert at(app) == "COUNTRY"


@pytest.mark.parametrize("what", ["request", "answer"])
def test_an_app_that_is_deleted_asks_for_nothing_more(lab: Lab, what: str) -> None:
    app = lab.to_pins(lab.app())
    lost(lab, app, lambda: app.choose_pins(PIN1, PIN2), what)
    app.delete()
    app.try_again()
    assert at(app) == "ABANDONED"
    assert app.device.enrolment is None
    assert app.device.shares == {}


def test_a_bug_at_the_core_is_not_taken_for_a_lost_answer(lab: Lab) -> None:
    app = lab.to_code(lab.app())
    line = line_of(lab, app)
    line.lost = "answer"

    def bug() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        line.ask(lab.core, bug)


def test_a_look_at_the_screen_asks_once(lab: Lab) -> None:
    app = active(lab)
    line_of(lab, app).delay = timedelta(seconds=5)
    before = lab.clock.now
    app.screen()
    assert lab.clock.now - before == timedelta(seconds=10)
