"""From annotations to readers: what a signature or a dataclass says is what a file may write."""

from __future__ import annotations

import dataclasses
import inspect
import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from softeid.emulator.mistake import Wrong

from .reading import Choice, Field, Fields, Reader, Scalar, Several, Someone, Table, When, Who
from .words import Moment, Word

_YES_OR_NO = "yes or no"


class Shape(NamedTuple):
    """In `Annotated[str, Shape(...)]`: a regular expression and its name for people."""

    pattern: str
    wanted: str


class Between(NamedTuple):
    """In `Annotated[int, Between(1, 16)]`: both bounds belong."""

    low: int
    high: int


class OneOf(NamedTuple):
    """In `Annotated[str, OneOf("a profile", find)]`: words that are found out when they are needed."""

    name: str
    find: Callable[[], Sequence[str]]


class Has(NamedTuple):
    """In `Annotated[Who, Has("card")]`: a person who has such a thing."""

    what: str


class Reads(NamedTuple):
    """In `Annotated[str, Reads(...)]`: a function that reads one text, and what it wants."""

    wanted: str
    convert: Callable[[str], Any]
    pattern: str = ""


@cache
def reader(annotation: Any) -> Reader:
    """The reader that an annotation stands for.

    Raises:
        TypeError: none does; the signature that holds it is wrong.
    """
    if annotation in _SPECIAL:
        return _SPECIAL[annotation]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _annotated(*arguments)
    if origin is Literal:
        return Choice.of(arguments)
    if origin is tuple:
        return Several(reader(arguments[0]))
    if origin in (Union, types.UnionType):
        (kept,) = (argument for argument in arguments if argument is not type(None))
        return reader(kept)
    if origin is not None and issubclass(origin, Mapping):
        return Table(reader(arguments[0]), reader(arguments[1]))
    if isinstance(annotation, type) and issubclass(annotation, Word):
        one = Scalar(annotation.wanted, annotation.read, annotation.pattern)
        return Several(one, annotation.gather) if hasattr(annotation, "gather") else one
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        name = annotation.__name__.removesuffix("Spec").lower()
        return Fields(f"`{name}`", fields_of(annotation), annotation)
    raise TypeError(f"no reader for {annotation!r}")


def _annotated(base: Any, *marks: Any) -> Reader:
    for mark in marks:
        match mark:
            case Between():
                wanted = f"a whole number from {mark.low} to {mark.high}"
                return Scalar(wanted, _within(mark), r"[0-9]{1,9}")
            case Shape():
                return Scalar(mark.wanted, _shaped(mark), mark.pattern)
            case OneOf():
                return Choice(mark.find, mark.name)
            case Has():
                return Someone(mark.what)
            case Reads():
                return Scalar(*mark)
            case str():
                return Choice.of(get_args(base), mark)
    return reader(base)


def fields_of(record: type) -> dict[str, Field]:
    """The fields of a dataclass; a trailing `_` in a name is for Python only."""
    hints = typing.get_type_hints(record, include_extras=True)
    out = {}
    for entry in dataclasses.fields(record):
        default = entry.default
        if entry.default_factory is not dataclasses.MISSING:
            default = entry.default_factory()
        name = entry.name.rstrip("_")
        out[name] = Field(name, reader(hints[entry.name]), default, entry.metadata.get("doc", ""))
    return out


def about(text: str) -> dict[str, str]:
    """Metadata of a dataclass's field: what the reference says about it."""
    return {"doc": text}


def _number(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        raise ValueError(text)
    return int(text)


def _yes(text: str) -> bool:
    if text not in ("yes", "no"):
        meant = {"true": "yes", "on": "yes", "false": "no", "off": "no"}.get(text.lower())
        raise Wrong(_YES_OR_NO, advice=f"write {meant}" if meant else "")
    return text == "yes"


def _within(bounds: Between) -> Callable[[str], int]:
    def convert(text: str) -> int:
        if not bounds.low <= (number := _number(text)) <= bounds.high:
            raise ValueError(text)
        return number

    return convert


def _shaped(shape: Shape) -> Callable[[str], str]:
    def convert(text: str) -> str:
        if not re.fullmatch(shape.pattern, text):
            raise ValueError(text)
        return str(text)

    return convert


_SPECIAL: dict[Any, Reader] = {
    str: Scalar("a text", str),
    Who: Someone(),
    Moment: When(),
    int: Scalar("a whole number", _number, r"-?[0-9]{1,9}"),
    bool: Scalar(_YES_OR_NO, _yes, "yes|no"),
}


def documented(thing: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """A docstring without its `Args:`, and the arguments' texts by name."""
    text, _, rest = inspect.cleandoc(thing.__doc__ or "").partition("\nArgs:\n")
    described: dict[str, str] = {}
    last = ""
    for line in rest.splitlines():
        if match := re.match(r" {4}(\w+): (.*)", line):
            last = match[1].rstrip("_")
            described[last] = match[2]
        elif line.strip() and last:
            described[last] += " " + line.strip()
    return text.strip(), described
