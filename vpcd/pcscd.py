"""A private, real pcscd with vsmartcard's driver, as a context manager: no root, nothing left behind.

pcscd runs in mount and network namespaces of its own, so it sees no real reader, and its readers' ports exist
for us alone. Clients run outside: `PrivateStack.env` tells libpcsclite where the socket is.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from typing import Self

from . import installation
from .bridge import Bridge, CardLike
from .errors import NotSeen, PcscdFailed, SocketPathTooLong, StackError
from .line import KeeperLine
from .orders import MOST_SLOTS, PORT, SLOTS_PER_DRIVER, Birth, reader_name, socket_path
from .states import ABSENT, PRESENT, ReaderStates

_LONGEST_PATH = 107  # octets; sun_path of unix(7) without its end
_LOG_END = 2000  # octets of pcscd's log that a failure quotes
_PATIENCE = 10.0  # seconds until pcscd must have noticed a card; it looks every 0.4 s
_FIRST_NUDGE, _LAST_NUDGE = 0.001, 0.1  # seconds between nudges, growing


class Slot:
    """A slot of a private stack with a card in it."""

    def __init__(self, stack: PrivateStack, number: int, bridge: Bridge) -> None:
        self._stack = stack
        self.number = number
        self.bridge = bridge
        self.reader = reader_name(number)

    def pull(self) -> None:
        """Tear the card out, this instant; a card may do so while it processes a command.

        The slot is free for another card after `remove`.
        """
        self.bridge.pull()

    def remove(self) -> None:
        """Take the card out and wait until pcscd tells its clients so; once out, it does nothing.

        Raises:
            NotSeen: pcscd did not notice in time.
        """
        self._stack.remove(self)


class PrivateStack:
    """One pcscd of our own, its readers, and the cards in them; to be used in a `with` statement."""

    def __init__(
        self,
        readers: int = 1,
        *,
        folder: str = "/tmp",  # noqa: S108 (a folder of the owner's alone is made in it)
        log: str | None = None,
        find: Callable[[], installation.Installation] = installation.find,
    ) -> None:
        """Describe a stack; entering it starts it.

        Args:
            readers: 1 to 16 readers; there is one more if the number is odd, since vpcd makes two at a time.
            folder: where the socket's own folder is made; clients take a path of 107 octets.
            log: a file to which pcscd appends what it does, without APDUs. Without it only what is critical
                is kept, for the message of a failure.
            find: where pcscd and driver are.
        """
        if not 1 <= readers <= MOST_SLOTS:
            raise ValueError(f"a pcscd has 1 to {MOST_SLOTS} readers, not {readers}")
        drivers = -(-readers // SLOTS_PER_DRIVER)
        self.readers = tuple(map(reader_name, range(drivers * SLOTS_PER_DRIVER)))
        self.socket = socket_path(os.path.join(os.path.abspath(folder), f"softeid-{os.urandom(6).hex()}"))
        self._drivers = drivers
        self._log_path = log
        self._find = find
        self._busy = threading.RLock()  # over insertion, removal, start and end
        self._slots: dict[int, Slot] = {}
        self._open = contextlib.ExitStack()  # what __exit__ undoes
        self._running = contextlib.ExitStack()  # what the end of pcscd undoes

    @property
    def env(self) -> dict[str, str]:
        """What a client's environment needs on top of its own; libpcsclite reads it once per process."""
        return {"PCSCLITE_CSOCK_NAME": self.socket}

    def __enter__(self) -> Self:
        """Start pcscd and wait until it serves.

        Raises:
            StackError: the kind tells what is lacking, `advice` what to do.
        """
        if len(os.fsencode(self.socket)) > _LONGEST_PATH:
            raise SocketPathTooLong(self.socket)
        found = self._find()
        with contextlib.ExitStack() as undo:
            self._log = self._open_log()
            undo.callback(os.close, self._log)
            undo.callback(self._clear)
            birth = Birth(
                os.path.dirname(self.socket),
                self._drivers,
                found.pcscd,
                found.driver_folder,
                found.driver,
                "debug" if self._log_path else "",
            )
            self._line = KeeperLine(birth, self._log)
            undo.callback(self._line.hang_up)
            self._line.ready()
            undo.callback(self._forget)
            self._start()
            self._open = undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Take all cards out, end pcscd and clear up."""
        with self._busy:
            for slot in self._slots.values():
                slot.pull()
            self._open.close()
            for slot in self._slots.values():
                slot.bridge.remove()
            self._slots.clear()

    def insert(
        self, card: CardLike, slot: int = 0, *, on_fault: Callable[[Exception], None] | None = None
    ) -> Slot:
        """Put a card into a slot and wait until pcscd tells its clients so.

        Args:
            slot: 0 to `len(readers)` - 1, in the order of `readers`.
            on_fault: told of an exception that the card raises, which it should not.

        Raises:
            ValueError: no such slot, or there is a card in it.
            PcscdFailed: pcscd is down.
            NotSeen: pcscd did not notice in time.
        """
        with self._busy:
            if not 0 <= slot < len(self.readers):
                raise ValueError(f"no slot {slot}: the stack has 0 to {len(self.readers) - 1}")
            if slot in self._slots:
                raise ValueError(f"slot {slot} has a card in it")
            try:
                links = [self._dial(slot)]  # the first one here, so that what is wrong is told here
            except OSError as refusal:
                raise self._failure(f"pcscd takes no card: {refusal}") from refusal
            bridge = Bridge(card, lambda: links.pop() if links else self._dial(slot), on_fault=on_fault)
            inserted = self._slots[slot] = Slot(self, slot, bridge)
            bridge.insert()
            try:
                self._await(slot, PRESENT)
            except BaseException:
                del self._slots[slot]
                bridge.remove()
                raise
            return inserted

    def remove(self, slot: Slot) -> None:
        """What `Slot.remove` does."""
        with self._busy:
            if self._slots.get(slot.number) is not slot:
                return
            slot.pull()
            try:
                # Inserted again before pcscd noticed, a card would take the old one's place unseen.
                self._await(slot.number, ABSENT)
            finally:
                del self._slots[slot.number]
                slot.bridge.remove()

    def kill(self, signal_number: int = signal.SIGKILL) -> int:
        """End pcscd; clients and cards lose their connections, cards stay in their slots.

        Returns:
            pcscd's exit status, negative for a signal.
        """
        with self._busy:
            self._forget()
            return self._line.end(signal_number)

    def restart(self) -> None:
        """End pcscd, if it runs, and start it anew; the socket stays, and so do the cards.

        Raises:
            PcscdFailed: it did not come up.
            NotSeen: it did not notice a card.
        """
        with self._busy:
            self.kill(signal.SIGTERM)
            self._start()
            for slot in self._slots.values():
                slot.bridge.hurry()
            for number in self._slots:
                self._await(number, PRESENT)

    def _start(self) -> None:
        """Start pcscd and wait until it answers: then its readers are up."""
        ended = self._line.start()
        self._running.callback(os.close, ended)
        try:
            self._eye = self._running.enter_context(
                contextlib.closing(ReaderStates(self.socket, ended=ended, timeout=_PATIENCE))
            )
            found = tuple(self._eye.now())
        except OSError as silence:
            raise self._failure(str(silence)) from silence
        if found != self.readers:
            raise self._failure(f"pcscd has the readers {found}, not {self.readers}")

    def _forget(self) -> None:
        """Let go of a pcscd that ends."""
        self._running.close()

    def _clear(self) -> None:
        """Do what the keeper does at its end, if it was killed before; hides no failure that led here."""
        with contextlib.suppress(OSError):
            os.unlink(self.socket)
        with contextlib.suppress(OSError):
            os.rmdir(os.path.dirname(self.socket))

    def _failure(self, what: str) -> StackError:
        status = self._line.end(signal.SIGTERM)
        begin = max(0, os.fstat(self._log).st_size - _LOG_END)
        said = os.pread(self._log, _LOG_END, begin).decode(errors="replace").strip()
        return PcscdFailed(f"{what} (exit status {status})", f"pcscd said: {said or 'nothing'}")

    def _open_log(self) -> int:
        if self._log_path is None:
            return os.memfd_create("pcscd.log")
        return os.open(self._log_path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)

    def _dial(self, slot: int) -> socket.socket:
        """Connect to a slot, in the stack's network.

        Raises:
            OSError: pcscd is down, or going down.
        """
        try:
            link = self._line.socket()
        except StackError as gone:
            raise ConnectionError(str(gone)) from gone
        try:
            link.connect(("127.0.0.1", PORT + slot))
        except OSError:
            link.close()
            raise
        return link

    def _await(self, slot: int, flag: int) -> None:
        """Wait until pcscd tells its clients of a state, and hasten it."""
        change = "went in" if flag == PRESENT else "came out"
        try:
            seen = self._hasten(self.readers[slot], flag)
        except OSError as silence:
            raise self._failure(f"pcscd was lost while a card {change}: {silence}") from silence
        if not seen:
            raise NotSeen(f"pcscd did not notice that a card {change}", "Restart the stack.")

    def _hasten(self, reader: str, flag: int) -> bool:
        """Nudge pcscd until it has seen a state; whether it did in time.

        Nudging ends there: each nudge makes pcscd look at its slots, and an idle card would lose its power
        after 3 ms instead of 0.8 s.
        """
        deadline = time.monotonic() + _PATIENCE
        pause = _FIRST_NUDGE
        while not self._eye.watch()[reader].flags & flag:
            while not self._eye.changed(0):
                if time.monotonic() > deadline:
                    self._eye.unwatch()
                    return False
                self._line.nudge()
                if self._eye.changed(pause):
                    break
                pause = min(1.25 * pause, _LAST_NUDGE)
            self._eye.take_event()
        self._eye.unwatch()
        return True
