"""What a scenario writes as one text: durations, instants, moments, what a person types, octets.

Each is a `Word`: it says what is wanted, reads one text, and prints itself as it is written.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import ClassVar, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from softeid.emulator.mistake import Wrong, meant


class Word:
    """A value written as one text."""

    wanted: ClassVar[str]
    pattern: ClassVar[str] = ""  # for editors; `read` has the last word

    @classmethod
    @abstractmethod
    def read(cls, text: str) -> Self:
        """The value of a text.

        Raises:
            Wrong: the text is no such value.
        """


# --- time --------------------------------------------------------------------------------------

_UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}  # milliseconds
_CENTURY = 36_525 * _UNITS["d"]
# [0-9] and not \d, which takes full-width digits too.
_DURATION = r"(?:[0-9]+d)?(?:[0-9]+h)?(?:[0-9]+m(?!s))?(?:[0-9]+(?:\.[0-9]{1,3})?s)?(?:[0-9]+ms)?"
_FULL_DURATION = re.compile(rf"(?=[0-9]){_DURATION}")
_SPOKEN = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([a-z]+)(?:,? and |,? |$)")
_SPOKEN_UNITS = {
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), "ms"),
}
_LONG = 80  # characters; of more no advice is made
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|[dhms])")


@dataclass(frozen=True)
class Duration(Word):
    """A length of time: 15m, 14m59.999s, 3h, 1d, 500ms."""

    wanted: ClassVar[str] = "a duration such as 15m or 14m59.999s"
    pattern: ClassVar[str] = rf"(?=[0-9]){_DURATION}"
    milliseconds: int

    @classmethod
    def read(cls, text: str) -> Self:
        if not _FULL_DURATION.fullmatch(text):
            raise Wrong(cls.wanted, advice=_write(shortened(text)) or _with_unit(text))
        length = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
        if length > _CENTURY:  # infinity too
            raise Wrong("a duration of at most a hundred years")
        return cls(round(length))

    @property
    def delta(self) -> timedelta:
        """The same for arithmetic with instants."""
        return timedelta(milliseconds=self.milliseconds)

    def __str__(self) -> str:
        left, out = self.milliseconds, ""
        for unit in "dhm":
            count, left = divmod(left, _UNITS[unit])
            out += f"{count}{unit}" if count else ""
        seconds = f"{left / 1000:.3f}".rstrip("0").rstrip(".")
        return out + (f"{seconds}s" if left or not out else "")


def shortened(text: str) -> str:
    """A length of time as people say it, written as a duration: `5 minutes` is 5m; empty where it is none."""
    short, at = "", 0
    while at < len(text) < _LONG:
        spoken = _SPOKEN.match(text, at)
        if not spoken or spoken[2] not in _SPOKEN_UNITS:
            return ""
        at, short = spoken.end(), f"{short}{spoken[1]}{_SPOKEN_UNITS[spoken[2]]}"
    return short if _FULL_DURATION.fullmatch(short) else ""


def _write(text: str) -> str:
    return f"write {text}" if text else ""


def _with_unit(text: str) -> str:
    return f"say of what: {text}s, {text}m, {text}h or {text}d" if re.fullmatch("[0-9]{1,6}", text) else ""


_INSTANT = re.compile(
    r"((?:19|20|21)[0-9]{2}-[0-9][0-9]-[0-9][0-9])[ T]"
    r"([0-9][0-9]:[0-9][0-9](?::[0-9][0-9](?:\.[0-9]{1,3})?)?)"
    r" ?(Z|[+-][0-9][0-9]:?[0-9][0-9]|[A-Z]\w+(?:/\w+)+)?"
)


def _two_digits(text: str) -> str:
    early = re.search(r"[0-9] ([0-9]:[0-9]{2})\b", text[:_LONG])
    return f"write 0{early[1]}" if early else ""


@dataclass(frozen=True)
class Instant(Word):
    """A point in time with a zone, an offset or Z; without one nobody knows which nine o'clock is meant."""

    wanted: ClassVar[str] = "an instant such as 2026-03-02 09:00 Europe/Tallinn"
    pattern: ClassVar[str] = _INSTANT.pattern
    utc: datetime

    @classmethod
    def read(cls, text: str) -> Self:
        match = _INSTANT.fullmatch(text)
        if not match:
            raise Wrong(cls.wanted, advice=_two_digits(text))
        day, time, zone = match.groups()
        try:
            local = datetime.fromisoformat(f"{day}T{time}")
        except ValueError as error:
            raise Wrong(cls.wanted, advice=str(error)) from None
        if zone is None:
            raise Wrong(cls.wanted, advice="write Z, an offset or a zone behind it")
        if zone == "Z":
            return cls(local.replace(tzinfo=UTC))
        if zone[0] in "+-":
            return cls(_with_offset(local, zone))
        return cls(_in_zone(local, zone))

    def __str__(self) -> str:
        return instant_text(self.utc)


def instant_text(instant: datetime) -> str:
    """An instant in UTC as a scenario would write it, seconds and milliseconds only where there are any."""
    utc = instant.astimezone(UTC)
    milliseconds = utc.microsecond // 1000
    seconds = f":{utc:%S}.{milliseconds:03d}" if milliseconds else f":{utc:%S}" if utc.second else ""
    return f"{utc:%Y-%m-%d %H:%M}{seconds}Z"


def _with_offset(local: datetime, written: str) -> datetime:
    hours, minutes = int(written[1:3]), int(written[-2:])
    if hours > 14 or minutes > 59:  # UTC+14 is the largest in use
        raise Wrong(Instant.wanted, repr(written), "an offset is at most 14:00")
    offset = timedelta(hours=hours, minutes=minutes)
    return local.replace(tzinfo=timezone(-offset if written[0] == "-" else offset)).astimezone(UTC)


def _in_zone(local: datetime, name: str) -> datetime:
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = available_timezones()
        raise Wrong("a time zone of the IANA list", repr(name), meant(name, known)) from None
    early, late = local.replace(tzinfo=zone, fold=0), local.replace(tzinfo=zone, fold=1)
    if early.utcoffset() != late.utcoffset():
        exists = early.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local
        what = "a time that comes twice that day" if exists else "a time that the clocks skip that day"
        raise Wrong(Instant.wanted, f"{what} in {name}", "write an offset such as +02:00")
    return early.astimezone(UTC)


MOMENTS = {
    "start": "the scenario's `at`",
    "now": "the clock as it stands",
    "code": "the issue of the registration code",
    "login": "the portal login",
    "signed": "the signature of the application",
}
"""What a moment may count from."""

_MOMENT = re.compile(rf"(?:(\w[\w-]*)\.)?([a-z]+)(?: ([+-]) ?({_DURATION}))?")
_LOOSE_MOMENT = re.compile(r"(?:((?:\w[\w-]*\.)?[a-z]+)?\s*([+-])\s*)?(.*)", re.DOTALL)


@dataclass(frozen=True)
class Moment(Word):
    """An instant, or a time before or after something that happened: code + 10m, thief.code + 15m."""

    wanted: ClassVar[str] = "an instant, or a moment such as code + 10m"
    pattern: ClassVar[str] = rf"{_MOMENT.pattern}|{_INSTANT.pattern}"
    instant: Instant | None = None
    who: str = ""  # whose; empty where the file names nobody
    after: str = ""  # one of MOMENTS
    offset: timedelta = timedelta()
    text: str = ""

    @classmethod
    def read(cls, text: str) -> Self:
        if _INSTANT.fullmatch(text):
            return cls(instant=Instant.read(text), text=str(text))
        match = _MOMENT.fullmatch(text)
        if not match:
            raise Wrong(cls.wanted, advice=_moment_advice(text))
        who, after, sign, length = match.groups()
        if after not in MOMENTS:
            raise Wrong(cls.wanted, advice=_known_moment(after))
        if sign and not length:
            raise Wrong(Duration.wanted, "nothing")
        delta = Duration.read(length).delta if length else timedelta()
        return cls(None, who or "", after, -delta if sign == "-" else delta, str(text))

    def __str__(self) -> str:
        return self.text


def _known_moment(word: str) -> str:
    return meant(word, MOMENTS) or f"known moments are {', '.join(MOMENTS)}"


def _moment_advice(text: str) -> str:
    """How a moment that cannot be read would be written in the place where it stands."""
    match = _LOOSE_MOMENT.fullmatch(text[:_LONG])
    assert match, "whatever it is"
    base, sign, length = match.groups("")
    if base and (after := base.rpartition(".")[2]) not in MOMENTS:
        return _known_moment(after)
    before = f"write {base or ('code' if sign == '-' else 'now')} {sign or '+'}"
    if short := shortened(length):
        return f"{before} {short}"
    if re.fullmatch("[0-9]{1,6}", length):
        return f"{before} {length}m, if minutes are meant"
    if time := re.fullmatch("([0-9]{2}:[0-9]{2}).*", text):
        return f"write day and zone too: 2026-03-02 {time[1]} Europe/Tallinn"
    return "a length of time is written 15m or 14m59.999s" if base and length else _two_digits(text)


@dataclass(frozen=True)
class Offset(Word):
    """How far a clock is off: +10m, -10m, or right."""

    wanted: ClassVar[str] = "right, or how far a clock is off, such as +10m or -10m"
    pattern: ClassVar[str] = rf"right|[+-](?=[0-9]){_DURATION}"
    delta: timedelta = timedelta()

    @classmethod
    def read(cls, text: str) -> Self:
        if text == "right":
            return cls()
        if text[:1] not in ("+", "-"):
            short = shortened(text)
            raise Wrong(cls.wanted, advice=f"write +{short} or -{short}" if short else "")
        if not _FULL_DURATION.fullmatch(text[1:]):
            short = shortened(text[1:].strip())
            raise Wrong(cls.wanted, advice=_write(f"{text[0]}{short}" if short else ""))
        length = Duration.read(text[1:]).delta
        return cls(-length if text[0] == "-" else length)

    def __str__(self) -> str:
        if not self.delta:
            return "right"
        milliseconds = abs(self.delta) // timedelta(milliseconds=1)
        return ("-" if self.delta < timedelta() else "+") + str(Duration(milliseconds))


# --- what people and readers do ----------------------------------------------------------------

MEANT = ("right", "wrong")
"""What is typed, by meaning: the value that is expected, or a well-formed other one."""

_PIN = "[0-9]{1,12}"


@dataclass(frozen=True)
class Typed(Word):
    """What a person types at a card's prompt: `right`, `wrong`, digits, or `nothing` (it is closed).

    A list is what is typed each time the prompt comes back.
    """

    wanted: ClassVar[str] = "right, wrong, nothing or 1 to 12 digits"
    pattern: ClassVar[str] = f"right|wrong|nothing|{_PIN}"
    tries: tuple[str, ...]

    @classmethod
    def read(cls, text: str) -> Self:
        if text == "nothing":
            return cls(())
        if text not in MEANT and not re.fullmatch(_PIN, text):
            raise Wrong(cls.wanted, advice=meant(text, (*MEANT, "nothing")))
        return cls((str(text),))

    @classmethod
    def gather(cls, each: tuple[Typed, ...]) -> Typed:
        """One for all that was typed."""
        return cls(tuple(text for typed in each for text in typed.tries))

    def __str__(self) -> str:
        return ", ".join(text if text in MEANT else "•" * len(text) for text in self.tries) or "nothing"


RIGHT = Typed(("right",))

_HEX = re.compile(r"(?:[0-9A-F]{2}\s*)+")


@dataclass(frozen=True)
class Octets(Word):
    """Octets in hex, spaced as one likes: 00 A4 04 0C."""

    wanted: ClassVar[str] = "octets in hex such as 00 A4 04 0C"
    pattern: ClassVar[str] = r"(?:[0-9A-Fa-f]{2}\s*)+"
    octets: bytes

    @classmethod
    def read(cls, text: str) -> Self:
        if not _HEX.fullmatch(text.upper()):
            digits = re.sub(r"\s", "", text)
            odd = len(digits) % 2 and re.fullmatch(r"[0-9A-Fa-f]+", digits)
            raise Wrong(cls.wanted, f"{len(digits)} hex digits" if odd else "")
        return cls(bytes.fromhex(text))

    def __str__(self) -> str:
        return self.octets.hex(" ").upper()
