"""A pool of RSA primes in the user's cache, made once, so that nobody waits for primes.

Keys are taken by index, so that a seeded run repeats byte for byte on one machine. Several processes may use
one pool: a key appears under its name as a whole or not at all, and who comes second takes what is there. The
pool is a convenience of the lab: these are keys of made-up accounts.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa

from ..plain_file import octets_of
from .key_share import EXPONENT, Primes

_LINE = re.compile(r"p=([0-9A-F]+)\nq=([0-9A-F]+)\n")


def cache_folder() -> Path:
    """The user's cache of softeid (XDG base directory specification)."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return Path(base if os.path.isabs(base) else Path.home() / ".cache") / "softeid"


class KeyPool:
    """Hands out primes, each index once."""

    def __init__(self, folder: Path | None = None) -> None:
        """Open the pool; nothing is read or made yet.

        Args:
            folder: where it lies; in the user's cache by default.
        """
        self._folder = folder or cache_folder() / "rsa"
        self._taken = Counter[int]()
        self.dry = False
        """Whether nothing lies ready: then keys are made on demand and not kept."""

    def __call__(self, bits: int) -> Primes:
        """The primes of the next key whose modulus has so many bits."""
        if self.dry:
            return generated(bits)
        index = self._taken[bits]
        self._taken[bits] += 1
        path = self._folder / f"{bits}-{index:04d}.txt"
        return read_key(path, bits) or _made(path, bits)


_LONGEST = 4096  # octets; the primes of a 4096-bit key take about 1030 in hex


def read_key(path: Path, bits: int) -> Primes | None:
    """The primes of a file; None if it is missing or is not what it should be."""
    try:
        found = _LINE.fullmatch(octets_of(path, _LONGEST).decode("ascii"))
    except (OSError, UnicodeDecodeError):
        return None
    if not found:
        return None
    primes = Primes(int(found[1], 16), int(found[2], 16))
    return primes if _make_a_key(primes, bits) else None


@cache
def _make_a_key(primes: Primes, bits: int) -> bool:
    """Whether two numbers make a key of so many bits: else a right PIN would look wrong for ever.

    Fermat's test with base 2 suffices for a file that somebody damaged; who forges one deceives himself.
    """
    return (
        (primes.p * primes.q).bit_length() == bits
        and primes.p != primes.q
        and all(pow(2, prime - 1, prime) == 1 and (prime - 1) % EXPONENT for prime in (primes.p, primes.q))
    )


def generated(bits: int) -> Primes:
    """Make a key now."""
    numbers = rsa.generate_private_key(EXPONENT, bits).private_numbers()
    return Primes(numbers.p, numbers.q, ready=False)


def _made(path: Path, bits: int) -> Primes:
    """Make a key and put it into the pool, unless somebody did meanwhile.

    A pool that cannot be written is no hindrance: the key then serves this once.
    """
    primes = generated(bits)
    broken = path.exists() and read_key(path, bits) is None
    if write_key(path, primes, over=broken):
        return primes
    return read_key(path, bits) or primes


def write_key(path: Path, primes: Primes, *, over: bool = False) -> bool:
    """Write a key under a name, as a whole or not at all.

    Args:
        path: the file.
        primes: of the key.
        over: whether it may take the place of a file that is there.

    Returns:
        Whether it lies there now; not where somebody was faster, or nothing can be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(f"p={primes.p:X}\nq={primes.q:X}\n")
            if over:
                os.replace(name, path)
            else:
                os.link(name, path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError:
        return False
    return True
