"""Asks a pcscd for its readers and their states, as a client of its socket without libpcsclite.

libpcsclite reads PCSCLITE_CSOCK_NAME once per process; this client is given its socket, so one process
can watch any number of stacks.

Source: pcsc-lite, src/winscard_msg.h and src/eventhandler.h, protocol 4:4 (1.9.9) and 4:5 (2.3.3).
Numbers are in the machine's byte order.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from typing import NamedTuple

SYSTEM_SOCKET = "/run/pcscd/pcscd.comm"

ABSENT = 0x02  # bits of ReaderState.flags: SCARD_ABSENT, SCARD_PRESENT
PRESENT = 0x04

_VERSION, _READER_STATES, _WATCH, _UNWATCH = 0x11, 0x12, 0x13, 0x14
_MAJOR, _OLDEST_MINOR = 4, 4

_HEADER = struct.Struct("=II")  # octets that follow, command
_VERSION_BODY = struct.Struct("=iiI")  # major, minor, return value
_EVENT = struct.Struct("=II")  # time-out, return value: one per watch, at a change or when it is ended
_STATE = struct.Struct("=128sIIi33s3xII")  # name, events, flags, sharing, ATR, its length, protocol
_STATES = 16 * _STATE.size


class Unanswered(OSError):
    """pcscd did not answer, or not in our language."""


class ReaderState(NamedTuple):
    """One reader as pcscd describes it."""

    name: str
    events: int  # insertions and removals so far
    flags: int
    atr: bytes  # empty without a card


class ReaderStates:
    """A connection to one pcscd. Its existence means that pcscd serves and its readers are up."""

    def __init__(self, path: str, *, ended: int | None = None, timeout: float = 10.0) -> None:
        """Connect and agree on a version.

        Args:
            path: pcscd's socket.
            ended: a descriptor that becomes readable when it makes no sense to wait any more.
            timeout: seconds for each answer.

        Raises:
            OSError: nobody listens; `Unanswered`: somebody listens but does not serve.
        """
        self._ended = ended
        self._timeout = timeout
        self._link = socket.socket(socket.AF_UNIX)
        try:
            self._link.settimeout(timeout)
            self._link.connect(path)
            self._agree()
        except BaseException:
            self._link.close()
            raise

    def now(self) -> dict[str, ReaderState]:
        """All readers by name, in the order in which pcscd lists them."""
        return self._ask_states(_READER_STATES)

    def watch(self) -> dict[str, ReaderState]:
        """All readers now, and from now on `changed` tells of the next change. Ends with `unwatch`."""
        return self._ask_states(_WATCH)

    def changed(self, timeout: float) -> bool:
        """Whether something changed since `watch`, or does within so many seconds."""
        return _readable([self._link.fileno()], timeout)

    def unwatch(self) -> None:
        """End `watch`: pcscd answers with one event, the change's or that of the end."""
        self._link.sendall(_HEADER.pack(0, _UNWATCH))
        self._receive(_EVENT.size)

    def take_event(self) -> None:
        """End a `watch` after `changed` said yes: its one event has come."""
        self._receive(_EVENT.size)

    def close(self) -> None:
        """Leave pcscd."""
        self._link.close()

    def _agree(self) -> None:
        minor = _OLDEST_MINOR
        while True:
            self._link.sendall(
                _HEADER.pack(_VERSION_BODY.size, _VERSION) + _VERSION_BODY.pack(_MAJOR, minor, 0)
            )
            major, theirs, refusal = _VERSION_BODY.unpack(self._receive(_VERSION_BODY.size))
            if refusal == 0:
                return
            if major != _MAJOR or theirs == minor:
                raise Unanswered(f"pcscd speaks protocol {major}:{theirs}, not {_MAJOR}:{minor}")
            minor = theirs

    def _ask_states(self, command: int) -> dict[str, ReaderState]:
        self._link.sendall(_HEADER.pack(0, command))
        readers = {}
        for name, events, flags, _, atr, atr_length, _ in _STATE.iter_unpack(self._receive(_STATES)):
            if name := name.rstrip(b"\0").decode():
                readers[name] = ReaderState(name, events, flags, atr[:atr_length] if flags & PRESENT else b"")
        return readers

    def _receive(self, octets: int) -> bytes:
        received = b""
        deadline = time.monotonic() + self._timeout
        sources = [self._link.fileno(), *([] if self._ended is None else [self._ended])]
        while len(received) < octets:
            if not _readable(sources, deadline - time.monotonic()):
                raise Unanswered(f"pcscd did not answer within {self._timeout:g} s")
            if not _readable(sources[:1], 0):
                raise Unanswered("pcscd ended")
            piece = self._link.recv(octets - len(received))
            if not piece:
                raise Unanswered("pcscd closed the connection")
            received += piece
        return received


def _readable(descriptors: list[int], timeout: float) -> bool:
    """Whether one of them has something to read, or has within so many seconds."""
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(max(0, 1000 * timeout)))
