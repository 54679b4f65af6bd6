"""The stand-in of middleware: what it sends, what it makes of the answers."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256, sha384, sha512

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from tests.harness.clients.conftest import Line

from softeid.harness.clients.eid_client import (
    CardRefused,
    EidClient,
    PinBlocked,
    PinName,
    PinWrong,
)
from softeid.harness.pki.leaf import Use

PINS: list[tuple[PinName, str]] = [("PIN1", "1234"), ("PIN2", "12345"), ("PUK", "12345678")]


def verifies(line: Line, use: Use, signature: bytes, digest: bytes) -> None:
    key = line.issued.certificates[use].public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    r, s = int.from_bytes(signature[:48], "big"), int.from_bytes(signature[48:], "big")
    key.verify(encode_dss_signature(r, s), digest, ec.ECDSA(Prehashed(hashes.SHA384())))


@pytest.mark.parametrize("use", Use)
def test_certificates_are_read_in_chunks_by_their_size(line: Line, use: Use) -> None:
    octets = line.client.read_certificate(use)
    assert octets == line.issued.certificates[use].public_bytes(Encoding.DER)
    reads = [apdu for apdu in line.sent if apdu[1] == 0xB0]
    assert [apdu[4] for apdu in reads[:-1]] == [0xC0] * (len(octets) // 0xC0)
    assert reads[-1][4] == len(octets) % 0xC0
    assert line.sent[1] == bytes.fromhex(
        "00A4090404" + ("ADF13401" if use is Use.AUTHENTICATION else "ADF2341F") + "00"
    )


def test_a_certificate_that_read_binary_does_not_reach_is_not_read() -> None:
    sent = []

    def transmit(apdu: bytes) -> bytes:
        sent.append(apdu)
        return bytes.fromhex("62048002FFFF9000") if apdu[1] == 0xA4 else bytes(apdu[4]) + b"\x90\x00"

    with pytest.raises(CardRefused):
        EidClient(transmit).read_certificate(Use.SIGNATURE)
    assert {apdu[1] for apdu in sent} == {0xA4}


def test_authentication_sends_what_libelectronic_id_sends(line: Line) -> None:
    digest = sha384(b"data").digest()
    verifies(line, Use.AUTHENTICATION, line.client.authenticate(digest, "1234"), digest)
    assert [apdu.hex().upper() for apdu in line.sent] == [
        "00A4040C0DE828BD080FF2504F5420415750",
        "002241A406800104840181",
        "002000010C31323334FFFFFFFFFFFFFFFF",
        f"0088000030{digest.hex().upper()}00",
    ]


def test_signing_sends_what_libelectronic_id_sends(line: Line) -> None:
    digest = sha384(b"data").digest()
    verifies(line, Use.SIGNATURE, line.client.sign(digest, "12345"), digest)
    assert [apdu.hex().upper() for apdu in line.sent] == [
        "00A4040C1051534344204170706C69636174696F6E",
        "002241B60680015484019F",
        "002000850C3132333435FFFFFFFFFFFFFF",
        f"002A9E9A30{digest.hex().upper()}00",
    ]


def test_shorter_and_longer_digests_are_fitted(line: Line) -> None:
    short, long = sha256(b"data").digest(), sha512(b"data").digest()
    verifies(line, Use.SIGNATURE, line.client.sign(short, "12345"), short.rjust(48, b"\0"))
    verifies(line, Use.SIGNATURE, line.client.sign(long, "12345"), long[:48])


@pytest.mark.parametrize(("name", "digits"), PINS)
def test_counters_are_read_without_costing_a_try(line: Line, name: PinName, digits: str) -> None:
    assert line.client.pin_counter(name) == (3, 3)
    with pytest.raises(PinWrong) as wrong:
        line.client.verify(name, "98765432")
    assert wrong.value.tries_left == 2
    assert line.client.pin_counter(name) == (2, 3)
    line.client.verify(name, digits)
    assert line.client.pin_counter(name) == (3, 3)


def test_the_third_wrong_pin_blocks_and_the_puk_unblocks(line: Line) -> None:
    for left in (2, 1):
        with pytest.raises(PinWrong) as wrong:
            line.client.authenticate(bytes(48), "9999")
        assert wrong.value.tries_left == left
    for digits in ("9999", "1234"):
        with pytest.raises(PinBlocked) as blocked:
            line.client.authenticate(bytes(48), digits)
        assert blocked.value.sw == 0x6983
    line.client.unblock_pin("PIN1", "12345678", "4711")
    line.client.authenticate(bytes(48), "4711")


def test_pin2_is_unblocked_and_changed_in_its_application(make_line: Callable[..., Line]) -> None:
    line = make_line("pin2-blocked")
    assert line.client.pin_counter("PIN2").left == 0
    with pytest.raises(PinWrong):
        line.client.unblock_pin("PIN2", "87654321", "24680")
    line.client.unblock_pin("PIN2", "12345678", "24680")
    line.client.change_pin("PIN2", "24680", "13579")
    line.client.sign(bytes(48), "13579")
    assert line.client.pin_counter("PUK").left == 3


def test_a_wrong_old_pin_does_not_change_it(line: Line) -> None:
    with pytest.raises(PinWrong):
        line.client.change_pin("PIN1", "9999", "4711")
    line.client.verify("PIN1", "1234")


@pytest.mark.parametrize("digits", ["", "1234567890123", "12 4", "１２３４", "abcd"])
def test_what_is_no_pin_is_not_sent(line: Line, digits: str) -> None:
    for use in (
        lambda: line.client.verify("PIN1", digits),
        lambda: line.client.authenticate(bytes(48), digits),
        lambda: line.client.change_pin("PIN1", "1234", digits),
        lambda: line.client.unblock_pin("PIN1", "12345678", digits),
    ):
        with pytest.raises(ValueError, match="1 to 12 digits"):
            use()
    assert line.sent == []


def test_a_pin_that_the_card_does_not_know_is_no_wrong_pin(line: Line) -> None:
    """PIN2 belongs to an application that is not selected here: 6A88."""
    with pytest.raises(CardRefused) as refused:
        line.client.verify("PIN2", "12345")
    assert (type(refused.value), refused.value.sw) == (CardRefused, 0x6A88)
    assert line.client.pin_counter("PIN2").left == 3


def test_personal_data(make_line: Callable[..., Line]) -> None:
    line = make_line(person="mary")
    data = line.client.personal_data()
    assert data[:2] == ("O’CONNEŽ-ŠUSLIK TESTNUMBER", "MARY ÄNN")
    assert data[5:7] == ("60001019906", line.issued.document_number)


@pytest.mark.parametrize(
    "answer",
    [b"\x6a\x82", b"\x90\x00", b"\x62\x00\x90\x00", b"\x62\x04\x80\x02\xff\xff\x90\x00", b"\x70\x01\x90\x00"],
)
def test_a_strange_card_is_refused_and_nothing_else(answer: bytes) -> None:
    client = EidClient(lambda apdu: answer if apdu[2] != 4 else b"\x90\x00")
    with pytest.raises(CardRefused):
        client.pin_counter("PIN1")
    if answer not in (b"\x90\x00", b"\x62\x00\x90\x00", b"\x70\x01\x90\x00"):
        with pytest.raises(CardRefused):
            client.read_certificate(Use.AUTHENTICATION)
    else:
        assert client.read_certificate(Use.AUTHENTICATION) == b""


def test_what_is_read_is_a_certificate(line: Line) -> None:
    assert x509.load_der_x509_certificate(line.client.read_certificate(Use.SIGNATURE))
