"""One connection to a card in a real reader, and the guard on it: the only way to the card."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, Protocol, Self, TypeVar

from softeid.emulator.apdu import Command
from softeid.emulator.errors import StatusError
from softeid.emulator.mistake import visible
from softeid.emulator.status import OK
from softeid.emulator.trace import instruction

from ..error import HarnessError
from ..harm import exceeds, of_command
from ..reader import NoService, ReaderError
from ..scenario.stage import Lost, Stuck
from ..scenario.step import Harm

_T0: Final = 1  # SCARD_PROTOCOL_T0 (PC/SC part 3)
_MOST_RESPONSES: Final = 300  # GET RESPONSE in a row: 64 KiB, and an end for a card that always has more
_VERIFY: Final = 0x20
T = TypeVar("T")


class Pcsc(Protocol):
    """The calls of a PC/SC context (`reader.Context`) that a real card needs."""

    def names(self) -> Sequence[str]: ...

    def connect(self, reader: str) -> tuple[Any, int]: ...

    def disconnect(self, handle: Any) -> None: ...

    def atr(self, handle: Any) -> bytes: ...

    def begin(self, handle: Any) -> None: ...

    def end(self, handle: Any) -> None: ...

    def reset(self, handle: Any) -> int: ...

    def transmit(self, handle: Any, protocol: int, apdu: bytes) -> bytes: ...

    def close(self) -> None: ...


class NoReader(HarnessError):
    """No reader has this name, several have it, or there is no card in it that answers."""


class Withheld(Stuck):
    """The guard let a command not through: it might harm the card more than was allowed."""


def named(name: str, readers: Sequence[str]) -> str:
    """The reader that a name means: the whole of it, or a part that only one has; capitals do not matter.

    Raises:
        NoReader: none or several; those that are there are listed.
    """
    if name in readers:
        return name
    found = [one for one in readers if name.casefold() in one.casefold()]
    if len(found) == 1:
        return found[0]
    there = ", ".join(f"`{visible(one)}`" for one in found or readers) or "none"
    if found:
        raise NoReader(f"reader {name!r}: several have this in their names: {there}; name one of them whole")
    raise NoReader(f"reader {name!r}: there is no such reader; there are: {there}")


class Link:
    """A connection, shared with other programs except within `with` (a transaction).

    Attributes:
        reader: the reader's whole name.
        atr: the card's answer to reset.
        allowed: the worst that may be sent.
        right: PIN blocks that are right, by P2 of VERIFY; without them every VERIFY counts as `block`.
    """

    def __init__(self, context: Pcsc, name: str, allowed: Harm = "none") -> None:
        """Connect; nothing is sent to the card.

        Raises:
            NoReader: there is no such reader, or no card in it that answers.
            NoService: PC/SC went away.
        """
        self._context = context
        self.allowed = allowed
        self.right: Mapping[int, bytes] = {}
        self._held = self._lost = False
        self.reader = named(name, context.names())
        try:
            self._handle, self._protocol = context.connect(self.reader)
            self.atr = context.atr(self._handle)
        except NoService:
            raise
        except ReaderError as refused:
            advice = "an ID card must be in it, chip first, and no other program may hold it for itself alone"
            raise NoReader(f"reader `{visible(self.reader)}`: {refused}; {advice}") from None

    def __enter__(self) -> Self:
        """Begin a transaction and reset the card: what another program selected or verified is gone.

        Raises:
            Lost: the way to the card is gone.
        """
        self._on_the_way(lambda: self._context.begin(self._handle))
        self._held = True
        self.reset()
        return self

    def __exit__(self, *_: object) -> None:
        """End the transaction. What was verified for us must not stay for others: then the card is reset."""
        held, self._held = self._held, False
        if not held or self._lost:
            return
        with suppress(ReaderError):  # it may be gone by now
            if self.allowed != "none":
                self._context.reset(self._handle)
            self._context.end(self._handle)

    def close(self) -> None:
        """Let go of the card and leave it as it is."""
        self.__exit__()
        self._context.disconnect(self._handle)

    @property
    def lost(self) -> bool:
        """Whether the way to the card is gone."""
        return self._lost

    def reset(self) -> None:
        """Reset the card.

        Raises:
            Lost: the way to the card is gone.
        """
        self._protocol = self._on_the_way(lambda: self._context.reset(self._handle))

    def transmit(self, apdu: bytes) -> bytes:
        """Send one command, if it is harmless enough, and give its response.

        What T=0 makes visible stays here (ISO/IEC 7816-3, 12.2): a command with data goes without its Le,
        and 61xx before Ne octets came is followed, as 6Cxx for a wrong Le is.

        Raises:
            Withheld: it may be worse than what is allowed; nothing was sent.
            Lost: the way to the card is gone.
        """
        answer = self._guarded(apdu)
        if self._protocol == _T0:
            answer = self._whole(apdu, answer)
        if self.allowed == "try" and len(apdu) > 5 and apdu[1] == _VERIFY and answer != OK:
            self.right = {}  # what we took for right is not; no second try
        return answer

    def _guarded(self, apdu: bytes) -> bytes:
        """The one place from which a command leaves."""
        level = of_command(apdu, self.right)
        if exceeds(level, self.allowed):
            name = instruction(apdu) or "a command that is not known to be harmless"
            raise Withheld(
                f"{name} counts as `{level}`, and no more than `{self.allowed}` is allowed: it was not sent"
            )
        carried = _without_le(apdu) if self._protocol == _T0 else apdu
        return self._on_the_way(lambda: self._context.transmit(self._handle, self._protocol, carried))

    def _whole(self, apdu: bytes, answer: bytes) -> bytes:
        try:
            command = Command.parse(apdu)
        except StatusError:
            return answer
        if answer[-2] == 0x6C and not command.data and len(answer) == 2:
            return self._guarded(apdu[:4] + answer[-1:])
        data = b""
        for _ in range(_MOST_RESPONSES):
            data, sw = data + answer[:-2], answer[-2:]
            left = command.ne - len(data)
            if sw[0] != 0x61 or left <= 0:
                break
            answer = self._guarded(b"\x00\xc0\x00\x00" + bytes([min(sw[1] or 256, left) & 0xFF]))
        return data + answer[-2:]

    def _on_the_way(self, call: Callable[[], T]) -> T:
        if self._lost:
            raise Lost(f"the card in `{visible(self.reader)}` is gone")
        try:
            return call()
        except ReaderError as gone:
            self._lost = True
            raise Lost(f"the card in `{visible(self.reader)}` is gone: {gone}") from None


def _without_le(apdu: bytes) -> bytes:
    """A short command as T=0 carries it: P3 is Lc where there are data, and Le waits for GET RESPONSE."""
    return apdu[:-1] if len(apdu) > 5 and len(apdu) == 6 + apdu[4] else apdu
