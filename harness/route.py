"""Routes: the ways to reach a card. The same scenario must end the same way on each."""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from functools import cache
from tempfile import TemporaryDirectory
from typing import ClassVar, Protocol

from softeid.vpcd.pcscd import PrivateStack

from .reader import Context, DirectReader, Reader, StackReader

_SOCKET_VARIABLE = "PCSCLITE_CSOCK_NAME"


class Route(Protocol):
    """A way to reach a card. It is sent to worker processes, so it pickles."""

    name: ClassVar[str]
    cannot: ClassVar[frozenset[str]]  # what scenarios may need and this route has not got

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

    libpcsclite reads its variable once per process. So it names a link of ours for good, and the link is
    pointed at another world while no context is open.
    """
    link = _link()
    fresh = f"{link}.new"
    os.symlink(socket, fresh)
    os.replace(fresh, link)


@cache
def _link() -> str:
    """A path of this process's own, named in its environment; the folder goes with the process."""
    folder = TemporaryDirectory(prefix="softeid-link-")
    atexit.register(folder.cleanup)
    os.environ[_SOCKET_VARIABLE] = link = os.path.join(folder.name, "pcscd.comm")
    return link
