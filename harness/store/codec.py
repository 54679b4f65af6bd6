"""Records as JSON text, by their type hints alone.

A field with a default may be added to a record at any time: an older text loads, and the field has its
default. A field that a record does not know is passed over, and is gone when the record is written next.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import is_dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from cattrs.cols import (
    is_namedtuple,
    namedtuple_dict_structure_factory,
    namedtuple_dict_unstructure_factory,
)
from cattrs.preconf.json import JsonConverter, make_converter
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

R = TypeVar("R")

_EXACT = 2**53  # whole numbers up to here are numbers to every reader of JSON (RFC 8259, 6)
_MICROSECOND = timedelta(microseconds=1)


class CodecError(ValueError):
    """A text is no record of its class, or a record cannot be told as text."""


def encode(record: object) -> str:
    """A record as JSON: instants in UTC, octets in hex, certificates as Base64 of DER, durations in
    microseconds, whole numbers beyond 2^53 as hex with 0x, named tuples as objects.

    Raises:
        CodecError: it holds something that has no such form.
    """
    try:
        told = _CONVERTER.unstructure(record, type(record))
        return json.dumps(told, separators=(",", ":"), allow_nan=False)
    except Exception as wrong:
        raise CodecError(f"a {type(record).__name__} cannot be written: {wrong}") from wrong


def decode(text: str, record: type[R]) -> R:
    """The record of a text.

    Raises:
        CodecError: it is none of that class.
    """
    try:
        told = json.loads(text)
        if not isinstance(told, dict):
            raise TypeError("expected an object")
        return _CONVERTER.structure(told, record)
    except Exception as wrong:
        raise CodecError(f"no {record.__name__}: {wrong}") from wrong


def instant_text(instant: datetime) -> str:
    """An instant in UTC, always 32 characters, so that texts sort as instants do.

    Raises:
        ValueError: it has no time zone.
    """
    if instant.tzinfo is None:
        raise ValueError(f"an instant needs a time zone: {instant.isoformat()}")
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def instant(text: str) -> datetime:
    """The instant of a text, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def unchanging(record: type[Any]) -> bool:
    """Whether records of a class are what they are: frozen dataclasses and named tuples."""
    if is_dataclass(record):
        return bool(record.__dataclass_params__.frozen)  # type: ignore[attr-defined]  # typeshed leaves it out
    return is_namedtuple(record)


def _whole(number: int) -> int | str:
    return number if -_EXACT <= number <= _EXACT else hex(number)


def _told_whole(told: Any, _: Any) -> int:
    if isinstance(told, str):
        return int(told, 0)
    if type(told) is not int:
        raise TypeError(f"a whole number was expected, {type(told).__name__} found")
    return told


def _told_truth(told: Any, _: Any) -> bool:
    if type(told) is not bool:
        raise TypeError(f"true or false was expected, {type(told).__name__} found")
    return told


def _certificate(told: Any, _: Any) -> x509.Certificate:
    return x509.load_der_x509_certificate(b64decode(told, validate=True))


def _is_certificate(record: Any) -> bool:
    return isinstance(record, type) and issubclass(record, x509.Certificate)


def _converter() -> JsonConverter:
    made = make_converter(detailed_validation=False)
    made.register_unstructure_hook_func(lambda kind: kind is int, _whole)
    made.register_structure_hook(int, _told_whole)
    made.register_structure_hook(bool, _told_truth)
    made.register_unstructure_hook(bytes, bytes.hex)
    made.register_structure_hook(bytes, lambda told, _: bytes.fromhex(told))
    made.register_unstructure_hook(datetime, instant_text)
    made.register_structure_hook(datetime, lambda told, _: instant(told))
    made.register_unstructure_hook(date, date.isoformat)
    made.register_structure_hook(date, lambda told, _: date.fromisoformat(told))
    made.register_unstructure_hook(timedelta, lambda span: span // _MICROSECOND)
    made.register_structure_hook(timedelta, lambda told, _: told * _MICROSECOND)
    made.register_unstructure_hook_func(
        _is_certificate, lambda one: b64encode(one.public_bytes(Encoding.DER)).decode()
    )
    made.register_structure_hook_func(_is_certificate, _certificate)
    made.register_unstructure_hook_factory(is_namedtuple, namedtuple_dict_unstructure_factory)
    made.register_structure_hook_factory(is_namedtuple, namedtuple_dict_structure_factory)
    return made


_CONVERTER = _converter()
