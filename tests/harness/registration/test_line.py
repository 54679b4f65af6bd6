"""The way from a phone to the core: cut, slow, losing what it carries; and an app that is killed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from softeid.harness.pki.leaf import Use
from softeid.harness.registration.app import App
from softeid.harness.registration.line import Line
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.vocabulary import Code

from .conftest import PIN1, PIN2, START, Lab, at


def line_of(lab: Lab, app: App) -> Line:
    return lab.phones.memory(app.device).line


def unanswered(act: Callable[[], object]) -> None:
    with pytest.raises(Refused) as caught:
        act()
    assert caught.value.code is Code.CORE_UNAVAILABLE


def test_without_network_nothing_happens(lab: Lab) -> None:
    app = lab.to_code(lab.app())
    line_of(lab, app).up = False
    screen, events = app.screen(), len(lab.watched.events)
    assert (screen.network, screen.code) == (False, " ".join(app.device.code[i : i + 3] for i in (0, 3, 6)))
    unanswered(app.foreground)
    assert len(lab.watched.events) == events


def test_the_countdown_goes_on_without_network(lab: Lab) -> None:
    app = lab.to_code(lab.app())
    line_of(lab, app).up = False
    lab.after(timedelta(minutes=4))
    assert app.screen().expires_in == 660


def test_a_code_that_was_typed_meanwhile_is_learnt_later(lab: Lab) -> None:
    app, visit = lab.to_code(lab.app()), lab.to_code_entry(lab.visit(), lab.card())
    line = line_of(lab, app)
    line.up = False
    visit.enter_code(app.device.code)
    assert (at(visit), at(app)) == ("REVIEW", "CODE_SHOWN")
    line.up = True
    app.try_again()
    assert at(app) == "BOUND"


@pytest.mark.parametrize("killed", [False, True])
def test_keys_are_enrolled_once_however_often_they_are_sent(lab: Lab, killed: bool) -> None:
    app = lab.to_pins(lab.app())
    line = line_of(lab, app)
    line.lost = "answer"
    unanswered(lambda: app.choose_pins(PIN1, PIN2))
    unanswered(app.try_again)
    assert at(app) == "PIN2_SET"
    if killed:
        app.restart()
    line.lost = ""
    app.try_again()
    assert at(app) == "CODE_SHOWN"
    assert lab.watched.names.count("keys.generated") == 1


@pytest.mark.parametrize("killed", [False, True])
def test_a_lost_answer_is_no_copy(lab: Lab, killed: bool) -> None:
    app, _, _ = lab.to_confirm()
    line = line_of(lab, app)
    line.lost = "answer"
    unanswered(lambda: app.confirm_pin(1, PIN1))
    line.lost = ""
    if killed:
        app.restart()
        assert at(app) == "PIN2_CONFIRM"
    else:
        app.try_again()
    assert at(app) == "PIN2_CONFIRM"
    app.confirm_pin(2, PIN2)
    assert at(app) == "ACTIVE"
    assert "security.clone" not in lab.watched.names
    app.account.use_key(Use.SIGNATURE, PIN2, b"content")


def test_after_a_kill_the_app_learns_the_password_that_it_missed(lab: Lab) -> None:
    """The one-time password is the old one still; the name of the request says whose it is."""
    app, _, _ = lab.to_confirm()
    app.confirm_pin(1, PIN1)
    app.confirm_pin(2, PIN2)
    line = line_of(lab, app)
    line.lost = "answer"
    unanswered(lambda: app.account.use_key(Use.AUTHENTICATION, PIN1, b"content"))
    app.restart()
    line.lost = ""
    app.account.use_key(Use.AUTHENTICATION, PIN1, b"content")
    assert lab.watched.names[-2:] == ["key.refreshed", "key.used"]
    app.account.use_key(Use.AUTHENTICATION, PIN1, b"something else")


def test_a_lost_request_was_never_there(lab: Lab) -> None:
    app, _, _ = lab.to_confirm()
    line = line_of(lab, app)
    line.lost = "request"
    events = len(lab.watched.events)
    unanswered(lambda: app.confirm_pin(1, PIN1))
    assert len(lab.watched.events) == events
    line.lost = ""
    app.try_again()
    assert at(app) == "PIN2_CONFIRM"


def test_a_slow_line_is_judged_when_the_request_arrives(lab: Lab) -> None:
    app = lab.to_code(lab.app())
    line_of(lab, app).delay = timedelta(seconds=5)
    lab.after(timedelta(minutes=14, seconds=56))
    app.foreground()
    assert at(app) == "EXPIRED"
    assert lab.clock.now == START + timedelta(minutes=15, seconds=6)


def test_nothing_that_the_app_stores_depends_on_a_pin(lab: Lab) -> None:
    """Even while a request waits for its answer (SID-PIN-015)."""
    app, _, _ = lab.to_confirm()
    line = line_of(lab, app)
    line.lost = "answer"
    before = repr(app.device)
    unanswered(lambda: app.confirm_pin(1, PIN1))
    (request_id,) = app.device.pending.values()
    assert repr(app.device).replace(repr({Use.AUTHENTICATION: request_id}), "{}") == before
