"""Which PINs a person may choose for an account (registration specification, 1.6)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Literal, NamedTuple

from .refusal import Refused
from .settings import Settings
from .vocabulary import Code

PinNumber = Literal[1, 2]


class WeakRule(NamedTuple):
    """One entry of the deny list (our choice; that 1234 and 0000 are refused is public)."""

    name: str
    pattern: re.Pattern[str]


_UP = "0123456789" * 3
_DOWN = _UP[::-1]

_BY_PATTERN = (
    WeakRule("all-equal", re.compile(r"(.)\1*")),
    WeakRule("middle-column", re.compile("2580")),
    WeakRule("repeated-pair", re.compile(r"(..)\1+")),
)


def check_pin(number: PinNumber, pin: str, settings: Settings) -> None:
    """Refuse a PIN that is malformed, too short, too long or easy to guess.

    Args:
        number: 1 or 2; they differ in their least length.
        pin: as typed; digits 0 to 9 only, leading zeros count.
        settings: has the lengths.

    Raises:
        Refused: PIN_FORMAT, PIN_TOO_SHORT, PIN_TOO_LONG or PIN_TOO_WEAK with the rule's name.
    """
    least, most = settings.pin1_digits if number == 1 else settings.pin2_digits
    if not (pin.isascii() and pin.isdigit()):
        raise Refused(Code.PIN_FORMAT, pin=number)
    if len(pin) < least:
        raise Refused(Code.PIN_TOO_SHORT, pin=number, min=least)
    if len(pin) > most:
        raise Refused(Code.PIN_TOO_LONG, pin=number, max=most)
    if rule := weakness(pin):
        raise Refused(Code.PIN_TOO_WEAK, pin=number, rule=rule)


def weakness(pin: str) -> str | None:
    """The name of the rule that makes a PIN too easy; None for a good one."""
    for rule in _BY_PATTERN:
        if rule.pattern.fullmatch(pin):
            return rule.name
    if pin in _UP:
        return "ascending"
    if pin in _DOWN:
        return "descending"
    return None


def check_pair(pin1: str, pin2: str, settings: Settings) -> None:
    """Refuse equal PINs.

    Raises:
        Refused: PIN_EQUAL, unless the settings allow it.
    """
    if pin1 == pin2 and not settings.pin_allow_equal:
        raise Refused(Code.PIN_EQUAL, pin=2)


def warnings(pin1: str, pin2: str) -> tuple[str, ...]:
    """What a person should hear about PINs that are allowed all the same."""
    return tuple(_warned(pin1, pin2))


def _warned(pin1: str, pin2: str) -> Iterator[str]:
    if pin1 != pin2 and pin2.startswith(pin1):
        yield "PIN_PREFIX"
    if any(re.fullmatch(r"19\d\d|20[0-2]\d", pin) for pin in (pin1, pin2)):
        yield "PIN_YEAR"


def proposed(random: Callable[[int], bytes], settings: Settings) -> tuple[str, str]:
    """Two random PINs of the least lengths that every rule and warning is content with."""
    while True:
        pin1, pin2 = (
            "".join(str(octet % 10) for octet in random(length))
            for length in (settings.pin1_digits[0], settings.pin2_digits[0])
        )
        if not (weakness(pin1) or weakness(pin2) or warnings(pin1, pin2) or pin1 == pin2):
            return pin1, pin2


_BIRTHDAYS = ("%d%m", "%m%d", "%y%m", "%m%y", "%Y", "%d%m%y", "%y%m%d", "%d%m%Y", "%Y%m%d")


def may_be_date(pin: str) -> bool:
    """Whether a PIN is as long as a date is written."""
    return len(pin) in (4, 6, 8)


def is_birthday(pin: str, born: date) -> bool:
    """Whether a PIN is somebody's birthday, in one of the ways in which dates are written (FAQ, advice)."""
    return any(born.strftime(form) == pin for form in _BIRTHDAYS)
