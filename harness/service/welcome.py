"""What `softeid up` says when everything answers: where what is, who one can be, what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .lab import Lab

_PLACES = (
    ("portal", "portal"),
    ("phone", "phones"),
    ("card desk", "desk"),
    ("lab", "lab"),
    ("login host", "login"),
    ("OCSP, CRL", "ocsp"),
    ("plain http", "plain"),
)


class Said(NamedTuple):
    """One line."""

    text: str
    style: str = ""


def welcome(lab: Lab, *, taken_over: bool) -> Iterator[Said]:
    """The lines.

    Args:
        lab: that is up.
        taken_over: whether a lab of this name was there that did not end by itself.
    """
    world = lab.world
    now = f"{world.clock.now:%Y-%m-%d %H:%M:%S} UTC"
    yield Said(f"softeid lab `{world.name}`, TEST only; its clock {_pace(world.clock.pace)}: {now}", "bold")
    for shown, name in _PLACES:
        if name in world.addresses:
            yield Said(f"  {shown:<11}{world.addresses[name]}")
    if taken_over:
        yield Said("An earlier lab of this name was killed: its folder is taken over.")
    if lab.went_on:
        yield Said("Accounts, phones and clock go on from before; the cards are new. --fresh forgets all.")
    yield Said("Cards, with the PINs that one types at the card desk:")
    for card in world.desk.cards.values():
        pins = "  ".join(f"{name} {card.digits(name)}" for name in ("PIN1", "PIN2", "PUK"))
        there = "  in the reader" if card is world.desk.inserted else ""
        state = "" if card.state == "fresh" else f"  {card.state}"
        yield Said(f"  {card.issued.person.handle:<8}{card.issued.person.name:<26}{pins}{state}{there}")
    option = "" if world.name == "default" else f" -p {world.name}"
    yield Said("Begin on the phone, go on at the portal; the card desk asks for the card's PINs.")
    yield Said(f"`softeid clock{option} --advance 15m` moves the clock; Ctrl-C ends the lab.")


def _pace(pace: float) -> str:
    return "runs" if pace else "stands still"
