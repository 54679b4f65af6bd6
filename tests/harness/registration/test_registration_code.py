"""Registration codes: form, life, generations, and that no two apps show the same one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from softeid.harness.registration.memory import MemoryStore
from softeid.harness.registration.model import CODES
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.registration_code import CodeBook, Standing, grouped, normalised
from softeid.harness.registration.vocabulary import Code
from softeid.harness.seed import Seed

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LIFE = timedelta(seconds=900)
MS = timedelta(milliseconds=1)


def scripted(*draws: int) -> Callable[[int], bytes]:
    """Gives these numbers of four octets."""
    rest = iter(draws)
    return lambda octets: next(rest).to_bytes(octets, "big")


def book_of(random: Callable[[int], bytes]) -> CodeBook:
    return CodeBook(random, bytes(32), MemoryStore().table(CODES))


@pytest.fixture
def book() -> CodeBook:
    return book_of(Seed("codes").stream("codes"))


@pytest.mark.parametrize("typed", ["123456789", "123 456 789", " 123-456-789 ", "1 2 3 4 5 6 7 8 9"])
def test_blanks_and_dashes_do_not_matter(typed: str) -> None:
    assert normalised(typed) == "123456789"


@pytest.mark.parametrize(
    "typed", ["", "12345678", "1234567890", "12345678a", "123.456.789", "１２３４５６７８９", "123456789\0"]
)
def test_what_is_not_nine_digits_is_no_code(typed: str) -> None:
    with pytest.raises(Refused) as refused:
        normalised(typed)
    assert refused.value.code is Code.RC_FORMAT


def test_a_code_is_nine_digits_shown_in_threes(book: CodeBook) -> None:
    code = book.issue("one", NOW, LIFE).code
    assert grouped(code).replace(" ", "") == code
    assert len(code) == 9
    assert code.isdigit()


def test_leading_zeros_are_kept() -> None:
    code = book_of(scripted(42)).issue("one", NOW, LIFE).code
    assert code == "000000042"


def test_draws_that_would_favour_some_codes_are_drawn_again() -> None:
    code = book_of(scripted(4_000_000_000, 2**32 - 1, 3_999_999_999)).issue("one", NOW, LIFE).code
    assert code == "999999999"


@pytest.mark.parametrize(
    ("age", "standing"),
    [
        (timedelta(), Standing.LIVE),
        (LIFE - MS, Standing.LIVE),
        (LIFE, Standing.EXPIRED),
        (LIFE + MS, Standing.EXPIRED),
    ],
)
def test_a_code_lives_fifteen_minutes_less_an_instant(
    book: CodeBook, age: timedelta, standing: Standing
) -> None:
    code, record, _ = book.issue("one", NOW, LIFE)
    assert book.look_up(code, NOW + age) == (standing, record)


def test_a_fresh_code_replaces_the_one_before(book: CodeBook) -> None:
    old, first, _ = book.issue("one", NOW, LIFE)
    new, second, _ = book.issue("one", NOW + MS, LIFE, first.digest)
    assert book.look_up(old, NOW + MS)[0] is Standing.EXPIRED
    assert book.look_up(new, NOW + MS)[0] is Standing.LIVE
    assert (first.generation, second.generation) == (1, 2)


def test_a_burned_code_is_used_and_an_expired_one_stays_expired(book: CodeBook) -> None:
    one, first, _ = book.issue("one", NOW, LIFE)
    two, second, _ = book.issue("two", NOW, LIFE)
    book.burn(first.digest, NOW)
    book.burn(second.digest, NOW + LIFE)
    assert book.look_up(one, NOW)[0] is Standing.USED
    assert book.look_up(one, NOW + LIFE)[0] is Standing.USED
    assert book.look_up(two, NOW + LIFE)[0] is Standing.EXPIRED


def test_nobodys_code_is_unknown(book: CodeBook) -> None:
    assert book.look_up("123456789", NOW) == (Standing.UNKNOWN, None)


def test_two_live_codes_are_never_the_same() -> None:
    book = book_of(scripted(7, 7, 7, 8))
    first = book.issue("one", NOW, LIFE).code
    second, _, redrawn = book.issue("two", NOW, LIFE)
    assert (first, second, redrawn) == ("000000007", "000000008", 2)
    assert book.look_up(first, NOW)[1] is not book.look_up(second, NOW)[1]


def test_a_dead_code_may_be_drawn_again() -> None:
    book = book_of(scripted(7, 7))
    book.issue("one", NOW, LIFE)
    code, record, _ = book.issue("two", NOW + LIFE, LIFE)
    assert book.look_up(code, NOW + LIFE) == (Standing.LIVE, record)


def test_the_book_keeps_no_code(book: CodeBook) -> None:
    code, record, _ = book.issue("one", NOW, LIFE)
    assert code not in repr(record)
    assert code not in bytes.fromhex(record.digest).decode("latin-1")
