"""Estonian and Lithuanian personal codes: eleven digits with a check digit, the sex and the date of birth."""

from __future__ import annotations

from datetime import date
from typing import Literal

LENGTH = 11
# Weights of the two rounds over the first ten digits (EVS 585; the same in Lithuania).
_ROUNDS = ((1, 2, 3, 4, 5, 6, 7, 8, 9, 1), (3, 4, 5, 6, 7, 8, 9, 1, 2, 3))
_CENTURIES = {1: 1800, 2: 1800, 3: 1900, 4: 1900, 5: 2000, 6: 2000, 7: 2100, 8: 2100}

Sex = Literal["M", "F"]


def check_digit(code: str) -> int:
    """The eleventh digit that belongs to a code's first ten.

    Args:
        code: at least ten digits; what follows the tenth is not looked at.

    Raises:
        ValueError: the first ten characters are not ten digits.
    """
    first = code[: LENGTH - 1]
    if not _digits(first, LENGTH - 1):
        raise ValueError("a check digit needs ten digits before it")
    for weights in _ROUNDS:
        rest = sum(int(digit) * weight for digit, weight in zip(first, weights, strict=True)) % 11
        if rest < 10:
            return rest
    return 0


def is_valid(code: str) -> bool:
    """Whether a code has eleven digits, a date of birth that exists and the right check digit."""
    if not _digits(code, LENGTH) or int(code[-1]) != check_digit(code):
        return False
    try:
        birth_date(code)
    except ValueError:
        return False
    return True


def birth_date(code: str) -> date:
    """The date of birth that a code's first seven digits tell.

    Raises:
        ValueError: they tell none: no century (1 to 8), or a day that does not exist.
    """
    if not _digits(code[:7], 7) or int(code[0]) not in _CENTURIES:
        raise ValueError("a personal code begins with a digit from 1 to 8 and a date as YYMMDD")
    year = _CENTURIES[int(code[0])] + int(code[1:3])
    return date(year, int(code[3:5]), int(code[5:7]))


def sex(code: str) -> Sex:
    """M or F: an odd first digit is a man's."""
    return "M" if int(code[0]) % 2 else "F"


def masked(code: str) -> str:
    """A code as reports show it: only the last four digits, which tell neither birthday nor sex."""
    return "*" * (len(code) - 4) + code[-4:]


def _digits(text: str, count: int) -> bool:
    return len(text) == count and text.isascii() and text.isdigit()
