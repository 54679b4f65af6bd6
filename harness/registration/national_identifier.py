"""Personal codes of the four countries: their check digits and the birth dates in them.

Source: registration specification, 2.4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from .. import personal_code as baltic

_LATVIAN = (1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def valid(country: str, code: str) -> bool:
    """Whether a code has its country's form and check digit; countries that are not known here pass.

    Belgium's rule was not confirmed by the published test codes, so there the form alone counts.
    """
    check = _CHECKS.get(country)
    return check(code) if check else True


def birth_date(country: str, code: str) -> date | None:
    """The birth date that a valid code carries; None where it carries none."""
    try:
        if country in ("EE", "LT"):
            return baltic.birth_date(code)
        if country == "LV" and not _dateless(code):
            century = 1800 + int(code.replace("-", "")[6]) * 100
            return date(century + int(code[4:6]), int(code[2:4]), int(code[:2]))
        if country == "BE":
            century = 2000 if _belgian_remainder("2" + code[:9]) == int(code[9:]) else 1900
            return date(century + int(code[:2]), int(code[2:4]), int(code[4:6]))
    except (ValueError, IndexError):
        return None
    return None


def _latvian(code: str) -> bool:
    """LV: DDMMYY-CNNNQ, or a code without a date that begins 32 to 39 and has no published check."""
    plain = code.replace("-", "", 1) if code[6:7] == "-" else code
    if not _digits(plain, 11):
        return False
    if _dateless(plain):
        return True
    numbers = [int(digit) for digit in plain[:10]]
    right = (1101 - _weighted(numbers, _LATVIAN)) % 11 % 10 == int(plain[10])
    return right and birth_date("LV", code) is not None


def _dateless(code: str) -> bool:
    """Latvian codes since July 2017 begin 32 to 39: no day of a month does."""
    return code[:1] == "3" and "2" <= code[1:2] <= "9"


def _belgian(code: str) -> bool:
    return _digits(code, 11)


def _belgian_remainder(digits: str) -> int:
    return 97 - int(digits) % 97


def _digits(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit()


def _weighted(numbers: list[int], weights: tuple[int, ...]) -> int:
    return sum(number * weight for number, weight in zip(numbers, weights, strict=True))


_CHECKS: Mapping[str, Callable[[str], bool]] = {
    "EE": baltic.is_valid,
    "LT": baltic.is_valid,
    "LV": _latvian,
    "BE": _belgian,
}
