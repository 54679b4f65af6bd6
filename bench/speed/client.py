"""This process as a PC/SC client of one stack after another."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from softeid.harness.reader import Context, ReaderError

_PATIENCE = 5.0  # seconds
_PAUSE = 0.0002  # seconds between looks for a card


class Follower:
    """Leads libpcsclite from socket to socket by a link: it reads its variable once in a process."""

    def __init__(self) -> None:
        """Before the first context of this process."""
        self._folder = TemporaryDirectory(prefix="softeid-bench-")
        self._link = Path(self._folder.name) / "stack"
        os.environ["PCSCLITE_CSOCK_NAME"] = str(self._link / "pcscd.comm")

    @contextmanager
    def context(self, socket: str) -> Iterator[Context]:
        """A context at the pcscd behind a socket."""
        self._link.unlink(missing_ok=True)
        self._link.symlink_to(os.path.dirname(socket))
        with closing(Context()) as made:
            yield made


def first_answer(context: Context, reader: str, command: bytes) -> bytes:
    """The answer of a card that is just coming up."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            handle, protocol = context.connect(reader)
            return context.transmit(handle, protocol, command)
        except ReaderError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE)
