"""What vpcd says and hears on its TCP connection, without the connection.

A frame is a length of two octets, big-endian, and a body of that many octets. From the reader a body
of one octet is a control code and a longer one is a command APDU; from the card a body is the ATR or
a response APDU. Only ATR and commands are answered.

- A command APDU of a single octet cannot exist here: on the wire it *is* a control code.
- Nothing above 65,535 octets fits a frame: a response APDU carries at most 65,533 octets of data.

Source: vsmartcard, "Virtual Smart Card", section "Creating a virtual smart card".
"""

from __future__ import annotations

from enum import IntEnum

LIMIT = 0xFFFF
"""Octets that a frame's body can have."""

_LENGTH = 2


class WireError(Exception):
    """A frame that vpcd never sends, or that it could not be sent."""


class Control(IntEnum):
    """What the reader asks of the card apart from commands."""

    OFF = 0
    ON = 1
    RESET = 2
    ATR = 4


Request = Control | bytes
"""What the reader asks: a control code, or a command APDU of two octets or more."""


def frame(body: bytes) -> bytes:
    """A body with its length in front, in one buffer, so that it leaves in one send.

    Raises:
        WireError: the body is empty or has more than 65,535 octets.
    """
    if not 0 < len(body) <= LIMIT:
        raise WireError(f"a frame's body has 1 to {LIMIT} octets, this one {len(body)}")
    return len(body).to_bytes(_LENGTH, "big") + body


def request(body: bytes) -> Request:
    """What a body from the reader means.

    Raises:
        WireError: the body's only octet is no control code.
    """
    if len(body) > 1:
        return body
    try:
        return Control(body[0])
    except ValueError:
        raise WireError(
            f"control code {body[0]:02X} is not OFF (00), ON (01), RESET (02) or ATR (04)"
        ) from None


class Frames:
    """Cuts a stream into bodies, wherever the stream happens to be split."""

    def __init__(self) -> None:
        self._held = b""

    @property
    def incomplete(self) -> bool:
        """Whether the stream stands inside a frame: had it ended here, something would be missing."""
        return bool(self._held)

    def feed(self, octets: bytes) -> list[bytes]:
        """The bodies that these octets complete, in order.

        Raises:
            WireError: a length is 0. Where the next frame begins is then anybody's guess, so the
                connection is of no more use; bodies completed by the same octets are lost with it.
        """
        held = self._held + octets if self._held else octets
        bodies = []
        begin = 0
        while len(held) >= begin + _LENGTH:
            end = begin + _LENGTH + (held[begin] << 8 | held[begin + 1])
            if end == begin + _LENGTH:
                raise WireError("a frame of length 0")
            if len(held) < end:
                break
            bodies.append(held[begin + _LENGTH : end])
            begin = end
        self._held = held[begin:]
        return bodies
