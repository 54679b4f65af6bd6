"""What a card answers: one response APDU, and how a file writes what it expects of one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from softeid.emulator.mistake import Wrong
from softeid.emulator.yaml_text import Node, Text

from .expect import Difference
from .reading import SCALAR, Scene, Schema


class Answer(NamedTuple):
    """One response APDU."""

    data: bytes
    sw: int

    @classmethod
    def of(cls, response: bytes) -> Answer:
        """The answer in the octets of a response: data, then SW1 SW2."""
        return cls(response[:-2], int.from_bytes(response[-2:], "big"))

    @property
    def refused(self) -> bool:
        """Neither 9000 nor 61xx, more octets available (ISO/IEC 7816-4, status bytes)."""
        return self.sw != 0x9000 and self.sw >> 8 != 0x61

    def __str__(self) -> str:
        return f"{self.data.hex(' ').upper()} {self.sw >> 8:02X} {self.sw & 255:02X}".strip()


_PIECE = re.compile(
    r"\s*(?:<len (?P<count>[0-9]{1,5})>|(?P<any><any>)|(?P<high>[0-9A-Fa-fx])(?P<low>[0-9A-Fa-fx]))\s*"
)


@dataclass(frozen=True)
class Answers:
    """What a card answers: a status word alone (9000, 63Cx), or the whole response with wildcards."""

    wanted: ClassVar[str] = "a status word such as 6A82 or 63Cx, or a response such as 6F <any> 90 00"
    alternatives: tuple[str, ...]
    patterns: tuple[re.Pattern[bytes], ...] = field(compare=False)

    @classmethod
    def read(cls, text: str) -> Answers:
        parts = tuple(part.strip() for part in text.split("|"))
        return cls(parts, tuple(_compiled(part) for part in parts))

    def difference(self, found: Answer) -> Difference | None:
        response = found.data + found.sw.to_bytes(2, "big")
        if any(pattern.fullmatch(response) for pattern in self.patterns):
            return None
        return Difference(str(self), str(found))

    def moved(self, found: Answer) -> frozenset[str]:
        return frozenset()

    def __str__(self) -> str:
        return " | ".join(self.alternatives)


def _compiled(text: str) -> re.Pattern[bytes]:
    pattern, at, octets = b"", 0, 0
    while at < len(text):
        piece = _PIECE.match(text, at)
        if not piece:
            near = text[at:].split()[0]
            advice = "wildcards are <any> and <len 8>" if "<" in near else ""
            raise Wrong(Answers.wanted, repr(near if advice else text), advice)
        at, octets = piece.end(), octets + 1
        if piece["count"]:
            pattern += b".{%d}" % int(piece["count"])
        elif piece["any"]:
            pattern += b".*"
        else:
            pattern += _octet(piece["high"], piece["low"])
    if octets == 2 and "<" not in text:
        pattern = b".*" + pattern  # a status word alone says nothing about the data
    if octets < 2 and "<any>" not in text:
        raise Wrong(Answers.wanted)
    return re.compile(pattern, re.DOTALL)


def _octet(high: str, low: str) -> bytes:
    values = [h << 4 | n for h in _nibbles(high) for n in _nibbles(low)]
    return b"[" + b"".join(b"\\x%02x" % value for value in values) + b"]"


def _nibbles(digit: str) -> Iterable[int]:
    return range(16) if digit == "x" else [int(digit, 16)]


class AnswersReader:
    """Status words and responses."""

    wanted = Answers.wanted

    def read(self, node: Node, scene: Scene) -> Answers:
        if not isinstance(node, Text) or node.nothing:
            raise Wrong(self.wanted)
        return Answers.read(node)

    def schema(self) -> Schema:
        piece = r"\s*(?:[0-9A-Fa-fx]{2}|<len [0-9]{1,5}>|<any>)\s*"
        pattern = rf"^(?:{piece})+(?:\|(?:{piece})+)*$|\$"
        return {"type": SCALAR, "pattern": pattern, "description": self.wanted}
