"""What a phone's page remembers between two requests, in this process's memory alone.

Digits that somebody types stand in no page, address or log: the page has their number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock, RLock

from ..registration.pin_rule import PinNumber
from ..registration.vocabulary import AppState, Code
from .pages.phone import Running
from .pages.phone_screen import PadUse

KEYS = (*"0123456789", "delete", "ok")
"""Of the pad."""

_ASKS: dict[AppState, tuple[PinNumber, PadUse]] = {
    AppState.PIN1_SET: (1, "choose"),
    AppState.PIN2_SET: (2, "choose"),
    AppState.PIN1_CONFIRM: (1, "confirm"),
    AppState.PIN2_CONFIRM: (2, "confirm"),
}


@dataclass
class Pad:
    """A PIN on its way.

    Attributes:
        number: which PIN.
        use: what it is typed for.
        digits: typed so far.
        first: the first entry of one that is chosen; empty before it.
        pressed: the key that was pressed last.
    """

    number: PinNumber
    use: PadUse
    digits: str = field(default="", repr=False)
    first: str = field(default="", repr=False)
    pressed: str = ""

    @property
    def stage(self) -> PadUse:
        """What the page asks for: a PIN that was chosen is typed again at once."""
        return "repeat" if self.use == "choose" and self.first else self.use

    def press(self, key: str, most: int) -> None:
        """Press a digit, or take the last one back.

        Args:
            key: one of `KEYS`; `ok` is not for the pad to judge.
            most: digits that a PIN has; more are not taken.
        """
        self.pressed = key
        if key == "delete":
            self.digits = self.digits[:-1]
        elif key != "ok" and len(self.digits) < most:
            self.digits += key

    def take(self) -> str:
        """What was typed; the places are empty then."""
        typed, self.digits = self.digits, ""
        return typed

    def again(self) -> None:
        """Begin anew."""
        self.digits = self.first = self.pressed = ""


@dataclass
class Told:
    """What the app says about a refusal, until it was shown once."""

    code: Code
    detail: dict[str, object]


@dataclass
class Held:
    """A phone in somebody's hand.

    Attributes:
        lock: one thing at a time happens to it.
        running: whether the app is in front.
        installed: whether there is an app.
        clock_off: how much the phone's clock is fast.
        pad: where a PIN is typed.
        proposed: PINs that the app drew, shown and not taken yet.
        using: which PIN is typed for the use of a key.
        used: which key was just used, and by which algorithm.
        told: a refusal to be shown.
    """

    lock: RLock = field(default_factory=RLock)
    running: Running = "front"
    installed: bool = True
    clock_off: timedelta = timedelta()
    pad: Pad | None = None
    proposed: tuple[str, str] | None = field(default=None, repr=False)
    using: PinNumber | None = None
    used: tuple[PinNumber, str] | None = None
    told: Told | None = None

    def asks(self, state: AppState) -> Pad | None:
        """The pad that the screen has, with what was typed for the same thing; None where it has none.

        Args:
            state: of the app.
        """
        asked: tuple[PinNumber, PadUse] | None = (self.using, "use") if self.using else _ASKS.get(state)
        if asked is None:
            self.pad = None
        elif self.pad is None or (self.pad.number, self.pad.use) != asked:
            self.pad = Pad(*asked)
        return self.pad

    def forget(self) -> None:
        """The app was killed, or begins something else: nothing that was typed is left."""
        self.pad = self.proposed = self.using = self.used = self.told = None


class Pockets:
    """Every phone of the process."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = Lock()
        self._held: dict[str, Held] = {}

    def __getitem__(self, phone_id: str) -> Held:
        """What is remembered of a phone."""
        with self._lock:
            return self._held.setdefault(phone_id, Held())
