"""Records as text and back, by type hints alone."""

from __future__ import annotations

import json
from dataclasses import MISSING, dataclass, field, fields
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum, StrEnum
from typing import Any, Literal, NamedTuple

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.store.records import NOW, certificates, records

from softeid.harness.registration.audit import Event
from softeid.harness.store.codec import CodecError, decode, encode, instant, instant_text, unchanging
from softeid.harness.store.schema import KINDS

CLASSES: list[type[Any]] = [*(kind.record for kind in KINDS), Event]


class Colour(StrEnum):
    RED = "red"


class Shape(Enum):
    ROUND = "a round one"


class Pair(NamedTuple):
    one: int
    other: bytes = b""


@dataclass
class Everything:
    octets: bytes = b"\x00\xff"
    big: int = 2**64
    small: int = -3
    yes: bool = True
    at: datetime | None = NOW
    day: date | None = date(1980, 1, 8)
    span: timedelta = timedelta(days=1, microseconds=1)
    by_use: dict[Colour, bytes] = field(default_factory=lambda: {Colour.RED: b"\x01"})
    by_number: dict[int, Shape] = field(default_factory=lambda: {10: Shape.ROUND, 2**64: Shape.ROUND})
    pair: Pair | None = Pair(1)  # noqa: RUF009  # a named tuple never changes
    word: Literal["a", "b"] = "a"
    several: tuple[Pair, ...] = (Pair(1, b"\x02"),)
    either: str | None = None


@pytest.mark.parametrize("record", CLASSES, ids=lambda one: one.__name__)
@given(data=st.data())
def test_every_record_comes_back(record: type[Any], data: st.DataObject) -> None:
    made = data.draw(records(record))
    text = encode(made)
    back = decode(text, record)
    assert back == made
    assert type(back) is record
    assert encode(back) == text
    text.encode("ascii")


def test_what_it_looks_like() -> None:
    assert json.loads(encode(Everything())) == {
        "octets": "00ff",
        "big": "0x10000000000000000",
        "small": -3,
        "yes": True,
        "at": "2026-03-02T09:00:00.000000+00:00",
        "day": "1980-01-08",
        "span": 86_400_000_001,
        "by_use": {"red": "01"},
        "by_number": {"10": "a round one", "0x10000000000000000": "a round one"},
        "pair": {"one": 1, "other": ""},
        "word": "a",
        "several": [{"one": 1, "other": "02"}],
        "either": None,
    }
    assert decode(encode(Everything()), Everything) == Everything()


def test_an_instant_of_elsewhere_is_kept_in_utc() -> None:
    tallinn = timezone(timedelta(hours=2))
    back = decode(encode(Everything(at=NOW.astimezone(tallinn))), Everything)
    assert back.at == NOW
    assert back.at.tzinfo is UTC


@given(st.lists(st.datetimes(datetime(1000, 1, 2), timezones=st.just(UTC)), min_size=2, max_size=2))
def test_texts_of_instants_sort_as_instants_do(two: list[datetime]) -> None:
    first, second = map(instant_text, two)
    assert (first < second) == (two[0] < two[1])
    assert len(first) == 32
    assert instant(first) == two[0]


@pytest.mark.parametrize("record", CLASSES, ids=lambda one: one.__name__)
@given(data=st.data())
def test_an_older_text_lacks_what_has_a_default(record: type[Any], data: st.DataObject) -> None:
    made = data.draw(records(record))
    told = json.loads(encode(made))
    for one in fields(record):
        if one.default is not MISSING or one.default_factory is not MISSING:
            del told[one.name]
    back = decode(json.dumps(told), record)
    for one in fields(record):
        if one.default is not MISSING:
            assert getattr(back, one.name) == one.default
        elif one.default_factory is not MISSING:
            assert getattr(back, one.name) == one.default_factory()
        else:
            assert getattr(back, one.name) == getattr(made, one.name)


def test_a_newer_text_has_more_than_we_know() -> None:
    told = json.loads(encode(Everything())) | {"unheard_of": [1]}
    assert decode(json.dumps(told), Everything) == Everything()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "line 1"),
        ("[]", "an object"),
        ('{"octets": "0"}', "hexadecimal"),
        ('{"small": 1.5}', "a whole number was expected, float found"),
        ('{"small": true}', "a whole number was expected, bool found"),
        ('{"yes": 1}', "true or false was expected, int found"),
        ('{"at": "yesterday"}', "isoformat"),
        ('{"word": "c"}', "c not in"),
        ('{"pair": {}}', "one"),
    ],
)
def test_a_damaged_text_is_refused(text: str, reason: str) -> None:
    with pytest.raises(CodecError, match="no Everything") as told:
        decode(text, Everything)
    assert reason in str(told.value)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(CodecError, match="time zone"):
        encode(Everything(at=datetime(2026, 3, 2)))


@dataclass(frozen=True)
class Holder:
    certificate: x509.Certificate


def test_certificates_are_kept_as_they_were_signed() -> None:
    for one in certificates():
        assert decode(encode(Holder(one)), Holder).certificate == one


def test_what_never_changes_is_known() -> None:
    assert not unchanging(Everything)
    assert unchanging(Event)
    assert unchanging(Pair)
    assert not unchanging(dict)
