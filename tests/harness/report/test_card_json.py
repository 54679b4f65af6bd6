"""A card as JSON: the shape that programs may rely on, and what is never in it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from tests.harness.report.made_card import NOW, STATES, record, view

from softeid.emulator.facts import MARKS, SWITCHES
from softeid.harness.report.card_json import VERSION, as_data, as_json
from softeid.harness.report.card_view import view_card

FILE = "jaak.card"

EVIDENCE = {"mark": str, "source": str}
VALIDITY = {"begins": str, "ends": str, "phase": str, "words": str}
CERTIFICATE = {
    "missing": None,
    "subject": str,
    "subject_serial_number": str,
    "issuer": str,
    "serial": str,
    "validity": VALIDITY,
    "status": {"status": str, "since": None, "reason": None},
    "key": str,
    "of_the_card": bool,
    "of_the_holder": bool,
    "key_usage": [str],
    "extended_key_usage": [str],
}
PIN = {
    "tries": int,
    "tries_limit": int,
    "state": str,
    "digits": [int],
    "reference": str,
    "local_to": (None, str),
    "reset": str,
    "evidence": EVIDENCE,
}
OPERATION = {"access": str, "algorithms": [{"references": [str], "evidence": EVIDENCE}]}
EF = {"fid": str, "content": str, "sfi": (None, str), "size": int, "read": str, "evidence": EVIDENCE}
DF: dict[str, Any] = {
    "fid": str,
    "aid": (None, str),
    "aid_text": (None, str),
    "evidence": EVIDENCE,
    "files": list,
}
SWITCH = {"answer": str, "default": str, "choices": [str], "question": str, "evidence": EVIDENCE}
SHAPE = {
    "version": int,
    "file": str,
    "at": str,
    "state": str,
    "holder": {"name": str, "personal_code": str, "sex": str, "citizenship": str, "source": str},
    "document": {"number": str, "validity": VALIDITY},
    "findings": [{"code": str, "about": str, "text": str, "wrong": bool}],
    "certificates": {"authentication": CERTIFICATE, "signature": CERTIFICATE},
    "pins": {"PIN1": PIN, "PIN2": PIN, "PUK": PIN},
    "keys": {
        "authentication": {
            "reference": str,
            "in": str,
            "curve": str,
            "operations": {"authenticate": OPERATION, "agree": OPERATION},
            "evidence": EVIDENCE,
        },
        "signature": {
            "reference": str,
            "in": str,
            "curve": str,
            "operations": {"sign": OPERATION},
            "evidence": EVIDENCE,
        },
    },
    "files": DF,
    "profile": {
        "name": str,
        "title": str,
        "own_file": bool,
        "seeded": bool,
        "atr": {"octets": str, "evidence": EVIDENCE},
        "read_binary": {"limit": int, "evidence": EVIDENCE},
        "layers": [str],
    },
    "switches": dict.fromkeys(SWITCHES, SWITCH),
    "unknown": [str],
    "history": [{"at": str, "what": str}],
    "marks": dict.fromkeys(MARKS, str),
}


def fits(found: Any, shape: Any, where: str = "") -> None:
    """Whether a value has a shape: the names of every object, in order, and the type of every value."""
    if isinstance(shape, tuple):
        shape = shape[0] if found is None else shape[1]
    if shape is None:
        assert found is None, where
    elif isinstance(shape, dict):
        assert list(found) == list(shape), where
        for name, value in found.items():
            fits(value, shape[name], f"{where}.{name}")
    elif isinstance(shape, list):
        for one in found:
            fits(one, shape[0], f"{where}[]")
    else:
        assert type(found) is shape, where


def document(state: str = "fresh", **switches: str) -> Any:
    return json.loads(as_json(view(state, **switches), FILE))


@pytest.mark.parametrize("state", ["fresh", "expired", "two-people", "key-mismatch"])
def test_the_shape_holds(state: str) -> None:
    found = document(state)
    fits(found, SHAPE)
    assert found["version"] == VERSION == 1


def test_files_are_a_tree() -> None:
    def walk(one: Any) -> int:
        fits(one, DF if "files" in one else EF, one["fid"])
        return 1 + sum(map(walk, one.get("files", ())))

    tree = document()["files"]
    assert walk(tree) == len(list(view().root.below()))
    assert tree["fid"] == "3F00"
    (qscd,) = (one for one in tree["files"] if one["fid"] == "ADF2")
    assert (qscd["aid"], qscd["aid_text"]) == ("51534344204170706C69636174696F6E", "QSCD Application")


@pytest.mark.parametrize("state", STATES)
def test_every_state_can_be_told(state: str) -> None:
    found = document(state)
    assert found["state"] == state
    assert bool(found["findings"]) is (state not in UNREMARKABLE)


UNREMARKABLE = {"fresh", "renewed", "digital-id", "residence-permit", "e-resident", "untrusted-issuer"}


def test_instants_are_iso_8601_with_a_zone() -> None:
    found = document("revoked")
    instants = [
        found["at"],
        found["document"]["validity"]["begins"],
        found["certificates"]["signature"]["validity"]["ends"],
        found["certificates"]["signature"]["status"]["since"],
        found["history"][0]["at"],
    ]
    assert all(datetime.fromisoformat(one).tzinfo for one in instants)
    assert found["at"] == "2026-03-02T09:00:00+00:00"


@pytest.mark.parametrize(
    ("state", "status"),
    [("fresh", "good"), ("suspended", "suspended"), ("revoked", "revoked")],
)
def test_a_status_is_told(state: str, status: str) -> None:
    assert document(state)["certificates"]["authentication"]["status"]["status"] == status


def test_nobody_may_know_a_status() -> None:
    """Not known here is null; not known to its issuer is a status."""
    told = as_data(view_card(record(), NOW, lambda use: None), FILE)
    assert told["certificates"]["signature"]["status"] is None
    told = as_data(view_card(record(), NOW, lambda use: "unknown"), FILE)
    assert told["certificates"]["signature"]["status"] == {"status": "unknown", "since": None, "reason": None}


def test_a_certificate_may_be_missing() -> None:
    assert document("no-certificates")["certificates"]["signature"] == {"missing": "its file is empty"}


def test_a_switch_tells_its_answer_and_the_default() -> None:
    found = document(ef_dir="present")["switches"]["ef-dir"]
    assert (found["answer"], found["default"], found["choices"]) == (
        "present",
        "absent",
        ["absent", "present"],
    )


def test_pins_are_told_only_to_those_who_ask() -> None:
    made = record()
    own = replace(made.pins["PIN1"], block=made.profile.pins["PIN1"].block("86420975"))
    made = replace(made, pins={**made.pins, "PIN1": own})
    hidden = as_json(view_card(made, NOW, lambda use: None), FILE)
    assert "86420975" not in hidden
    asked = json.loads(as_json(view_card(made, NOW, lambda use: None, pins=True), FILE))
    assert {name: pin["value"] for name, pin in asked["pins"].items()} == {
        "PIN1": "86420975",
        "PIN2": "12345",
        "PUK": "12345678",
    }


def test_no_key_no_seed_and_no_code_is_told() -> None:
    made = record()
    text = as_json(view_card(made, NOW, lambda use: None, pins=True), FILE).lower()
    for key in made.keys.values():
        assert f"{key.private_numbers().private_value:x}" not in text
    assert made.person.code not in text
    assert str(made.seed) not in text


def test_what_a_stranger_wrote_cannot_play_with_a_terminal() -> None:
    holder = {**record().holder, "surname": "\x1b[2J\u202e\x9b"}
    text = as_json(view_card(replace(record(), holder=holder), NOW, lambda use: None), "a\udcffb")
    assert text.isascii()
    assert "\x1b" not in text
    assert json.loads(text)["holder"]["name"].endswith("\x1b[2J\u202e\x9b")
