"""What a person does on the phone, and what it shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from ..actor import Phone
from ..registration.pin_rule import PinNumber
from ..scenario.annotation import Shape
from ..scenario.step import step
from ..world import World
from .typed import AppPin, NewPin

Pin = Literal["pin1", "pin2"]
Code = Annotated[str, Shape(r"\S{0,20}", "a country code such as EE")]
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
    pin1: NewPin | None = None,
    pin2: NewPin | None = None,
    pin1_again: NewPin | None = None,
    pin2_again: NewPin | None = None,
) -> None:
    """Choose the PINs of the account, each twice; the app then shows a registration code.

    Args:
        pin1: the new Smart-ID PIN1; by default what the phone's owner has in mind.
        pin2: the new Smart-ID PIN2; by default what the phone's owner has in mind.
        pin1_again: the second entry of PIN1, where it differs.
        pin2_again: the second entry of PIN2, where it differs.
    """
    one = phone.spec.pin1 if pin1 is None else pin1
    two = phone.spec.pin2 if pin2 is None else pin2
    again = (one if pin1_again is None else pin1_again, two if pin2_again is None else pin2_again)
    phone.app.choose_pins(one, two, *again)


@step("choose pin")
def choose_pin(
    world: World, phone: Phone, *, pin: Pin, value: NewPin | None = None, again: NewPin | None = None
) -> None:
    """Choose one PIN of the account, twice; after PIN2 the app shows a registration code.

    Args:
        pin: which of the two.
        value: the new PIN; by default what the phone's owner has in mind.
        again: the second entry, where it differs.
    """
    known = phone.spec.pin1 if pin == "pin1" else phone.spec.pin2
    typed = known if value is None else value
    choose = phone.app.choose_pin1 if pin == "pin1" else phone.app.choose_pin2
    choose(typed, typed if again is None else again)


@step("go back", expect="PIN1_SET")
def go_back(world: World, phone: Phone) -> None:
    """Go back from PIN2 to PIN1."""
    phone.app.back()


@step("take proposed pins", expect="KEYS_READY & CODE_SHOWN & keys.generated & code.issued")
def take_proposed_pins(world: World, phone: Phone) -> None:
    """Take the PINs that the app proposes; its owner has them in mind from then on."""
    pin1, pin2 = phone.app.proposed_pins()
    phone.spec = replace(phone.spec, pin1=pin1, pin2=pin2)
    phone.app.choose_pins(pin1, pin2)


@step("try again")
def try_again(world: World, phone: Phone) -> None:
    """Let the app ask the core again for what it did not answer."""
    phone.app.try_again()


@step("background app")
def background_app(world: World, phone: Phone) -> None:
    """Send the app to the background."""
    phone.app.background()


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
def confirm_pin(world: World, phone: Phone, *, pin: Pin, typed: AppPin = "right") -> None:
    """Type a Smart-ID PIN again; after both the account is active.

    Args:
        pin: which of the two is asked for.
        typed: right, wrong or the digits.
    """
    phone.app.confirm_pin(_NUMBERS[pin], phone.digits(pin, typed))


@step("recover pins", expect="PIN_UNRECOVERABLE")
def recover_pins(world: World, phone: Phone) -> None:
    """Ask the app for PINs that one has forgotten."""
    phone.app.recover_pins()
