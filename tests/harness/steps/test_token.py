"""Tokens that were changed on their way: one thing each."""

from __future__ import annotations

import json
from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softeid.harness.registration.web_eid_token import Token
from softeid.harness.steps.token import Alteration, changed

TOKEN = Token(b"certificate" * 20, "ES384", b"\x01" * 96, "https://app.invalid/1.0").text()


def alter(alteration: Alteration | None = None, **named: object) -> str:
    wanted = {"algorithm": "", "form": "", "length": None, **named}
    return changed(TOKEN, alteration, other=lambda: b"another", **wanted)  # type: ignore[arg-type]  # named


def test_nothing_is_changed_by_default() -> None:
    assert json.loads(alter()) == json.loads(TOKEN)


@pytest.mark.parametrize(
    ("alteration", "field"),
    [
        ("certificate", "unverifiedCertificate"),
        ("algorithm", "algorithm"),
        ("signature", "signature"),
        ("der", "signature"),
        ("undecodable", "signature"),
    ],
)
def test_one_field_is_changed(alteration: Alteration, field: str) -> None:
    before, after = json.loads(TOKEN), json.loads(alter(alteration))
    assert [name for name in before if before[name] != after[name]] == [field]


def test_a_signature_in_der_is_der() -> None:
    octets = b64decode(json.loads(alter("der"))["signature"])
    assert (octets[0], octets[1]) == (0x30, len(octets) - 2)


@given(st.integers(1, 12_000))
def test_a_token_is_as_long_as_it_is_said_to_be(length: int) -> None:
    text = alter(length=length)
    assert len(text) == length
    if length > len(TOKEN):
        kept, told = json.loads(TOKEN), json.loads(text)
        assert {**told, "appVersion": ""} == {**kept, "appVersion": ""}
