"""Registrations whose records lie in databases: what sessions do in memory they do here, over restarts."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from hashlib import md5, sha1, sha256, sha384, sha512
from pathlib import Path
from typing import cast

import pytest
from tests.harness.registration.conftest import PIN1, PIN2, at
from tests.harness.store.conftest import DIALECTS
from tests.harness.store.stored_lab import StoredLab

from softeid.harness.pki.leaf import Use
from softeid.harness.registration.app import App
from softeid.harness.registration.model import DEVICES, REGISTRATIONS, Account, Device, Registration
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.vocabulary import Code

Labs = Callable[..., StoredLab]
both = pytest.mark.parametrize("make_lab", DIALECTS, indirect=True)


def refused(act: Callable[..., object], *given: object) -> Code:
    with pytest.raises(Refused) as refusal:
        act(*given)
    return refusal.value.code


def another(code: str) -> str:
    return f"{(int(code) + 1) % 10**9:09d}"


def accounts(lab: StoredLab) -> list[Account]:
    return lab.act(lambda: list(lab.core.accounts.values()))


@both
def test_the_six_steps(make_lab: Labs) -> None:
    lab = make_lab()
    app, visit, _ = lab.to_active()
    assert (at(app), at(visit)) == ("ACTIVE", "DONE")
    (account,) = accounts(lab)
    assert account.document_number.startswith("PNOEE-38001085718-")
    assert lab.act(lambda: lab.core.accounts.find(semantics_id="PNOEE-38001085718")) == [account]
    assert lab.act(lambda: len(lab.core.outbox.messages)) == 2
    assert lab.act(lab.core.audit.whole)
    assert [one.name for one in lab.act(lambda: lab.core.audit.events)] == lab.watched.names


@both
def test_everything_goes_on_after_a_restart_at_any_place(make_lab: Labs) -> None:
    lab = make_lab()
    again = lab.restart
    app, visit, card = lab.app(), lab.visit(), lab.card()
    for step in (
        app.register,
        lambda: app.choose_country("EE"),
        app.choose_method,
        app.accept_terms,
        lambda: app.choose_pins(PIN1, PIN2),
        lambda: lab.to_code_entry(visit, card),
        lambda: visit.enter_code(app.device.code),
        lambda: lab.sign(visit, card),
        app.accept_identity,
        lambda: app.confirm_pin(1, PIN1),
        lambda: app.confirm_pin(2, PIN2),
    ):
        step()
        again()
    assert (at(app), at(visit)) == ("ACTIVE", "DONE")
    assert len(accounts(lab)) == 1
    assert lab.act(lab.core.audit.whole)


@both
def test_a_refusal_is_kept_too(make_lab: Labs) -> None:
    """A wrong code counts, for the visit and for the person, whatever becomes of the process."""
    lab = make_lab()
    app, visit = lab.to_code(lab.app()), lab.to_code_entry(lab.visit(), lab.card())
    wrong = another(app.device.code)
    for code in (Code.RC_WRONG, Code.RC_WRONG, Code.RC_TOO_MANY):
        assert refused(visit.enter_code, wrong) is code
        lab.restart()
    assert at(visit) == "CLOSED"
    assert refused(visit.enter_code, app.device.code) is Code.WRONG_STEP
    assert lab.watched.names.count("code.rejected") == 3


@both
def test_a_wrong_pin_is_counted_over_a_restart(make_lab: Labs) -> None:
    lab = make_lab()
    app, visit, _ = lab.to_confirm()
    for _ in range(3):
        assert refused(app.confirm_pin, 1, "9999") in (Code.PIN_WRONG, Code.APP_BAD_STATE)
        lab.restart()
    assert (at(app), at(visit)) == ("TERMINATED", "CLOSED")
    assert all(key.destroyed and not key.share.exponent for key in kept(lab).keys.values())


@both
@pytest.mark.parametrize("restart", [False, True], ids=["", "with a restart"])
def test_time_passes_in_what_is_kept(make_lab: Labs, restart: bool) -> None:
    lab = make_lab()
    shown, choosing, idle = lab.to_code(lab.app()), lab.to_pins(lab.app(name="Other")), lab.visit()
    lab.to_code_entry(idle, lab.card())
    if restart:
        lab.restart()
    lab.after(timedelta(seconds=299))
    assert (at(shown), at(choosing), at(idle)) == ("CODE_SHOWN", "PIN1_SET", "CODE_ENTRY")
    lab.after(timedelta(seconds=300))
    assert (at(shown), at(choosing)) == ("CODE_SHOWN", "TERMINATED")
    lab.after(timedelta(seconds=900))
    assert (at(shown), at(idle)) == ("EXPIRED", "CODE_ENTRY")
    lab.after(timedelta(seconds=1800))
    assert at(idle) == "CLOSED"
    assert lab.act(lab.core.next_due) is None
    assert refused(idle.enter_code, "123456789") is Code.WRONG_STEP


def test_what_fails_leaves_core_and_phone_as_they_were(
    make_lab: Labs, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = make_lab()
    app, _, _ = lab.to_confirm()
    before = app.device
    events = len(lab.watched.events)

    class Bug(Exception):
        pass

    def fail(*_: object) -> None:
        raise Bug

    with monkeypatch.context() as patched:
        patched.setattr(App, "_enter", fail)
        with pytest.raises(Bug):
            app.confirm_pin(1, PIN1)
    asked = app.device.pending  # kept before the core is asked: the same request is sent again
    assert asked
    assert app.device == replace(before, pending=asked)
    assert lab.act(lambda: len(lab.core.audit.events)) == events
    app.confirm_pin(1, PIN1)
    app.confirm_pin(2, PIN2)
    assert at(app) == "ACTIVE"


# --- what lies in the files ---------------------------------------------------------------------------------


def files(lab: StoredLab, which: str) -> bytes:
    """Everything in the files of a database, as a thief sees it, deleted or not."""
    store = lab.core_store if which == "core" else lab.phone_store
    lab.stop()
    return b"".join(one.read_bytes() for one in sorted(Path(store.where).parent.glob(f"{which}*")))


def written(lab: StoredLab, which: str) -> str:
    """Every row of a database, as SQLite dumps it."""
    store = lab.core_store if which == "core" else lab.phone_store
    with closing(sqlite3.connect(store.where)) as connection:
        return "\n".join(connection.iterdump())


def occurs(secret: bytes | int, found: bytes) -> bool:
    """Whether any sixteen octets of a secret stand in files, whose pages may divide it."""
    text = (f"{secret:x}" if isinstance(secret, int) else secret.hex()).encode()
    return any(text[at : at + 32] in found for at in range(0, len(text) - 31, 8)) or (
        not isinstance(secret, int) and any(secret[at : at + 16] in found for at in range(len(secret) - 15))
    )


def standing_alone(digits: str, text: str) -> bool:
    """Whether digits occur as a text of their own, not by chance inside of hex or a longer number."""
    return bool(re.search(rf"(?<![0-9A-Za-z+/]){digits}(?![0-9A-Za-z+/])", text))


def opened(app: App) -> list[int]:
    """What the right PINs open the app's shares to: c of each key."""
    device: Device = app.device
    pins = {Use.AUTHENTICATION: PIN1, Use.SIGNATURE: PIN2}
    return [share.opened(pins[use], device.secret) for use, share in device.shares.items()]


def kept(lab: StoredLab) -> Registration:
    (registration,) = lab.act(lambda: list(lab.core_store.table(REGISTRATIONS).values()))
    return cast(Registration, registration)


@pytest.mark.covers("SID-PIN-017")
def test_the_core_keeps_neither_c_nor_a_pin(make_lab: Labs) -> None:
    lab = make_lab()
    app, _, _ = lab.to_confirm()
    device: Device = app.device
    clients, code, registration = opened(app), device.code, kept(lab)
    assert lab.act(lambda: len(lab.core_store.table(DEVICES))) == 0
    text, found = written(lab, "core"), files(lab, "core")
    for key in registration.keys.values():
        for held in (hex(key.share.modulus), hex(key.share.exponent), key.otp.hex()):
            assert held in text
    assert len(clients) == 2
    assert not any(occurs(client, found) for client in clients)
    assert not occurs(device.secret, found)
    for secret in (PIN1, PIN2, code, f"{code[:3]} {code[3:6]} {code[6:]}"):
        assert not standing_alone(secret, text), secret
    assert code.encode() not in found


@pytest.mark.covers("SID-PIN-015")
def test_the_app_keeps_no_pin_and_nothing_to_check_one_against(make_lab: Labs) -> None:
    """The blob is there; c, with which every PIN could be tried, is not, nor is any hash of a PIN."""
    lab = make_lab()
    app = lab.to_code(lab.app())
    device: Device = app.device
    clients = opened(app)
    text, found = written(lab, "phones"), files(lab, "phones")
    for share in device.shares.values():
        assert share.blob.hex() in text
    assert len(clients) == 2
    assert not any(occurs(client, found) for client in clients)
    salts = [b"", device.secret, *(share.salt for share in device.shares.values())]
    for pin in (PIN1, PIN2):
        assert not standing_alone(pin, text)
        for digest in (md5, sha1, sha256, sha384, sha512):
            for salt in salts:
                for octets in (salt + pin.encode(), pin.encode() + salt):
                    assert not occurs(digest(octets).digest(), found)


def test_a_destroyed_share_is_gone_from_the_files(make_lab: Labs) -> None:
    lab = make_lab()
    app, visit, _ = lab.to_review()
    shares = [key.share.exponent for key in kept(lab).keys.values()]
    blobs = [share.blob for share in app.device.shares.values()]
    assert all(hex(share) in written(lab, "core") for share in shares)
    visit.cancel()
    assert "REJECTED" in written(lab, "core")
    core, phones = files(lab, "core"), files(lab, "phones")
    assert len(shares) == len(blobs) == 2
    assert not any(occurs(share, core) for share in shares)
    assert not any(occurs(blob, phones) for blob in blobs)
