"""A person at a card's PIN window: what they type, and what they do to the card meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ..actor import Desk, OwnCard, PinName
from ..clients.eid_client import CardRefused, EidClient
from ..clients.tls_key import NotSigned
from ..clients.web_eid import NotActivated, Prompt, WebEidError
from ..reader import ReaderError
from ..registration.login_ticket import Hint
from ..scenario.stage import Stuck
from ..scenario.words import RIGHT, Typed

Pull = Literal["prompt", "signature"]
"""When somebody takes the card out: at the PIN window, or after the PIN, before the key is used."""

NO_SIGNATURE = (WebEidError, CardRefused, ReaderError, NotSigned)
"""What a program says when the card did not sign."""

_PINS: Mapping[str, PinName] = {"PIN1": "pin1", "PIN2": "pin2"}
_USES_KEY = (0x88, 0x2A)  # INTERNAL AUTHENTICATE, PERFORM SECURITY OPERATION (ISO/IEC 7816-4 and -8)


class Keyboard:
    """Types what a scenario says at each prompt, then closes the window.

    Attributes:
        client: a program that uses the card.
    """

    def __init__(self, desk: Desk, typed: Typed, pull: Pull | None = None) -> None:
        """Sit down.

        Args:
            desk: the reader, with a card in it.
            typed: at each prompt.
            pull: when the card is taken out.
        """
        assert desk.card
        self._own: OwnCard = desk.card
        self._desk = desk
        self._left = list(typed.tries)
        self._optional = typed == RIGHT
        self._pull = pull
        self.client = EidClient(self._transmit)

    @property
    def prompt(self) -> Prompt:
        """The PIN window."""

        def answer(pin: str, tries_left: int) -> str | None:
            if not self._left:
                return None
            digits = self._own.typed(_PINS[pin], self._left.pop(0))
            if self._pull == "prompt":
                self._desk.remove()
            return digits

        return answer

    def done(self) -> None:
        """The window is gone. A right PIN alone need not be typed: a blocked one is not asked for.

        Raises:
            Stuck: the scenario had more to type: the PIN was right, or blocked, before.
        """
        if self._left and not self._optional:
            raise Stuck(f"the prompt did not come back: {len(self._left)} left to type")

    def _transmit(self, apdu: bytes) -> bytes:
        if self._pull == "signature" and apdu[1] in _USES_KEY:
            self._desk.remove()
        return self._desk.reader.transmit(apdu)


def missing(desk: Desk) -> Hint | None:
    """What a computer lacks to use a card; None where there is one in a reader."""
    if not desk.connected:
        return Hint.CONNECT_READER
    return None if desk.card else Hint.INSERT_CARD


def why_not(error: Exception) -> str:
    """Why the card did not sign, in the words of `LOGIN_CANCELLED` and `SIGN_ABORTED`."""
    match error:
        case ReaderError():
            return "card_removed"
        case NotSigned():
            return str(error.why)
        case WebEidError():
            return "blocked" if error.blocked else "cancelled"
        case _:
            return "card_refused"


__all__ = ["NO_SIGNATURE", "Keyboard", "NotActivated", "Pull", "missing", "why_not"]
