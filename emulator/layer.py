"""What a card looks like from outside, and what is wrapped around one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from .apdu import Command
from .errors import StatusError
from .status import OK, SW

MAX_CHAINED = 4096  # octets that a chain of commands may bring together; assumed
_CHAINED = 0x10  # bit 5 of a CLA of the first interindustry class, ISO/IEC 7816-4, 5.4.1
_GET_RESPONSE = b"\x00\xc0\x00\x00"


class CardLike(Protocol):
    """A card as the reader sees it, or something around one."""

    @property
    def atr(self) -> bytes:
        """The answer to reset, 2 to 33 octets."""

    def power_on(self) -> None:
        """Power comes: the volatile state begins anew."""

    def power_off(self) -> None:
        """Power goes."""

    def reset(self) -> None:
        """A warm reset: as power off and on."""

    def process(self, apdu: bytes) -> bytes:
        """Answer one command APDU with one response APDU; never raises."""


class Layer:
    """Something around a card that has a card's shape. By itself it changes nothing."""

    def __init__(self, card: CardLike) -> None:
        self._card = card

    @property
    def atr(self) -> bytes:
        """The answer to reset of the card within."""
        return self._card.atr

    def power_on(self) -> None:
        """Power comes: forget, then the card within."""
        self._forget()
        self._card.power_on()

    def power_off(self) -> None:
        """Power goes: forget, then the card within."""
        self._forget()
        self._card.power_off()

    def reset(self) -> None:
        """A warm reset: forget, then the card within."""
        self._forget()
        self._card.reset()

    def process(self, apdu: bytes) -> bytes:
        """Hand the command on."""
        return self._card.process(apdu)

    def _forget(self) -> None:
        """Drop what this layer keeps from one command to the next."""


class CommandChaining(Layer):
    """ISO/IEC 7816-4, 5.3.3: data of commands whose CLA has bit 5 set is joined with that of the last one.

    A malformed command, one of another header that has bit 5 too, and too many octets end the chain with a
    refusal; a command outside the chain ends it and is answered for itself.
    """

    def __init__(self, card: CardLike) -> None:
        super().__init__(card)
        self._header: bytes | None = None  # CLA without bit 5, INS, P1, P2 of the chain that is under way
        self._held = b""

    def process(self, apdu: bytes) -> bytes:
        """Hold the data of a chained command, or hand on the last one with all of it."""
        if self._header is None and (not apdu or apdu[0] & 0xF0 != _CHAINED):
            return self._card.process(apdu)
        try:
            command = Command.parse(apdu)
            header = bytes([command.cla & ~_CHAINED, *command[1:4]])
            if self._header in (None, header):
                return self._join(header, command)
            if command.cla & 0xF0 == _CHAINED:
                raise StatusError(SW.LAST_COMMAND_EXPECTED, "another command within a chain")
        except StatusError as refusal:
            self._forget()
            return refusal.sw.to_bytes(2, "big")
        self._forget()
        return self._card.process(apdu)

    def _join(self, header: bytes, command: Command) -> bytes:
        held = self._held + command.data
        if len(held) > MAX_CHAINED:
            raise StatusError(SW.WRONG_LENGTH, f"a chain of more than {MAX_CHAINED} octets")
        if not command.cla & _CHAINED:
            self._forget()
            return self._card.process(command._replace(data=held).encode())
        if not command.data:
            raise StatusError(SW.WRONG_LENGTH, "a chained command without data")
        self._header, self._held = header, held
        return OK

    def _forget(self) -> None:
        self._header, self._held = None, b""


class GetResponse(Layer):
    """ISO/IEC 7816-4, 11.9.1: what is longer than Ne waits for GET RESPONSE, announced by 61xx.

    A command without Le gets its data all the same: with T=0 it could not ask for any. GET RESPONSE with
    nothing waiting goes to the card, which does not know it.
    """

    def __init__(self, card: CardLike) -> None:
        super().__init__(card)
        self._waiting = b""  # the rest of an answer, status word included

    def process(self, apdu: bytes) -> bytes:
        """Give as much of an answer as the reader asks for, and keep the rest."""
        if self._waiting:
            waiting, self._waiting = self._waiting, b""
            if len(apdu) == 5 and apdu[:4] == _GET_RESPONSE:
                return self._cut(waiting, apdu[4] or 256)
        answer = self._card.process(apdu)
        if len(answer) == 2 or len(apdu) < 5 or len(answer) - 2 <= (apdu[-1] or 256):
            return answer  # no data, no Le, or not more than the last octet of Le alone allows
        return self._cut(answer, _ne(apdu) or len(answer))

    def _cut(self, answer: bytes, ne: int) -> bytes:
        left = len(answer) - 2 - ne
        if left <= 0:
            return answer
        self._waiting = answer[ne:]
        return answer[:ne] + bytes([0x61, min(left, 256) & 0xFF])

    def _forget(self) -> None:
        self._waiting = b""


def _ne(apdu: bytes) -> int:
    try:
        return Command.parse(apdu).ne
    except StatusError:
        return 0


LAYERS: Mapping[str, Callable[[CardLike], Layer]] = {
    "command-chaining": CommandChaining,
    "get-response": GetResponse,
}
