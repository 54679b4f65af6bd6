"""What the app shows, made from what the device stores and what the core knows of its registration."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from ..clock import Clock
from ..pki.leaf import Use
from .identity import Identity
from .model import Device, Registration
from .registration_code import grouped
from .settings import Settings
from .vocabulary import AppState, KeyState, Reason

METHODS = ("id-card", "bank-link", "mobile-id", "biometric", "nfc", "existing-account")
"""How a person may prove who they are; only the first is built."""


@dataclass(frozen=True)
class Screen:
    """What the app shows.

    Attributes:
        state: of the registration.
        reason: why it ended.
        screen: READY once the account can be used and both certificates are there; else the state.
        choices: countries or methods to choose from.
        code: the registration code, grouped in threes.
        expires_in: seconds that the code still lives, by the core's clock.
        identity: whom the card spoke of, when the app asks "is this you?".
        attempts_left: of the PIN that is asked for.
        locked_until: when the key opens, while it is locked.
        warnings: about PINs that are allowed all the same.
        document_number: of the account.
    """

    state: AppState
    reason: Reason | None = None
    screen: AppState | KeyState | None = None
    choices: tuple[str, ...] = ()
    code: str = ""
    expires_in: float | None = None
    identity: Identity | None = None
    attempts_left: int | None = None
    locked_until: datetime | None = None
    warnings: tuple[str, ...] = ()
    document_number: str = ""


def screen_of(device: Device, registration: Registration | None, settings: Settings, clock: Clock) -> Screen:
    """The screen of a device.

    Args:
        device: what the app stores.
        registration: what the core knows, from the keys on.
        settings: which countries there are to choose from.
        clock: the core's.
    """
    state = device.state
    choices = {AppState.COUNTRY: settings.countries, AppState.METHOD: METHODS}.get(state, ())
    shown = Screen(state, device.reason, state, choices)
    if not registration:
        return shown
    if state is AppState.CODE_SHOWN and registration.code:
        left = (registration.code.expires_at - clock.steady).total_seconds()
        return replace(shown, code=grouped(device.code), expires_in=max(left, 0.0))
    if state is AppState.IDENTITY_CHECK:
        return replace(shown, identity=registration.identity)
    if state in (AppState.PIN1_CONFIRM, AppState.PIN2_CONFIRM):
        key = registration.keys[Use.AUTHENTICATION if state is AppState.PIN1_CONFIRM else Use.SIGNATURE]
        locked = key.locked_until if key.state(clock.steady) is KeyState.TIMELOCKED else None
        until = clock.wall(locked) if locked else None
        return replace(shown, attempts_left=key.attempts_left(), locked_until=until)
    if state is AppState.ACTIVE:
        return replace(shown, screen=KeyState.READY, document_number=registration.document_number)
    return shown
