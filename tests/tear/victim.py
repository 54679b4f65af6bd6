"""Processes that have a card file inserted and do not live long."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from unittest import mock

from tests.tear.case import SELECT_QSCD, Case
from tests.tear.cut import Cut, Power, fail, tell
from tests.tear.specimen import START, specimen

from softeid.emulator.card import build_card
from softeid.emulator.layer import CardLike
from softeid.harness.card_file.file import CardFile
from softeid.harness.clock import Clock

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.tear.victim"])  # so that a victim takes milliseconds
BUILT = "softeid.harness.card_file.file.build_card"  # where a card file makes its card
READY = b"ready"

Commit = Callable[[], None]


def inserted(file: CardFile, watch: Callable[[Commit], Commit] = lambda commit: commit) -> CardLike:
    """The card of a file, powered on.

    Args:
        file: it.
        watch: what is put around its `commit`.
    """

    def build(*made: Any, commit: Commit, **how: Any) -> CardLike:
        return build_card(*made, commit=watch(commit), **how)

    with mock.patch(BUILT, build):
        card = file.insert(Clock(START), fail)
    card.power_on()
    return card


def play_and_die(path: Path, host: Connection, case: Case, cut: Cut | None) -> None:
    """Play a case on a card file, tell what came of it, and die where the power goes."""
    powers: list[Power] = []

    def watch(commit: Commit) -> Commit:
        powers.append(Power(commit))
        return powers[-1]

    card = inserted(CardFile.open(path), watch)
    (power,) = powers
    host.send(tell(card, power, case, cut))
    os.kill(os.getpid(), signal.SIGKILL)


class Forked:
    """A victim that is forked from a warm process."""

    def __init__(self, path: Path, deed: Callable[..., None], *more: object) -> None:
        """Start it.

        Args:
            path: the card file.
            deed: what it does, with the file and its end of a line.
            more: further arguments of the deed.
        """
        self._line, theirs = CONTEXT.Pipe()
        self._process = CONTEXT.Process(target=deed, args=(path, theirs, *more), daemon=True)
        self._process.start()
        theirs.close()

    def ready(self) -> None:
        """As `Victim.ready`."""
        assert self._line.recv_bytes() == READY

    def send(self, apdu: bytes) -> None:
        """As `Victim.send`."""
        self._line.send_bytes(apdu)

    def receive(self) -> bytes:
        """As `Victim.receive`."""
        return self._line.recv_bytes()

    def kill(self) -> None:
        """As `Victim.kill`."""
        self._process.kill()
        self._process.join()


def serve(path: Path, host: Connection) -> None:
    """Have the card inserted and answer a host, until it sends nothing more; then give the card back."""
    with CardFile.open(path) as file:
        card = inserted(file)
        card.process(SELECT_QSCD)
        host.send_bytes(READY)
        while apdu := host.recv_bytes():
            host.send_bytes(card.process(apdu))


def make(path: Path, _: Connection) -> None:
    """Make a new card file."""
    CardFile.create(path, specimen())


def set_anew(path: Path, _: Connection) -> None:
    """Replace a card by a fresh one, as `card set` does."""
    with CardFile.open(path) as file:
        file.replace(specimen(), "set")
