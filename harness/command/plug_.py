"""`softeid plug`: put a card into a slot of somebody's vpcd until stopped."""

from __future__ import annotations

import signal
import sys
from argparse import Namespace
from collections.abc import Callable
from contextlib import suppress

from softeid.emulator import CardLike, EmulatorError, Layer
from softeid.vpcd.bridge import Bridge, Link, tcp

from ..error import HarnessError
from ..exit_code import ExitCode
from .card import complain, traced
from .inserted import inserted

_GRACE = 1.0  # seconds for vpcd, which looks at its slots every 0.4 s
_STOPS = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})


def run(options: Namespace) -> int:
    """Serve the slot through restarts of pcscd; end with 0 when SIGINT, SIGTERM or SIGHUP asks for it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)  # before the bridge's thread starts
    where = f"{options.host} port {options.port}"
    try:
        with inserted(options) as here, traced(here.card, options.trace) as card:
            print(here.introduction(f"for vpcd at {where}"), file=sys.stderr, flush=True)
            teller = _Teller(where)
            seen = _Seen(card, teller.powered)
            bridge = Bridge(seen, tcp(options.host, options.port), on_link=teller.linked)
            bridge.insert()
            signal.sigwait(_STOPS)
            bridge.remove(_GRACE)
    except (HarnessError, EmulatorError, OSError) as error:
        complain(error)
        return ExitCode.NO_ROUTE
    return ExitCode.HELD


class _Seen(Layer):
    """Tells when the reader gives power: only then is it a reader that is there."""

    def __init__(self, card: CardLike, tell: Callable[[], None]) -> None:
        super().__init__(card)
        self._tell = tell

    def power_on(self) -> None:
        """Power comes."""
        super().power_on()
        self._tell()


class _Teller:
    """Says on stderr how the connection stands, each thing once until the card has been in."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._in = False
        self._said: set[str] = set()

    def powered(self) -> None:
        """The reader has the card."""
        if not self._in:
            self._in = True
            self._said.clear()
            self._say("the card is in")

    def linked(self, link: Link, problem: Exception | None) -> None:
        """The connection has changed."""
        why = getattr(problem, "strerror", None) or str(problem or "")
        match link:
            case Link.UP:
                taken = "is another card in it? The next slot is one port further"
                self._say(f"connected to {self._where}; waiting for its reader ({taken})")
            case Link.WAITING:
                advice = "is pcscd running, with vsmartcard's driver? `softeid doctor` tells"
                self._say(f"cannot reach {self._where}: {why}; trying again ({advice})")
            case Link.LOST if self._in:
                self._in = False
                self._say(f"the card is out: the connection was closed{why and f' ({why})'}; trying again")
            case Link.LOST:
                self._say(f"{self._where} let go without asking for the card; is that vpcd? Trying again")

    def _say(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            with suppress(OSError):  # nobody reads it, or the disk is full: the card stays in all the same
                print(f"softeid: {text}", file=sys.stderr, flush=True)
