"""What a person or a program does with the card itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

from softeid.emulator.status import SW

from ..actor import Actor, Card, Desk, PinName
from ..clients import eid_client
from ..clients.eid_client import CardRefused
from ..person import persons
from ..scenario.annotation import Has, Shape
from ..scenario.answer import Answer
from ..scenario.reading import Who
from ..scenario.stage import Stuck
from ..scenario.step import step
from ..scenario.words import Octets
from ..world import World
from .naming import Handle
from .typed import CardPin

Pin = Literal["pin1", "pin2"]
Digits = Annotated[str, Shape(r"[0-9]{1,12}", "1 to 12 digits")]
_NAMES: dict[PinName, eid_client.PinName] = {"pin1": "PIN1", "pin2": "PIN2", "puk": "PUK"}
_CODE = 5  # place of the personal code among the personal data records


@step("insert card")
def insert_card(
    world: World, me: Actor, reader: Desk, *, of: Annotated[Who, Has("card")] | None = None
) -> None:
    """Put a card into one's reader, in place of what is there; it is taken out of where it was.

    Args:
        of: whose card; one's own by default.
    """
    own = world.actors[of or me.name].own
    if own is None:
        raise Stuck(f"{me.name} has no card")
    for desk in (desk for actor in world.actors.values() for desk in actor.desks.values()):
        if desk.card is own:
            desk.remove()
    reader.insert(own)
    world.look_at_readers()


@step("remove card")
def remove_card(world: World, reader: Desk) -> None:
    """Take the card out of one's reader."""
    reader.remove()
    world.look_at_readers()


@step("reset card")
def reset_card(world: World, reader: Desk) -> None:
    """Reset the card in one's reader; PINs must be typed again."""
    if reader.card is None:
        raise Stuck("there is no card in the reader")
    reader.reader.reset()


@step("verify pin", expect="9000", harm="try")
def verify_pin(world: World, card: Card, *, pin: PinName, value: CardPin = "right") -> Answer:
    """Send VERIFY for one PIN, after asking how many tries are left, as programs do.

    Args:
        pin: which.
        value: right, wrong or the digits.
    """
    name = _NAMES[pin]
    card.client.pin_counter(name)  # selects the application that the PIN belongs to
    return _answered(lambda: card.client.verify(name, card.own.typed(pin, value)))


@step("change pin", expect="9000", harm="write")
def change_pin(world: World, card: Card, *, pin: PinName, new: Digits, old: CardPin = "right") -> Answer:
    """Give a PIN a new value by its old one.

    Args:
        pin: which.
        new: the new digits.
        old: right, wrong or the digits.
    """
    return _answered(lambda: card.client.change_pin(_NAMES[pin], card.own.typed(pin, old), new))


@step("unblock pin", expect="9000", harm="block")
def unblock_pin(world: World, card: Card, *, pin: Pin, new: Digits, puk: CardPin = "right") -> Answer:
    """Give a PIN a new value with the PUK; its tries come back.

    Args:
        pin: which.
        new: the new digits.
        puk: right, wrong or the digits.
    """
    name: Literal["PIN1", "PIN2"] = "PIN1" if pin == "pin1" else "PIN2"
    return _answered(lambda: card.client.unblock_pin(name, card.own.typed("puk", puk), new))


@step("apdu", expect="9000", harm="write")
def apdu(world: World, card: Card, *, send: Octets) -> Answer:
    """Send anything to the card, as it stands.

    Args:
        send: one command APDU in hex.
    """
    return card.transmit(send.octets)


@dataclass(frozen=True)
class Plastic:
    """What a program reads from the card without a PIN."""

    person: Handle | None = None
    pin1: int | None = None
    pin2: int | None = None
    puk: int | None = None


@step("card shows")
def card_shows(world: World, card: Card) -> Plastic:
    """Read whose card it is, and how many tries each PIN has left."""
    code = card.client.personal_data()[_CODE]
    person = next((name for name, one in persons().items() if one.code == code), None)
    pin1, pin2, puk = (card.client.pin_counter(name).left for name in _NAMES.values())
    return Plastic(person, pin1, pin2, puk)


def _answered(act: Callable[[], None]) -> Answer:
    """What the card answered to the last command of what a program did."""
    try:
        act()
    except CardRefused as refused:
        return Answer(b"", refused.sw)
    except ValueError as impossible:
        raise Stuck(str(impossible)) from None
    return Answer(b"", SW.OK)
