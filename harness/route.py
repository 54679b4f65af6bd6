"""Routes: the ways to reach a card. The same scenario must end the same way on each."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Protocol

from softeid.vpcd.pcscd import PrivateStack

from .reader import Context, DirectReader, Reader, StackReader

_SOCKET_VARIABLE = "PCSCLITE_CSOCK_NAME"

# What scenarios imply, and only routes to software cards have got.
HANDS = "hands at the reader"  # cards go in and out
SEVERAL_CARDS = "several cards"
KNOWN_ISSUER = "a card that the scenario's portal knows"  # issued in its world
MADE_TO_ORDER = "a card made to order"  # of another kind, or with open questions answered otherwise


class Route(Protocol):
    """A way to reach a card. It is sent to worker processes, so it pickles."""

    @property
    def name(self) -> str:
        """As `--via` has it."""

    @property
    def cannot(self) -> frozenset[str]:
        """What scenarios may need and this route has not got."""

    def open(self, readers: int) -> AbstractContextManager[Sequence[Reader]]:
        """So many empty readers, until the context ends.

        Raises:
            StackError, PcscMissing: the route cannot be opened here; `advice` says what would help.
        """


@dataclass(frozen=True)
class Direct:
    """The card is called in this process."""

    name: ClassVar[str] = "direct"
    cannot: ClassVar[frozenset[str]] = frozenset({"pcsc"})

    @contextmanager
    def open(self, readers: int) -> Iterator[Sequence[Reader]]:
        made = [DirectReader() for _ in range(readers)]
        try:
            yield made
        finally:
            for reader in made:
                reader.remove()


@dataclass(frozen=True)
class Vpcd:
    """A private pcscd with vsmartcard's driver, reached through PC/SC."""

    name: ClassVar[str] = "vpcd"
    cannot: ClassVar[frozenset[str]] = frozenset()

    @contextmanager
    def open(self, readers: int) -> Iterator[Sequence[Reader]]:
        with PrivateStack(max(1, readers)) as stack:
            _lead_to(stack.socket)
            with closing(Context()) as context:
                made = [StackReader(stack, number, context) for number in range(readers)]
                try:
                    yield made
                finally:
                    for reader in made:
                        reader.remove()


ROUTES: Mapping[str, Route] = {route.name: route for route in (Direct(), Vpcd())}


def _lead_to(socket: str) -> None:
    """Let this process's PC/SC calls reach a socket.

    libpcsclite reads its variable once per process. So it names a descriptor of ours for good, and the
    descriptor is pointed at another world's folder while no context is open; nothing can be left behind.
    """
    folder, name = os.path.split(socket)
    opened = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    constant = _descriptor(name)
    os.dup2(opened, constant, inheritable=False)
    os.close(opened)


@cache
def _descriptor(name: str) -> int:
    """The descriptor that this process's environment names, in the folder behind which the socket lies."""
    reserved = os.open(os.devnull, os.O_PATH)
    os.environ[_SOCKET_VARIABLE] = f"/proc/self/fd/{reserved}/{name}"
    return reserved
