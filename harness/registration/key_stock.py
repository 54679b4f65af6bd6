"""A stock of RSA primes for a lab that stays: each is taken out once, and a thread makes new ones meanwhile.

A registration takes two keys; making one takes up to a second. Who takes a key renames its file first, so
that of two processes one has it. What lies in the stock is worth nothing: keys of made-up accounts to be.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from .key_pool import cache_folder, generated, read_key, write_key
from .key_share import Primes


class KeyStock:
    """Hands out primes that nobody had before."""

    def __init__(self, folder: Path | None = None) -> None:
        """Open the stock; nothing is read or made yet.

        Args:
            folder: where it lies; in the user's cache by default.
        """
        self._folder = folder or cache_folder() / "rsa-stock"
        self._taken = Event()

    def __call__(self, bits: int) -> Primes:
        """The primes of a key whose modulus has so many bits: from the stock, or made now."""
        for path in self._ready(bits):
            mine = path.with_suffix(f".taken-{os.getpid()}-{os.urandom(4).hex()}")
            try:
                path.rename(mine)
            except OSError:
                continue  # somebody else was faster
            primes = read_key(mine, bits)
            mine.unlink(missing_ok=True)
            self._taken.set()
            if primes:
                return primes
        return generated(bits)

    def lying(self, bits: int) -> int:
        """How many keys lie ready."""
        return len(self._ready(bits))

    @contextmanager
    def filled(self, bits: int, count: int) -> Iterator[None]:
        """Keep so many keys ready while the context lasts; at its end the key in the making is finished.

        Args:
            bits: of the moduli.
            count: of keys.
        """
        over = Event()
        thread = Thread(target=self._fill, args=(bits, count, over), name="key stock", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            self._taken.set()
            thread.join()

    def _fill(self, bits: int, count: int, over: Event) -> None:
        while not over.is_set():
            self._taken.clear()
            if self.lying(bits) >= count:
                self._taken.wait()
                continue
            path = self._folder / f"{bits}-{os.urandom(8).hex()}.txt"
            if not write_key(path, generated(bits)):
                return  # the cache cannot be written: keys are made on demand

    def _ready(self, bits: int) -> list[Path]:
        return sorted(self._folder.glob(f"{bits}-*.txt"))
