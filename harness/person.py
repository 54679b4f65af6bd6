"""The fictional persons that cards and accounts are made for, from the committed table `persons.yaml`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from softeid.emulator.mistake import FileError, Mark, Mistake, listed, meant
from softeid.emulator.yaml_text import Map, Node, Text, describe, documents

from . import personal_code

TABLE = Path(__file__).with_name("persons.yaml")

_HANDLE = re.compile(r"[a-z][a-z0-9-]*")
_KEYS = ("code", "surname", "given-names", "source", "role")


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist: a published test code and a name.

    Attributes:
        handle: the name by which scenarios call the person.
        code: Estonian personal code, eleven digits.
        source: who published the code.
        role: what the person is good for in a scenario.
    """

    handle: str
    code: str
    surname: str
    given_names: str
    source: str
    role: str = ""

    @property
    def country(self) -> str:
        """The country that gave the code, ISO 3166-1 alpha-2."""
        return "EE"

    @property
    def sex(self) -> personal_code.Sex:
        """M or F, as the code tells."""
        return personal_code.sex(self.code)

    @property
    def birth_date(self) -> date:
        """The date of birth, as the code tells."""
        return personal_code.birth_date(self.code)

    @property
    def name(self) -> str:
        """Given names and surname, as one says them."""
        return f"{self.given_names} {self.surname}"

    @property
    def common_name(self) -> str:
        """SURNAME,GIVEN NAMES,CODE: the commas are plain data (CN of an Estonian ID card's certificates)."""
        return f"{self.surname},{self.given_names},{self.code}"

    @property
    def serial_number(self) -> str:
        """The semantics identifier, such as PNOEE-38001085718 (ETSI EN 319 412-1, 5.1.3)."""
        return f"PNO{self.country}-{self.code}"

    @property
    def masked(self) -> str:
        """The code as reports show it."""
        return personal_code.masked(self.code)

    def __str__(self) -> str:
        return f"{self.name} ({self.masked})"


@cache
def persons() -> Mapping[str, Person]:
    """The persons of the committed table by handle, in its order."""
    return parse_persons(TABLE.read_bytes(), TABLE.name)


def parse_persons(octets: bytes, file: str) -> Mapping[str, Person]:
    """Read a table of persons.

    Args:
        octets: the file's content.
        file: its name, for messages.

    Raises:
        FileError: something is wrong; all of it is told, each with line and column.
    """
    mistakes: list[Mistake] = []
    found: dict[str, Person] = {}
    for document in documents(octets, file, mistakes, "a table of persons"):
        if found:
            mistakes.append(Mistake(document.mark, "one table of persons", "another document"))
            break
        for person, mark in _people(document, mistakes):
            taken = next((other for other in found.values() if other.code == person.code), None)
            if taken:
                mistakes.append(Mistake(mark, "each code once", f"the code of {taken.handle} again"))
            found[person.handle] = person
    if not found and not mistakes:
        mistakes.append(Mistake(Mark(file, 1, 1), "at least one person", "none"))
    if mistakes:
        raise FileError(mistakes)
    return found


def _people(document: Node, mistakes: list[Mistake]) -> Iterator[tuple[Person, Mark]]:
    if not isinstance(document, Map):
        mistakes.append(Mistake(document.mark, "a mapping with `persons`", describe(document)))
        return
    for key in document:
        if key != "persons":
            mistakes.append(Mistake(key.mark, "persons", repr(str(key)), meant(key, ["persons"])))
    table = document.at("persons")
    if not isinstance(table, Map):
        found = describe(table) if table is not None else "nothing"
        mistakes.append(Mistake((document if table is None else table).mark, "persons by handle", found))
        return
    for handle, row in table.items():
        if not _HANDLE.fullmatch(handle):
            mistakes.append(
                Mistake(handle.mark, "a handle: small letters, digits, hyphens", describe(handle))
            )
        elif person := _person(handle, row, mistakes):
            yield person, row.mark


def _person(handle: Text, row: Node, mistakes: list[Mistake]) -> Person | None:
    if not isinstance(row, Map):
        mistakes.append(Mistake(row.mark, f"a person: {listed(_KEYS)}", describe(row)))
        return None
    before = len(mistakes)
    for key in row:
        if key not in _KEYS:
            mistakes.append(Mistake(key.mark, listed(_KEYS), repr(str(key)), meant(key, _KEYS)))
    texts: dict[str, str] = {}
    for name in _KEYS:
        value = row.at(name)
        if isinstance(value, Text) and value.strip():
            texts[name] = str(value)
        else:
            found = "nothing" if value is None else describe(value)
            mistakes.append(
                Mistake((row if value is None else value).mark, f"{handle}.{name}: a text", found)
            )
    code = row.at("code")
    if isinstance(code, Text) and "code" in texts and not personal_code.is_valid(code):
        mistakes.append(_wrong_code(handle, code))
    if len(mistakes) > before:
        return None
    return Person(
        str(handle), texts["code"], texts["surname"], texts["given-names"], texts["source"], texts["role"]
    )


def _wrong_code(handle: str, code: Text) -> Mistake:
    """Says what is wrong with a code, never which digit would make it right: nobody shall make codes up."""
    expected = f"{handle}.code: a personal code"
    if len(code) != personal_code.LENGTH or not (code.isascii() and code.isdigit()):
        return Mistake(code.mark, f"{expected} of {personal_code.LENGTH} digits", describe(code))
    try:
        personal_code.birth_date(code)
    except ValueError as error:
        return Mistake(code.mark, f"{expected} with a date of birth", describe(code), str(error))
    advice = "take a published test code and say in `source` who published it"
    return Mistake(code.mark, f"{expected} with its check digit", describe(code), advice)
