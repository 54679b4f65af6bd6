"""One card in one slot of vpcd: octets between a socket and a card, as long as the card is in."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Protocol

from .wire import Control, Frames, Request, WireError, frame, request

Connect = Callable[[], socket.socket]
"""Opens the connection to one slot; OSError while nobody listens there."""

_GRACE = 1.0  # seconds for our thread to notice that its connection is gone
_CHUNK = 0x4000  # octets per recv; any amount will do
_FAULT = frame(bytes.fromhex("6F00"))  # ISO/IEC 7816-4, 5.6: no precise diagnosis


class CardLike(Protocol):
    """What can be put into a slot: a card, or anything in the shape of one."""

    @property
    def atr(self) -> bytes:
        """Answer to reset, 2 to 33 octets (ISO/IEC 7816-3, 8.2)."""

    def power_on(self) -> None:
        """The reader gives power."""

    def power_off(self) -> None:
        """The reader takes power away, or the card is out."""

    def reset(self) -> None:
        """The reader resets the card without taking power away."""

    def process(self, apdu: bytes) -> bytes:
        """Answer one command APDU of two octets or more with one response APDU."""


class Link(StrEnum):
    """How the connection to vpcd stands."""

    WAITING = "waiting"  # nobody listens; tried again after a pause
    UP = "up"  # the card is in
    LOST = "lost"  # vpcd closed it (pcscd stopped), or broke the protocol


class Bridge:
    """Puts a card into a slot, and keeps it there through restarts of pcscd, until it is removed.

    vpcd sees an open connection as a card that is in, and a closed one as an empty slot. The card is
    used by one thread only: the bridge's own after `insert`, the caller's in `serve`.
    """

    def __init__(
        self,
        card: CardLike,
        connect: Connect,
        *,
        on_fault: Callable[[Exception], None] | None = None,
        on_link: Callable[[Link, Exception | None], None] = lambda link, problem: None,
        pauses: Callable[[], Iterator[float]] | None = None,
    ) -> None:
        """Join a card and a way to its slot; nothing is opened yet.

        Args:
            on_fault: told of an exception that the card raised, which it should not: a command is then
                answered 6F 00, a card without ATR is taken out. By default `threading.excepthook` is told.
            on_link: told of each change of the connection, with its reason.
            pauses: seconds between attempts to connect, anew after each connection that was of use;
                by default from 10 ms doubling to 1 s.
        """
        self._card = card
        self._connect = connect
        self._on_fault = on_fault or _tell_thread_hook
        self._on_link = on_link
        self._pauses = pauses or _doubling
        self._guard = threading.Lock()  # over the two below, which `pull` reads from another thread
        self._link: socket.socket | None = None
        self._pulled = False
        self._stir = threading.Event()  # ends a pause
        self._thread: threading.Thread | None = None
        self._powered = False
        self._served = False  # the reader got what it asked for over this connection

    def insert(self) -> None:
        """Put the card in: serve it in a thread of its own.

        Raises:
            RuntimeError: it is in already.
        """
        if self._thread is not None:
            raise RuntimeError("the card is in already")
        self._pulled = False
        self._thread = threading.Thread(target=self.serve, name="softeid card", daemon=True)
        self._thread.start()

    def serve(self) -> None:
        """Serve the card in this thread, until another one pulls it.

        An exception that leaves from here (KeyboardInterrupt) takes the card out on its way.
        """
        pauses = self._pauses()
        while not self._pulled:
            try:
                link = self._connect()
            except OSError as problem:
                self._on_link(Link.WAITING, problem)
            else:
                if self._use(link):
                    pauses = self._pauses()
            if not self._pulled:
                self._stir.wait(next(pauses))
                self._stir.clear()

    def hurry(self) -> None:
        """Try to connect now if the bridge is in a pause: somebody knows that vpcd is back."""
        self._stir.set()

    def pull(self) -> None:
        """Tear the card out, this instant, and do not wait for the reader to notice.

        A command that the card is working on gets no answer; vpcd hands the application an empty
        response with SCARD_S_SUCCESS then (observed with vsmartcard 3.3), and NOT_TRANSACTED for the next.
        A card may be pulled from inside its own `process`.
        """
        with self._guard:
            self._pulled = True
            link = self._link
        self._stir.set()
        if link is not None:
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_WR)  # vpcd answers with its own end, which ends our thread

    def remove(self, timeout: float = 5.0) -> None:
        """Pull the card and wait until vpcd has closed its end too; called by the card itself, only pull.

        Args:
            timeout: seconds for vpcd, which looks at its slots every 0.4 s, and for a command
                that the card is working on. After it our end is closed without vpcd's.

        Raises:
            TimeoutError: the card is still at work on a command.
        """
        self.pull()
        thread = self._thread
        if thread is None or thread is threading.current_thread():
            return
        thread.join(timeout)
        if thread.is_alive():
            self._hang_up()
            thread.join(_GRACE)
        if thread.is_alive():
            raise TimeoutError("the card was removed but is still at work on a command")
        self._thread = None

    def _use(self, link: socket.socket) -> bool:
        """Serve one connection to its end. Whether the reader got an answer over it."""
        with self._guard:
            if self._pulled:
                link.close()
                return False
            self._link = link
        self._on_link(Link.UP, None)
        self._served = False
        problem: Exception | None = None
        try:
            self._converse(link)
        except (OSError, WireError) as broken:
            problem = broken
        finally:
            if self._pulled:
                _drain(link)
            with self._guard:
                self._link = None
            link.close()
            if self._powered:
                self._answer(Control.OFF)
        if not self._pulled:
            self._on_link(Link.LOST, problem)
        return self._served

    def _converse(self, link: socket.socket) -> None:
        """Answer what comes, until the other side closes or the card is pulled.

        vpcd sends length and body in two sends with Nagle's algorithm on, so that its body waits for our
        acknowledgement: delayed as usual, it costs 44 ms a command. TCP_QUICKACK sends it at once, but
        does not stick, hence again before each wait, unless an answer has carried it.
        """
        link.settimeout(None)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        frames = Frames()
        while octets := link.recv(_CHUNK):
            answered = False
            for body in frames.feed(octets):
                if self._pulled:
                    return
                answer = self._answer(request(body))
                if answer and not self._pulled:
                    link.sendall(answer)
                    answered = True
                self._served = True
            if frames.incomplete or not answered:
                link.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def _answer(self, asked: Request) -> bytes:
        """The frame that answers a request; empty where none is due.

        Raises:
            ConnectionAbortedError: the card has no ATR to give; a mute card cannot stay in.
        """
        try:
            match asked:
                case bytes():
                    return frame(self._card.process(asked))
                case Control.ATR:
                    return frame(self._card.atr)
                case Control.ON:
                    self._powered = True
                    self._card.power_on()
                case Control.OFF:
                    self._powered = False
                    self._card.power_off()
                case Control.RESET:
                    self._card.reset()
        except Exception as bug:
            self._on_fault(bug)
            if asked is Control.ATR:
                raise ConnectionAbortedError("the card gave no ATR") from bug
            return b"" if isinstance(asked, Control) else _FAULT
        return b""

    def _hang_up(self) -> None:
        """Close both directions under the serving thread's feet: its recv ends."""
        with self._guard:
            link = self._link
        if link is not None:
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)


def _drain(link: socket.socket) -> None:
    """Read and forget until the other side closes: closing on unread octets would reset the connection."""
    with contextlib.suppress(OSError):
        while link.recv(_CHUNK):
            pass


def _doubling() -> Iterator[float]:
    """Pauses in seconds: 10 ms, doubling up to 1 s."""
    pause = 0.01
    while True:
        yield pause
        pause = min(2 * pause, 1.0)


def _tell_thread_hook(bug: Exception) -> None:
    """Report an exception as one that ended a thread, though it ended none."""
    told = (type(bug), bug, bug.__traceback__, threading.current_thread())
    threading.excepthook(threading.ExceptHookArgs(told))


def tcp(host: str, port: int, timeout: float = 5.0) -> Connect:
    """The way to a slot of somebody else's pcscd.

    Args:
        port: 35963 for the first slot of the system's vpcd, one more for the second.
        timeout: seconds for one attempt to connect.
    """
    return lambda: socket.create_connection((host, port), timeout)
