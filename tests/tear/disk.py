"""What a disk may hold after power went: what a process did to it, played back whole, in part, with losses.

The model is the strict one of POSIX. What was written to a file is safe once that file was synced; a name is
safe once its folder was. Until then each operation by itself may be missing after a loss of power, whatever
came after it, a write may be there up to any octet, and what was written may be garbage. A process that is
killed loses nothing of what it did.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

_HEADER = struct.Struct("<cQqI")  # shim.c: struct header
NAMES = "LRU"  # operations on a folder: a name comes, changes, goes
DATA = "WT"  # operations on a file: a write, another length


class Operation(NamedTuple):
    """One thing that a process did to its disk.

    Attributes:
        kind: N new file without a name, L name for it, R rename, U unlink, W write, T truncate, S sync of a
            file, D of a folder, M mark, X what cannot be played back.
        inode: of the file.
        offset: where was written, or the new length.
        data: what was written; a path; for R two of them, a line each; for M a word.
    """

    kind: str
    inode: int = 0
    offset: int = 0
    data: bytes = b""

    def __str__(self) -> str:
        if self.kind in DATA:
            return f"{self.kind} {self.inode} at {self.offset}, {len(self.data)} octets"
        return f"{self.kind} {self.data.decode() or self.inode}"


Files = Mapping[str, bytes]  # by path


def read_log(log: Path) -> list[Operation]:
    """The operations that shim.c wrote down."""
    octets, found, place = log.read_bytes(), [], 0
    while place < len(octets):
        kind, inode, offset, length = _HEADER.unpack_from(octets, place)
        place += _HEADER.size
        found.append(Operation(kind.decode(), inode, offset, octets[place : place + length]))
        place += length
    return found


def play(operations: Iterable[Operation]) -> Files:
    """The files that there are after some operations on an empty folder."""
    contents: dict[int, bytearray] = {}
    names: dict[str, bytearray] = {}
    for kind, inode, offset, data in operations:
        if kind == "N":
            contents[inode] = bytearray()
        elif kind == "W":
            content = contents[inode]
            content.extend(bytes(max(0, offset - len(content))))
            content[offset : offset + len(data)] = data
        elif kind == "T":
            content = contents[inode]
            del content[offset:]
            content.extend(bytes(offset - len(content)))
        elif kind == "L":
            names[data.decode()] = contents[inode]
        elif kind == "U":
            names.pop(data.decode(), None)
        elif kind == "R":
            old, new = data.decode().split("\n")
            names.pop(old, None)
            names[new] = contents[inode]
        elif kind == "X":
            raise AssertionError(f"cannot be played back: {data.decode()}")
    return {path: bytes(content) for path, content in names.items()}


def pending(operations: Sequence[Operation]) -> list[int]:
    """The places of what a loss of power may take: everything that was not synced after it was done."""
    synced: set[int] = set()
    folder_synced = False
    found = []
    for place in range(len(operations) - 1, -1, -1):
        kind, inode = operations[place][:2]
        if kind == "S":
            synced.add(inode)
        elif kind == "D":
            folder_synced = True
        elif kind == "N":
            synced.discard(inode)  # an earlier file may have had this number
        elif (kind in DATA and inode not in synced) or (kind in NAMES and not folder_synced):
            found.append(place)
    return found[::-1]


class Image(NamedTuple):
    """A disk after power went.

    Attributes:
        how: what was done and what was lost, in words.
        kind: "whole", "torn", "lost" or "garbage", for the figures.
        files: what is there.
    """

    how: str
    kind: str
    files: Files


class Effort(NamedTuple):
    """How thorough a search is.

    Attributes:
        cuts: the octets after which a write of some length is cut.
        draws: random losses for each moment.
    """

    cuts: Callable[[int], Iterable[int]]
    draws: int


def images(operations: Sequence[Operation], dice: Random, effort: Effort) -> Iterator[Image]:
    """The disks that there may be after some operations, and nothing after them.

    Args:
        operations: from the empty folder on.
        dice: draws losses.
        effort: how many of each kind.
    """
    last = operations[-1]
    yield Image(f"whole up to {last}", "whole", play(operations))
    if last.kind == "W":
        for cut in effort.cuts(len(last.data)):
            torn = [*operations[:-1], last._replace(data=last.data[:cut])]
            yield Image(f"{last}, cut after {cut} octets", "torn", play(torn))
    lose = pending(operations)
    if not lose:
        return
    for what, lost in _losses(lose, dice, effort.draws):
        kept = [one for place, one in enumerate(operations) if place not in lost]
        yield Image(f"up to {last}, without {what}", "lost", play(kept))
    for place in lose:
        one = operations[place]
        if one.kind == "W":
            noise = [*operations]
            noise[place] = one._replace(data=dice.randbytes(len(one.data)))
            yield Image(f"up to {last}, {one} is garbage", "garbage", play(noise))
    for _ in range(effort.draws):
        yield Image(f"up to {last}, each as it falls", "garbage", play(_mixed(operations, set(lose), dice)))


def every_octet(length: int) -> Iterable[int]:
    """Cut after each octet but the last."""
    return range(1, length)


def telling_octets(length: int) -> Iterable[int]:
    """Cut where something begins or ends: every octet of what is short; of a page its header and sectors."""
    if length <= 32:
        return range(1, length)
    near = (1, 2, 7, 16, 18, 24, 28, 100, length // 2, length - 2, length - 1)
    return sorted({*near, *range(512, length, 512)} & set(range(1, length)))


def ends(length: int) -> Iterable[int]:
    """Cut after the first octet and before the last."""
    return sorted({1, length - 1} & set(range(1, length)))


def _losses(lose: Sequence[int], dice: Random, draws: int) -> Iterator[tuple[str, set[int]]]:
    """Sets of operations that are lost: all, each one, all but each one, some."""
    yield "all that was not synced", set(lose)
    if len(lose) > 1:
        for one in lose:
            yield f"operation {one}", {one}
            yield f"what was not synced but operation {one}", set(lose) - {one}
    for _ in range(draws if len(lose) > 2 else 0):
        some = {one for one in lose if dice.random() < 0.5}
        yield f"operations {sorted(some)}", some


def _mixed(operations: Sequence[Operation], lose: set[int], dice: Random) -> Iterator[Operation]:
    """Each operation that was not synced is there, missing, cut short or garbage."""
    for place, one in enumerate(operations):
        fate = dice.choice(["there", "missing", "short", "garbage"]) if place in lose else "there"
        if fate in ("short", "garbage") and one.kind == "W":
            cut = dice.randrange(len(one.data) + 1)
            rest = b"" if fate == "short" else dice.randbytes(len(one.data) - cut)
            yield one._replace(data=one.data[:cut] + rest)
        elif fate != "missing":
            yield one
