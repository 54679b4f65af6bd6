"""What a phone shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from ..actor import Phone
from ..registration.screen import METHODS, Screen
from ..registration.vocabulary import AppState, KeyState
from ..scenario.annotation import OneOf
from ..scenario.step import step
from ..scenario.words import Offset
from ..web.messages import messages, text
from ..world import World
from .naming import Handle, LanguageName, ReasonName, handle_of, listed, listing

ScreenName = Annotated[str, OneOf("a screen of the phone", lambda: (*AppState, KeyState.READY))]
Warnings = Annotated[str, listing("warnings", ("PIN_PREFIX", "PIN_YEAR", "PIN_BIRTHDAY", "ROOTED"))]
Choices = Annotated[str, listing("country codes or ways", METHODS, "[A-Z]{2}")]
Standing = Literal["active", "expired", "closed", "none"]
_STANDINGS: Mapping[str, Standing] = {
    "ACTIVE": "active",
    "EXPIRED": "expired",
    "CLOSED": "closed",
    "": "none",
}
_TITLES: Mapping[AppState, str] = {
    AppState.HOME: "home-title",
    AppState.COUNTRY: "country-title",
    AppState.METHOD: "method-title",
    AppState.TERMS: "terms-title",
    AppState.PIN1_SET: "pin-choose",
    AppState.PIN2_SET: "pin-choose",
    AppState.CODE_SHOWN: "code-title",
    AppState.IDENTITY_CHECK: "identity-title",
    AppState.PIN1_CONFIRM: "pin-confirm",
    AppState.PIN2_CONFIRM: "pin-confirm",
    AppState.WAIT_GUARDIAN: "guardian-title",
}


RIGHT_CLOCK = Offset()


@dataclass(frozen=True)
class Shown:
    """What the app shows."""

    state: ScreenName
    reason: ReasonName | None = None
    title: str | None = None  # the heading, in the phone's language
    language: LanguageName = "en"
    network: Literal["ok", "none"] = "ok"
    clock: Offset = RIGHT_CLOCK  # how far the phone's own clock is off
    code: Literal["shown", "none"] = "none"
    expires_in: int | None = None  # whole seconds that the code lives, by the core's clock
    identity: Handle | None = None
    tries: int | None = None
    choices: Choices = "none"  # countries or methods, in order, separated by ", "
    warnings: Warnings = "none"  # about PINs and device, separated by ", "
    account: Standing = "none"
    accounts: str = "none"  # other accounts of the person: device and day, separated by ", "


@step("phone shows")
def phone_shows(world: World, phone: Phone) -> Shown:
    """Look at the phone's screen."""
    screen = phone.app.screen()
    return Shown(
        state=str(screen.screen or screen.state),
        reason=screen.reason,
        title=title_of(screen),
        language=screen.language,
        network="ok" if screen.network else "none",
        clock=phone.spec.clock,
        code="shown" if screen.code else "none",
        expires_in=None if screen.expires_in is None else int(screen.expires_in),
        identity=handle_of(screen.identity),
        tries=screen.attempts_left,
        choices=listed(screen.choices),
        warnings=listed(screen.warnings),
        account=_STANDINGS[screen.account],
        accounts=listed(f"{one.device} {one.created_at:%Y-%m-%d}" for one in screen.others),
    )


def title_of(screen: Screen) -> str:
    """The heading of a screen in its language."""
    state = screen.state
    if key := _TITLES.get(state):
        pin = "PIN1" if state in (AppState.PIN1_SET, AppState.PIN1_CONFIRM) else "PIN2"
        return text(screen.language, f"phone.{key}", pin=pin)
    if state is AppState.ACTIVE:
        ended = {"EXPIRED": "ended.ACCOUNT_EXPIRED.title", "CLOSED": "ended.CLOSED.title"}
        return text(screen.language, f"phone.{ended.get(screen.account, 'ready-title')}")
    known = messages(screen.language)
    for key in (f"ended.{state}.{screen.reason}.title", f"ended.{state}.title", f"waiting.{state}.title"):
        if f"phone.{key}" in known:
            return text(screen.language, f"phone.{key}")
    raise KeyError(f"no heading for {state}")
