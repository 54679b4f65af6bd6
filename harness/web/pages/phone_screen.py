"""The screens of a registration: from the first look at the app to the account that is ready."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from ...registration.identity import Identity
from ...registration.pin_rule import PinNumber
from ...registration.screen import METHODS
from ...registration.vocabulary import AppState, Code, Reason
from ..messages import SOURCE, messages
from .phone import PhoneView
from .render import Problem

PadUse = Literal["choose", "repeat", "confirm", "use"]


@dataclass(frozen=True, kw_only=True)
class Home(PhoneView):
    """Nothing registered yet (HOME)."""

    template = "phone/home.html"


@dataclass(frozen=True, kw_only=True)
class Launcher(PhoneView):
    """The app is in the background, killed or deleted: what the phone shows instead.

    Attributes:
        installed: the app is still there.
    """

    template = "phone/launcher.html"

    installed: bool = True


@dataclass(frozen=True, kw_only=True)
class Country(PhoneView):
    """Where one lives (COUNTRY).

    Attributes:
        countries: ISO 3166-1 alpha-2, those that accounts are made in.
    """

    template = "phone/country.html"
    step = 1

    countries: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Method(PhoneView):
    """How to prove who one is (METHOD). Only the first is built; the others are listed and refused."""

    template = "phone/method.html"
    step = 1

    methods: tuple[str, ...] = METHODS
    built: ClassVar[str] = METHODS[0]


@dataclass(frozen=True, kw_only=True)
class Terms(PhoneView):
    """The terms of use (TERMS); they are accepted at their end, so that nobody gets there by chance.

    Attributes:
        version: of the terms.
    """

    template = "phone/terms.html"
    step = 1
    paragraphs: ClassVar[tuple[int, ...]] = tuple(range(1, 8))

    version: str


@dataclass(frozen=True, kw_only=True)
class PinPad(PhoneView):
    """A PIN is typed. The server keeps the digits; the page has only their number.

    Attributes:
        number: which PIN.
        use: chosen, typed again at once, confirmed in the last step, or used for a key.
        typed: how many digits there are so far.
        least, most: how many digits the PIN may have.
        pressed: the key that was just pressed; it keeps the focus.
        attempts_left: tries before the key is locked; None where a PIN is only chosen.
        locked_until: when the key opens again.
        until: when the entry times out.
    """

    template = "phone/pin.html"

    number: PinNumber
    use: PadUse
    least: int
    most: int
    typed: int = 0
    pressed: str = ""
    attempts_left: int | None = None
    locked_until: datetime | None = None
    until: datetime | None = None

    @property
    def counted(self) -> int:
        """Of the app's four steps."""
        return {"confirm": 4, "use": 0}.get(self.use, 2)

    @property
    def rings(self) -> int:
        """How many places for digits are drawn."""
        return max(self.least, self.typed)


@dataclass(frozen=True, kw_only=True)
class ProposedPins(PhoneView):
    """PINs that the app drew, shown once to be remembered. They are the only PINs that a screen shows."""

    template = "phone/proposed.html"
    step = 2

    pin1: str
    pin2: str


@dataclass(frozen=True, kw_only=True)
class CodeShown(PhoneView):
    """The registration code with what is left of its life (CODE_SHOWN).

    Attributes:
        code: grouped in threes.
        seconds_left: by the server's clock; the phone's own is not asked.
        seconds_total: that a code lives.
        valid_until: when it is over.
        portal: the address to type on the computer.
        warnings: about the PINs that were just chosen: PIN_PREFIX, PIN_YEAR.
    """

    template = "phone/code.html"
    step = 3
    follows = True

    code: str
    seconds_left: int
    seconds_total: int
    valid_until: datetime
    portal: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Waiting(PhoneView):
    """Something goes on elsewhere: at the computer (BOUND), or at the authority (ISSUING).

    Attributes:
        state: which of the two.
        until: by when it must be done; None where nobody waits for the person.
    """

    template = "phone/waiting.html"
    follows = True

    state: Literal[AppState.KEYS_READY, AppState.BOUND, AppState.ISSUING]
    until: datetime | None = None

    @property
    def counted(self) -> int:
        """Of the app's four steps."""
        return 4 if self.state is AppState.ISSUING else 3


@dataclass(frozen=True, kw_only=True)
class WaitGuardian(PhoneView):
    """A parent or guardian has to sign (WAIT_GUARDIAN).

    Attributes:
        link: to be handed on; it leads to the portal.
        until: how long it serves.
    """

    template = "phone/guardian.html"
    step = 4
    follows = True

    link: str
    until: datetime


@dataclass(frozen=True, kw_only=True)
class IdentityCheck(PhoneView):
    """Is this you? (IDENTITY_CHECK)

    Attributes:
        identity: whom the card on the computer spoke of.
        logged_in_at: when; None if it is not told.
        warnings: about the PINs, as far as the person tells them: PIN_BIRTHDAY.
        until: by when the last step must be finished.
    """

    template = "phone/identity.html"
    step = 4
    follows = True

    identity: Identity
    logged_in_at: datetime | None = None
    warnings: tuple[str, ...] = ()
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class OtherAccount:
    """An account of the same person on another device."""

    device: str
    since: datetime


@dataclass(frozen=True, kw_only=True)
class Ready(PhoneView):
    """The account can be used (READY).

    Attributes:
        document_number: of the account.
        others: the person's accounts on other devices.
    """

    template = "phone/ready.html"
    step = 4

    document_number: str
    others: tuple[OtherAccount, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Ended(PhoneView):
    """A registration that is over, or an account that is: how it ended and what can be done.

    Attributes:
        ending: EXPIRED, TERMINATED, REJECTED, LOCKED, ABANDONED; for an account CLOSED, KEY_DESTROYED or
            ACCOUNT_EXPIRED.
        reason: why, where the state alone does not say it.
    """

    template = "phone/ended.html"

    ending: str
    reason: Reason | None = None

    @property
    def words(self) -> str:
        """Where the texts of this ending stand."""
        exact = f"phone.ended.{self.ending}.{self.reason}"
        return exact if f"{exact}.title" in messages(SOURCE) else f"phone.ended.{self.ending}"


@dataclass(frozen=True, kw_only=True)
class Refusal(PhoneView):
    """The app cannot go on: it is too old, the phone is not allowed, there is no server, ...

    Attributes:
        code: why.
        told: what the app says about it; made by `problem`.
        again: trying again may help.
    """

    template = "phone/refusal.html"

    code: Code
    told: Problem
    again: bool = True
