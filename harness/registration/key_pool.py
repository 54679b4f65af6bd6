"""A pool of RSA primes in the user's cache, made once, so that nobody waits for primes.

A seeded run takes its keys by index and so repeats byte for byte on one machine; any other run begins at a
place of the pool that it draws. Several processes may use one pool: a key appears under its name as a whole
or not at all, and who comes second takes what is there. The pool is a convenience of the lab: these are keys
of made-up accounts.
"""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa

from .key_share import EXPONENT, Primes

SIZE = 32
"""Keys of one length that runs without a seed share among them; a run that needs more makes more."""

_LINE = re.compile(r"p=([0-9A-F]+)\nq=([0-9A-F]+)\n")


def cache_folder() -> Path:
    """The user's cache of softeid (XDG base directory specification)."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return Path(base if os.path.isabs(base) else Path.home() / ".cache") / "softeid"


class KeyPool:
    """Hands out primes, each index once."""

    def __init__(self, folder: Path | None = None, *, seeded: bool) -> None:
        """Open the pool; nothing is read or made yet.

        Args:
            folder: where it lies; in the user's cache by default.
            seeded: begin at index 0; else somewhere in the pool.
        """
        self._folder = folder or cache_folder() / "rsa"
        self._seeded = seeded
        self._next: dict[int, Iterator[int]] = {}

    def __call__(self, bits: int) -> Primes:
        """The primes of the next key whose modulus has so many bits."""
        if bits not in self._next:
            self._next[bits] = _indexes(0 if self._seeded else secrets.randbelow(SIZE))
        return self._at(bits, next(self._next[bits]))

    def _at(self, bits: int, index: int) -> Primes:
        path = self._folder / f"{bits}-{index:04d}.txt"
        return _read(path, bits) or _made(path, bits)


def _indexes(begin: int) -> Iterator[int]:
    """Once round the pool, then beyond it."""
    yield from range(begin, SIZE)
    yield from range(begin)
    yield from count(SIZE)


def _read(path: Path, bits: int) -> Primes | None:
    """The primes of a file; None if it is missing or is not what it should be."""
    try:
        found = _LINE.fullmatch(path.read_text("ascii"))
    except (OSError, UnicodeDecodeError):
        return None
    if not found:
        return None
    primes = Primes(int(found[1], 16), int(found[2], 16))
    return primes if (primes.p * primes.q).bit_length() == bits else None


def _made(path: Path, bits: int) -> Primes:
    """Make a key and put it into the pool, unless somebody did meanwhile.

    A pool that cannot be written is no hindrance: the key then serves this once.
    """
    numbers = rsa.generate_private_key(EXPONENT, bits).private_numbers()
    primes = Primes(numbers.p, numbers.q)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(f"p={primes.p:X}\nq={primes.q:X}\n")
            if path.exists() and _read(path, bits) is None:
                os.replace(name, path)
                return primes
            try:
                os.link(name, path)
            except FileExistsError:
                return _read(path, bits) or primes
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError:
        return primes
    return primes
