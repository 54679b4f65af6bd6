"""A stand-in of the population register: documents, guardians, births and deaths of made-up persons.

It knows nothing but what a lab or a scenario told it: everybody else lives, has a valid document and
is as old as their personal code says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from .refusal import Refused
from .store import Kind, Store, Table
from .vocabulary import Code

DocumentStatus = Literal["valid", "expired", "lost", "stolen", "annulled"]
PersonStatus = Literal["alive", "deceased", "code_replaced"]
DOCUMENT_STATUSES: tuple[DocumentStatus, ...] = get_args(DocumentStatus)
PERSON_STATUSES: tuple[PersonStatus, ...] = get_args(PersonStatus)


@dataclass(frozen=True)
class Guardian:
    """Somebody who may act for a minor.

    Attributes:
        semantics_id: `PNOEE-47101010033`.
        name: given names and surname, for the minor's page.
    """

    semantics_id: str
    name: str


@dataclass(frozen=True)
class Entry:
    """What the register says of one person.

    Attributes:
        semantics_id: `PNOEE-38001085718`.
        document: the standing of their identity document.
        person: their own.
        born: the date of birth; None where the personal code's counts.
        guardians: who may act for them.
        surname: what they are called now, where that is not what their documents say.
    """

    semantics_id: str
    document: DocumentStatus = "valid"
    person: PersonStatus = "alive"
    born: date | None = None
    guardians: tuple[Guardian, ...] = ()
    surname: str = ""


@dataclass
class Service:
    """Whether the register answers."""

    name: str
    answers: bool = True


ENTRIES = Kind("register_entries", Entry, "semantics_id")
SERVICES = Kind("register_service", Service, "name")


class PopulationRegister:
    """What the portal asks for facts about persons."""

    def __init__(self, store: Store) -> None:
        """Open it.

        Args:
            store: keeps what it was told.
        """
        self._entries: Table[Entry] = store.table(ENTRIES)
        self._services: Table[Service] = store.table(SERVICES)

    def say(self, entry: Entry) -> None:
        """Say something else of a person from now on."""
        self._entries.add(entry)

    def entry(self, semantics_id: str) -> Entry:
        """What is known of a person, whether the register answers or not."""
        return self._entries.get(semantics_id) or Entry(semantics_id)

    def look_up(self, semantics_id: str) -> Entry:
        """Ask for a person.

        Raises:
            Refused: REGISTER_UNAVAILABLE.
        """
        if not self.answers:
            raise Refused(Code.REGISTER_UNAVAILABLE)
        return self.entry(semantics_id)

    @property
    def answers(self) -> bool:
        """Whether it does."""
        service = self._services.get("register")
        return service is None or service.answers

    @answers.setter
    def answers(self, yes: bool) -> None:
        self._services.add(Service("register", yes))
