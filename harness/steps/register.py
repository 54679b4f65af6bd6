"""What the population register says, and whether it says anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated

from softeid.emulator.mistake import Wrong

from ..person import Person
from ..registration.population_register import (
    DOCUMENT_STATUSES,
    PERSON_STATUSES,
    DocumentStatus,
    Guardian,
    PersonStatus,
)
from ..scenario.annotation import Has, OneOf, Reads
from ..scenario.reading import Who
from ..scenario.step import step
from ..world import World

_DAY = "a day such as 2008-02-29"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Wrong(_DAY) from None


Day = Annotated[date, Reads(_DAY, _day, r"[0-9]{4}-[0-9]{2}-[0-9]{2}")]
Document = Annotated[DocumentStatus, OneOf("a standing of documents", lambda: DOCUMENT_STATUSES)]
Standing = Annotated[PersonStatus, OneOf("a standing of persons", lambda: PERSON_STATUSES)]


@step("register says")
def register_says(
    world: World,
    *,
    of: Annotated[Who, Has("card")],
    document: Document | None = None,
    person: Standing | None = None,
    guardians: tuple[Annotated[Who, Has("card")], ...] | None = None,
    surname: str = "",
    born: Day | None = None,
) -> None:
    """The population register says something else of a person from now on.

    Args:
        of: whom.
        document: the standing of their identity document.
        person: their own.
        guardians: who may sign for them.
        surname: what they are called now.
        born: their date of birth, where that of the personal code is not to count.
    """
    with world.records():
        register = world.portal.register
        entry = register.entry(_holder(world, of).serial_number)
        changed = {
            "document": document,
            "person": person,
            "guardians": None if guardians is None else tuple(_guardian(world, one) for one in guardians),
            "surname": surname or None,
            "born": born,
        }
        told = {name: value for name, value in changed.items() if value is not None}
        register.say(replace(entry, **told))  # type: ignore[arg-type]  # each value is its field's


@step("register stops")
def register_stops(world: World) -> None:
    """The population register goes down."""
    with world.records():
        world.portal.register.answers = False


@step("register answers again")
def register_answers_again(world: World) -> None:
    """The population register comes back."""
    with world.records():
        world.portal.register.answers = True


def _guardian(world: World, who: str) -> Guardian:
    holder = _holder(world, who)
    return Guardian(holder.serial_number, holder.name)


def _holder(world: World, who: str) -> Person:
    own = world.actors[who].own
    assert own, "the language asks for a card"
    return own.issued.person
