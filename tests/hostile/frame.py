"""How the oracle reads octets: command APDUs and the template of MANAGE SECURITY ENVIRONMENT.

Written for itself on purpose: what reads the octets for the card must not read them for its judge.
"""

from __future__ import annotations

from typing import NamedTuple


class Frame(NamedTuple):
    """A command APDU."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes
    ne: int  # 0: no Le


def read(apdu: bytes) -> Frame | None:
    """A command of one of the seven shapes of ISO/IEC 7816-3, 12.1.3; None: of none."""
    head, body = apdu[:4], apdu[4:]
    if len(head) < 4:
        return None
    for data_at, le_octets in ((0, 0), (0, 1), (1, 0), (1, 1), (3, 0), (3, 2)):
        end = len(body) - le_octets
        if end < data_at:
            continue
        length, data, le = body[:data_at], body[data_at:end], body[end:]
        if _announces(length, len(data)):
            cla, ins, p1, p2 = head
            return Frame(cla, ins, p1, p2, data, _meant(le))
    if len(body) == 3 and body[0] == 0:
        cla, ins, p1, p2 = head
        return Frame(cla, ins, p1, p2, b"", _meant(body[1:]))
    return None


def _meant(le: bytes) -> int:
    """Ne: what is all zeros means one more than the field can say."""
    return (int.from_bytes(le, "big") or 256 ** len(le)) if le else 0


def _announces(length: bytes, octets: int) -> bool:
    """Whether a length field stands before so many octets."""
    if not length:
        return octets == 0
    number = int.from_bytes(length, "big")
    return number == octets > 0 and (len(length) == 1 or length[0] == 0)


def template(octets: bytes) -> tuple[bytes, bytes] | None:
    """Algorithm (80) and key (84) of a template that names each once; None: it is something else."""
    found: dict[int, bytes] = {}
    rest = octets
    while rest:
        tag, size, begin = rest[0], rest[1:2], 2
        if size in (b"\x81", b"\x82"):
            begin = 3 if size == b"\x81" else 4
            size = rest[2:begin]
            if len(size) != begin - 2:
                return None
        elif size > b"\x7f":
            return None
        end = begin + int.from_bytes(size, "big")
        if not size or tag not in (0x80, 0x84) or tag in found or len(rest) < end:
            return None
        found[tag], rest = rest[begin:end], rest[end:]
    return (found[0x80], found[0x84]) if len(found) == 2 else None
