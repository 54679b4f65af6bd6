"""What a command may do to the one PIN that it is about, step by step, said independently of the card.

Each course lists what is durable in turn: before anything was stored, then after each durable write. A card
that loses power holds one of these afterwards, never anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from softeid.emulator.pin import Pin, PinState

REFERENCES = {"PIN1": 0x01, "PIN2": 0x85, "PUK": 0x02}
LIMIT = 3  # tries of each of them, by the profiles

OK, BLOCKED, WRONG, NOT_ALLOWED = 0x9000, 0x6983, 0x63C0, 0x6982


class Held(NamedTuple):
    """A PIN as it lies in the card: the block, the tries left, the state."""

    value: bytes
    tries: int = LIMIT
    state: PinState = PinState.READY

    def with_tries(self, tries: int) -> Held:
        """The same with another counter; with none left it is blocked."""
        return self._replace(tries=tries, state=self.state if tries else PinState.BLOCKED)


Memory = Mapping[str, Held]


def held(pins: Mapping[str, Pin]) -> dict[str, Held]:
    """The PINs of a card's memory."""
    return {name: Held(pin.value, pin.tries, pin.state) for name, pin in pins.items()}


class Verify(NamedTuple):
    """VERIFY with a value."""

    pin: str
    value: bytes

    @property
    def apdu(self) -> bytes:
        """The command."""
        return _command(0x20, 0x00, self.pin, self.value)


class Change(NamedTuple):
    """CHANGE REFERENCE DATA."""

    pin: str
    old: bytes
    new: bytes

    @property
    def apdu(self) -> bytes:
        """The command."""
        return _command(0x24, 0x00, self.pin, self.old + self.new)


class Unblock(NamedTuple):
    """RESET RETRY COUNTER, with a new value or without."""

    pin: str
    new: bytes | None

    @property
    def apdu(self) -> bytes:
        """The command."""
        return _command(0x2C, 0x03 if self.new is None else 0x02, self.pin, self.new or b"")


Deed = Verify | Change | Unblock


class Course(NamedTuple):
    """What a command does.

    Attributes:
        states: the PIN before the command, then after each durable write.
        sw: how it answers if power stays.
    """

    states: tuple[Held, ...]
    sw: int

    @property
    def end(self) -> Held:
        """What the host may rely on once it has the answer."""
        return self.states[-1]


def course(before: Held, deed: Deed, *, puk_verified: bool) -> Course:
    """What a command does to its PIN.

    Args:
        before: the PIN.
        deed: the command.
        puk_verified: in this session, since the last reset.
    """
    if isinstance(deed, Unblock):
        if not puk_verified:
            return Course((before,), NOT_ALLOWED)
        value = before.value if deed.new is None else deed.new
        return Course((before, Held(value)), OK)
    if not before.tries:
        return Course((before,), BLOCKED)
    spent = before.with_tries(before.tries - 1)
    if before.value != (deed.value if isinstance(deed, Verify) else deed.old):
        return Course((before, spent), WRONG | spent.tries if spent.tries else BLOCKED)
    right = before._replace(tries=LIMIT)
    if isinstance(deed, Verify):
        return Course((before, spent, right), OK)
    return Course((before, spent, right, Held(deed.new)), OK)


def _command(ins: int, p1: int, pin: str, data: bytes) -> bytes:
    return bytes([0x00, ins, p1, REFERENCES[pin]]) + (bytes([len(data)]) + data if data else b"")
