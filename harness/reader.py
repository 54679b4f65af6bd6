"""A reader as the story uses it: cards go in and out, commands go through. The one user of pyscard."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from softeid.emulator import CardLike
from softeid.vpcd.doctor import pyscard_advice
from softeid.vpcd.pcscd import PrivateStack, Slot

from .error import HarnessError

if TYPE_CHECKING:
    from .issuing import IssuedCard

_NO_SERVICE_ADVICE = (
    "Start the resource manager (systemctl start pcscd.socket), or name another one's socket in "
    "PCSCLITE_CSOCK_NAME."
)

# pcsc-lite, doc/README.polkit: the two actions; without a session at this machine they are refused.
_NO_LEAVE_ADVICE = (
    "polkit keeps pcscd from you, as over SSH or where polkitd does not run. Allow the actions "
    "org.debian.pcsc-lite.access_pcsc and access_card, or start pcscd with --disable-polkit."
)


class ReaderError(HarnessError):
    """A command did not reach a card: there is none, or the reader cannot carry it."""


class NoService(ReaderError):
    """No PC/SC resource manager answers."""

    advice = _NO_SERVICE_ADVICE


class NoLeave(ReaderError):
    """The resource manager answers, but not this user."""

    advice = _NO_LEAVE_ADVICE


class PcscMissing(HarnessError):
    """PC/SC cannot be used from Python here."""

    @property
    def advice(self) -> str:
        """What to do about it."""
        return pyscard_advice()


class Reader(Protocol):
    """One reader with a slot for one card."""

    def body(self, issued: IssuedCard) -> CardLike:
        """What goes in for a card that was made: the card itself, or in a real reader the one that is there.

        Raises:
            Stuck: the card that is there is another one.
        """

    def insert(self, card: CardLike) -> None:
        """Put a card in, and give it power.

        Raises:
            ReaderError: there is one in it.
        """

    def remove(self) -> None:
        """Take the card out; nothing happens where there is none."""

    def reset(self) -> None:
        """Reset the card: it forgets what it does not keep.

        Raises:
            ReaderError: there is no card.
        """

    def transmit(self, apdu: bytes) -> bytes:
        """Send one command and give its response, status word included.

        Raises:
            ReaderError: there is no card, or it was taken out meanwhile.
        """


class DirectReader:
    """A reader without wires: calls the card."""

    def __init__(self) -> None:
        self._card: CardLike | None = None

    def body(self, issued: IssuedCard) -> CardLike:
        return issued.card

    def insert(self, card: CardLike) -> None:
        if self._card is not None:
            raise ReaderError("there is a card in the reader already")
        self._card = card
        card.power_on()

    def remove(self) -> None:
        if self._card is not None:
            self._card.power_off()
            self._card = None

    def reset(self) -> None:
        self._there().reset()

    def transmit(self, apdu: bytes) -> bytes:
        return self._there().process(apdu)

    def _there(self) -> CardLike:
        if self._card is None:
            raise ReaderError("there is no card in the reader")
        return self._card


class StackReader:
    """A reader of a private pcscd, used through PC/SC as any program uses it.

    One connection is held from insertion on, so pcscd does not power the card down in between.
    """

    def __init__(self, stack: PrivateStack, number: int, context: Context) -> None:
        """A reader of a stack.

        Args:
            stack: a running one; the process's `PCSCLITE_CSOCK_NAME` leads to it.
            number: which slot.
            context: a PC/SC context of this process.
        """
        self._stack = stack
        self._number = number
        self._context = context
        self._slot: Slot | None = None
        self._handle: Any = None
        self._protocol = 0

    def body(self, issued: IssuedCard) -> CardLike:
        return issued.card

    def insert(self, card: CardLike) -> None:
        if self._slot is not None:
            raise ReaderError("there is a card in the reader already")
        self._slot = self._stack.insert(card, self._number)
        self._handle, self._protocol = self._context.connect(self._slot.reader)

    def remove(self) -> None:
        slot, self._slot = self._slot, None
        handle, self._handle = self._handle, None
        if handle is not None:
            self._context.disconnect(handle)
        if slot is not None:
            slot.remove()

    def reset(self) -> None:
        self._protocol = self._context.reset(self._there())

    def transmit(self, apdu: bytes) -> bytes:
        if len(apdu) < 2:  # one octet is a control code between vpcd and the card
            raise ReaderError(f"vpcd carries commands of two octets or more, not {len(apdu)}")
        return self._context.transmit(self._there(), self._protocol, apdu)

    def _there(self) -> Any:
        if self._handle is None:
            raise ReaderError("there is no card in the reader")
        return self._handle


class Context:
    """A PC/SC context (SCardEstablishContext), and the calls that a reader needs."""

    def __init__(self) -> None:
        """Establish it.

        Raises:
            PcscMissing: pyscard is not there.
            NoService: the resource manager does not answer.
        """
        try:
            from smartcard import scard
        except ImportError as error:
            raise PcscMissing(f"pyscard cannot be imported: {error}") from None
        self._scard = scard
        result, self._context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        self._check(result)

    def close(self) -> None:
        """Release it; what is still connected is disconnected."""
        with suppress(ReaderError):
            self._check(self._scard.SCardReleaseContext(self._context))

    def names(self) -> list[str]:
        """The readers that are there, by name."""
        result, names = self._scard.SCardListReaders(self._context, [])
        if result == self._scard.SCARD_E_NO_READERS_AVAILABLE:
            return []
        self._check(result)
        return [str(name) for name in names]

    def connect(self, reader: str) -> tuple[Any, int]:
        """A handle for the card in a reader, shared, and the protocol in use."""
        scard = self._scard
        both = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        result, handle, protocol = scard.SCardConnect(self._context, reader, scard.SCARD_SHARE_SHARED, both)
        self._check(result)
        return handle, int(protocol)

    def disconnect(self, handle: Any) -> None:
        """Give a handle back and leave the card as it is."""
        with suppress(ReaderError):  # the card may be out already
            self._check(self._scard.SCardDisconnect(handle, self._scard.SCARD_LEAVE_CARD))

    def atr(self, handle: Any) -> bytes:
        """The answer to reset of a connected card."""
        result, _, _, _, atr = self._scard.SCardStatus(handle)
        self._check(result)
        return bytes(atr)

    def begin(self, handle: Any) -> None:
        """Begin a transaction: until it ends no other program reaches the card. Waits for other programs'.

        Another program may have reset the card since; it is taken as it is then.
        """
        result = self._scard.SCardBeginTransaction(handle)
        if result == self._scard.SCARD_W_RESET_CARD:
            self._reconnect(handle, self._scard.SCARD_LEAVE_CARD)
            result = self._scard.SCardBeginTransaction(handle)
        self._check(result)

    def end(self, handle: Any) -> None:
        """End a transaction and leave the card as it is."""
        self._check(self._scard.SCardEndTransaction(handle, self._scard.SCARD_LEAVE_CARD))

    def reset(self, handle: Any) -> int:
        """Reset the card; the protocol in use then."""
        return self._reconnect(handle, self._scard.SCARD_RESET_CARD)

    def _reconnect(self, handle: Any, to_the_card: int) -> int:
        scard = self._scard
        both = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        result, protocol = scard.SCardReconnect(handle, scard.SCARD_SHARE_SHARED, both, to_the_card)
        self._check(result)
        return int(protocol)

    def transmit(self, handle: Any, protocol: int, apdu: bytes) -> bytes:
        """One exchange."""
        result, response = self._scard.SCardTransmit(handle, protocol, list(apdu))
        self._check(result)
        if len(response) < 2:  # vpcd answers so when a card is pulled in mid-command
            raise ReaderError("the card was taken out while it had a command")
        return bytes(response)

    def _check(self, result: int) -> None:
        if result == self._scard.SCARD_E_NO_SERVICE:
            raise NoService(f"PC/SC says: {self._scard.SCardGetErrorMessage(result)}")
        if result == self._scard.SCARD_W_SECURITY_VIOLATION:
            raise NoLeave(f"PC/SC says: {self._scard.SCardGetErrorMessage(result)}")
        if result != self._scard.SCARD_S_SUCCESS:
            raise ReaderError(f"PC/SC says: {self._scard.SCardGetErrorMessage(result)}")
