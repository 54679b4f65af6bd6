"""A hand on a phone over the app's API feels what the app itself does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.harness.registration.conftest import PIN1, PIN2
from tests.harness.web.api_lab import ApiLab

from softeid.harness.clients.app_client import RemoteAccount, RemoteApp, RemotePhones
from softeid.harness.pki.leaf import Use
from softeid.harness.registration.account_app import AccountApp
from softeid.harness.registration.app import App
from softeid.harness.registration.refusal import Refused

BY_ITSELF = {"ring", "follow"}  # what happens to an app without its owner
WITHIN = {"known", "found", "active", "others", "send"}  # what the app asks of its account for itself


@pytest.fixture
def lab(make_api_lab: Callable[..., ApiLab]) -> ApiLab:
    return make_api_lab()


@pytest.fixture
def phones(lab: ApiLab) -> RemotePhones:
    return RemotePhones(lab.phones, lab.connect_phone)


def deeds(of: type) -> set[str]:
    return {name for one in of.__mro__ for name in vars(one) if not name.startswith("_")} - set(dir(object))


def test_everything_that_a_person_does_travels() -> None:
    assert {name for name in deeds(App) if name not in vars(RemoteApp)} == BY_ITSELF
    assert {name for name in deeds(AccountApp) if name not in vars(RemoteAccount)} == WITHIN


def test_the_whole_story(lab: ApiLab, phones: RemotePhones) -> None:
    app = phones.install("jaak", "Phone", "iOS", app_version="3.1", address="192.0.2.9", language="et")
    assert (app.device.info.platform, app.device.info.address, app.device.language) == (
        "iOS",
        "192.0.2.9",
        "et",
    )
    lab.to_pins(app)
    app.choose_pin1(PIN1, PIN1)
    app.back()
    app.choose_pin1(*app.proposed_pins()[:1])
    app.restart()
    app.choose_pins(PIN1, PIN2)
    app.background()
    app.foreground()
    screen = app.screen()
    assert screen == lab.phones.app(app.device.phone_id).screen()  # type: ignore[union-attr]  # it is there
    visit = lab.to_code_entry(lab.visit(), lab.card())
    visit.enter_code(app.device.code)
    lab.sign(visit, lab.card())
    assert str(app.state) == "IDENTITY_CHECK"
    app.accept_identity()
    app.confirm_pin(1, PIN1)
    app.confirm_pin(2, PIN2)
    assert str(app.screen().screen) == "READY"
    signature, wanted = app.account.use_key(Use.AUTHENTICATION, PIN1, b"abc", "pss", "sha384")
    assert (len(signature), wanted.content, len(wanted.salt)) == (256, b"abc", 48)
    app.account.refresh_key(Use.SIGNATURE)
    copy = phones.copied(app.device, phones.install("thief", "Phone").device)
    assert copy.device.account == app.device.account
    app.account.delete("OK")
    assert app.screen().account == "CLOSED"


def test_refusals_arrive_as_they_were_raised(lab: ApiLab, phones: RemotePhones) -> None:
    far, near = phones.install("jaak", "Far"), lab.app("jaak", "Near")
    acts: tuple[Callable[[App], object], ...] = (
        lambda app: app.choose_country("EE"),
        lambda app: app.register(),
        lambda app: app.choose_country("FI"),
        lambda app: app.choose_country("ee"),
        lambda app: app.choose_method("nfc"),
        lambda app: app.recover_pins(),
        lambda app: app.renew(),
        lambda app: app.confirm_pin(1, PIN1),
        lambda app: app.account.delete("OK"),
    )
    for act in acts:
        told = []
        for app in (near, far):
            try:
                act(app)
                told.append("")
            except Refused as refusal:
                told.append(str(refusal))
        assert told[0] == told[1]


def test_a_network_that_is_cut_is_cut_for_both(lab: ApiLab, phones: RemotePhones) -> None:
    app = lab.to_code(phones.install("jaak", "Phone"))
    line = phones.memory(app.device).line
    line.lost = "answer"
    with pytest.raises(Refused, match="CORE_UNAVAILABLE"):
        app.foreground()
    assert not app.screen().network
    line.lost = ""
    app.try_again()
    assert app.screen().network
