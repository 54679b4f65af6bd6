"""The stock of primes: each is taken once, however many take at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import enumerate as threads_now

import pytest

from softeid.harness.registration.key_pool import generated, write_key
from softeid.harness.registration.key_share import Primes
from softeid.harness.registration.key_stock import KeyStock

BITS = 1024


@pytest.fixture(scope="module")
def keys() -> list[Primes]:
    return [generated(BITS) for _ in range(6)]


def lay(folder: Path, keys: list[Primes]) -> KeyStock:
    for number, key in enumerate(keys):
        assert write_key(folder / f"{BITS}-{number}.txt", key)
    return KeyStock(folder)


def test_a_key_is_taken_out(tmp_path: Path, keys: list[Primes]) -> None:
    stock = lay(tmp_path, keys[:2])
    first, second = stock(BITS), stock(BITS)
    assert {first.p, second.p} == {keys[0].p, keys[1].p}
    assert (first.ready, second.ready) == (True, True)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_stock_makes_one(tmp_path: Path) -> None:
    made = KeyStock(tmp_path / "nothing")(BITS)
    assert not made.ready
    assert (made.p * made.q).bit_length() == BITS


def test_many_take_at_the_same_time_and_none_has_anothers(tmp_path: Path, keys: list[Primes]) -> None:
    lay(tmp_path, keys)
    stocks = [KeyStock(tmp_path) for _ in keys]
    with ThreadPoolExecutor(len(keys)) as threads:
        taken = list(threads.map(lambda stock: stock(BITS), stocks))
    assert len({one.p for one in taken}) == len(keys)


@pytest.mark.parametrize("content", ["", "p=1\nq=2\n", "p=\0\n", "x" * 9000])
def test_a_damaged_key_is_passed_over(tmp_path: Path, keys: list[Primes], content: str) -> None:
    lay(tmp_path, keys[:1])
    (tmp_path / f"{BITS}-!.txt").write_text(content)
    assert KeyStock(tmp_path)(BITS).p == keys[0].p


def test_it_is_filled_while_it_is_used_and_nothing_goes_on_afterwards(tmp_path: Path) -> None:
    stock, threads = KeyStock(tmp_path), set(threads_now())
    with stock.filled(BITS, 2):
        while stock.lying(BITS) < 2:
            pass
        assert stock(BITS).ready
        while stock.lying(BITS) < 2:
            pass
    assert set(threads_now()) <= threads
    assert stock.lying(BITS) == 2


def test_a_cache_that_cannot_be_written_does_not_keep_it_busy(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    stock = KeyStock(blocked / "stock")
    with stock.filled(BITS, 1):
        assert not stock(BITS).ready
