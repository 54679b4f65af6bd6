"""The phones' process dies after the core kept something and before the phone did: the app catches up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.harness.registration.conftest import PIN1, PIN2, at, pool
from tests.harness.store.stored_lab import StoredLab

from softeid.harness.pki.leaf import Use
from softeid.harness.registration.app import App
from softeid.harness.registration.model import REGISTRATIONS
from softeid.harness.registration.pin_rule import PinNumber
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.settings import Settings
from softeid.harness.store.unit import Unit

__all__ = ["pool"]

Dying = Callable[[Callable[[], object]], None]


class Killed(Exception):
    """Stands for SIGKILL."""


@pytest.fixture
def lab(pool: Path, tmp_path: Path) -> Iterator[StoredLab]:
    urls = f"sqlite:///{tmp_path}/kept/core.db", f"sqlite:///{tmp_path}/kept/phones.db"
    made = StoredLab(Settings(key_bits=2048), pool, urls)
    yield made
    made.stop()


@pytest.fixture
def dying(lab: StoredLab, monkeypatch: pytest.MonkeyPatch) -> Dying:
    """Does something; what the phone would keep last of it is lost, and everything starts again."""

    def killed(act: Callable[[], object]) -> None:
        commit = Unit.commit

        def dies(unit: Unit) -> None:
            if unit is lab.phone_store.open and core_is_kept:
                raise Killed
            commit(unit)
            core_is_kept.append(unit) if unit is lab.core_store.open else None

        core_is_kept: list[Unit] = []
        with monkeypatch.context() as patched:
            patched.setattr(Unit, "commit", dies)
            with pytest.raises(Killed):
                lab.act(act)
        lab.restart()

    return killed


@pytest.mark.covers("SID-NET-002")
def test_keys_were_enrolled(lab: StoredLab, dying: Dying) -> None:
    app = lab.app()
    lab.to_pins(app)
    phone = app.device.phone_id
    dying(lambda: opened(lab, phone).choose_pins(PIN1, PIN2))
    app.try_again()
    assert at(app) == "CODE_SHOWN"
    assert lab.act(lambda: len(lab.core_store.table(REGISTRATIONS))) == 1


@pytest.mark.covers("SID-NET-003", "SID-SKM-009")
@pytest.mark.parametrize("number", [1, 2])
def test_a_pin_was_taken(number: PinNumber, lab: StoredLab, dying: Dying) -> None:
    app, visit, _ = lab.to_confirm()
    phone, pins = app.device.phone_id, {1: PIN1, 2: PIN2}
    if number == 2:
        app.confirm_pin(1, PIN1)
    dying(lambda: opened(lab, phone).confirm_pin(number, pins[number]))
    after = app.screen().state
    assert after == ("PIN2_CONFIRM" if number == 1 else "ACTIVE")
    if number == 1:
        app.confirm_pin(2, PIN2)
    assert (at(app), at(visit)) == ("ACTIVE", "DONE")
    check_keys(lab, phone)


@pytest.mark.covers("SID-NET-003", "SID-SKM-009")
@pytest.mark.parametrize("again", [b"before", b"something else"])
def test_an_account_key_was_used(again: bytes, lab: StoredLab, dying: Dying) -> None:
    app, _, _ = lab.to_active()
    phone = app.device.phone_id
    dying(lambda: opened(lab, phone).account.use_key(Use.AUTHENTICATION, PIN1, b"before"))
    lab.act(lambda: opened(lab, phone).account.use_key(Use.AUTHENTICATION, PIN1, again))
    check_keys(lab, phone)


@pytest.mark.covers("SID-SKM-008")
def test_a_copy_of_the_phone_that_died_is_noticed(lab: StoredLab, dying: Dying) -> None:
    app, _, _ = lab.to_active()
    phone = app.device.phone_id
    dying(lambda: opened(lab, phone).account.use_key(Use.AUTHENTICATION, PIN1, b"before"))
    other = lab.app("mari", "Copy").device.phone_id
    lab.act(lambda: lab.phones.copied(opened(lab, phone).device, opened(lab, other).device))
    lab.act(lambda: opened(lab, other).account.use_key(Use.AUTHENTICATION, PIN1, b"by the copy"))
    with pytest.raises(Refused, match="KEY_DESTROYED"):
        lab.act(lambda: opened(lab, phone).account.use_key(Use.AUTHENTICATION, PIN1, b"by the owner"))


def opened(lab: StoredLab, phone: str) -> App:
    """The app on a phone, inside of a transaction."""
    app = lab.phones.app(phone)
    assert app
    return app


def check_keys(lab: StoredLab, phone: str) -> None:
    """Both keys sign, and sign again."""
    for use, pin in ((Use.AUTHENTICATION, PIN1), (Use.SIGNATURE, PIN2)) * 2:
        lab.act(partial(use_key, lab, phone, use, pin))


def use_key(lab: StoredLab, phone: str, use: Use, pin: str) -> None:
    """Sign something."""
    opened(lab, phone).account.use_key(use, pin, b"afterwards")
