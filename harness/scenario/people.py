"""Who is in a scenario, what they own, and what the portal is set to, as a file describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal, Self, get_type_hints

from softeid.emulator.facts import SWITCHES
from softeid.emulator.mistake import Wrong, listed, meant

from .. import personal_code
from ..person import Person, persons
from ..pki.card_state import CARD_STATES
from ..pki.certificate_state import CERTIFICATE_STATES
from ..profile_file import profile_names
from ..registration.settings import Settings
from .annotation import Between, OneOf, Reads, Shape, about, documented, reader
from .reading import Field, Fields, Reader, Scalar
from .words import Duration, Moment, Offset, Word


@dataclass(frozen=True)
class CertificateState(Word):
    """A state by name, or one bound of the validity: `until code + 5m`, `from start + 1ms`."""

    wanted: ClassVar[str] = "a certificate state, `until MOMENT` or `from MOMENT`"
    pattern: ClassVar[str] = r"[a-z0-9-]+|(until|from) .+"
    name: str
    bound: Moment | None = None

    @classmethod
    def read(cls, text: str) -> Self:
        word, _, rest = text.partition(" ")
        if word in ("until", "from") and rest:
            try:
                return cls(word, Moment.read(rest))
            except Wrong as wrong:
                advice = wrong.advice.replace("write now ", "write start ").replace(
                    "write ", f"write {word} "
                )
                raise Wrong(wrong.expected, wrong.found, advice) from None
        if text not in CERTIFICATE_STATES:
            raise Wrong(
                f"a certificate state ({', '.join(CERTIFICATE_STATES)}), `until MOMENT` or `from MOMENT`",
                advice=meant(text, CERTIFICATE_STATES),
            )
        return cls(str(text))

    def __str__(self) -> str:
        return f"{self.name} {self.bound}" if self.bound else self.name


def _person(text: str) -> str:
    """The handle of a person of the table, who may be given by handle or by personal code."""
    known = persons()
    if text in known:
        return str(text)
    if not text[:1].isdigit():
        raise Wrong(f"a person of the table ({listed(known, 20)})", advice=meant(text, known))
    if not personal_code.is_valid(text):
        raise Wrong("a handle or a personal code: eleven digits with a date of birth and a check digit")
    for handle, person in known.items():
        if person.code == text:
            return handle
    raise Wrong(
        f"the personal code of a person of the table ({listed(known, 20)})",
        advice="codes that nobody published as test codes are refused: they could be a living person's",
    )


Profile = Annotated[str, OneOf("a profile", profile_names)]
Handle = Annotated[str, Reads("a person of the table", _person)]
State = Annotated[str, OneOf("a card state", lambda: tuple(CARD_STATES))]
Language = Annotated[Literal["et", "lv", "lt", "ru", "en"], "a language"]
Version = Annotated[str, Shape(r"[0-9]{1,4}(\.[0-9]{1,4}){0,3}", "a version such as 2.10")]
Kind = Annotated[Literal["id-card", "residence-permit", "e-resident"], "a kind of document"]
Address = Annotated[
    str, Shape(r"[0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9a-f:]{2,39}", "an IP address such as 192.0.2.10")
]
NO_OFFSET = Offset()
Switch = Annotated[str, OneOf("a switch of cards", lambda: tuple(SWITCHES))]


@dataclass(frozen=True)
class CardSpec:
    """An ID card."""

    profile: Profile = field(default="esteid-2018", metadata=about("the card generation"))
    person: Handle | None = field(
        default=None, metadata=about("whose it is; by default the person of that name")
    )
    state: State = field(
        default="fresh", metadata=about("a life by name; certificate states set both certificates")
    )
    auth: CertificateState | None = field(
        default=None, metadata=about(f"the authentication certificate: {listed(CERTIFICATE_STATES, 20)}")
    )
    sign: CertificateState | None = field(default=None, metadata=about("the signature certificate, likewise"))
    switches: Mapping[Switch, str] = field(
        default_factory=dict,
        metadata=about("open questions about the card, answered otherwise than by default"),
    )
    kind: Kind = field(default="id-card", metadata=about("what document it is"))
    surname: str | None = field(default=None, metadata=about("another surname than in the table of persons"))
    given_names: str | None = field(default=None, metadata=about("other given names than in the table"))

    @property
    def holder(self) -> Person:
        """Whose it is, by another name where the scenario gives one."""
        assert self.person, "the loader fills it in"
        person = persons()[self.person]
        surname = person.surname if self.surname is None else self.surname
        given_names = person.given_names if self.given_names is None else self.given_names
        return replace(person, surname=surname, given_names=given_names)


@dataclass(frozen=True)
class PhoneSpec:
    """A phone with the device app."""

    name: str = field(default="Phone", metadata=about("the device name that the review page shows"))
    pin1: Annotated[str, Shape(r"[0-9]{4,12}", "4 to 12 digits")] = field(
        default="4271", metadata=about("the Smart-ID PIN1 that its owner has in mind")
    )
    pin2: Annotated[str, Shape(r"[0-9]{5,12}", "5 to 12 digits")] = field(
        default="58362", metadata=about("the Smart-ID PIN2 that its owner has in mind")
    )
    app_version: Version = field(default="3.0", metadata=about("the app's version"))
    rooted: bool = field(default=False, metadata=about("whether its owner can change its system"))
    language: Language = field(default="en", metadata=about("what its app speaks"))
    address: Address = field(default="192.0.2.10", metadata=about("its network address"))
    clock: Offset = field(default=NO_OFFSET, metadata=about("how far its own clock is off: +10m, -10m"))


@dataclass(frozen=True)
class BrowserSpec:
    """A browser with the portal in it."""

    name: str = field(default="Browser", metadata=about("a name to choose it by"))
    address: Address = field(default="192.0.2.10", metadata=about("its network address"))
    cookies: bool = field(default=True, metadata=about("whether it keeps cookies"))
    tab_of: str = field(default="", metadata=about("another browser of the person whose tab this is"))
    clock: Offset = field(default=NO_OFFSET, metadata=about("how far the computer's clock is off: +4000d"))


@dataclass(frozen=True)
class ReaderSpec:
    """A card reader."""

    name: str = field(default="Reader", metadata=about("a name to choose it by"))


@dataclass(frozen=True)
class PersonSpec:
    """One of the people: what they own."""

    card: CardSpec | None = field(
        default=None, metadata=about("an ID card, in their first reader at the start")
    )
    phone: tuple[PhoneSpec, ...] = field(
        default=(PhoneSpec(),), metadata=about("a phone, or a list of phones")
    )
    browser: tuple[BrowserSpec, ...] = field(
        default=(BrowserSpec(),), metadata=about("a browser, or a list of browsers")
    )
    reader: tuple[ReaderSpec, ...] = field(
        default=(ReaderSpec(),), metadata=about("a card reader, or a list of readers")
    )


def _setting(name: str, hint: Any) -> Reader | None:
    """How a rule of the portal and the core is written; None for those that no scenario sets."""
    if hint is timedelta:
        return Scalar(Duration.wanted, lambda text: Duration.read(text).delta, Duration.pattern)
    if hint is int:
        return reader(Annotated[int, Between(1, 99)])
    if name in ("pin1_digits", "pin2_digits", "key_bits"):
        return None
    return reader(Version if name == "min_app_version" else hint)


def _settings() -> Fields:
    hints = get_type_hints(Settings)
    readers = {name: _setting(name, hints[name]) for name in (one.name for one in fields(Settings))}
    ordinary, (_, described) = Settings(), documented(Settings)
    known = {
        name: Field(name, how, getattr(ordinary, name), described[name])
        for name, how in readers.items()
        if how is not None
    }
    return Fields("`settings`", known, Settings)


SETTINGS = _settings()
"""What a scenario may set the portal and the core to: what the registration leaves to configuration."""

People = Mapping[str, PersonSpec]
