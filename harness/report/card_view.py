"""A card as people look at it: everything on it but its secrets, at one moment. No I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time

from softeid.emulator.facts import Algorithm, Evidence, FileFacts, KeyFacts, PinFacts, Profile, Switch
from softeid.emulator.file import DF, EF
from softeid.emulator.pin import PinState

from .. import personal_code
from ..card_file.record import CardRecord, Happening
from ..pki.card_state import LAST_SECOND
from .card_certificate import CertificateView, IssuerSays, NoCertificate, view_certificate
from .validity import Validity

_AID_TEXT = re.compile(rb"[ -~]{4,}")


@dataclass(frozen=True)
class HolderView:
    """Who the card says it belongs to.

    Attributes:
        name: given names and surname.
        code: the personal code, but for its last four digits masked.
        code_possible: somebody could have the code: it has a date of birth and the right check digit.
        sex: M or F.
        citizenship: ISO 3166-1 alpha-3.
        source: who published the code for tests: nobody has it.
    """

    name: str
    code: str
    code_possible: bool
    sex: str
    citizenship: str
    source: str


@dataclass(frozen=True)
class PinView:
    """One PIN or PUK.

    Attributes:
        facts: of the profile.
        tries: left.
        state: what it is.
        value: its digits, or its octets in hex if they are none; only if they were asked for.
    """

    facts: PinFacts
    tries: int
    state: PinState
    value: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class FileView:
    """A file of the card.

    Attributes:
        facts: of the profile.
        size: octets; None for a DF.
        children: of a DF; empty for an EF.
    """

    facts: FileFacts
    size: int | None
    children: tuple[FileView, ...] = ()

    @property
    def aid_text(self) -> str:
        """What can be read in the AID: its longest run of printable ASCII of four octets or more."""
        return max(_AID_TEXT.findall(self.facts.aid), key=len, default=b"").decode()

    def below(self) -> Iterator[FileView]:
        """This file and everything in it, from the top."""
        yield self
        for child in self.children:
            yield from child.below()


@dataclass(frozen=True)
class SwitchView:
    """An open question with the answer that this card gives."""

    facts: Switch

    @property
    def default(self) -> str:
        """The profile's answer: its first choice."""
        return self.facts.choices[0]

    @property
    def changed(self) -> bool:
        """Whether this card answers otherwise."""
        return self.facts.value != self.default


@dataclass(frozen=True)
class CardView:
    """One card.

    Attributes:
        profile: the facts of its generation.
        own_profile: they come from a file of somebody's own, not from the package.
        at: the moment of the view, UTC.
        holder: who the card says it belongs to.
        document_number: as it is printed on the card.
        document: from the day of issue to the end of the last day; None where its records hold no such days.
        state: the life with which it was made or last set.
        seeded: its keys and numbers were drawn from a seed.
        pins: by name.
        certificates: by use.
        root: the file tree.
        switches: the open questions.
        history: what happened to it, the oldest first.
    """

    profile: Profile
    own_profile: bool
    at: datetime
    holder: HolderView
    document_number: str
    document: Validity | None
    state: str
    seeded: bool
    pins: Mapping[str, PinView]
    certificates: Mapping[str, CertificateView | NoCertificate]
    root: FileView
    switches: tuple[SwitchView, ...]
    history: tuple[Happening, ...]

    @property
    def validities(self) -> Mapping[str, Validity]:
        """What begins and ends: the document, and each certificate that is there."""
        found = {"document": self.document} if self.document else {}
        there = {use: one for use, one in self.certificates.items() if isinstance(one, CertificateView)}
        return found | {use: one.validity for use, one in there.items()}

    def evidence(self) -> Iterator[Evidence]:
        """The evidence of each fact that the card has."""
        yield self.profile.atr_evidence
        yield self.profile.read_limit_evidence
        facts: Iterable[PinFacts | KeyFacts | Algorithm | FileFacts | Switch] = (
            *self.profile.pins.values(),
            *self.profile.keys.values(),
            *self.profile.algorithms,
            *(file.facts for file in self.root.below()),
            *self.profile.switches.values(),
        )
        yield from (one.evidence for one in facts)


def view_card(
    record: CardRecord, at: datetime, status: Callable[[str], IssuerSays], *, pins: bool = False
) -> CardView:
    """What there is to see of a card.

    Args:
        record: the card.
        at: the moment, with a zone.
        status: what the issuer says now of the certificate of a use.
        pins: with the digits of the PINs.

    Raises:
        PersonalisationError: the record does not fit its profile.
    """
    at = at.astimezone(UTC)
    root = _tree(record.profile.root, record.permanent().root)
    code = record.holder.get("personal-code", record.person.code)
    certificates = {
        use: view_certificate(der, record.keys[use], code, status(use) if der else None, at)
        for use, der in record.certificates.items()
    }
    return CardView(
        profile=record.profile,
        own_profile=record.profile_text is not None,
        at=at,
        holder=_holder(record, code),
        document_number=record.document_number,
        document=_document(record.holder),
        state=record.state,
        seeded=record.seed is not None,
        pins={name: _pin(record, name, pins) for name in record.profile.pins},
        certificates=certificates,
        root=root,
        switches=tuple(map(SwitchView, record.profile.switches.values())),
        history=record.history,
    )


def _holder(record: CardRecord, code: str) -> HolderView:
    given, surname = (record.holder.get(name, "") for name in ("given-names", "surname"))
    return HolderView(
        name=f"{given} {surname}".strip(),
        code=personal_code.masked(code),
        code_possible=personal_code.is_valid(code),
        sex=record.holder.get("sex", ""),
        citizenship=record.holder.get("citizenship", ""),
        source=record.person.source,
    )


def _document(holder: Mapping[str, str]) -> Validity | None:
    """From the records of its days, which stand there as DD MM YYYY (RIA ID1 guide, personal data)."""
    try:
        first, last = (datetime.strptime(holder[name], "%d %m %Y").date() for name in ("issued", "expiry"))
    except (KeyError, ValueError):
        return None
    return Validity(datetime.combine(first, time(tzinfo=UTC)), datetime.combine(last, LAST_SECOND))


def _pin(record: CardRecord, name: str, with_value: bool) -> PinView:
    facts, stored = record.profile.pins[name], record.pins[name]
    return PinView(facts, stored.tries, stored.state, facts.told(stored.block) if with_value else None)


def _tree(facts: FileFacts, file: DF | EF) -> FileView:
    """The facts of the files that are on the card: a switch may leave some out."""
    if isinstance(file, EF):
        return FileView(facts, len(file.content))
    there = (one for one in facts.children or () if one.fid in file.children)
    return FileView(facts, None, tuple(_tree(one, file.children[one.fid]) for one in there))
