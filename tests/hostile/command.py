"""What a hostile host says: commands as clients send them, and ways to bend them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from softeid.emulator import StatusError
from softeid.emulator.apdu import Command
from softeid.emulator.vector import EVENTS

Step = bytes | str
"""A command, or one of `EVENTS`."""

AIDS = [
    bytes.fromhex(aid)
    for aid in (
        "A000000077010800070000FE00000100",  # the main application, which is the MF
        "E828BD080FF2504F5420415750",
        "51534344204170706C69636174696F6E",
        "A0000001510000",  # one that is not there
    )
]
DFS = [bytes.fromhex(fid) for fid in ("3F00", "ADF1", "ADF2", "5000")]
EFS = [
    bytes.fromhex(fid)
    for fid in "5001 5002 5003 5004 5005 5006 500A D003 011C 2F00 3401 3402 341F 341E FFFF".split()  # noqa: SIM905
]
PATHS = [
    bytes.fromhex(path)
    for path in "3F00ADF1 3F00ADF2 3F00ADF13401 3F00ADF2341E 3F005000 3F0050005001 ADF1 ADF2341F".split()  # noqa: SIM905
]
REFERENCES = [0x01, 0x85, 0x02]
ALIASES = [0x00, 0x03, 0x05, 0x81, 0x82, 0x84, 0x86, 0xFF]  # near to the above, but nothing
BLOCKS = [
    digits.ljust(12, b"\xff") for digits in (b"1234", b"12345", b"12345678", b"987654321", b"0000", b"")
]  # the first three are right for a new card
PADDED = [block.replace(b"\xff", b"\x00") for block in BLOCKS[:3]]  # as other cards want them
CRTS = [0xA4, 0xB6, 0xB8]
TEMPLATES = [
    bytes.fromhex(template)
    for template in (
        "800104840181", "8004FF200800840181", "80015484019F", "8004FF15080084019F", "80010B840181",
        "8004FF300400840181", "840181800104", "80010484019F", "800154840181", "80010B84019F", "8401",
        "80010484019F840181", "800104800154840181", "800104840182", "80810104840181",
    )
]  # fmt: skip
POINT = bytes(1) + ec.derive_private_key(7, ec.SECP384R1()).public_key().public_bytes(
    Encoding.X962, PublicFormat.UncompressedPoint
)
POINTS = [POINT, POINT[:-1], POINT[:-1] + b"\x00", b"\x01" + POINT[1:], b"\x00\x02" + POINT[2:50], b"\x00"]
HASHES = [bytes([0x5A]) * octets for octets in (48, 20, 32, 64, 1, 49)]
LES = [0, 256, 1, 48, 96, 231, 255]


def _vocabulary() -> Iterator[Command]:
    """Each command once: with what opens doors first, for a generator that prefers low numbers."""
    for p2, block, padded in zip(REFERENCES, BLOCKS, PADDED, strict=False):
        yield Command(0, 0x20, 0, p2, block)  # right
        yield Command(0, 0x20, 0, p2, BLOCKS[3])  # wrong
        yield Command(0, 0x20, 0, p2, padded)  # nearly
        yield Command(0, 0x20, 0, p2)
        yield Command(0, 0x20, 0xFF, p2)
        yield Command(0, 0x24, 0, p2, block + BLOCKS[3])
        yield Command(0, 0x24, 0, p2, BLOCKS[3] + block)
        yield Command(0, 0x24, 0, p2, block + block)
        yield Command(0, 0x2C, 2, p2, BLOCKS[3])
        yield Command(0, 0x2C, 3, p2)
    yield from (Command(0, 0xA4, 9, 0x0C, path) for path in PATHS)
    yield from (Command(0, 0xA4, 4, 0x0C, aid) for aid in AIDS)
    yield from (Command(0, 0xA4, 1, 0x04, name, 256) for name in [*DFS, *EFS[:3]])
    yield Command(0, 0xA4, 3, 0x0C)
    yield Command(0, 0xA4, 0, 0x0C)
    yield from (
        Command(0, 0x22, 0x41, crt, template)
        for crt, template in zip(
            CRTS * 5, [TEMPLATES[at] for at in (0, 2, 4, 1, 3, 5, 7, 8, 9)], strict=False
        )
    )
    yield from (Command(0, 0x88, 0, 0, HASHES[0], ne) for ne in (256, 48, 0))
    yield from (Command(0, 0x2A, 0x9E, 0x9A, HASHES[0], ne) for ne in (256, 95, 0))
    yield from (Command(0, 0x2A, 0x80, 0x86, POINT, ne) for ne in (256, 16, 0))
    yield from (Command(0, 0xB0, p1, 0, b"", 256) for p1 in (0, 1, 0x9C, 0x84))
    yield from (Command(0, 0x84, 0, 0, b"", ne) for ne in (256, 8))
    yield from (Command(0, 0xC0, 0, 0, b"", ne) for ne in (256, 1))
    for number in (1, 2, 5):
        yield Command(0, 0xCB, 0x3F, 0xFF, bytes.fromhex(f"4D087006BF81{number:02X}02A080"), 256)


VOCABULARY = tuple(command.encode() for command in _vocabulary())


def extended(apdu: bytes) -> bytes:
    """The same command with lengths in the extended form, where it has any."""
    try:
        command = Command.parse(apdu)
    except StatusError:
        return apdu
    le = (command.ne & 0xFFFF).to_bytes(2, "big") if command.ne else b""
    if command.data:
        return apdu[:4] + b"\x00" + len(command.data).to_bytes(2, "big") + command.data + le
    return apdu[:4] + b"\x00" + le if le else apdu


def chained(apdu: bytes, at: int) -> list[bytes]:
    """The same command in two links, the data cut at an octet; alone, where there is nothing to cut."""
    try:
        command = Command.parse(apdu)
    except StatusError:
        return [apdu]
    data = command.data
    if len(data) < 2:
        return [apdu]
    cut = 1 + at % (len(data) - 1)
    first = command._replace(cla=command.cla | 0x10, data=data[:cut], ne=0)
    return [first.encode(), command._replace(data=data[cut:]).encode()]


def prefixes(apdu: bytes) -> list[bytes]:
    """The command cut off at each octet, the longest first."""
    return [apdu[:size] for size in range(min(len(apdu) - 1, 64), -1, -1)]


def _with_le(apdu: bytes, ne: int) -> bytes:
    try:
        return Command.parse(apdu)._replace(ne=ne).encode()
    except StatusError:
        return apdu + bytes([ne & 0xFF])


def _grown(apdu: bytes, octets: int) -> bytes:
    try:
        command = Command.parse(apdu)
    except StatusError:
        return apdu + bytes(octets)
    return command._replace(data=(command.data + bytes(octets))[:0xFFFF]).encode()


def _set(apdu: bytes, at: int, octet: int) -> bytes:
    if not apdu:
        return bytes([octet])
    place = at % len(apdu)
    return apdu[:place] + bytes([octet]) + apdu[place + 1 :]


def _between(one: int) -> Step:
    """What comes in the middle of something: an event, or a command that ends nothing by itself."""
    steps: list[Step] = [*EVENTS, b"\x00\xa4\x00\x0c", b"\x00\x20\x00\x01", b"\x00\xc0\x00\x00\x00"]
    return steps[one % len(steps)]


def _interrupted_chain(apdu: bytes, one: int, two: int) -> list[Step]:
    first, *rest = chained(apdu, two)
    return [first, _between(one), *rest]


def _interrupted_answer(apdu: bytes, one: int, two: int) -> list[Step]:
    return [_with_le(apdu, 1 + two % 16), _between(one), b"\x00\xc0\x00\x00\x00"]


Bend = Callable[[bytes, int, int], Sequence[Step]]
BENDS: tuple[Bend, ...] = (  # from a command and two octets to what is done in its place
    lambda apdu, one, two: [_set(apdu, 0, (apdu[:1] or b"\0")[0] | 0x10)],  # a link of a chain
    lambda apdu, one, two: [_set(apdu, 0, one)],  # another class
    lambda apdu, one, two: [apdu[: one % (len(apdu) + 1)]],
    lambda apdu, one, two: [apdu + bytes([one])],
    lambda apdu, one, two: [_set(apdu, one, two)],
    lambda apdu, one, two: [extended(apdu)],
    lambda apdu, one, two: [_with_le(apdu, one or 256)],
    lambda apdu, one, two: chained(apdu, one),
    lambda apdu, one, two: prefixes(apdu),
    lambda apdu, one, two: [apdu] * (1 + one % 5),
    lambda apdu, one, two: [_with_le(apdu, 0)],
    lambda apdu, one, two: [_with_le(apdu, one << 8 | two or 0x10000)],
    lambda apdu, one, two: [_grown(apdu, one << 8 | two)],
    lambda apdu, one, two: [_set(apdu, 4, one)],  # another Lc
    lambda apdu, one, two: [_set(apdu, 3, one)],  # another P2
    lambda apdu, one, two: [_set(apdu, 2, one)],  # another P1
    _interrupted_chain,
    _interrupted_answer,
)
