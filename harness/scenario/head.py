"""What stands beside the steps of a scenario: its name, its people, its clock, what it needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from softeid.emulator import PersonalisationError
from softeid.emulator.mistake import Wrong, listed, meant
from softeid.emulator.yaml_text import Map, Node, Text

from ..person import persons
from ..pki.card_state import plan_card
from ..pki.error import StateError
from ..profile_file import load_profile
from ..registration.settings import Settings
from .annotation import reader
from .people import SETTINGS, CardSpec, People, PersonSpec
from .reading import Choice, Field, Fields, Scalar, Scene, Schema, Several, Table
from .words import Instant

CAPABILITIES = ("pcsc", "chromium", "firefox", "opensc", "postgresql", "pages", "http")
"""What a scenario may name under `needs:`."""


class Head(NamedTuple):
    """What stands beside the steps."""

    scenario: str
    why: str
    card: CardSpec | None = None
    people: People | None = None
    at: Instant | None = None
    settings: Settings = Settings()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Raw:
    """Passes a node on; it is read later, when the people are known."""

    wanted: str

    def read(self, node: Node, scene: Scene) -> Node:
        return node

    def schema(self) -> Schema:
        return {}


def _lower(text: str) -> str:
    if not re.fullmatch(_LOWER, text):
        lower = text.lower().replace(" ", "-")
        raise Wrong(_NAME, advice=f"write {lower}" if re.fullmatch(_LOWER, lower) and len(lower) < 40 else "")
    return str(text)


def _head(**values: Any) -> Head:
    return Head(**{name: value for name, value in values.items() if name in Head._fields})


_SOME_DAY = date(2026, 3, 2)  # whether a profile has a state does not depend on it
_NAME = "a name in small letters"
_LOWER = r"[a-z][\w-]*"
_PEOPLE = Table(Scalar(_NAME, _lower, _LOWER), reader(PersonSpec))
HEAD = Fields(
    "a scenario",
    {
        known.name: known
        for known in (
            Field("scenario", reader(str), doc="what happens, in a sentence"),
            Field("why", reader(str), doc="why it is worth a scenario"),
            Field("card", reader(CardSpec), None, "short for one person who has this card"),
            Field("people", _PEOPLE, None, "who takes part; the first acts where no `as` stands"),
            Field("at", reader(Instant), None, "where the scenario's clock starts"),
            Field("settings", SETTINGS, Settings(), "what the portal and the core are set to"),
            Field(
                "needs",
                Several(Choice.of(CAPABILITIES, "a capability")),
                (),
                "what the scenario cannot do without",
            ),
            Field(
                "matrix",
                Raw("lists of values by place or name"),
                None,
                "places or names and the values each takes; multiplies",
            ),
            Field("cases", Raw("rows by name"), None, "named rows of places or names with a value each"),
            Field(
                "start", Raw("steps and beginnings"), None, "steps or named beginnings that must just work"
            ),
            Field("steps", Raw("a list of steps"), doc="the steps"),
        )
    },
    _head,
)
"""The keys of a scenario; `matrix`, `cases`, `start` and `steps` are read by modules of their own."""


def people_of(document: Map, head: Head | None, scene: Scene) -> People:
    """Everybody, with the cards' persons filled in; best effort if the head is wrong.

    Args:
        head: None where it could not be read.
    """
    card, people = document.at("card"), document.at("people")
    if card is not None and people is not None:
        scene.say(card, "`card` or `people`", "both", "put the card under one of the people")
    ordinary = next(iter(persons()))
    if head is None:
        names = list(people) if isinstance(people, Map) else [ordinary]
        return {str(name): PersonSpec(CardSpec()) for name in names}
    if head.people is not None and isinstance(people, Map):
        everybody = _with_persons(people, head.people, scene)
        cards = {name: one.at("card") for name, one in people.items() if isinstance(one, Map)}
    else:
        spec = head.card or CardSpec()
        person = spec.person or ordinary
        everybody = {person: PersonSpec(replace(spec, person=person))}
        cards = {Text.at(person, document.mark): card}
    for name, node in cards.items():
        _check_card(node, everybody[name].card, scene)
    return everybody


def _check_card(node: Node | None, spec: CardSpec | None, scene: Scene) -> None:
    """Tell if no card of the profile can be in the state, or has the switches."""
    if not isinstance(node, Map) or spec is None or spec.person is None:
        return
    try:
        plan_card(load_profile(spec.profile), persons()[spec.person], _SOME_DAY, spec.state)
    except StateError as impossible:
        scene.say(node.at("state") or node, impossible.expected, impossible.found, impossible.advice)
    try:
        load_profile(spec.profile).switched(spec.switches)
    except PersonalisationError as unknown:
        scene.say(node.at("switches") or node, f"{unknown.expected} for {unknown.where}", repr(unknown.found))


def _with_persons(keys: Map, people: People, scene: Scene) -> People:
    """A card without `person:` is that of the person whose name the key is."""
    out: dict[str, PersonSpec] = {}
    known: Mapping[str, object] = persons()
    for key, (name, one) in zip(keys, people.items(), strict=True):
        if one.card and not one.card.person:
            if name in known:
                one = replace(one, card=replace(one.card, person=str(name)))
            else:
                expected = f"a person of the table ({listed(known, 20)}) or `person:` in the card"
                scene.say(key, expected, repr(str(name)), meant(name, known))
        out[str(name)] = one
    return out
