"""Vectors: exchanges in a text that a person can read, and how to try them on whatever answers commands.

    title: what happens in it
    origin: where the octets come from
    date: 2026-03-02
    licence: Apache-2.0
    card: what the card must hold

    # The document number
    > 00A4020C 02 D003
    < 9000
    > 00B00000 0B
    < 04 09 <len 9> 9000      # <len 9>: nine octets, whatever they are; <any>: octets, or none

    ! reset                   # or power_off, power_on; a command must follow
    > 00B00000 0B
    < 6981

A line that begins with blanks goes on with the one above it. `profile:` and `switches:` name the only card
that a vector is for, where it is not for every one: `esteid-2018`, `short-read=6282, ef-dir=present`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from .mistake import FileError, Mark, Mistake, listed, meant
from .trace import redacted

NEEDED = ("title", "origin", "date", "licence")
KEYS = (*NEEDED, "card", "profile", "switches")
EVENTS = ("reset", "power_off", "power_on")
_HEADER = re.compile(r"([a-z]+):[ ]+(\S.*)")
_WORD = re.compile(r"<len (?P<len>[1-9][0-9]{0,4})>|(?P<any><any>)|(?P<octet>[0-9A-Fa-f]{2})|(?P<blank>\s+)")


class VectorError(FileError):
    """A vector is wrong: one line for each mistake, with file, line, column, what was expected and found."""


class Expected(NamedTuple):
    """What an answer must look like."""

    text: str
    pattern: re.Pattern[bytes]

    def fits(self, answer: bytes) -> bool:
        """Whether an answer, status word included, is as expected."""
        return self.pattern.fullmatch(answer) is not None


class Exchange(NamedTuple):
    """One command and what must come back."""

    mark: Mark  # of the command
    command: bytes
    expected: Expected
    before: tuple[str, ...] = ()  # what happens to the card before it, of `EVENTS`


class Difference(NamedTuple):
    """An answer that is not as expected."""

    exchange: Exchange
    answer: bytes

    def __str__(self) -> str:
        mark, command, wanted, _ = self.exchange
        found = self.answer.hex(" ").upper()
        return f"{mark}: after > {redacted(command)} expected < {wanted.text}, found < {found}"


@dataclass(frozen=True)
class Vector:
    """Exchanges with one card that has just been powered on."""

    header: Mapping[str, str]  # by `KEYS`
    exchanges: tuple[Exchange, ...]


def play(
    vector: Vector, transmit: Callable[[bytes], bytes], happen: Callable[[str], object] | None = None
) -> Difference | None:
    """Send the commands until an answer is not as expected; what comes after it is not sent.

    Args:
        transmit: takes one command APDU and gives one response APDU.
        happen: does one of `EVENTS` to the card.

    Raises:
        ValueError: something happens in the vector, and nobody to do it was given.
    """
    for exchange in vector.exchanges:
        for event in exchange.before:
            if happen is None:
                raise ValueError(f"{exchange.mark}: {event} comes before it, and nobody is there to do it")
            happen(event)
        answer = transmit(exchange.command)
        if not exchange.expected.fits(answer):
            return Difference(exchange, answer)
    return None


def expected(text: str) -> Expected:
    """An answer as a vector writes it.

    Raises:
        ValueError: with the part that is neither hex nor a wildcard.
    """
    parts, at = [], 0
    while at < len(text):
        word = _WORD.match(text, at)
        if word is None:
            raise ValueError(text[at:])
        at = word.end()
        if word["len"]:
            parts.append(b".{%d}" % int(word["len"]))
        elif word["any"]:
            parts.append(b".*")
        elif word["octet"]:
            parts.append(re.escape(bytes.fromhex(word["octet"])))
    return Expected(" ".join(text.split()), re.compile(b"".join(parts), re.DOTALL))


def parse_vector(text: str, where: str) -> Vector:
    """Read one vector.

    Args:
        text: as the module shows it.
        where: the file's name, for messages.

    Raises:
        VectorError: with everything that is wrong.
    """
    mistakes: list[Mistake] = []
    header: dict[str, str] = {}
    exchanges: list[Exchange] = []
    command: tuple[Mark, bytes] | None = None
    events: list[str] = []
    for mark, line in _joined(text, where):
        if line.startswith("!"):
            events.append(line[1:].strip())
            if command:
                mistakes.append(Mistake(mark, "the answer (<) to the command above", "an event"))
            if events[-1] not in EVENTS:
                mistakes.append(Mistake(mark, f"{listed(EVENTS)} after !", repr(events[-1])))
        elif line.startswith(">"):
            if command:
                mistakes.append(Mistake(mark, "the answer (<) to the command above", "another command"))
            command = mark, _command(line[1:], mark, mistakes)
        elif line.startswith("<"):
            answer = _answer(line[1:], mark, mistakes)
            if command is None:
                mistakes.append(Mistake(mark, "a command (>) before the answer", "none"))
            elif answer is not None:
                exchanges.append(Exchange(*command, answer, tuple(events)))
            command = None
            events.clear()
        elif (pair := _HEADER.fullmatch(line)) and pair[1] in KEYS and pair[1] not in header:
            header[pair[1]] = pair[2]
        else:
            key = line.partition(":")[0]
            advice = "" if key in header else meant(key, KEYS)
            mistakes.append(
                Mistake(mark, f">, <, !, # or one of {listed(KEYS)}, each once", repr(line), advice)
            )
    end = Mark(where, text.count("\n") + 1, 1)
    if command:
        mistakes.append(Mistake(command[0], "an answer (<) to the command", "the end"))
    elif events:
        mistakes.append(Mistake(end, f"a command (>) after {events[-1]}", "the end"))
    mistakes += [Mistake(end, f"`{key}:`", "none") for key in NEEDED if key not in header]
    if not exchanges and not mistakes:
        mistakes.append(Mistake(end, "at least one command and its answer", "none"))
    if mistakes:
        raise VectorError(mistakes)
    return Vector(header, tuple(exchanges))


def _joined(text: str, where: str) -> list[tuple[Mark, str]]:
    """Lines that say something, without comments, each with the lines that go on with it."""
    found: list[tuple[Mark, str]] = []
    for number, raw in enumerate(text.split("\n"), 1):
        line = re.sub(r"(^|\s)#.*", "", raw).rstrip()
        if line[:1].isspace() and found:
            found[-1] = found[-1][0], f"{found[-1][1]} {line.strip()}"
        elif line:
            found.append((Mark(where, number, 1), line.strip()))
    return found


def _command(text: str, mark: Mark, mistakes: list[Mistake]) -> bytes:
    try:
        octets = bytes.fromhex(text)
    except ValueError:
        octets = b""
    if not octets:
        mistakes.append(Mistake(mark, "a command in hex after >", repr(text.strip())))
    return octets


def _answer(text: str, mark: Mark, mistakes: list[Mistake]) -> Expected | None:
    try:
        answer = expected(text)
    except ValueError as error:
        mistakes.append(Mistake(mark, "hex, <len N> or <any> in an answer", repr(str(error))))
        return None
    if not answer.text:
        mistakes.append(Mistake(mark, "an answer after <", "nothing"))
        return None
    return answer
