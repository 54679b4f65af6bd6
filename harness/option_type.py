"""What options take: each function reads one text, or says what was expected and what was found."""

from __future__ import annotations

import argparse
import re
from typing import Final

READER: Final = "reader:"
"""Before the name of a PC/SC reader."""


def switch(text: str) -> tuple[str, str]:
    """NAME=CHOICE as a pair."""
    return _pair(text, "NAME=CHOICE")


def tries(text: str) -> tuple[str, int]:
    """NAME=N as a pair."""
    name, number = _pair(text, "NAME=N")
    if not (number.isascii() and number.isdigit() and len(number) < 3):
        raise argparse.ArgumentTypeError(f"expected a number of tries behind {name}=, found {number!r}")
    return name, int(number)


def setting(text: str) -> tuple[str, str]:
    """NAME=VALUE as a pair, printable."""
    return _pair(printable(text), "NAME=VALUE")


def _pair(text: str, shape: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"expected {shape}, found {text!r}")
    return name, value


def positive(text: str) -> int:
    """A number from 1 to 64."""
    return _number(text, 64, "a number")


def port(text: str) -> int:
    """A port, 1 to 65535."""
    return _number(text, 65535, "a port")


def lab_port(text: str) -> int:
    """The first of seven ports in a row, or 0 for any."""
    return 0 if text == "0" else _number(text, 65535 - 6, "a first port, or 0,")


def way(text: str) -> str:
    """How a card is reached: direct, vpcd or reader:NAME."""
    if text in ("direct", "vpcd") or (text.startswith(READER) and text.removeprefix(READER).strip()):
        return printable(text)
    raise argparse.ArgumentTypeError(f"expected direct, vpcd or reader:NAME, found {text!r}")


def real_reader(text: str) -> str:
    """reader:NAME; the name."""
    name = text.removeprefix(READER)
    if name == text or not name.strip():
        raise argparse.ArgumentTypeError(f"expected reader:NAME, found {text!r}")
    return printable(name)


def _number(text: str, most: int, what: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most):
        raise argparse.ArgumentTypeError(f"expected {what} from 1 to {most}, found {text!r}")
    return int(text)


def serial(text: str) -> int:
    """A serial number in hexadecimal."""
    plain = text.replace(":", "").strip().lower().removeprefix("0x")
    if not (plain and len(plain) <= 40 and set(plain) <= set("0123456789abcdef")):  # RFC 5280: 20 octets
        raise argparse.ArgumentTypeError(
            f"expected a serial number of up to 40 hexadecimal digits, found {text!r}"
        )
    return int(plain, 16)


def loopback(text: str) -> str:
    """An address of loopback."""
    if text == "localhost":
        return "127.0.0.1"
    if text != "::1" and not re.fullmatch(r"127(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"expected an address of loopback: 127.0.0.1, ::1, found {text!r}")
    return text


def printable(text: str) -> str:
    """Any printable text."""
    if not text.isprintable():  # octets that are no UTF-8 come as lone surrogates
        raise argparse.ArgumentTypeError(f"expected printable text in UTF-8, found {text!r}")
    return text


def file_name(text: str) -> str:
    """The name of a file, which is not empty."""
    if not text:
        raise argparse.ArgumentTypeError("expected the name of a file, found nothing")
    return text
