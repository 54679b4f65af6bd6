"""What the app shows, made from what the device stores and what the core knows of its registration."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, NamedTuple

from ..clock import Clock
from ..pki.leaf import Use
from .account_life import renewable
from .identity import Identity
from .model import Account, AccountStatus, Device, Registration
from .registration_code import grouped
from .settings import Settings
from .vocabulary import AppState, KeyState, Reason

METHODS = ("id-card", "bank-link", "mobile-id", "biometric", "nfc", "existing-account")
"""How a person may prove who they are; only the first is built."""


class ScreenFacts(NamedTuple):
    """What the core tells an app for its screen.

    Attributes:
        registration: that is under way on the device.
        account: that is on the device.
        others: further accounts of the same person.
    """

    registration: Registration | None
    account: Account | None
    others: tuple[Account, ...]


class OtherAccount(NamedTuple):
    """An account of the person on another device."""

    device: str
    created_at: datetime


@dataclass(frozen=True)
class Screen:
    """What the app shows.

    Attributes:
        state: of the registration.
        reason: why it ended.
        screen: READY once the account can be used and both certificates are there; else the state.
        language: of the texts.
        network: whether the core can be reached.
        choices: countries or methods to choose from.
        code: the registration code, grouped in threes.
        expires_in: seconds that the code still lives, by the core's clock.
        identity: whom the card spoke of, when the app asks "is this you?".
        attempts_left: of the PIN that is asked for.
        locked_until: when the key opens, while it is locked.
        warnings: about PINs that are allowed all the same, and about the device.
        document_number: of the account.
        account: what can be done with the account on the device; empty without one.
        renewal: whether a renewal is offered.
        others: further accounts of the person.
    """

    state: AppState
    reason: Reason | None = None
    screen: AppState | KeyState | None = None
    language: str = "en"
    network: bool = True
    choices: tuple[str, ...] = ()
    code: str = ""
    expires_in: float | None = None
    identity: Identity | None = None
    attempts_left: int | None = None
    locked_until: datetime | None = None
    warnings: tuple[str, ...] = ()
    document_number: str = ""
    account: AccountStatus | Literal[""] = ""
    renewal: bool = False
    others: tuple[OtherAccount, ...] = ()


def screen_of(
    device: Device, facts: ScreenFacts | None, settings: Settings, clock: Clock, warnings: tuple[str, ...]
) -> Screen:
    """The screen of a device.

    Args:
        device: what the app stores.
        facts: what the core tells; None where it cannot be reached.
        settings: which countries there are to choose from.
        clock: the core's.
        warnings: that the app has in memory.
    """
    state = device.state
    choices = {AppState.COUNTRY: settings.countries, AppState.METHOD: METHODS}.get(state, ())
    shown = Screen(
        state, device.reason, state, device.language, facts is not None, choices, warnings=warnings
    )
    if state is AppState.CODE_SHOWN and device.code_until:
        left = (device.code_until - clock.steady).total_seconds()
        shown = replace(shown, code=grouped(device.code), expires_in=max(left, 0.0))
    return _told(shown, facts, clock) if facts else shown


def _told(shown: Screen, facts: ScreenFacts, clock: Clock) -> Screen:
    """The screen with what the core told."""
    registration, account = facts.registration, facts.account
    if account:
        shown = replace(
            shown,
            document_number=account.document_number,
            account=account.status(clock.now),
            renewal=renewable(account, clock.now),
        )
    if shown.state is AppState.ACTIVE:
        screen = KeyState.READY if shown.account == "ACTIVE" else shown.state
        others = tuple(OtherAccount(one.device.name, one.created_at) for one in facts.others)
        return replace(shown, screen=screen, others=others)
    if not registration:
        return shown
    if shown.state is AppState.IDENTITY_CHECK:
        return replace(shown, identity=registration.identity)
    if shown.state in (AppState.PIN1_CONFIRM, AppState.PIN2_CONFIRM):
        use = Use.AUTHENTICATION if shown.state is AppState.PIN1_CONFIRM else Use.SIGNATURE
        key = registration.keys[use]
        locked = key.locked_until if key.state(clock.steady) is KeyState.TIMELOCKED else None
        until = clock.wall(locked) if locked else None
        return replace(shown, attempts_left=key.attempts_left(), locked_until=until)
    return shown
