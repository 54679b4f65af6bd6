"""Traces: what an observer sees, and that no PIN is in what a person reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softeid.emulator import Trace
from softeid.emulator.apdu import Command
from softeid.emulator.status import SW, meaning
from softeid.emulator.trace import explain, redacted

if TYPE_CHECKING:
    from tests.emulator.conftest import Specimen

BLOCK = "31323334FFFFFFFFFFFFFFFF"
DOTS = " ••" * 12


def test_an_observer_sees_what_was_on_the_wire(card: Specimen) -> None:
    seen: list[tuple[bytes, bytes]] = []
    traced = Trace(card.card, lambda apdu, answer: seen.append((apdu, answer)))
    assert traced.atr == card.card.atr
    traced.power_on()
    verify = bytes.fromhex("002000010C" + BLOCK)
    assert traced.process(verify) == b"\x90\x00"
    assert seen == [(verify, b"\x90\x00")]


@pytest.mark.parametrize(
    ("apdu", "text"),
    [
        pytest.param("00A4000C", "00 A4 00 0C", id="SELECT"),
        pytest.param("0020000100", "00 20 00 01 00", id="VERIFY that asks"),
        pytest.param("00200001", "00 20 00 01", id="VERIFY without anything"),
        pytest.param("002000010C" + BLOCK, "00 20 00 01 0C" + DOTS, id="VERIFY"),
        pytest.param("1020000106" + BLOCK[:12], "10 20 00 01 06" + DOTS[:18], id="VERIFY in a chain"),
        pytest.param("0024000118" + BLOCK * 2, "00 24 00 01 18" + DOTS * 2, id="CHANGE REFERENCE DATA"),
        pytest.param("002400011800", "00 24 00 01" + DOTS[:6], id="cut off"),
        pytest.param("002C02010C" + BLOCK, "00 2C 02 01 0C" + DOTS, id="RESET RETRY COUNTER"),
        pytest.param("0020000100000C" + BLOCK, "00 20 00 01 00 •• ••" + DOTS, id="extended"),
        pytest.param("00200001" + BLOCK, "00 20 00 01" + DOTS, id="without Lc"),
        pytest.param("0021000102" + "3132", "00 21 00 01 02 •• ••", id="VERIFY with data objects"),
        pytest.param("", "", id="nothing"),
        pytest.param("00", "00", id="one octet"),
    ],
)
def test_redacted(apdu: str, text: str) -> None:
    assert redacted(bytes.fromhex(apdu)) == text


@pytest.mark.parametrize(
    ("apdu", "answer", "text"),
    [
        ("00A4000C", "9000", "> 00 A4 00 0C  SELECT   < 90 00  done"),
        ("002000010C" + BLOCK, "63C1", f"> 00 20 00 01 0C{DOTS}  VERIFY   < 63 C1  wrong, 1 try left"),
        ("00B000000B", "040941539000", "> 00 B0 00 00 0B  READ BINARY   < 04 09 41 53 90 00  done"),
        (
            "00B0000000",
            "AB" * 49 + "9000",
            f"> 00 B0 00 00 00  READ BINARY   <{' AB' * 24} … (49 octets) 90 00  done",
        ),
        (
            "002A9E9A",
            "6985",
            "> 00 2A 9E 9A  PSO: COMPUTE DIGITAL SIGNATURE   < 69 85  conditions of use not satisfied",
        ),
        ("002A8086", "AB" * 48 + "9000", "> 00 2A 80 86  PSO: DECIPHER   < (48 octets) 90 00  done"),
        ("002A8086", "6982", "> 00 2A 80 86  PSO: DECIPHER   < 69 82  security status not satisfied"),
        ("002A0000", "6A86", "> 00 2A 00 00  PERFORM SECURITY OPERATION   < 6A 86  incorrect P1 or P2"),
        ("80FF0000", "6E00", "> 80 FF 00 00   < 6E 00  class not supported"),
        ("00C0000005", "6105", "> 00 C0 00 00 05  GET RESPONSE   < 61 05  5 octets more"),
        # It may bring the rest of a shared secret.
        ("00C0000002", "0102 9000", "> 00 C0 00 00 02  GET RESPONSE   < (2 octets) 90 00  done"),
        ("", "6700", ">    < 67 00  wrong length"),
        ("00A4000C", "6402", "> 00 A4 00 0C  SELECT   < 64 02"),
    ],
)
def test_explain(apdu: str, answer: str, text: str) -> None:
    assert explain(bytes.fromhex(apdu), bytes.fromhex(answer)) == text


@pytest.mark.parametrize(
    ("sw", "text"),
    [
        (0x63C2, "wrong, 2 tries left"),
        (0x63C0, "wrong, 0 tries left"),
        (0x6100, "256 octets more"),
        (0x6C0B, "wrong Le, 11 octets are there"),
        (0x6FFF, ""),
    ],
)
def test_meaning(sw: int, text: str) -> None:
    assert meaning(sw) == text


@pytest.mark.parametrize("sw", SW)
def test_every_status_word_that_we_answer_has_a_meaning(sw: SW) -> None:
    assert meaning(sw)


digits = st.text("0123456789", min_size=4, max_size=12)
pin_commands: list[Callable[[bytes, bytes], bytes]] = [
    lambda old, _: Command(0x00, 0x20, 0x00, 0x01, old).encode(),
    lambda old, _: Command(0x10, 0x20, 0x00, 0x85, old, 0).encode(),
    lambda old, new: Command(0x00, 0x24, 0x00, 0x01, old + new, 256).encode(),
    lambda old, new: Command(0x00, 0x24, 0x00, 0x01, old + new, 257).encode(),
    lambda _, new: Command(0x00, 0x2C, 0x02, 0x85, new).encode(),
    lambda old, _: b"\x00\x20\x00\x01" + old,
    lambda old, _: b"\x80\x20\x00\x01\x00" + old,
]


@given(
    digits,
    digits,
    st.sampled_from(pin_commands),
    st.binary(max_size=3),
    st.integers(0, 12),
    st.sampled_from([b"\x90\x00", b"\x63\xc1", b"\x67\x00"]),
)
def test_no_pin_is_ever_in_what_a_person_reads(
    old: str, new: str, make: Callable[[bytes, bytes], bytes], tail: bytes, cut: int, answer: bytes
) -> None:
    """Whole, cut off, with something behind: after the header and a fitting Lc nothing of it is shown."""
    apdu = make(old.encode().ljust(12, b"\xff"), new.encode().ljust(12, b"\xff")) + tail
    apdu = apdu[: len(apdu) - cut]
    for text in (redacted(apdu), explain(apdu, answer).partition("   <")[0]):
        shown = [word for word in text.lstrip("> ").split() if len(word) == 2 and word != "••"]
        assert len(shown) <= 5
        assert bytes.fromhex("".join(shown)) == apdu[: len(shown)]
        if len(shown) == 5 and len(apdu) > 5:
            Command.parse(apdu)  # raises where the fifth octet is no Lc and no Le
    for pin in (old, new):
        assert pin.encode().hex(" ").upper() not in explain(apdu, answer)
