"""One card file, processes that have its card, and a host that kills them and keeps its own account."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Protocol

from tests.tear.account import Account
from tests.tear.recovery import pins_of
from tests.tear.specimen import specimen
from tests.tear.victim import Forked, make, set_anew

from softeid.harness.card_file.file import CardFile, read_record

_COMMAND, _STARTING = 0.004, 0.02  # seconds that a command and a start take, until some were measured
_ASKED = 4  # commands before a kill, at most


class Victim(Protocol):
    """A process that has something to do with a card file. All but `kill` raise once it is gone."""

    def ready(self) -> None:
        """Wait until the card is in."""

    def send(self, apdu: bytes) -> None:
        """Ask; an empty command asks to take the card out."""

    def receive(self) -> bytes:
        """The answer."""

    def kill(self) -> None:
        """SIGKILL; when this returns the process is gone. What it said before can still be received."""


class Siege:
    """A card file under fire.

    Attributes:
        kills: of processes.
        figures: what was seen, by word.
        states: the different PINs that were found when power came back.
    """

    def __init__(
        self, path: Path, dice: Random, user: Callable[[Path], Victim], *, commands_only: bool = False
    ) -> None:
        """No file is there yet.

        Args:
            path: where the card file will lie.
            dice: draws commands and moments.
            user: starts a process that has the card.
            commands_only: kill within commands alone.
        """
        self.kills = 0
        self.figures: Counter[str] = Counter()
        self.states: set[tuple[tuple[str, object], ...]] = set()
        self._path, self._dice, self._user = path, dice, user
        self._journal = path.with_name(f"{path.name}-journal")
        self._account = Account({})
        self._typical, self._starting = _COMMAND, _STARTING
        self._kinds = (0.0, 0.0, 0.0) if commands_only else (0.05, 0.1, 0.2)

    def round(self) -> None:
        """Have the card used, and kill whoever has it.

        Raises:
            AssertionError: the file holds what it may not hold.
            CardFileError: it cannot be opened.
        """
        if not self._usable():
            self._make()
        elif self._dice.random() < self._kinds[0]:
            self._set()
        else:
            self._use()

    # --- rounds -----------------------------------------------------------------------------------

    def _use(self) -> None:
        """Commands, then a kill within one, while the card is put in, or while it is taken out."""
        victim, kind = self._user(self._path), self._dice.random()
        if kind < self._kinds[1]:
            self._kill(victim, "insertion", self._starting)
        else:
            began = time.perf_counter()
            victim.ready()
            self._starting = _between(self._starting, time.perf_counter() - began)
            for _ in range(self._dice.randrange(_ASKED)):
                self._command(victim)
            if kind < self._kinds[2]:
                victim.send(b"")
                self._kill(victim, "removal", self._typical)
            else:
                victim.send(self._account.ask(self._account.next(self._dice)))
                self._kill(victim, "command", self._typical)
        self._look()

    def _command(self, victim: Victim) -> None:
        began = time.perf_counter()
        victim.send(self._account.ask(self._account.next(self._dice)))
        self._account.answered(victim.receive())
        self._typical = _between(self._typical, time.perf_counter() - began)
        self.figures["commands answered"] += 1
        if self._dice.random() < 0.1:  # somebody looks while the card is inserted
            assert pins_of(read_record(self._path)) == self._account.known

    def _make(self) -> None:
        """Put the card away, and kill whoever makes a new one: it is there whole, or not at all."""
        self._path.unlink(missing_ok=True)
        self._kill(Forked(self._path, make), "making", 1.5 * self._starting)
        if not self._path.exists():
            self.figures["not made"] += 1
            CardFile.create(self._path, specimen())
        self._account = Account(pins_of(specimen()))
        self._look()

    def _set(self) -> None:
        """Kill whoever replaces the card: it is the old one or the new one."""
        self._kill(Forked(self._path, set_anew), "setting", 1.5 * self._starting)
        found = pins_of(read_record(self._path))
        fresh = pins_of(specimen())
        assert found in (self._account.known, fresh), f"{found}, expected {self._account.known} or {fresh}"
        self._account = Account(found)
        self._look()

    # --- killing and looking ----------------------------------------------------------------------

    def _kill(self, victim: Victim, during: str, within: float) -> None:
        """Kill a process at a moment within so many seconds, and take what it said until then."""
        time.sleep(self._dice.random() * within)
        victim.kill()
        self.kills += 1
        self.figures[f"killed in {during}"] += 1
        if during == "command":
            with suppress(EOFError, OSError):
                self._account.answered(victim.receive())
                self.figures["killed after the answer"] += 1
        if self._journal.exists() and self._journal.stat().st_size:
            self.figures["torn in a write"] += 1

    def _look(self) -> None:
        """Power is back: the file opens, nobody has it, and it holds what the account allows."""
        read = pins_of(read_record(self._path)) if self._dice.random() < 0.5 else None
        with CardFile.open(self._path) as file:
            found = pins_of(file.record)
        assert read in (None, found), f"read {read}, opened {found}"
        if self._account.power_back(found):
            self.figures["the command without an answer had stored something"] += 1
        self.states.add(tuple(sorted(found.items())))
        for one in self._path.parent.iterdir():
            if one == self._journal:
                assert one.read_bytes()[:1] in (b"", b"\0"), "a journal that would be played back again"
            elif one != self._path:
                assert one.name.startswith(f".{self._path.name}-"), one.name  # made, and not yet named
                one.unlink()

    def _usable(self) -> bool:
        """Whether the card can still do something; now and then it is put away all the same."""
        known = self._account.known
        return bool(known) and self._dice.random() > 0.03 and any(pin.tries for pin in known.values())


def _between(typical: float, measured: float) -> float:
    """A moving average."""
    return typical + (measured - typical) / 8
