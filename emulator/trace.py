"""Exchanges as people read them: named, with secrets left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .apdu import Command
from .errors import StatusError
from .layer import CardLike, Layer
from .status import meaning

INSTRUCTIONS: Mapping[int, str] = {  # ISO/IEC 7816-4, table 4
    0x20: "VERIFY",
    0x22: "MANAGE SECURITY ENVIRONMENT",
    0x24: "CHANGE REFERENCE DATA",
    0x2A: "PERFORM SECURITY OPERATION",
    0x2C: "RESET RETRY COUNTER",
    0x84: "GET CHALLENGE",
    0x88: "INTERNAL AUTHENTICATE",
    0xA4: "SELECT",
    0xB0: "READ BINARY",
    0xC0: "GET RESPONSE",
    0xCA: "GET DATA",
    0xCB: "GET DATA",
}
_SECRET = frozenset({0x20, 0x21, 0x24, 0x2C})  # their data fields hold PINs
_AGREES = "PSO: DECIPHER"  # its answer is a shared secret
_HIDDEN = frozenset({_AGREES, "GET RESPONSE"})  # the latter brings the rest of any answer
_SHOWN = 48  # octets of a long data field that a person is shown
Observer = Callable[[bytes, bytes], None]


class Trace(Layer):
    """Shows every exchange to an observer, as it was on the wire."""

    def __init__(self, card: CardLike, observe: Observer) -> None:
        """Wrap a card.

        Args:
            observe: is given command and response, PINs included; `redacted` takes them out.
        """
        super().__init__(card)
        self._observe = observe

    def process(self, apdu: bytes) -> bytes:
        answer = self._card.process(apdu)
        self._observe(apdu, answer)
        return answer


def instruction(apdu: bytes) -> str:
    """What a command is called in the standard; "" for one that it does not name."""
    if len(apdu) < 4:
        return ""
    if apdu[1:4] == b"\x2a\x9e\x9a":
        return "PSO: COMPUTE DIGITAL SIGNATURE"
    if apdu[1:4] == b"\x2a\x80\x86":
        return _AGREES
    return INSTRUCTIONS.get(apdu[1], "")


def redacted(apdu: bytes) -> str:
    """A command in hex; of one that carries PINs only the header and a fitting Lc are shown, •• for the rest.

    In a malformed command a PIN may begin where Lc should stand: there all after the header is hidden.
    """
    if len(apdu) <= 4 or apdu[1] not in _SECRET:
        return apdu.hex(" ").upper()
    shown = 5 if _well_formed(apdu) else 4
    return apdu[:shown].hex(" ").upper() + " ••" * (len(apdu) - shown)


def answered(apdu: bytes, answer: bytes, shown: int | None = None) -> str:
    """A response in hex; of data that may be an agreed secret only the length is told.

    Args:
        shown: octets of data beyond which only the beginning stands there; None: all of it does.
    """
    data, sw = answer[:-2], answer[-2:].hex(" ").upper()
    if not data:
        return sw
    if instruction(apdu) in _HIDDEN:
        return f"({len(data)} octets) {sw}"
    if shown is not None and len(data) > shown:
        return f"{data[: shown // 2].hex(' ').upper()} … ({len(data)} octets) {sw}"
    return f"{data.hex(' ').upper()} {sw}"


def explain(apdu: bytes, answer: bytes) -> str:
    """One exchange in one line: command, its name, response, what the status word means."""
    name = instruction(apdu)
    named = f"  {name}" if name else ""
    told = answered(apdu, answer, _SHOWN)
    return f"> {redacted(apdu)}{named}   < {told}  {meaning(int.from_bytes(answer[-2:], 'big'))}".rstrip()


def _well_formed(apdu: bytes) -> bool:
    try:
        Command.parse(apdu)
    except StatusError:
        return False
    return True
