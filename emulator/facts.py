"""What a profile says of a card generation, as frozen objects that handlers read.

Every fact carries its evidence: a mark and where it stands. The marks: C an official document or a client's
source, T also seen in captured traffic, M recorded by people who have the card, I inferred, U unknown (a
default of ours).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from .access import ALWAYS, Access
from .atr import Atr
from .errors import PersonalisationError

Mark = Literal["C", "T", "M", "I", "U"]
MARKS: Mapping[str, str] = {
    "C": "an official document or a client's source says so",
    "T": "and captured traffic confirms it",
    "M": "recorded by people who have the card",
    "I": "inferred from what clients do",
    "U": "unknown; a default of ours",
}
Operation = Literal["authenticate", "sign", "agree"]
OPERATIONS: Mapping[Operation, int] = {  # and the tag of its control reference template, ISO/IEC 7816-8
    "authenticate": 0xA4,
    "sign": 0xB6,
    "agree": 0xB8,
}
CONTENT_KINDS = ("certificate", "hex", "octet-string", "record")  # what an EF may hold, and how it is put
RECORDS = frozenset(  # what a holder record may say
    {
        "surname",
        "given-names",
        "sex",
        "citizenship",
        "birth",
        "personal-code",
        "document-number",
        "expiry",
        "issued",
        "permit-type",
        "notes-1",
        "notes-2",
        "notes-3",
        "notes-4",
        "notes-5",
    }
)


class Evidence(NamedTuple):
    """Why we believe a fact."""

    mark: Mark
    source: str

    def __str__(self) -> str:
        return f"[{self.mark}] {self.source}"


@dataclass(frozen=True)
class PinFacts:
    """One PIN or PUK."""

    name: str
    reference: int  # P2 of VERIFY
    status_id: int  # the object's number in GET DATA
    status_attributes: bytes  # security attributes that GET DATA tells
    df: int | None  # FID of the DF to which it is local; None: global
    minimum: int  # digits
    maximum: int
    tries: int
    length: int  # octets of the block in VERIFY
    padding: int  # the octet that fills the block
    default: str  # digits
    reset: Access  # who may reset its retry counter
    evidence: Evidence

    def block(self, digits: str) -> bytes:
        """Digits as VERIFY sends them: ASCII, padded on the right to `length` octets."""
        return digits.encode("ascii").ljust(self.length, bytes([self.padding]))

    def digits(self, block: bytes) -> str:
        """The digits in a block."""
        return block.rstrip(bytes([self.padding])).decode("ascii", "replace")

    def told(self, block: bytes) -> str:
        """A block for people: its digits, or all of it in hex if a host has set octets that are none."""
        digits = self.digits(block)
        honest = digits.isascii() and digits.isdigit() and self.block(digits) == block
        return digits if honest else block.hex().upper()


@dataclass(frozen=True)
class KeyFacts:
    """One private key."""

    name: str
    reference: int  # in tag 84 of MSE
    df: int  # FID of the DF in which it lies
    curve: str
    access: Mapping[Operation, Access]  # absent: never
    evidence: Evidence


@dataclass(frozen=True)
class Algorithm:
    """One algorithm that MSE can name, by any of its encodings."""

    operation: Operation
    references: tuple[bytes, ...]  # values of tag 80
    evidence: Evidence


@dataclass(frozen=True)
class FileFacts:
    """One file; an EF has content, a DF has children."""

    fid: int
    evidence: Evidence
    aid: bytes = b""
    children: tuple[FileFacts, ...] | None = None  # None: an EF
    content: str = ""  # kind and name, or kind and hex: "certificate/signature", "hex/00"
    read: Access = ALWAYS
    sfid: int | None = None
    when: tuple[str, str] | None = None  # a switch and the choice of it with which the file is there

    def below(self) -> Iterator[FileFacts]:
        """This file and everything in it, from the top."""
        yield self
        for child in self.children or ():
            yield from child.below()


# Every switch that some handler or file asks for, and what it may be set to.
SWITCHES: Mapping[str, tuple[str, ...]] = {
    "signature-consumes-pin": ("yes", "no"),
    "root-aid-logs-out": ("yes", "no"),
    "equal-new-pin": ("9000", "6A80"),
    "short-read": ("9000", "6282"),
    "ef-dir": ("absent", "present"),
}


@dataclass(frozen=True)
class Switch:
    """An open question: nobody outside knows, so a test may want both answers."""

    name: str
    value: str
    choices: tuple[str, ...]
    question: str
    evidence: Evidence


@dataclass(frozen=True)
class Profile:
    """One card generation."""

    name: str
    title: str
    family: str  # which applet serves it
    atr: Atr
    atr_evidence: Evidence
    read_limit: int  # octets that READ BINARY gives at most
    read_limit_evidence: Evidence
    layers: tuple[str, ...]  # what is wrapped around the core, from inside to outside
    pins: Mapping[str, PinFacts]
    keys: Mapping[str, KeyFacts]
    algorithms: tuple[Algorithm, ...]
    root: FileFacts
    switches: Mapping[str, Switch]
    unknown: tuple[str, ...]

    def on(self, switch: str) -> str:
        """How a switch stands."""
        return self.switches[switch].value

    def switched(self, choices: Mapping[str, str]) -> Profile:
        """The same profile with some switches set otherwise.

        Raises:
            PersonalisationError: there is no such switch or no such choice.
        """
        switches = dict(self.switches)
        for name, choice in choices.items():
            if name not in switches:
                raise PersonalisationError(f"switches of {self.name}", ", ".join(switches), name)
            if choice not in switches[name].choices:
                raise PersonalisationError(f"switch {name}", " or ".join(switches[name].choices), choice)
            switches[name] = replace(switches[name], value=choice)
        return replace(self, switches=switches)
