"""What a person does on the phone, and what it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from ..actor import Phone
from ..person import persons
from ..registration.identity import Identity
from ..registration.pin_rule import PinNumber
from ..registration.vocabulary import Reason
from ..scenario.annotation import OneOf, Shape
from ..scenario.step import step
from ..world import World

Pin = Literal["pin1", "pin2"]
Code = Annotated[str, Shape(r"\S{0,20}", "a country code such as EE")]
Handle = Annotated[str, OneOf("a person of the table", lambda: tuple(persons()))]
ReasonName = Annotated[str, OneOf("a reason", lambda: tuple(Reason))]
_NUMBERS: dict[Pin, PinNumber] = {"pin1": 1, "pin2": 2}


@step("start registration", expect="COUNTRY & registration.started")
def start_registration(world: World, phone: Phone) -> None:
    """Start the registration in the app."""
    phone.app.register()


@step("choose country", expect="METHOD")
def choose_country(world: World, phone: Phone, *, country: Code = "EE") -> None:
    """Say in which country one lives.

    Args:
        country: a country code.
    """
    phone.app.choose_country(country)


@step("choose method", expect="TERMS")
def choose_method(world: World, phone: Phone, *, method: str = "id-card") -> None:
    """Choose how to prove who one is.

    Args:
        method: id-card, or one that is listed and not built.
    """
    phone.app.choose_method(method)


@step("accept terms", expect="PIN1_SET & terms.accepted")
def accept_terms(world: World, phone: Phone, *, scrolled: bool = True) -> None:
    """Accept the terms of use.

    Args:
        scrolled: whether they were scrolled to the end before.
    """
    phone.app.accept_terms(scrolled=scrolled)


@step("decline terms", expect="METHOD & terms.declined")
def decline_terms(world: World, phone: Phone) -> None:
    """Do not accept the terms of use."""
    phone.app.decline_terms()


@step("choose pins", expect="KEYS_READY & CODE_SHOWN & keys.generated & code.issued")
def choose_pins(
    world: World,
    phone: Phone,
    *,
    pin1: str = "",
    pin2: str = "",
    pin1_again: str = "",
    pin2_again: str = "",
) -> None:
    """Choose the PINs of the account, each twice; the app then shows a registration code.

    Args:
        pin1: the new Smart-ID PIN1; by default what the phone's owner has in mind.
        pin2: the new Smart-ID PIN2; by default what the phone's owner has in mind.
        pin1_again: the second entry of PIN1, where it differs.
        pin2_again: the second entry of PIN2, where it differs.
    """
    one, two = pin1 or phone.spec.pin1, pin2 or phone.spec.pin2
    phone.app.choose_pins(one, two, pin1_again or one, pin2_again or two)


@step("reopen app", expect="CODE_SHOWN & code.refreshed")
def reopen_app(world: World, phone: Phone) -> None:
    """Bring the app back to the foreground: a fresh code replaces the shown one."""
    phone.app.foreground()


@step("restart app")
def restart_app(world: World, phone: Phone) -> None:
    """Kill the app and start it again."""
    phone.app.restart()


@step("delete app", expect="ABANDONED")
def delete_app(world: World, phone: Phone) -> None:
    """Delete the app with an unfinished registration in it."""
    phone.app.delete()


@step("accept identity", expect="PIN1_CONFIRM & app.identity.accepted")
def accept_identity(world: World, phone: Phone) -> None:
    """Say yes to the person that the app shows."""
    phone.app.accept_identity()


@step("reject identity", expect="REJECTED(NOT_ME) & security.relay_suspected")
def reject_identity(world: World, phone: Phone) -> None:
    """Say "not me" to the person that the app shows."""
    phone.app.reject_identity()


@step("confirm pin", expect="PIN2_CONFIRM | ACTIVE & account.activated")
def confirm_pin(world: World, phone: Phone, *, pin: Pin, typed: str = "right") -> None:
    """Type a Smart-ID PIN again; after both the account is active.

    Args:
        pin: which of the two is asked for.
        typed: right, wrong or the digits.
    """
    chosen = phone.spec.pin1 if pin == "pin1" else phone.spec.pin2
    wrong = "".join(str((int(digit) + 1) % 10) for digit in chosen)
    phone.app.confirm_pin(_NUMBERS[pin], {"right": chosen, "wrong": wrong}.get(typed, typed))


@step("recover pins", expect="PIN_UNRECOVERABLE")
def recover_pins(world: World, phone: Phone) -> None:
    """Ask the app for PINs that one has forgotten."""
    phone.app.recover_pins()


@dataclass(frozen=True)
class Screen:
    """What the app shows."""

    state: str
    reason: ReasonName | None = None
    code: Literal["shown", "none"] = "none"
    identity: Handle | None = None
    tries: int | None = None
    choices: str | None = None  # countries or methods, in order, separated by ", "


@step("phone shows")
def phone_shows(world: World, phone: Phone) -> Screen:
    """Look at the phone's screen."""
    screen = phone.app.screen()
    return Screen(
        str(screen.screen or screen.state),
        screen.reason,
        "shown" if screen.code else "none",
        handle_of(screen.identity),
        screen.attempts_left,
        ", ".join(screen.choices) or None,
    )


def handle_of(identity: Identity | None) -> str | None:
    """Who in the table of persons an identity is."""
    if identity is None:
        return None
    return next((name for name, one in persons().items() if one.code == identity.personal_code), "a stranger")
