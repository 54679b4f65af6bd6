"""The traps into which such a card falls with real clients, by their numbers in the card specification.

13, 21 and 23 are traps of other cards. 25 is the reader's (it must not offer a PIN pad); what a card can do
about it is to need none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature

from softeid.emulator import tlv

if TYPE_CHECKING:
    from tests.emulator.conftest import Script, Specimen

TRAP = """
1 PIN2 survives SELECT MF and ADF2 selected again, or OpenSC cannot sign
    00A4000C = 9000
    00A4010C 02 ADF2 = 9000
    00200085 0C {PIN2} = 9000
    00A4000C = 9000
    00A4010C 02 ADF2 = 9000
    002241B6 09 8004FF15080084019F = 9000
    002A9E9A 30 {HASH} 60 = <len 96> 9000
2 the global PUK is verified inside ADF2, which is selected again before RESET
    00A4010C 02 ADF2 = 9000
    00200002 0C {PUK} = 9000
    00A4000C = 9000
    00A4010C 02 ADF2 = 9000
    002C0285 0C {NEW} = 9000
3 paths with 3F00 in P1 09, from any current DF
    00A40904 06 3F00ADF13401 00 = <len 16> 9000
    00A4090C 04 3F005000 = 9000
    00A40904 06 3F00ADF2341F 00 = <len 16> 9000
    00A4040C 0D {AWP} = 9000
    00A4090C 04 3F00D003 = 9000
4 no 6282 and no 6Cxx: short reads, a Le too large or too small, a Le after data
    00A4020C 02 D003 = 9000
    00B00000E9 = <len 11> 9000
    00B0000500 = <len 6> 9000
    00A40904 04 3F00D003 FF = <len 16> 9000
    00A40904 04 3F00D003 05 = <len 5> 610B
    00CB3FFF0A 4D087006BF810102A080 20 = <len 32> 9000
    00CB3FFF0A 4D087006BF810102A080 FF = <len 32> 9000
    0084000000 = <len 256> 9000
5 6B00 exactly where offset is size
    00A4020C 02 D003 = 9000
    00B0000A01 = <len 1> 9000
    00B0000B01 = 6B00
    00B0000B00 = 6B00
8 GET DATA by position: 32 octets, tries left are octet 13, 9A before 9B
    00CB3FFF0A 4D087006BF810202A080 00 = <len 8> 9A0103 9B0103 <len 18> 9000
    00200002 0C {NEW} = 63C2
    00CB3FFF0A 4D087006BF810202A080 00 = <len 13> 02 <len 18> 9000
9 both MSE encodings, before or after VERIFY
    00A4010C 02 ADF1 = 9000
    002241A4 06 800104840181 = 9000
    00200001 0C {PIN1} = 9000
    00880000 30 {HASH} 00 = <len 96> 9000
    002241A4 09 8004FF200800840181 = 9000
    00880000 30 {HASH} 00 = <len 96> 9000
12 the third wrong PIN answers 6983, and so does the right one then
    00200001 0C {NEW} = 63C2
    00200001 0C {NEW} = 63C1
    00200001 0C {NEW} = 6983
    00200001 0C {PIN1} = 6983
14 PINs are padded with FF to 12 octets: padding with 00 is a wrong PIN, none is a wrong length
    00200001 0C 313233340000000000000000 = 63C2
    00200001 04 31323334 = 6700
    00200001 0C 31323334FFFFFFFFFFFFFFFF = 9000
15 PIN2 is 05 in GET DATA and 85 in VERIFY
    00A4010C 02 ADF2 = 9000
    00CB3FFF0A 4D087006BF810502A080 00 = 70 1E BF 81 05 <len 27> 9000
    00CB3FFF0A 4D087006BF818502A080 00 = 6A88
    00200005 0C {PIN2} = 6A88
    00200085 0C {PIN2} = 9000
16 an empty record is one octet 00
    00A4090C 06 3F005000500A = 9000
    00B0000000 = 00 9000
    00B0000100 = 6B00
17 5005 is date and country
    00A4090C 06 3F0050005005 = 9000
    00B0000000 = 30 38 20 30 31 20 31 39 38 30 20 45 53 54 9000
19 OpenSC 0.23 sends an empty SELECT
    00A4000C = 9000
    00A4020C = 6700
    00A4020C 02 D003 = 9000
26 a PIN of another length is 6700 or nothing: never the answer to a wrong PIN, which has a counter
    00200001 0C {NEW} = 63C2
    00200001 0B 39383736353433323130FF = 6700
    00200001 = 63C2
27 PACE is not for contacts: MSE and GENERAL AUTHENTICATE are refused, and EF.CardAccess is there
    0022C1A4 0F 800A04007F00070202040204830102 = 6A86
    00860000 02 7C00 00 = 6D00
    00A4020C 02 011C = 9000
28 secure messaging that nobody set up is refused in the clear
    0CA4020C 0D 970100 8E080102030405060708 00 = 6882
    00A4020C 02 D003 = 9000
29 OpenSC verifies PIN2 twice for one signature, with SELECT and GET DATA in between
    00A4010C 02 ADF2 = 9000
    00200085 0C {PIN2} = 9000
    00A4000C = 9000
    00A4010C 02 ADF2 = 9000
    00CB3FFF0A 4D087006BF810502A080 00 = <len 32> 9000
    00200085 0C {PIN2} = 9000
    00A4000C = 9000
    00A4010C 02 ADF2 = 9000
    002241B6 06 80015484019F = 9000
    002A9E9A 30 {HASH} 60 = <len 96> 9000
29 a wrong PIN2 costs its try at the first of the two
    00A4010C 02 ADF2 = 9000
    00200085 0C {NEW} = 63C2
    00200085 = 63C2
30 each signature needs its own VERIFY
    00A4010C 02 ADF2 = 9000
    002241B6 06 80015484019F = 9000
    00200085 0C {PIN2} = 9000
    002A9E9A 30 {HASH} 60 = <len 96> 9000
    002A9E9A 30 {HASH} 60 = 6982
    00200085 0C {PIN2} = 9000
    002A9E9A 30 {HASH} 60 = <len 96> 9000
"""


def test_trap(card: Specimen, script: Script) -> None:
    card.plays(*script)


@pytest.mark.parametrize(
    "path", ["3F00", "ADF1", "ADF2", "5000", "D003", "011C", "ADF13401", "ADF2341F", "50005001"]
)
def test_trap_6_and_7_short_lengths_and_tag_80(card: Specimen, path: str) -> None:
    """DigiDoc4 reads lengths of one octet, and looks for the size of an IDEMIA EF in tag 80."""
    answer = card(f"00A40904 {len(path) // 2:02X} {path} 00")
    fcp = bytes.fromhex(answer[:-4])
    assert fcp[0] == 0x62
    assert fcp[1] == len(fcp) - 2 < 128
    size = tlv.find(fcp, 0x62, 0x80)
    ef = path[-4:] in {"D003", "011C", "3401", "341F", "5001"}
    assert (size is not None and len(size) == 2) == ef
    assert tlv.find(fcp, 0x62, 0x81) is None


def test_trap_6_status_objects_have_short_lengths(card: Specimen) -> None:
    card("00A4010C02ADF2")
    for number in ("01", "02", "05"):
        answer = bytes.fromhex(card(f"00CB3FFF0A4D087006BF81{number}02A08000"))[:-2]
        assert answer[1] == len(answer) - 2 == 30


@pytest.mark.parametrize("octets", [1, 20, 32, 47, 48])
def test_trap_10_internal_authenticate_takes_1_to_48_octets(card: Specimen, octets: int) -> None:
    card.plays(("00A4010C02ADF1", "9000"), ("002241A406800104840181", "9000"))
    card.plays(("002000010C31323334FFFFFFFFFFFFFFFF", "9000"))
    card.plays(
        (f"00880000{octets:02X}" + "A5" * octets + "00", "<len 96> 9000"),
        ("00880000" + "31" + "A5" * 49, "6700"),
    )


@pytest.mark.parametrize("octets", [32, 48, 64])
def test_trap_10_and_11_raw_signatures_of_fixed_width(card: Specimen, octets: int) -> None:
    """32 octets are padded on the left, of 64 the leftmost 48 count; r and s have 48 octets each, no DER."""
    data = bytes(range(1, octets + 1))
    card.plays(("00A4010C02ADF2", "9000"), ("002241B60680015484019F", "9000"))
    card.plays(("002000850C3132333435FFFFFFFFFFFFFF", "9000"))
    answer = bytes.fromhex(card(f"002A9E9A{octets:02X}{data.hex()}00"))
    assert len(answer) == 98
    r, s = int.from_bytes(answer[:48], "big"), int.from_bytes(answer[48:96], "big")
    number = data[:48].rjust(48, b"\0")
    public = card.permanent.keys["signature"].private.public_key()
    public.verify(encode_dss_signature(r, s), number, ec.ECDSA(Prehashed(hashes.SHA384())))


def test_trap_11_a_leading_zero_octet_is_kept(make: Callable[..., Specimen]) -> None:
    """Signatures are made until one has a short r; its answer is as long as all others."""
    card = make(deterministic=True)
    card.plays(("00A4010C02ADF1", "9000"), ("002241A406800104840181", "9000"))
    card.plays(("002000010C31323334FFFFFFFFFFFFFFFF", "9000"))
    answers = (card(f"0088000030{number:096X}00") for number in range(1, 3000))
    short = next(answer for answer in answers if answer.startswith("00"))
    assert len(short) == 2 * 98


@pytest.mark.parametrize(
    ("client", "command"),
    [
        ("DigiDoc4", "00A4090C043F005000"),
        ("iOS", "00A4020C02011C"),
        ("DigiDoc4, PIN change", "0024000118" + "00" * 24),
    ],
)
@pytest.mark.parametrize("event", ["power_on", "reset"])
def test_trap_18_clients_start_without_selecting_an_aid(
    card: Specimen, client: str, command: str, event: str
) -> None:
    """After a power cycle, too: pcscd switches an idle card off."""
    card("00A4040C1051534344204170706C69636174696F6E")
    getattr(card.card, event)()
    assert card(command) == ("63C2" if "change" in client else "9000")


def test_trap_20_and_24_one_document_number_and_another(make: Callable[..., Specimen]) -> None:
    """D003 is an OCTET STRING, 5007 plain text, both the same and alphanumeric; a new card has a new one."""
    for document in ("AS0010392", "AS0010393"):
        card = make(holder={"document-number": document})
        card.plays(
            ("00A40204 02 D003 00", "620E8002000B8201018302D0038A0105 9000"),
            ("00B000000B", "0409" + document.encode().hex() + "9000"),
            ("00A4090C 06 3F0050005007", "9000"),
            ("00B0000000", document.encode().hex() + "9000"),
        )


def test_trap_22_the_atr_is_exact(make: Callable[..., Specimen]) -> None:
    """All clients compare it octet for octet; OpenSC sends 48 foreign probes to any other card."""
    assert make("esteid-2018").card.atr.hex() == "3bdb960080b1fe451f830012233f536549440f9000f1"
    assert make("esteid-2018x").card.atr.hex() == "3bdc960080b1fe451f830012233f54654944320f9000c3"


def test_trap_22_foreign_probes_never_succeed(card: Specimen) -> None:
    probes = (
        "00A404000762 7601FF000000", "00A4040006A00000000101", "00A404000BE82B0601040181C31F0201",
        "00CADF3005",
        "00CB3FFF035C017E", "00CB3FFF035C017E08", "00A4040009A00000030800001000", "00A4040C07A0000000790100",
        "00A4040007A0000002471001", "80CA9F7F00", "B0C0000000", "00CA010000", "90F6000000", "00A40800022F00",
        "FFCA000000", "80B4000008", "00C0000000", "00A4040C0FD23300000045737445494420763335",
    )  # fmt: skip
    for probe in probes:
        assert card(probe) in {"6A82", "6A86", "6A88", "6D00", "6E00"}, probe


def test_trap_25_nothing_needs_a_pin_pad(card: Specimen) -> None:
    """PINs come in VERIFY like any other data; the card has no command that asks for one."""
    card.plays(
        ("002000010C31323334FFFFFFFFFFFFFFFF", "9000"), ("002000010C0000000000000000000000 00", "63C2")
    )
