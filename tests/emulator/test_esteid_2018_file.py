"""EstEID 2018, files: what is selected how, what is told of it, and how it is read.

Both generations answer alike. S1 to S17 and D1 name the variants of SELECT that clients send.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from softeid.emulator.atr import Atr

if TYPE_CHECKING:
    from tests.emulator.conftest import Script, Specimen


def test_atr(make: Callable[..., Specimen]) -> None:
    for name, octets, historical in (
        ("esteid-2018", "3BDB960080B1FE451F830012233F536549440F9000F1", "0012233F536549440F9000"),
        ("esteid-2018x", "3BDC960080B1FE451F830012233F54654944320F9000C3", "0012233F54654944320F9000"),
    ):
        atr = Atr.parse(make(name).card.atr)
        assert (atr.octets.hex().upper(), atr.historical.hex().upper()) == (octets, historical)
        assert atr.protocols == (0, 1)


SELECT = """
D1 the root is current after power-on: EF by FID
    00A4020C 02 011C = 9000
    00B0000000 = 31 14 30 12 06 0A 04 00 7F 00 07 02 02 04 02 04 02 01 02 02 01 0C 9000
D1 the root is current after power-on: path without 3F00
    00A40904 04 ADF13401 00 = 62 0E 80 02 04 10 82 01 01 83 02 34 01 8A 01 05 9000
S1 main AID
    00A4010C 02 ADF1 = 9000
    00A4040C 10 {MAIN} = 9000
    00A4020C 02 D003 = 9000
S2 main AID, P2 00, no Le: no data
    00A40400 10 {MAIN} = 9000
S2 main AID, P2 00, with Le: FCP
    00A40400 10 {MAIN} 00 = 62 1C 82 01 38 83 02 3F 00 84 10 {MAIN} 8A 01 05 9000
main AID, P2 04
    00A40404 10 {MAIN} 00 = 62 1C 82 01 38 83 02 3F 00 84 10 {MAIN} 8A 01 05 9000
S3 AWP AID
    00A4040C 0D {AWP} = 9000
    00A4020C 02 3401 = 9000
    00B0000001 = <len 1> 9000
S3 QSCD AID
    00A4040C 10 {QSCD} = 9000
    00A4020C 02 341F = 9000
    00B0000001 = <len 1> 9000
one AID after the other, with FCP
    00A40404 0D {AWP} 00 = 62 19 82 01 38 83 02 AD F1 84 0D {AWP} 8A 01 05 9000
    00A40404 10 {QSCD} 00 = 62 1C 82 01 38 83 02 AD F2 84 10 {QSCD} 8A 01 05 9000
S4 MF
    00A4010C 02 ADF1 = 9000
    00A4000C = 9000
    00A4020C 02 D003 = 9000
    00B0000000 = 04 09 41 53 30 30 31 30 33 39 32 9000
S4 MF, with a trailing 00
    00A4010C 02 ADF1 = 9000
    00A4000C00 = 9000
    00A4020C 02 D003 = 9000
MF by its FID, from anywhere
    00A4010C 02 ADF1 = 9000
    00A4000C 02 3F00 = 9000
    00A4020C 02 D003 = 9000
MF with P2 04 and 00
    00A4000400 = 62 1C 82 01 38 83 02 3F 00 84 10 {MAIN} 8A 01 05 9000
    00A40004 = 62 1C 82 01 38 83 02 3F 00 84 10 {MAIN} 8A 01 05 9000
    00A40000 = 9000
S5 ADF1
    00A4010C 02 ADF1 = 9000
    00A4020C 02 3401 = 9000
S5 ADF2
    00A4010C 02 ADF2 = 9000
    00A4020C 02 341F = 9000
S5 5000, twice: it is no child of itself (RIA ID1 guide)
    00A4010C 02 5000 = 9000
    00A4010C 02 5000 = 6A82
    00A4020C 02 5001 = 9000
S6 EF
    00A4020C 02 D003 = 9000
    00B0000000 = 04 09 41 53 30 30 31 30 33 39 32 9000
S7 an EF with P1 01
    00A4010C 02 5000 = 9000
    00A4010C 02 5001 = 9000
    00B0000000 = 4A C3 95 45 4F 52 47 9000
S7 a DF with P1 02, an EF with P1 00
    00A4020C 02 ADF2 = 9000
    00A4000C 02 341F = 9000
    00B0000001 = <len 1> 9000
S8 path to 3401 after the main AID
    00A4040C 10 {MAIN} = 9000
    00A40904 04 ADF13401 00 = 62 0E 80 02 04 10 82 01 01 83 02 34 01 8A 01 05 9000
    00B00000C0 = <len 192> 9000
S8 path to 341F after the main AID
    00A4040C 10 {MAIN} = 9000
    00A40904 04 ADF2341F 00 = 62 0E 80 02 04 10 82 01 01 83 02 34 1F 8A 01 05 9000
S8 a path is resolved from the current DF
    00A4010C 02 ADF1 = 9000
    00A40904 04 ADF13401 00 = 6A82
    00A4090C 02 3401 = 9000
S9 path without FCP
    00A4090C 04 ADF13401 = 9000
    00B0000000 = <len 231> 9000
S10 paths from 3F00
    00A40904 06 3F00ADF13401 00 = 62 0E 80 02 04 10 82 01 01 83 02 34 01 8A 01 05 9000
    00A40904 06 3F00ADF2341F 00 = 62 0E 80 02 04 10 82 01 01 83 02 34 1F 8A 01 05 9000
S11 shorter paths from 3F00
    00A40904 04 3F00D003 00 = 62 0E 80 02 00 0B 82 01 01 83 02 D0 03 8A 01 05 9000
    00A40904 04 3F00ADF1 00 = 62 19 82 01 38 83 02 AD F1 84 0D {AWP} 8A 01 05 9000
    00A40904 04 3F00ADF2 00 = 62 1C 82 01 38 83 02 AD F2 84 10 {QSCD} 8A 01 05 9000
    00A40904 02 3F00 00 = 62 1C 82 01 38 83 02 3F 00 84 10 {MAIN} 8A 01 05 9000
S12 personal data, no AID before
    00A4090C 04 3F005000 = 9000
    00A4020C 02 5001 = 9000
S13 EF.DIR and PKCS 15: not there
    00A40904 04 3F002F00 00 = 6A82
    00A40904 04 3F005015 00 = 6A82
    00A40904 04 3F005031 00 = 6A82
S14 empty SELECT
    00A4020C = 6700
    00A4020C00 = 6700
    00A4010C = 6700
S15 FCP of a DF and of an EF
    00A40104 02 5000 00 = 62 0A 82 01 38 83 02 50 00 8A 01 05 9000
    00A40204 02 5001 00 = 62 0E 80 02 00 07 82 01 01 83 02 50 01 8A 01 05 9000
    00A40204 02 500F 00 = 62 0E 80 02 00 01 82 01 01 83 02 50 0F 8A 01 05 9000
S16 EF.CardAccess
    00A4020C 02 011C = 9000
    00A40204 02 011C 00 = 62 11 80 02 00 16 82 01 01 83 02 01 1C 88 01 E0 8A 01 05 9000
S17 other P2
    00A40009 = 6A86
    00A40009 02 ADF1 = 6A86
    00A40408 10 {MAIN} = 6A86
    00A4020F = 6A86
    00A40901 04 3F00D003 = 6A86
    00A40908 04 3F00FFFF = 6A86
S17 other P1
    00A4050C 02 ADF1 = 6A86
    00A4080C 02 ADF1 = 6A86
    00A4FF0C = 6A86
parent: of a DF, and of the DF of an EF
    00A4010C 02 ADF1 = 9000
    00A4030C = 9000
    00A4090C 04 50005001 = 9000
    00A4030400 = 62 1C 82 01 38 83 02 3F 00 84 10 {MAIN} 8A 01 05 9000
parent: of the MF, and with a name
    00A4030C = 6A82
    00A4030C 02 ADF1 = 6A87
unknown AIDs: ICAO MRTD, card manager, cut off, with more, none
    00A4040C 07 A0000002471001 = 6A82
    00A4040C 07 A0000001510000 = 6A82
    00A4040C 0F A000000077010800070000FE000001 = 6A82
    00A4040C 11 {MAIN} 00 = 6A82
    00A4040C = 6A82
unknown FIDs, and paths through an EF, nothing and the MF
    00A4020C 02 FFFF = 6A82
    00A4020C 02 3401 = 6A82
    00A4090C 06 ADF134013401 = 6A82
    00A4090C 06 ADF9ADF13401 = 6A82
    00A4090C 04 ADF13F00 = 6A82
names and paths of impossible lengths
    00A4000C 01 AD = 6700
    00A4020C 03 ADF134 = 6700
    00A4090C 03 ADF134 = 6700
    00A4090C = 6700
a refused SELECT changes nothing
    00A4090C 04 ADF13401 = 9000
    00A4020C 02 FFFF = 6A82
    00A40901 02 3402 = 6A86
    00A4040C 07 A0000002471001 = 6A82
    00A4090C 04 3F00FFFF = 6A82
    00B0000000 = <len 231> 9000
    00A4020C 02 3402 = 9000
"""


def test_select(card: Specimen, script: Script) -> None:
    card.plays(*script)


READ = """
the longest answer has 231 octets, whatever is asked
    00A4090C 04 ADF13401 = 9000
    00B0000000 = <len 231> 9000
    00B00000E7 = <len 231> 9000
    00B00000E8 = <len 231> 9000
    00B00000FF = <len 231> 9000
    00B00000 000000 = <len 231> 9000
    00B00000 001000 = <len 231> 9000
exactly Le where there are as many
    00A4090C 04 ADF13401 = 9000
    00B0000001 = <len 1> 9000
    00B00000C0 = <len 192> 9000
    00B003C050 = <len 80> 9000
a short read at the end is 9000 with what there is
    00A4090C 04 ADF13401 = 9000
    00B0040F00 = <len 1> 9000
    00B0040F02 = <len 1> 9000
    00B00400FF = <len 16> 9000
6B00 at the end and beyond
    00A4090C 04 ADF13401 = 9000
    00B0041000 = 6B00
    00B0041001 = 6B00
    00B00411E9 = 6B00
    00B07FFF00 = 6B00
no EF is current
    00B0000000 = 6981
    00A4010C 02 5000 = 9000
    00B0000000 = 6981
    00A4020C 02 5001 = 9000
    00A4000C = 9000
    00B0000000 = 6981
by short identifier, which makes the EF current
    00B09C0002 = 31 14 9000
    00B0000202 = 30 12 9000
    00B09C1500 = 0C 9000
    00B09C1600 = 6B00
by short identifier, unknown or impossible
    00B0810000 = 6A82
    00B0800000 = 6A82
    00B09F0000 = 6A82
    00B0BC0000 = 6A86
    00B0DC0000 = 6A86
a refused read changes nothing
    00A4020C 02 D003 = 9000
    00B09C1600 = 6B00
    00B0810000 = 6A82
    00B0000002 = 04 09 9000
no Le, or data
    00A4020C 02 D003 = 9000
    00B00000 = 6700
    00B00000 01 00 = 6700
    00B00000 01 00 00 = 6700
empty records are one octet 00; the spare containers too
    00A4090C 04 3F00500A = 6A82
    00A4090C 06 3F005000500A = 9000
    00B0000000 = 00 9000
    00B0000100 = 6B00
    00A4090C 06 3F00ADF13402 = 9000
    00B0000000 = 00 9000
    00A4090C 06 3F00ADF2341E = 9000
    00B0000000 = 00 9000
"""


def test_read(card: Specimen, script: Script) -> None:
    card.plays(*script)


EVERY_RECORD = {
    1: "JÕEORG", 2: "JAAK-KRISTJAN", 3: "M", 4: "EST", 5: "08 01 1980 EST", 6: "38001085718", 7: "AS0010392",
    8: "13 08 2023", 9: "13 08 2018", 10: "PIKAAJALINE ELANIK", 11: "üks", 12: "kaks", 13: "kolm", 14: "neli",
    15: "viis",
}  # fmt: skip


def test_every_record(make: Callable[..., Specimen]) -> None:
    names = (
        "surname given-names sex citizenship birth personal-code document-number expiry issued permit-type "
    )
    names += "notes-1 notes-2 notes-3 notes-4 notes-5"
    card = make(holder=dict(zip(names.split(), EVERY_RECORD.values(), strict=True)))
    card.plays(("00A4010C025000", "9000"))
    for number, text in EVERY_RECORD.items():
        octets = text.encode()
        card.plays(
            (
                f"00A4020402 50{number:02X} 00",
                f"620E8002{len(octets):04X}82010183 0250{number:02X}8A0105 9000",
            ),
            ("00B0000000", octets.hex() + "9000"),
            (f"00B0{len(octets):04X}00", "6B00"),
        )
    card.plays(("00A4020C025010", "6A82"))


@pytest.mark.parametrize("document", ["NS0000009", "PS0000038", "A19000195"])
def test_document_numbers(make: Callable[..., Specimen], document: str) -> None:
    """Digi-ID, residence permit, diplomatic card."""
    card = make(holder={"document-number": document})
    card.plays(
        ("00A4020C02D003", "9000"),
        ("00B000000B", "0409" + document.encode().hex() + "9000"),
        ("00A4090C0450005007", "9000"),
        ("00B0000000", document.encode().hex() + "9000"),
    )


@pytest.mark.parametrize("octets", [1, 230, 231, 232, 256, 462, 1024, 1031, 1040])
@pytest.mark.parametrize("chunk", [0x00, 0xC0, 0xE5, 0xE7, 0xE9])
def test_certificates_of_every_length_read_back_by_every_client(
    make: Callable[..., Specimen], octets: int, chunk: int
) -> None:
    """In the pieces of Android and DigiDoc4, libelectronic-id, iOS, and OpenSC, until 6B00."""
    card = make(octets=octets)
    card.plays(("00A40904 06 3F00ADF1340100", f"620E8002{octets:04X}8201018302 34018A0105 9000"))
    found = ""
    while (answer := card(f"00B0{len(found) // 2:04X}{chunk:02X}")) != "6B00":
        assert answer[-4:] == "9000"
        found += answer[:-4]
    assert bytes.fromhex(found) == card.certificates["authentication"]


OTHER_COMMANDS = """
unknown INS
    00CADF3005 = 6D00
    0044000000 = 6D00
    00D60000 01 00 = 6D00
    00FF0000 = 6D00
    00C0000000 = 6D00
unknown CLA
    80A4000C = 6E00
    FFA4000C = 6E00
    90A4000C = 6E00
    20A4000C = 6E00
    40A4000C = 6E00
logical channels, secure messaging, chaining of nothing
    01A4000C = 6881
    04A4000C = 6882
    0CA4000C = 6882
    10A4000C = 6700
no command
    00 = 6700
    00A400 = 6700
    00A4000C 03 ADF1 = 6700
GET CHALLENGE
    0084000008 = <len 8> 9000
    0084000001 = <len 1> 9000
    0084000000 = <len 256> 9000
    00840000 000100 = <len 256> 9000
    00840000 000000 = 6700
    00840000 = 6700
    0084000008 08 = 6700
    0084000108 = 6A86
    0084010008 = 6A86
what OpenSC sends to a card that it does not know
    00A40400 07 6276 01FF000000 = 6A82
    00A40400 06 A00000000101 = 6A82
    00A40400 0B E82B0601040181C31F0201 = 6A82
    00CADF3005 = 6D00
    00CB3FFF 03 5C017E = 6A88
    00CB3FFF 03 5C017E 08 = 6A88
    00A40400 09 A00000030800001000 = 6A82
    00A4040C 07 A0000000790100 = 6A82
"""


def test_other_commands(card: Specimen, script: Script) -> None:
    card.plays(*script)


def test_challenges_differ(card: Specimen) -> None:
    assert card("0084000020") != card("0084000020")


def test_a_small_le_is_answered_by_61xx_and_get_response(card: Specimen) -> None:
    card.plays(
        ("00A40904 04 3F00D003 05", "62 0E 80 02 00 61 0B"),
        ("00C000000B", "0B 82 01 01 83 02 D0 03 8A 01 05 9000"),
        ("00C0000000", "6D00"),
    )
