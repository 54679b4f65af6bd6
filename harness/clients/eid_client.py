"""What middleware does with an Estonian ID card of 2018: a stand-in that sends the APDUs of libelectronic-id.

Changing and unblocking PINs and reading personal data go as DigiDoc4 does them. Source: the card
specification's transcripts (1.11), which were recorded from those programs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from softeid.emulator.status import SW
from softeid.emulator.tlv import TlvError, find

from ..pki.leaf import Use

Transmit = Callable[[bytes], bytes]
"""Sends one command APDU to the card and gives its response APDU."""

PinName = Literal["PIN1", "PIN2", "PUK"]

_MAIN = bytes.fromhex("A0 00 00 00 77 01 08 00 07 00 00 FE 00 00 01 00")
_AWP = bytes.fromhex("E8 28 BD 08 0F F2 50 4F 54 20 41 57 50")
_QSCD = b"QSCD Application"

CHUNK = 0xC0  # what libelectronic-id reads at once
REACH = 0x8000  # octets of a file that READ BINARY reaches; behind them bit 8 of P1 names another file
_PIN_BLOCK = 12  # octets, ASCII digits padded with FF (1.8)
_DIGEST = 48  # octets that a P-384 key signs


class _Pin(NamedTuple):
    """One row of the table of PINs (1.8, 1.9)."""

    reference: int
    object_id: int
    application: bytes


_PINS: Mapping[PinName, _Pin] = {
    "PIN1": _Pin(0x01, 0x01, _MAIN),
    "PIN2": _Pin(0x85, 0x05, _QSCD),
    "PUK": _Pin(0x02, 0x02, _MAIN),
}


class _KeyUse(NamedTuple):
    """How a key is used: its certificate's path, application, MSE template, PIN and command (1.10)."""

    path: bytes
    application: bytes
    environment: bytes
    pin: PinName
    command: bytes


_KEYS: Mapping[Use, _KeyUse] = {
    Use.AUTHENTICATION: _KeyUse(
        bytes.fromhex("ADF1 3401"),
        _AWP,
        bytes.fromhex("0022 41A4 06 800104 840181"),
        "PIN1",
        b"\x00\x88\x00\x00",
    ),
    Use.SIGNATURE: _KeyUse(
        bytes.fromhex("ADF2 341F"),
        _QSCD,
        bytes.fromhex("0022 41B6 06 800154 84019F"),
        "PIN2",
        b"\x00\x2a\x9e\x9a",
    ),
}


class CardRefused(Exception):
    """The card answered with another status word than 9000.

    Attributes:
        doing: what was tried.
        sw: the status word.
    """

    def __init__(self, doing: str, sw: int) -> None:
        super().__init__(f"{doing}: the card answered {sw:04X}")
        self.doing = doing
        self.sw = sw


class PinWrong(CardRefused):
    """A PIN was wrong; `tries_left` is at least 1."""

    def __init__(self, doing: str, sw: int) -> None:
        super().__init__(doing, sw)
        self.tries_left = sw & 0x0F


class PinBlocked(CardRefused):
    """A PIN is blocked, perhaps by this very try."""


class PinCounter(NamedTuple):
    """How many tries a PIN has left, out of how many."""

    left: int
    maximum: int


class EidClient:
    """A program that uses the card."""

    def __init__(self, transmit: Transmit) -> None:
        """Use the card behind a function."""
        self._transmit = transmit

    def read_certificate(self, use: Use) -> bytes:
        """The certificate of one key, DER.

        Raises:
            CardRefused: it cannot be read.
        """
        doing = f"read the {use} certificate"
        path = _KEYS[use].path
        self._select(_MAIN, doing)
        fcp = self._send(b"\x00\xa4\x09\x04" + _field(path) + b"\x00", doing)
        size = file_size(fcp)
        if size > REACH:
            raise CardRefused(doing, SW.WRONG_LENGTH)
        octets = b""
        while len(octets) < size:
            length = min(CHUNK, size - len(octets))
            part = self._send(b"\x00\xb0" + len(octets).to_bytes(2, "big") + bytes([length]), doing)
            if len(part) != length:
                raise CardRefused(doing, SW.WRONG_LENGTH)
            octets += part
        return octets

    def pin_counter(self, name: PinName) -> PinCounter:
        """How many tries are left; asks by GET DATA, which costs none.

        Raises:
            CardRefused: the card does not tell.
        """
        doing = f"ask for the tries of {name}"
        pin = _PINS[name]
        self._select(pin.application, doing)
        query = bytes.fromhex("4D 08 70 06 BF 81") + bytes([pin.object_id]) + bytes.fromhex("02 A0 80")
        answer = self._send(b"\x00\xcb\x3f\xff" + _field(query) + b"\x00", doing)
        template = 0xBF8100 | pin.object_id
        try:
            maximum, left = (find(answer, 0x70, template, 0xA0, tag) for tag in (0x9A, 0x9B))
        except TlvError:
            maximum = left = None
        if not maximum or not left:
            raise CardRefused(doing, SW.NO_PRECISE_DIAGNOSIS)
        return PinCounter(left[0], maximum[0])

    def verify(self, name: PinName, digits: str) -> None:
        """Present a PIN; PIN2 where its application is current.

        Args:
            name: which.
            digits: 1 to 12 of them, padded to twelve octets with FF.

        Raises:
            PinWrong: tries are left.
            PinBlocked: none are left.
            CardRefused: for another reason.
            ValueError: what was typed is no PIN, nothing was sent.
        """
        self._pin_command(b"\x00\x20\x00", name, _block(digits), f"verify {name}")

    def authenticate(self, digest: bytes, pin1: str) -> bytes:
        """Sign a digest with the authentication key: raw r || s, 96 octets.

        Raises:
            PinWrong, PinBlocked, CardRefused, ValueError: as `verify`.
        """
        return self._use_key(Use.AUTHENTICATION, digest, pin1)

    def sign(self, digest: bytes, pin2: str) -> bytes:
        """Sign a digest with the signature key: raw r || s, 96 octets.

        Raises:
            PinWrong, PinBlocked, CardRefused, ValueError: as `verify`.
        """
        return self._use_key(Use.SIGNATURE, digest, pin2)

    def change_pin(self, name: PinName, old: str, new: str) -> None:
        """Give a PIN a new value by its old one.

        Raises:
            PinWrong, PinBlocked, CardRefused, ValueError: as `verify`.
        """
        doing = f"change {name}"
        blocks = _block(old) + _block(new)
        if name == "PIN2":
            self._select(_QSCD, doing)
        self._pin_command(b"\x00\x24\x00", name, blocks, doing)

    def unblock_pin(self, name: Literal["PIN1", "PIN2"], puk: str, new: str) -> None:
        """Give a blocked PIN a new value by the PUK; its tries come back.

        Raises:
            PinWrong, PinBlocked: of the PUK.
            CardRefused, ValueError: as `verify`.
        """
        doing = f"unblock {name}"
        block = _block(new)
        self.verify("PUK", puk)
        if name == "PIN2":
            self._select(_QSCD, doing)
        self._pin_command(b"\x00\x2c\x02", name, block, doing)

    def personal_data(self) -> tuple[str, ...]:
        """Surname, given names, sex, citizenship, birth, personal code, document number, expiry.

        Raises:
            CardRefused: one cannot be read.
        """
        doing = "read personal data"
        self._send(bytes.fromhex("00 A4 09 0C 04 3F005000"), doing)
        records = []
        for number in range(1, 9):
            self._send(bytes.fromhex("00 A4 02 0C 02 50") + bytes([number]), doing)
            record = self._send(bytes.fromhex("00 B0 00 00 00"), doing)
            records.append(record.rstrip(b"\0").decode())
        return tuple(records)

    def _use_key(self, use: Use, digest: bytes, pin: str) -> bytes:
        """SELECT, MSE, VERIFY, then the operation: libelectronic-id sets the environment before the PIN."""
        doing = f"use the {use} key"
        key = _KEYS[use]
        block = digest[:_DIGEST].rjust(_DIGEST, b"\0")
        typed = _block(pin)
        self._select(key.application, doing)
        self._send(key.environment, doing)
        self._pin_command(b"\x00\x20\x00", key.pin, typed, f"verify {key.pin}")
        return self._send(key.command + _field(block) + b"\x00", doing)

    def _pin_command(self, header: bytes, name: PinName, octets: bytes, doing: str) -> None:
        command = header + bytes([_PINS[name].reference]) + _field(octets)
        sw = int.from_bytes(self._transmit(command)[-2:], "big")
        if sw in (SW.BLOCKED, SW.VERIFICATION_FAILED):
            raise PinBlocked(doing, sw)
        if sw & 0xFFF0 == SW.VERIFICATION_FAILED:
            raise PinWrong(doing, sw)
        if sw != SW.OK:
            raise CardRefused(doing, sw)

    def _select(self, application: bytes, doing: str) -> None:
        self._send(b"\x00\xa4\x04\x0c" + _field(application), doing)

    def _send(self, command: bytes, doing: str) -> bytes:
        response = self._transmit(command)
        sw = int.from_bytes(response[-2:], "big")
        if sw != SW.OK:
            raise CardRefused(doing, sw)
        return response[:-2]


def _field(octets: bytes) -> bytes:
    """Lc and the data field of a short APDU."""
    return bytes([len(octets)]) + octets


def _block(digits: str) -> bytes:
    """A PIN as the card takes it."""
    if not (1 <= len(digits) <= _PIN_BLOCK and digits.isascii() and digits.isdigit()):
        raise ValueError(f"a PIN has 1 to {_PIN_BLOCK} digits")
    return digits.encode().ljust(_PIN_BLOCK, b"\xff")


def file_size(fcp: bytes) -> int:
    """The size in a file's control parameters, tag 80, else 81 (ISO/IEC 7816-4, 7.4.3); 0 if none."""
    try:
        size = find(fcp, 0x62, 0x80) or find(fcp, 0x62, 0x81)
    except TlvError:
        size = None
    return int.from_bytes(size, "big") if size and len(size) == 2 else 0
