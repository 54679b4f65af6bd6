"""Attempts, locks, one-time passwords and clones at the core."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from softeid.harness.pki.leaf import Use
from softeid.harness.registration.encoded_message import pkcs1v15
from softeid.harness.registration.key_server import Answer, Key, KeyServer, Request, Verdict
from softeid.harness.registration.key_share import EXPONENT, AppShare, Primes, split
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.settings import Settings
from softeid.harness.registration.vocabulary import Code, KeyState
from softeid.harness.seed import Seed

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
PIN, WRONG, SECRET = "4271", "4272", b"device"
NUMBERS = rsa.generate_private_key(EXPONENT, 1024).private_numbers()


class Phone:
    """An app's half of one key, and its one-time password; copying it is a clone."""

    def __init__(self, share: AppShare, key: Key) -> None:
        self.share = share
        self.key = key
        self.otp = key.otp
        self.requests = count()

    def copy(self) -> Phone:
        clone = Phone(self.share, self.key)
        clone.otp, clone.requests = self.otp, count(1000)
        return clone


class Bench:
    """A key server with one key, and the phone that belongs to it."""

    def __init__(self) -> None:
        self.server = KeyServer(Settings(), Seed("server").stream("random"))
        app, core = split(Primes(NUMBERS.p, NUMBERS.q), PIN, SECRET, Seed("split").stream("random"))
        self.key = self.server.take(Use.AUTHENTICATION, core)
        self.phone = Phone(app, self.key)
        self.message = pkcs1v15(sha256(b"request").digest(), "sha256", app.modulus.bit_length())
        self.now = NOW

    def request(self, pin: str, phone: Phone | None = None) -> Request:
        phone = phone or self.phone
        part = phone.share.signature_share(pin, SECRET, self.message)
        return Request(next(phone.requests).to_bytes(4, "big"), phone.otp, part)

    def send(self, request: Request, phone: Phone | None = None) -> Answer:
        answer = self.server.sign(self.key, self.message, request, self.now)
        if answer.verdict is Verdict.SIGNED:
            (phone or self.phone).otp = answer.otp
        return answer

    def type(self, pin: str) -> Answer:
        return self.send(self.request(pin))

    def refused(self, pin: str = PIN) -> Refused:
        with pytest.raises(Refused) as refused:
            self.type(pin)
        return refused.value


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.covers("SID-ACC-005")
def test_wrong_wrong_right_starts_counting_anew(bench: Bench) -> None:
    assert [bench.type(pin).attempts for pin in (WRONG, WRONG)] == [1, 2]
    assert bench.key.attempts_left() == 1
    assert bench.type(PIN).verdict is Verdict.SIGNED
    assert (bench.key.attempts, bench.key.attempts_left()) == (0, 3)


@pytest.mark.covers("SID-TIM-008")
def test_three_wrong_pins_lock_for_three_hours_to_the_second(bench: Bench) -> None:
    answers = [bench.type(WRONG) for _ in range(3)]
    assert answers[-1].locked_until == NOW + 3 * HOUR
    bench.now = NOW + 3 * HOUR - SECOND
    assert bench.key.state(bench.now) is KeyState.TIMELOCKED
    refused = bench.refused()
    assert refused.code is Code.KEY_LOCKED
    assert refused.detail == {
        "key": "authentication",
        "until": (NOW + 3 * HOUR).isoformat(),
        "locked_for": "1",
    }
    bench.now = NOW + 3 * HOUR
    assert bench.key.state(bench.now) is KeyState.READY
    assert bench.type(PIN).verdict is Verdict.SIGNED


def test_a_locked_key_counts_nothing(bench: Bench) -> None:
    for _ in range(3):
        bench.type(WRONG)
    assert bench.refused(WRONG).code is Code.KEY_LOCKED
    assert bench.key.attempts == 3


@pytest.mark.covers("SID-TIM-009", "SID-SEC-015")
def test_six_lock_for_a_day_and_nine_destroy(bench: Bench) -> None:
    for lock in (3 * HOUR, 24 * HOUR):
        answers = [bench.type(WRONG) for _ in range(3)]
        assert answers[-1].locked_until == bench.now + lock
        bench.now += lock
    answers = [bench.type(WRONG) for _ in range(3)]
    assert answers[-1].attempts == 9
    assert bench.key.state(bench.now) is KeyState.DESTROYED
    assert bench.refused().code is Code.KEY_DESTROYED
    assert bench.key.share.exponent == 0


@pytest.mark.covers("SID-SKM-006")
def test_the_password_rolls_with_every_signature(bench: Bench) -> None:
    passwords = {bench.phone.otp} | {bench.type(PIN).otp for _ in range(3)}
    assert len(passwords) == 4


@pytest.mark.covers("SID-SKM-010")
def test_a_password_can_be_refreshed_without_a_pin(bench: Bench) -> None:
    old = bench.phone.otp
    bench.phone.otp = bench.server.refresh(bench.key, old, b"one")
    assert bench.phone.otp != old
    assert bench.type(PIN).verdict is Verdict.SIGNED
    with pytest.raises(Refused) as refused:
        bench.server.refresh(bench.key, old, b"two")
    assert refused.value.code is Code.BAD_REQUEST
    assert not bench.key.destroyed


def test_a_refresh_sent_again_gives_the_same_password(bench: Bench) -> None:
    old = bench.phone.otp
    fresh = bench.server.refresh(bench.key, old, b"one")
    assert bench.server.refresh(bench.key, old, b"one") == fresh
    assert bench.key.otp_count == 2
    for otp, name in ((old, b"two"), (b"another", b"one")):
        with pytest.raises(Refused):
            bench.server.refresh(bench.key, otp, name)


def test_who_names_the_request_whose_answer_was_lost_gets_its_password(bench: Bench) -> None:
    request = bench.request(PIN)
    answer = bench.server.sign(bench.key, bench.message, request, bench.now)
    bench.now += HOUR
    assert bench.server.refresh(bench.key, request.otp, request.request_id) == answer.otp
    assert bench.key.otp_count == 2


def test_who_names_a_request_that_never_arrived_gets_a_new_password(bench: Bench) -> None:
    request = bench.request(PIN)
    bench.phone.otp = bench.server.refresh(bench.key, request.otp, request.request_id)
    assert bench.phone.otp != request.otp
    assert bench.type(PIN).verdict is Verdict.SIGNED


def test_the_time_of_day_at_which_a_lock_ends_follows_a_clock_that_was_set_back() -> None:
    bench = Bench()
    bench.server = KeyServer(Settings(), Seed("server").stream("random"), lambda steady: steady - HOUR)
    for _ in range(3):
        bench.type(WRONG)
    assert bench.refused().detail["until"] == (NOW + 2 * HOUR).isoformat()


@pytest.mark.covers("SID-SKM-007")
def test_an_old_password_with_a_wrong_pin_is_a_wrong_pin_only(bench: Bench) -> None:
    clone = bench.phone.copy()
    bench.type(PIN)
    assert bench.send(bench.request(WRONG, clone), clone).verdict is Verdict.WRONG_PIN
    assert bench.key.attempts == 1
    assert not bench.key.destroyed


@pytest.mark.covers("SID-SKM-008")
def test_an_old_password_with_the_right_pin_is_a_clone_and_both_die(bench: Bench) -> None:
    clone = bench.phone.copy()
    bench.type(PIN)
    assert bench.send(bench.request(PIN, clone), clone).verdict is Verdict.CLONE
    assert bench.refused().code is Code.KEY_DESTROYED


@pytest.mark.covers("SID-SKM-009")
def test_a_request_sent_again_gets_the_same_answer_and_no_alarm(bench: Bench) -> None:
    request = bench.request(PIN)
    first = bench.send(request)
    bench.now += timedelta(seconds=60) - timedelta(milliseconds=1)
    assert bench.send(request) == first
    assert bench.type(PIN).verdict is Verdict.SIGNED


def test_a_wrong_pin_sent_again_counts_once_but_typed_again_counts_twice(bench: Bench) -> None:
    request = bench.request(WRONG)
    assert bench.send(request) == bench.send(request)
    assert bench.key.attempts == 1
    bench.type(WRONG)
    assert bench.key.attempts == 2


def test_after_a_minute_the_same_request_is_not_answered_but_no_alarm_either(bench: Bench) -> None:
    """Who was without network for longer must not lose the account (5.3 keeps an answer for a minute)."""
    request = bench.request(PIN)
    bench.send(request)
    bench.now += timedelta(seconds=60)
    with pytest.raises(Refused) as refused:
        bench.send(request)
    assert (refused.value.code, refused.value.detail) == (Code.BAD_REQUEST, {"field": "otp"})
    assert not bench.key.destroyed
    assert bench.type(PIN).verdict is Verdict.SIGNED
    assert bench.send(request).verdict is Verdict.CLONE  # by now somebody else's


@pytest.mark.covers("SID-SKM-003")
def test_an_answer_says_nothing_about_which_digit_was_wrong(bench: Bench) -> None:
    near, far = bench.type("4272"), bench.type("999999999999")
    assert near._replace(attempts=0) == far._replace(attempts=0)
