"""Whether an account can be had for a person, and whether somebody must sign for them (1.7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from .identity import Identity
from .population_register import Entry
from .refusal import Refused
from .settings import Settings
from .vocabulary import Code

_ZONES: Mapping[str, str] = {
    "EE": "Europe/Tallinn",
    "LV": "Europe/Riga",
    "LT": "Europe/Vilnius",
    "BE": "Europe/Brussels",
}
"""A birthday begins at midnight where a person lives."""

_GUARDED = ("EE",)
"""Where a minor may register with a guardian's signature (FAQ, minors' pages)."""
_NO_LIMIT = ("LT",)
"""Where Smart-ID knows no age limit: card certificates are activated from fourteen on (FAQ)."""


@dataclass(frozen=True)
class Age:
    """How old a person is at an instant.

    Attributes:
        years: full ones, by local time.
        leap_day: the day that counts in common years, `03-01`; empty unless born on 29 February.
    """

    years: int
    leap_day: str = ""


def check_country(identity: Identity, settings: Settings) -> None:
    """Refuse a card of a country that is not served.

    Raises:
        Refused: COUNTRY_UNSUPPORTED.
    """
    if identity.country not in settings.countries:
        raise Refused(Code.COUNTRY_UNSUPPORTED, country=identity.country)


def check_standing(entry: Entry) -> None:
    """Refuse a person who is no longer there, or whose document is not good, by the population register.

    Raises:
        Refused: PERSON_NOT_ELIGIBLE, DOCUMENT_EXPIRED, DOCUMENT_INVALID.
    """
    if entry.person != "alive":
        raise Refused(Code.PERSON_NOT_ELIGIBLE, why=entry.person)
    if entry.document == "expired":
        raise Refused(Code.DOCUMENT_EXPIRED)
    if entry.document != "valid":
        raise Refused(Code.DOCUMENT_INVALID, why=entry.document)


def age_of(identity: Identity, entry: Entry, settings: Settings, now: datetime) -> Age | None:
    """How old a person is; None where neither the register nor the personal code says when they were born.

    Args:
        identity: from the card's certificate.
        entry: what the population register says of the person.
        settings: how 29 February is counted.
        now: the instant, UTC.
    """
    born = entry.born or identity.birth_date
    if born is None:
        return None
    zone = _ZONES.get(identity.country)
    today = now.astimezone(ZoneInfo(zone)).date() if zone else now.date()
    years = today.year - born.year - (today < _birthday(born, today.year, settings))
    leap_day = f"{_leap_day(today.year, settings):%m-%d}" if (born.month, born.day) == (2, 29) else ""
    return Age(years, leap_day)


def needs_guardian(identity: Identity, entry: Entry, age: Age | None, settings: Settings) -> bool:
    """Whether a guardian must sign for a person; who can have no account at all is refused.

    Args:
        identity: from the card's certificate.
        entry: what the population register says of the person.
        age: as `age_of` gave it.
        settings: the age of majority.

    Raises:
        Refused: AGE_UNKNOWN, AGE_NOT_ALLOWED, NO_GUARDIAN.
    """
    if age is None:
        raise Refused(Code.AGE_UNKNOWN)
    if identity.country in _NO_LIMIT or age.years >= settings.adult_age:
        return False
    if identity.country not in _GUARDED:
        raise Refused(Code.AGE_NOT_ALLOWED)
    if not entry.guardians:
        raise Refused(Code.NO_GUARDIAN)
    return True


def _birthday(born: date, year: int, settings: Settings) -> date:
    """The birthday of a year."""
    try:
        return born.replace(year=year)
    except ValueError:
        return _leap_day(year, settings)


def _leap_day(year: int, settings: Settings) -> date:
    """The birthday of whoever was born on 29 February in a year without one."""
    return date(year, 3, 1) if settings.leap_rule == "march" else date(year, 2, 28)
