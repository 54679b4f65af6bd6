"""The device app's control API: what each endpoint takes, answers and refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.harness.registration.conftest import PIN1, PIN2
from tests.harness.web.api_lab import ApiLab, Tab

DEVICE = {"name": "Phone", "platform": "Android", "app_version": "3.0", "rooted": False}


@pytest.fixture
def lab(make_api_lab: Callable[..., ApiLab]) -> ApiLab:
    return make_api_lab()


class Phone(Tab):
    """A phone in somebody's hand."""

    def __init__(self, lab: ApiLab, owner: str = "jaak", **device: object) -> None:
        super().__init__(lab.app_app, **{"Softeid-Who": f"{owner}/Phone", "X-Forwarded-For": "192.0.2.77"})
        self.id = self.post("/app/devices", {**DEVICE, **device})["device_id"]

    def do(self, what: str, **body: object) -> Any:
        return self.post(f"/app/{self.id}/{what}", body)

    @property
    def screen(self) -> Any:
        return self.get(f"/app/{self.id}/screen")

    def to_code(self) -> Any:
        self.do("register")
        self.do("country", country="EE")
        self.do("method", method="id-card")
        self.do("terms", accepted=True, scrolled=True)
        return self.do("pins", pin1=PIN1, pin2=PIN2, pin1_repeat=PIN1, pin2_repeat=PIN2)


@pytest.fixture
def phone(lab: ApiLab) -> Phone:
    return Phone(lab)


def test_a_person_walks_through_all_of_it(lab: ApiLab, phone: Phone) -> None:
    shown = phone.do("register")
    assert (shown["screen"], shown["choices"]) == ("COUNTRY", ["EE", "LV", "LT", "BE"])
    assert phone.do("country", country="EE")["choices"][0] == "id-card"
    assert phone.do("method", method="id-card")["screen"] == "TERMS"
    assert phone.do("terms", accepted=True)["code"] == "TERMS_NOT_READ"
    assert phone.do("terms", accepted=False)["screen"] == "METHOD"
    phone.do("method", method="id-card")
    assert phone.do("terms", accepted=True, scrolled=True)["screen"] == "PIN1_SET"
    assert phone.do("pins/1", pin=PIN1, repeat=PIN1)["screen"] == "PIN2_SET"
    assert phone.do("back")["screen"] == "PIN1_SET"
    phone.do("pins/1", pin=PIN1)
    shown = phone.do("pins/2", pin=PIN2)
    assert (shown["screen"], shown["expires_in"]) == ("CODE_SHOWN", 900.0)
    visit, card = lab.to_code_entry(lab.visit(), lab.card()), lab.card()
    visit.enter_code(shown["code"])
    lab.sign(visit, card)
    assert phone.screen["identity"]["surname"] == "JÕEORG"
    assert phone.do("identity", accept=True)["screen"] == "PIN1_CONFIRM"
    told = phone.do("pin", pin1="9999")
    assert (told["status"], told["code"], told["attempts_left"]) == (401, "PIN_WRONG", 2)
    assert phone.do("pin", pin1=PIN1)["screen"] == "PIN2_CONFIRM"
    assert phone.do("pin", pin2=PIN2)["screen"] == "READY"
    assert phone.do("register")["code"] == "DEVICE_HAS_ACCOUNT"
    signed = phone.do("account/key", key="authentication", pin=PIN1, content="YWJj")
    assert len(signed["signature"]) == 344
    assert phone.do("account/key/refresh", key="signature")["screen"] == "READY"
    assert phone.do("account/delete", typed="ok")["field"] == "typed"
    assert phone.do("account/delete", typed="OK")["account"] == "CLOSED"


def test_what_the_portal_shows_of_the_phone(lab: ApiLab) -> None:
    phone = Phone(lab, name="Thief <One>", platform="iOS", app_version="2.1", rooted=True, language="lv")
    (app,) = lab.phones.apps()
    info = app.device.info
    assert (info.owner, info.name, info.platform, info.app_version) == ("jaak", "Thief <One>", "iOS", "2.1")
    assert (info.rooted, info.address, app.device.language) == (True, "192.0.2.77", "lv")
    assert phone.screen["language"] == "lv"


def test_life_cycle(phone: Phone) -> None:
    first = phone.to_code()["code"]
    assert phone.do("background")["code"] == first
    assert phone.do("foreground")["code"] != first
    assert phone.do("kill")["screen"] == "CODE_SHOWN"
    assert phone.do("retry")["screen"] == "CODE_SHOWN"
    assert phone.do("delete")["screen"] == "ABANDONED"


def test_a_copy_of_a_phone(lab: ApiLab, phone: Phone) -> None:
    phone.to_code()
    other = Phone(lab, "mari")
    assert other.do("clone", of=phone.id)["screen"] == "CODE_SHOWN"
    assert other.do("clone", of="00")["code"] == "NOT_FOUND"


def test_forgotten_pins(phone: Phone) -> None:
    assert phone.do("recover")["code"] == "PIN_UNRECOVERABLE"
    proposed = phone.do("pins/proposed")
    assert sorted(proposed) == ["pin1", "pin2"]


@pytest.mark.parametrize("device", ["0" * 16, "x", "..%2F..", "%00", "a" * 100, "é"])
def test_a_phone_that_is_not_there(lab: ApiLab, device: str) -> None:
    tab = Tab(lab.app_app)
    assert tab.get(f"/app/{device}/screen")["code"] == "NOT_FOUND"
    assert tab.post(f"/app/{device}/register")["code"] == "NOT_FOUND"


WRONG = {
    "no PIN": ("pin", {}),
    "both PINs": ("pin", {"pin1": "1234", "pin2": "12345"}),
    "a number": ("pin", {"pin1": 1234}),
    "a long country": ("country", {"country": "E" * 65}),
    "a word for a claim": ("identity", {"accept": "true"}),
    "something else too": ("register", {"now": True}),
}


@pytest.mark.parametrize(("what", "body"), WRONG.values(), ids=WRONG)
def test_a_body_that_is_not_as_described(phone: Phone, what: str, body: dict[str, object]) -> None:
    told = phone.do(what, **body)
    assert (told["status"], told["code"]) == (400, "BAD_REQUEST")


def test_a_page_of_another_site_cannot_post(phone: Phone) -> None:
    """What a form or a script can send to another origin without asking first is no JSON by name."""
    for type_ in ("text/plain", "application/x-www-form-urlencoded"):
        told = phone.send("POST", f"/app/{phone.id}/register", {"Content-Type": type_}, b"{}")
        assert told["code"] == "UNSUPPORTED_MEDIA_TYPE"


def test_no_answer_holds_a_pin(phone: Phone) -> None:
    phone.to_code()
    assert PIN1 not in json.dumps(phone.screen)
    told = phone.do("pin", pin1=PIN1)
    assert told["code"] == "APP_BAD_STATE"
    assert PIN1 not in json.dumps(told)
