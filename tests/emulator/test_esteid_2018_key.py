"""EstEID 2018, keys: environments, signatures and agreement, with every status word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

if TYPE_CHECKING:
    from tests.emulator.conftest import Script, Specimen

ENVIRONMENT = """
authenticate: short and long form, in ADF1 only
    002241A4 06 800104840181 = 6A88
    00A4010C 02 ADF1 = 9000
    002241A4 06 800104840181 = 9000
    002241A4 09 8004FF200800840181 = 9000
    00A4040C 10 {QSCD} = 9000
    002241A4 06 800104840181 = 6A88
sign: short and long form, in ADF2 only
    002241B6 06 80015484019F = 6A88
    00A4010C 02 ADF2 = 9000
    002241B6 06 80015484019F = 9000
    002241B6 09 8004FF15080084019F = 9000
    00A4040C 0D {AWP} = 9000
    002241B6 06 80015484019F = 6A88
agree: short and long form
    00A4010C 02 ADF1 = 9000
    002241B8 06 80010B840181 = 9000
    002241B8 09 8004FF300400840181 = 9000
the key before the algorithm
    00A4010C 02 ADF1 = 9000
    002241A4 06 840181800104 = 9000
unknown algorithm, RSA, an algorithm of another operation
    00A4010C 02 ADF1 = 9000
    002241A4 06 800103840181 = 6A88
    002241A4 06 800102840181 = 6A88
    002241A4 06 80010B840181 = 6A88
    002241B8 06 800104840181 = 6A88
    002241A4 09 8004FF150800840181 = 6A88
    002241A4 05 8000840181 = 6A88
unknown key, spare key, a key of another DF
    00A4010C 02 ADF1 = 9000
    002241A4 06 800104840180 = 6A88
    002241A4 06 800104840182 = 6A88
    002241A4 06 80010484019F = 6A88
    002241A4 05 8001048400 = 6A88
    002241A4 07 80010484028100 = 6A88
malformed templates
    00A4010C 02 ADF1 = 9000
    002241A4 = 6A80
    002241A4 03 800104 = 6A80
    002241A4 03 840181 = 6A80
    002241A4 09 800104840181830101 = 6A80
    002241A4 05 8001048401 = 6A80
    002241A4 02 8084 = 6A80
    002241A4 01 00 = 6A80
other P1 and P2
    00A4010C 02 ADF1 = 9000
    0022F3A4 06 800104840181 = 6A86
    002281A4 06 800104840181 = 6A86
    0022C1A4 06 800104840181 = 6A86
    002241A6 06 800104840181 = 6A86
    002241AA 06 800104840181 = 6A86
a refused MSE leaves the environment as it was
    00A4010C 02 ADF1 = 9000
    00200001 0C {PIN1} = 9000
    002241A4 06 800104840181 = 9000
    002241A4 06 800104840182 = 6A88
    00880000 30 {HASH} 00 = <len 96> 9000
it survives VERIFY and SELECT within the DF, and ends with SELECT of another DF
    00A4010C 02 ADF1 = 9000
    002241A4 06 800104840181 = 9000
    00200001 0C {PIN1} = 9000
    00A4020C 02 3401 = 9000
    00880000 30 {HASH} 00 = <len 96> 9000
    00A4040C 0D {AWP} = 9000
    00880000 30 {HASH} 00 = <len 96> 9000
    00A4000C = 9000
    00A4010C 02 ADF1 = 9000
    00880000 30 {HASH} 00 = 6985
several environments stand beside each other
    00A4010C 02 ADF1 = 9000
    00200001 0C {PIN1} = 9000
    002241B8 06 80010B840181 = 9000
    002241A4 06 800104840181 = 9000
    00880000 30 {HASH} 00 = <len 96> 9000
    002A8086 01 00 30 = 6A80
"""


def test_environment(card: Specimen, script: Script) -> None:
    card.plays(*script)


OPERATION = """
INTERNAL AUTHENTICATE: answers of 96 octets, with Le, Le 00, Le 60, no Le
    00A4010C 02 ADF1 = 9000
    002241A4 06 800104840181 = 9000
    00200001 0C {PIN1} = 9000
    00880000 30 {HASH} 00 = <len 96> 9000
    00880000 30 {HASH} 60 = <len 96> 9000
    00880000 30 {HASH} = <len 96> 9000
    00880000 30 {HASH} 40 = <len 64> 6120
    00C0000020 = <len 32> 9000
INTERNAL AUTHENTICATE: what it refuses
    00880000 30 {HASH} 00 = 6985
    00A4010C 02 ADF1 = 9000
    002241A4 06 800104840181 = 9000
    00880000 30 {HASH} 00 = 6982
    00200001 0C {PIN1} = 9000
    00880000 00 = 6700
    00880000 31 {HASH}00 00 = 6700
    00880000 40 {HASH}00000000000000000000000000000000 00 = 6700
    00880100 30 {HASH} 00 = 6A86
    00880001 30 {HASH} 00 = 6A86
INTERNAL AUTHENTICATE: not with PIN2 or the PUK
    00A4010C 02 ADF2 = 9000
    00200085 0C {PIN2} = 9000
    00200002 0C {PUK} = 9000
    00A4090C 04 3F00ADF1 = 9000
    002241A4 06 800104840181 = 9000
    00880000 30 {HASH} 00 = 6982
INTERNAL AUTHENTICATE: never with the signature key
    00A4010C 02 ADF2 = 9000
    00200001 0C {PIN1} = 9000
    00200085 0C {PIN2} = 9000
    002241A4 06 80010484019F = 9000
    00880000 30 {HASH} 00 = 6982
COMPUTE DIGITAL SIGNATURE: never with the authentication key
    00A4010C 02 ADF1 = 9000
    00200001 0C {PIN1} = 9000
    002241B6 06 800154840181 = 9000
    002A9E9A 30 {HASH} 00 = 6982
COMPUTE DIGITAL SIGNATURE: what it refuses
    002A9E9A 30 {HASH} 00 = 6985
    00A4010C 02 ADF2 = 9000
    002241B6 06 80015484019F = 9000
    002A9E9A 30 {HASH} 00 = 6982
    00200085 0C {PIN2} = 9000
    002A9E9A = 6985
    002A9E9A00 = 6985
    002A9E9A 01 5A 00 = 6700
    002A9E9A 2F {SHORT} 00 = 6700
    002A9E9A 31 {HASH}00 00 = 6700
    002A9E9B 30 {HASH} 00 = 6A86
    002A9E00 30 {HASH} 00 = 6A86
    002A9A9E 30 {HASH} 00 = 6A86
    00200085 = 9000
DECIPHER: what it refuses
    002A8086 01 00 30 = 6985
    00A4010C 02 ADF1 = 9000
    002241B8 06 80010B840181 = 9000
    002A8086 01 00 30 = 6982
    00200001 0C {PIN1} = 9000
    002A8086 = 6A80
    002A8086 01 00 30 = 6A80
    002A8086 62 0004{HASH}{HASH} 30 = 6A80
    002A8086 61 04{HASH}{HASH} 30 = 6A80
    002A8084 01 00 30 = 6A86
    002A8600 01 00 30 = 6A86
DECIPHER: never with the signature key
    00A4010C 02 ADF2 = 9000
    00200085 0C {PIN2} = 9000
    00200001 0C {PIN1} = 9000
    002241B8 06 80010B84019F = 9000
    002A8086 01 00 30 = 6982
"""


def test_operation(card: Specimen, script: Script) -> None:
    card.plays(*script)


def ready(card: Specimen, use: str) -> None:
    """A card whose next command may use a key."""
    card.card.reset()
    if use == "signature":
        card.plays(("00A4010C02ADF2", "9000"), ("002241B60680015484019F", "9000"))
        card.plays(("002000850C3132333435FFFFFFFFFFFFFF", "9000"))
    else:
        card.plays(("00A4010C02ADF1", "9000"), ("002241A406800104840181", "9000"))
        card.plays(("002241B80680010B840181", "9000"), ("002000010C31323334FFFFFFFFFFFFFFFF", "9000"))


def assert_signed(card: Specimen, use: str, answer: str, number: bytes) -> None:
    """The signature of an answer verifies against the card's key."""
    assert answer[-4:] == "9000"
    signature = bytes.fromhex(answer[:-4])
    assert len(signature) == 96
    r, s = int.from_bytes(signature[:48], "big"), int.from_bytes(signature[48:], "big")
    public, algorithm = card.permanent.keys[use].private.public_key(), ec.ECDSA(Prehashed(hashes.SHA384()))
    public.verify(encode_dss_signature(r, s), number, algorithm)
    with pytest.raises(InvalidSignature):
        public.verify(encode_dss_signature(r, s), bytes(48), algorithm)


@pytest.mark.parametrize("octets", [1, 7, 20, 28, 32, 47, 48])
def test_internal_authenticate_takes_any_length(card: Specimen, octets: int) -> None:
    ready(card, "authentication")
    data = bytes(range(0x81, 0x81 + octets))
    answer = card(f"00880000{octets:02X}{data.hex()}00")
    assert_signed(card, "authentication", answer, data.rjust(48, b"\0"))


@pytest.mark.parametrize("octets", [20, 28, 32, 48, 64])
def test_computed_signature_of_each_hash(card: Specimen, octets: int) -> None:
    ready(card, "signature")
    data = bytes(range(0x81, 0x81 + octets))
    answer = card(f"002A9E9A{octets:02X}{data.hex()}00")
    assert_signed(card, "signature", answer, data[:48].rjust(48, b"\0"))


@pytest.mark.parametrize("le", ["30", "00", ""])
def test_agreement(card: Specimen, le: str) -> None:
    ready(card, "authentication")
    peer = ec.generate_private_key(ec.SECP384R1())
    point = peer.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint).hex()
    shared = peer.exchange(ec.ECDH(), card.permanent.keys["authentication"].private.public_key())
    assert card(f"002A8086 62 00{point}{le}") == shared.hex().upper() + "9000"


def test_a_chained_hash_is_signed_as_one(card: Specimen) -> None:
    ready(card, "authentication")
    assert card("10880000 18" + "5A" * 24) == "9000"
    assert_signed(card, "authentication", card("00880000 18" + "5A" * 24 + "00"), b"\x5a" * 48)
