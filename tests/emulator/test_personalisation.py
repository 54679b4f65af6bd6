"""Personalisation: what comes onto the card, and what does not fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from softeid.emulator import PersonalisationError
from softeid.emulator.file import DF, EF, path

if TYPE_CHECKING:
    from tests.emulator.conftest import Specimen

Make = Callable[..., "Specimen"]
P384 = ec.derive_private_key(5, ec.SECP384R1())
P256 = ec.derive_private_key(5, ec.SECP256R1())
OCTET = {"authentication": b"\0", "signature": b"\0"}


def test_what_is_on_the_card(card: Specimen) -> None:
    files = {path(file): file for file in card.permanent.root.below()}
    assert [where for where, file in files.items() if isinstance(file, DF)] == [
        "3F00",
        "3F00/5000",
        "3F00/ADF1",
        "3F00/ADF2",
    ]
    contents = {where: file.content for where, file in files.items() if isinstance(file, EF)}
    assert contents == {
        "3F00/D003": b"\x04\x09AS0010392",
        "3F00/011C": bytes.fromhex("31143012060A04007F0007020204020402010202010C"),
        "3F00/5000/5001": "JÕEORG".encode(),
        "3F00/5000/5002": b"JAAK-KRISTJAN",
        "3F00/5000/5003": b"M",
        "3F00/5000/5004": b"EST",
        "3F00/5000/5005": b"08 01 1980 EST",
        "3F00/5000/5006": b"38001085718",
        "3F00/5000/5007": b"AS0010392",
        "3F00/5000/5008": b"13 08 2023",
        "3F00/5000/5009": b"13 08 2018",
        **{f"3F00/5000/500{last}": b"\0" for last in "ABCDEF"},
        "3F00/ADF1/3401": card.certificates["authentication"],
        "3F00/ADF1/3402": b"\0",
        "3F00/ADF2/341F": card.certificates["signature"],
        "3F00/ADF2/341E": b"\0",
    }
    assert {name: (pin.value, pin.tries, pin.limit) for name, pin in card.permanent.pins.items()} == {
        "PIN1": (b"1234" + b"\xff" * 8, 3, 3),
        "PIN2": (b"12345" + b"\xff" * 7, 3, 3),
        "PUK": (b"12345678" + b"\xff" * 4, 3, 3),
    }
    assert card.permanent.file("certificate/signature").content == card.certificates["signature"]
    with pytest.raises(KeyError):
        card.permanent.file("certificate/encryption")


def test_pins_of_ones_own(make: Make) -> None:
    card = make(pins={"PIN1": "0123", "PUK": "000000000000"})
    assert card("002000010C 30313233FFFFFFFFFFFFFFFF") == "9000"
    assert card("002000020C" + "30" * 12) == "9000"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param(
            {"keys": {"authentication": P384}},
            "keys: expected authentication, signature, found authentication",
            id="a key is missing",
        ),
        pytest.param({"keys": {}}, "keys: expected authentication, signature, found none", id="no keys"),
        pytest.param(
            {"keys": {"authentication": P384, "signature": P256}},
            "key signature: expected secp384r1, found secp256r1",
            id="a key on another curve",
        ),
        pytest.param(
            {"certificates": {"authentication": b"\0"}},
            "certificates: expected authentication, signature, found authentication",
            id="a certificate is missing",
        ),
        pytest.param(
            {"certificates": OCTET | {"encryption": b"\0"}},
            "certificates: expected authentication, signature, found authentication, signature, encryption",
            id="a certificate too many",
        ),
        pytest.param(
            {"certificates": OCTET | {"signature": b""}},
            "file 341F: expected 1 to 65535 octets, found 0 in certificate/signature",
            id="an empty certificate",
        ),
        pytest.param(
            {"certificates": OCTET | {"signature": bytes(65536)}},
            "file 341F: expected 1 to 65535 octets, found 65536 in certificate/signature",
            id="a certificate too long",
        ),
        pytest.param(
            {"pins": {"PIN3": "1234"}}, "pins: expected PIN1, PIN2, PUK, found PIN3", id="no such PIN"
        ),
        pytest.param(
            {"pins": {"PIN1": "123"}}, "PIN1: expected 4 to 12 digits, found 3 characters", id="short"
        ),
        pytest.param(
            {"pins": {"PIN2": "1234"}}, "PIN2: expected 5 to 12 digits, found 4 characters", id="short PIN2"
        ),
        pytest.param(
            {"pins": {"PUK": "1234567890123"}},
            "PUK: expected 8 to 12 digits, found 13 characters",
            id="long PUK",
        ),
        pytest.param(
            {"pins": {"PIN1": "12a4"}}, "PIN1: expected 4 to 12 digits, found 4 characters", id="a letter"
        ),
        pytest.param(
            {"pins": {"PIN1": "١٢٣٤"}},
            "PIN1: expected 4 to 12 digits, found 4 characters",
            id="digits of another script",
        ),
        pytest.param(
            {"holder": {}},
            "file D003: expected letters and digits in document-number, found ''",
            id="no document number",
        ),
        pytest.param(
            {"holder": {"document-number": "AS-0010392"}},
            "file D003: expected letters and digits in document-number, found 'AS-0010392'",
            id="a hyphen in the document number: OpenSC would refuse the card",
        ),
        pytest.param(
            {"holder": {"document-number": "AS001039Õ"}},
            "file D003: expected letters and digits in document-number, found 'AS001039Õ'",
            id="a letter beyond ASCII in the document number",
        ),
    ],
)
def test_what_does_not_fit(make: Make, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(PersonalisationError) as wrong:
        make(**changes)
    assert str(wrong.value) == message


def test_a_record_that_no_profile_has(make: Make) -> None:
    with pytest.raises(PersonalisationError, match=r"^holder: expected birth, .*, found given_names$"):
        make(holder={"document-number": "AS0010392", "given_names": "JAAK"})


def test_a_wrong_pin_is_not_in_the_message(make: Make) -> None:
    with pytest.raises(PersonalisationError) as wrong:
        make(pins={"PIN1": "98765432109876"})
    assert "9876" not in str(wrong.value)


def test_deterministic_signatures_repeat(make: Make) -> None:
    answers = set()
    for _ in range(2):
        card = make(deterministic=True)
        card.plays(
            ("002000010C31323334FFFFFFFFFFFFFFFF", "9000"),
            ("00A4010C02ADF1", "9000"),
            ("002241A406800104840181", "9000"),
        )
        answers.add(card("0088000030" + "5A" * 48 + "00"))
    assert len(answers) == 1
