"""Command APDUs, ISO/IEC 7816-3, 12.1.3: cases 1 to 4, short and extended.

Lc and Le are the octets on the wire, Nc and Ne the numbers that they mean.
"""

from __future__ import annotations

from typing import NamedTuple

from .errors import StatusError
from .status import SW

_new = (
    tuple.__new__
)  # what a NamedTuple's constructor calls; that one is Python, and half of what decoding costs


class Command(NamedTuple):
    """One command APDU, decoded."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    ne: int = 0  # octets that the reader will accept, 0 to 65536; 0 where no Le was sent

    @classmethod
    def parse(cls, apdu: bytes) -> Command:
        """Decode one command APDU.

        Raises:
            StatusError: 6700, the octets are no command of any case.
        """
        size = len(apdu)
        if size < 4:
            raise StatusError(SW.WRONG_LENGTH, f"{size} octets are no command")
        cla, ins, p1, p2 = apdu[:4]
        if size == 4:
            return _new(cls, (cla, ins, p1, p2, b"", 0))  # case 1
        lc = apdu[4]
        if size == 5:
            return _new(cls, (cla, ins, p1, p2, b"", lc or 256))  # case 2, short
        if lc and size == 5 + lc:
            return _new(cls, (cla, ins, p1, p2, apdu[5:], 0))  # case 3, short
        if lc and size == 6 + lc:
            return _new(cls, (cla, ins, p1, p2, apdu[5:-1], apdu[-1] or 256))  # case 4, short
        if lc or size == 6:
            raise StatusError(SW.WRONG_LENGTH, f"Lc {lc:02X} in {size} octets")
        return cls(cla, ins, p1, p2, *_extended(apdu))

    def encode(self) -> bytes:
        """The command as octets, in the short form where Nc and Ne allow it.

        Raises:
            ValueError: Nc above 65535 or Ne above 65536.
        """
        nc, ne = len(self.data), self.ne
        if nc > 0xFFFF or ne > 0x10000:
            raise ValueError(f"Nc {nc} and Ne {ne} do not fit a command")
        header = bytes(self[:4])
        if nc <= 255 and ne <= 256:
            le = bytes([ne & 0xFF]) if ne else b""
            return header + (bytes([nc]) + self.data if nc else b"") + le
        le = (ne & 0xFFFF).to_bytes(2, "big") if ne else b""
        return header + b"\x00" + (nc.to_bytes(2, "big") + self.data if nc else b"") + le


def _extended(apdu: bytes) -> tuple[bytes, int]:
    """Data and Ne of a command whose fifth octet is 00 and which has at least seven."""
    number = int.from_bytes(apdu[5:7], "big")
    rest = len(apdu) - 7
    if rest == 0:
        return b"", number or 65536  # case 2
    if rest == number:
        return apdu[7:], 0  # case 3
    if number and rest == number + 2:
        return apdu[7:-2], int.from_bytes(apdu[-2:], "big") or 65536  # case 4
    raise StatusError(SW.WRONG_LENGTH, f"Nc {number} with {rest} octets after it")
