"""Trying octets on cards and counting; a finding becomes the shortest vector that shows it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from tests.hostile.command import BENDS, VOCABULARY, Step
from tests.hostile.duel import SETUPS, Confusion, Duel
from tests.hostile.reproducer import Dress, bare, minimal, name, take, vector
from tests.hostile.step import Sequence, decode, encode

from softeid.emulator.vector import EVENTS, parse_vector

CORPUS = Path(__file__).parent / "card.corpus"


class Finding(Exception):
    """A card was confused, and the file shows how."""

    def __init__(self, file: Path, told: str) -> None:
        super().__init__(f"{told}\n{file}")
        self.file = file


class Campaign:
    """What was tried so far.

    Attributes:
        sequences: how many.
        apdus: commands in them, those of the audit included.
        seen: how often each pair of instruction and status word came.
    """

    def __init__(self, folder: Path, dress: Dress = bare) -> None:
        """Nothing was tried yet.

        Args:
            folder: where findings are written.
            dress: around each card; tests put cards with mistakes there.
        """
        self._folder = folder
        self._dress = dress
        self.sequences = 0
        self.apdus = 0
        self.seen: Counter[tuple[str, str]] = Counter()

    def __call__(self, octets: bytes) -> None:
        """Try what the octets mean.

        Raises:
            Finding: the card was confused.
        """
        sequence = decode(octets)
        duel = Duel(sequence.setup, self._dress)
        self.sequences += 1
        try:
            for step in sequence.steps:
                take(duel, step)
                if isinstance(step, bytes):
                    instruction = step[1:2].hex().upper()
                    self.seen.update((instruction, f"{word:04X}") for word in duel.expected.words)
            duel.audit()
        except Confusion as found:
            raise self._finding(sequence, str(found)) from None
        finally:
            self.apdus += duel.sent

    def _finding(self, sequence: Sequence, told: str) -> Finding:
        shortest = minimal(sequence, self._dress)
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / name(shortest)
        file.write_text(vector(shortest, f"{datetime.now(UTC):%Y-%m-%d}", self._dress), "utf-8")
        return Finding(file, told)


def fewest(inputs: Iterable[bytes]) -> list[bytes]:
    """The shortest of some inputs that together see what all of them see.

    What is seen is an instruction, the status words that were right, and where the card stood before:
    DF, verified PINs, environments, whether a chain was under way or an answer waited.
    """
    kept: list[bytes] = []
    seen: set[tuple[object, ...]] = set()
    for octets in sorted(inputs, key=lambda one: (len(one), one)):
        new = set(_situations(decode(octets))) - seen
        if new:
            kept.append(octets)
            seen |= new
    return kept


def _situations(sequence: Sequence) -> Iterator[tuple[object, ...]]:
    duel = Duel(sequence.setup)
    for step in sequence.steps:
        memory = duel.oracle.memory
        before = (
            memory.df.fid,
            frozenset(memory.verified),
            frozenset(memory.environment),
            memory.chain is not None,
            bool(memory.waiting),
        )
        take(duel, step)
        if isinstance(step, bytes):
            known = bool(duel.expected.data) or 0x6D00 not in duel.expected.words
            yield (step[1:2] if known else b"", duel.expected.words, *before)


def seeds() -> Iterator[bytes]:
    """The vectors as octets: those of real programs, and all findings so far."""
    for file in sorted((Path(__file__).parent.parent / "vectors").rglob("*.vector")):
        found = parse_vector(file.read_text("utf-8"), file.name)
        steps: list[Step] = []
        for one in found.exchanges:
            steps += [*one.before, one.command]
        yield encode(Sequence(SETUPS[0], tuple(steps)))


def corpus() -> list[bytes]:
    """What earlier runs kept because it reached something new."""
    return [bytes.fromhex(line) for line in CORPUS.read_text("ascii").split()]


def generated(seed: int) -> bytes:
    """A sequence by chance, of whole commands, with bends and events here and there."""
    pick = random.Random(seed)
    found = [pick.randrange(len(SETUPS)).to_bytes(2, "big")]
    for _ in range(pick.randrange(20, 60)):
        chance = pick.random()
        if chance < 0.25:
            found.append(bytes([0xA0 + pick.randrange(len(BENDS)), *pick.randbytes(2)]))
        elif chance < 0.29:
            found.append(bytes([0xD0 | pick.randrange(len(EVENTS) + 1)]))
        elif chance < 0.32:
            found.append(bytes([0xE0, pick.randrange(256)]))
        number = pick.randrange(len(VOCABULARY))
        found.append(bytes([0x80 | number >> 8, number & 0xFF]))
    return b"".join(found)
