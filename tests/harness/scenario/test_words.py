"""What a scenario writes as one text, read and printed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softeid.emulator.mistake import Wrong
from softeid.harness.scenario.answer import Answer, Answers
from softeid.harness.scenario.outcome import Outcome
from softeid.harness.scenario.people import CertificateState
from softeid.harness.scenario.words import Duration, Instant, Moment, Octets, Typed, instant_text, shortened

DURATIONS = {
    "15m": 900_000,
    "14m59.999s": 899_999,
    "500ms": 500,
    "3h": 10_800_000,
    "1d2h3m4s5ms": 93_784_005,
    "0s": 0,
    "1.5s": 1500,
}


@pytest.mark.parametrize(("text", "milliseconds"), DURATIONS.items())
def test_durations(text: str, milliseconds: int) -> None:
    assert Duration.read(text).milliseconds == milliseconds


@pytest.mark.parametrize(
    "text", ["", "m", "15", "1.2345s", "-5m", "5m3h", "１５m", "15 m", "40000d", "1d 2h"]
)
def test_no_durations(text: str) -> None:
    with pytest.raises(Wrong):
        Duration.read(text)


@given(st.integers(0, 10**11))
def test_a_printed_duration_reads_back(milliseconds: int) -> None:
    assert Duration.read(str(Duration(milliseconds))).milliseconds == milliseconds


INSTANTS = {
    "2026-03-02 09:00 Europe/Tallinn": "2026-03-02 07:00Z",
    "2026-07-02 09:00 Europe/Tallinn": "2026-07-02 06:00Z",
    "2026-03-02T09:00:00.001Z": "2026-03-02 09:00:00.001Z",
    "2026-03-02 09:00:30 +02:00": "2026-03-02 07:00:30Z",
    "2026-03-02 09:00-0530": "2026-03-02 14:30Z",
    "2026-10-25 03:30 +03:00": "2026-10-25 00:30Z",
}


@pytest.mark.parametrize(("text", "printed"), INSTANTS.items())
def test_instants(text: str, printed: str) -> None:
    instant = Instant.read(text)
    assert str(instant) == printed
    assert Instant.read(str(instant)) == instant


@given(st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31)))
def test_a_printed_instant_reads_back(when: datetime) -> None:
    utc = when.replace(microsecond=when.microsecond // 1000 * 1000, tzinfo=UTC)
    assert Instant.read(instant_text(utc)).utc == utc


MOMENTS = {
    "code": ("", "code", timedelta()),
    "code + 10m": ("", "code", timedelta(minutes=10)),
    "code - 1ms": ("", "code", timedelta(milliseconds=-1)),
    "thief.code + 15m": ("thief", "code", timedelta(minutes=15)),
    "now +1d": ("", "now", timedelta(days=1)),
}


@pytest.mark.parametrize(("text", "parts"), MOMENTS.items())
def test_moments(text: str, parts: tuple[str, str, timedelta]) -> None:
    moment = Moment.read(text)
    assert (moment.who, moment.after, moment.offset) == parts
    assert str(moment) == text


def test_a_moment_may_be_an_instant() -> None:
    assert Moment.read("2026-03-02 09:00Z").instant == Instant.read("2026-03-02 09:00Z")


@pytest.mark.parametrize("text", ["", "code +", "code + + 5m", "+ 5m", "tomorrow", "code * 5m", "a.b.code"])
def test_no_moments(text: str) -> None:
    with pytest.raises(Wrong):
        Moment.read(text)


def test_what_is_typed_is_not_printed() -> None:
    assert str(Typed(("right", "wrong", "1234"))) == "right, wrong, ••••"


def test_octets() -> None:
    assert str(Octets.read("00 a4 040C")) == "00 A4 04 0C"


def test_certificate_states() -> None:
    assert str(CertificateState.read("until code + 10m")) == "until code + 10m"
    assert CertificateState.read("revoked") == CertificateState("revoked")


ANSWERS = [
    ("9000", "", 0x9000, True),
    ("9000", "6F 00", 0x9000, True),  # a status word alone says nothing about the data
    ("63Cx", "", 0x63C2, True),
    ("63Cx", "", 0x63D2, False),
    ("<len 2> 90 00", "01 02", 0x9000, True),
    ("<len 2> 90 00", "01", 0x9000, False),
    ("6F <any> 90 00", "6F 01 02", 0x9000, True),
    ("6F <any> 90 00", "62 01 02", 0x9000, False),
    ("6A82 | 6A88", "", 0x6A88, True),
    ("01 90 00", "", 0x9000, False),
]


@pytest.mark.parametrize(("text", "data", "sw", "met"), ANSWERS)
def test_answers(text: str, data: str, sw: int, met: bool) -> None:
    assert (Answers.read(text).difference(Answer(bytes.fromhex(data), sw)) is None) is met


@pytest.mark.parametrize("text", ["", "9", "90", "900", "<len>", "90 00 |", "zz 90 00", "<any"])
def test_no_answers(text: str) -> None:
    with pytest.raises(Wrong):
        Answers.read(text)


@pytest.mark.parametrize(
    "text",
    [
        "RC_WRONG(attempts_left=2) & code.rejected(RC_USED)",
        "NO_CLIENT_CERT | LOGIN_CANCELLED & ANON",
        "thief.BOUND",
    ],
)
def test_a_printed_outcome_reads_back(text: str) -> None:
    assert str(Outcome.read(text, ["thief"])) == text


SHORTENED = {
    "5 minutes": "5m",
    "1 hour": "1h",
    "1 hour and 30 min": "1h30m",
    "1h 30m": "1h30m",
    "500 ms": "500ms",
    "2.5 seconds": "2.5s",
    "2.5 minutes": "",
    "2 months": "",
    "15": "",
    "": "",
}


@pytest.mark.parametrize(("said", "written"), SHORTENED.items())
def test_a_length_of_time_as_people_say_it(said: str, written: str) -> None:
    assert shortened(said) == written


@pytest.mark.parametrize("text", ["right", "wrong", "nothing", "1", "0123", "123456789012"])
def test_typed(text: str) -> None:
    assert Typed.read(text).tries == (() if text == "nothing" else (text,))


@pytest.mark.parametrize("text", ["", "wrng", "Right", "12a4", "1234567890123", "١٢٣٤", "12 34"])
def test_nothing_that_a_card_is_typed(text: str) -> None:
    with pytest.raises(Wrong):
        Typed.read(text)
