"""Accounts whose records lie in databases: lost answers, and processes that are started anew in between."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.harness.registration.conftest import PIN1, PIN2
from tests.harness.store.stored_lab import StoredLab

from softeid.harness.pki.leaf import Use
from softeid.harness.registration.app import App
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.settings import Settings
from softeid.harness.registration.vocabulary import Code

AUTH, SIGN = Use.AUTHENTICATION, Use.SIGNATURE


@pytest.fixture
def stored(pool: Path, tmp_path: Path) -> StoredLab:
    urls = f"sqlite:///{tmp_path}/core.db", f"sqlite:///{tmp_path}/phones.db"
    return StoredLab(Settings(key_bits=2048), pool, urls)


def lost(lab: StoredLab, app: App, act: Callable[[App], object]) -> None:
    """Do something whose answer does not arrive."""
    phone_id = app.device.phone_id

    def unheard() -> None:
        opened = lab.phones.app(phone_id)
        assert opened
        lab.phones.memory(opened.device).line.lost = "answer"
        act(opened)

    with pytest.raises(Refused) as caught:
        lab.act(unheard)
    assert caught.value.code is Code.CORE_UNAVAILABLE
    lab.act(lambda: lab.phones.memory(app.device).line.mend())


def use_both(lab: StoredLab, app: App) -> None:
    """Both keys are of use, and nobody took the phone for a copy."""
    for use, pin in ((AUTH, PIN1), (SIGN, PIN2), (AUTH, PIN1)):
        lab.act(lambda use=use, pin=pin: app.account.use_key(use, pin, b"content"))  # type: ignore[misc]
    assert "security.clone" not in lab.watched.names


@pytest.mark.parametrize("restarted", [False, True])
def test_a_confirmation_is_sent_again_on_records_loaded_anew(stored: StoredLab, restarted: bool) -> None:
    app, _, _ = stored.to_confirm()
    lost(stored, app, lambda one: one.confirm_pin(1, PIN1))
    if restarted:
        stored.restart()
    app.try_again()
    assert app.state == "PIN2_CONFIRM"
    lost(stored, app, lambda one: one.confirm_pin(2, PIN2))
    if restarted:
        stored.restart()
    app.try_again()
    assert app.state == "ACTIVE"
    use_both(stored, app)


@pytest.mark.parametrize("restarted", [False, True])
def test_a_signature_is_sent_again_on_records_loaded_anew(stored: StoredLab, restarted: bool) -> None:
    app, _, _ = stored.to_active()
    lost(stored, app, lambda one: one.account.use_key(AUTH, PIN1, b"lost"))
    if restarted:
        stored.restart()
    app.try_again()
    use_both(stored, app)


def test_a_copy_is_found_out(stored: StoredLab) -> None:
    app, _, _ = stored.to_active()
    onto = stored.app("thief", "Copy")
    copy = stored.act(lambda: stored.phones.copied(app.device, onto.device).device.phone_id)
    use_both(stored, app)
    thief = stored.opened(copy)
    with pytest.raises(Refused) as caught:
        stored.act(lambda: thief.account.use_key(AUTH, PIN1, b"by the thief"))
    assert caught.value.detail["why"] == "cloned"
    assert stored.act(lambda: app.screen().account) == "CLOSED"


def test_a_new_process_does_not_make_keys_under_an_empty_pin(stored: StoredLab) -> None:
    app = stored.to_pins(stored.app())
    app.choose_pin1(PIN1)
    stored.restart()
    with pytest.raises(Refused) as caught:
        app.choose_pin2(PIN2)
    assert caught.value.code is Code.APP_BAD_STATE
    assert app.state == "PIN1_SET"
    app.choose_pins(PIN1, PIN2)
    assert app.state == "CODE_SHOWN"
