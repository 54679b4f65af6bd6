"""BER-TLV data objects, ISO/IEC 7816-4, 5.2.2: definite lengths, tags of one to three octets."""

from __future__ import annotations

from typing import NamedTuple


class TlvError(ValueError):
    """Octets that are no sequence of data objects. Says at which octet, what was expected and found."""

    def __init__(self, at: int, expected: str, found: str) -> None:
        super().__init__(f"octet {at}: expected {expected}, found {found}")
        self.at = at
        self.expected = expected
        self.found = found


class DataObject(NamedTuple):
    """One data object; the value of a constructed one is the encoding of its children."""

    tag: int  # the tag's octets as one big-endian number: 0x62, 0x7F49
    value: bytes

    @property
    def constructed(self) -> bool:
        """Whether the value holds data objects (bit 6 of the tag's first octet)."""
        return bool(_tag(self.tag)[0] & 0x20)

    def children(self) -> list[DataObject]:
        """The data objects in the value.

        Raises:
            TlvError: the value is no sequence of data objects.
        """
        return parse(self.value)


def encode(tag: int, *parts: bytes) -> bytes:
    """One data object whose value is the parts in a row.

    Args:
        tag: the tag's octets as one big-endian number, 0x01 to 0xFFFFFF.
        parts: at most 65535 octets together; lengths below 128 come out in the short form.

    Raises:
        ValueError: such a number is no tag, or the value is too long.
    """
    value = b"".join(parts)
    return _tag(tag) + _length(len(value)) + value


def parse(octets: bytes) -> list[DataObject]:
    """All data objects in a row.

    Raises:
        TlvError: a tag or length is cut off or too long, a length goes beyond the end, or a tag is 00.
    """
    found: list[DataObject] = []
    at = 0
    while at < len(octets):
        tag, at = _read_tag(octets, at)
        length, at = _read_length(octets, at)
        if at + length > len(octets):
            raise TlvError(at, f"{length} octets of value", f"{len(octets) - at}")
        found.append(DataObject(tag, octets[at : at + length]))
        at += length
    return found


def find(octets: bytes, *path: int) -> bytes | None:
    """The value of the first data object at a path of tags, one inside the other; None if there is none.

    Raises:
        TlvError: what is on the way is malformed.
    """
    value = octets
    for tag in path:
        inner = next((one.value for one in parse(value) if one.tag == tag), None)
        if inner is None:
            return None
        value = inner
    return value


def _tag(tag: int) -> bytes:
    octets = tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big")
    if _read_tag(octets, 0)[1] != len(octets):
        raise ValueError(f"{octets.hex().upper()} is more than a tag")
    return octets


def _length(length: int) -> bytes:
    if length < 0x80:
        return bytes([length])
    if length <= 0xFF:
        return bytes([0x81, length])
    if length <= 0xFFFF:
        return b"\x82" + length.to_bytes(2, "big")
    raise ValueError(f"a value has at most 65535 octets, not {length}")


def _read_tag(octets: bytes, at: int) -> tuple[int, int]:
    end = at + 1
    if not octets[at]:
        raise TlvError(at, "a tag", "00")
    if octets[at] & 0x1F == 0x1F:  # the number goes on while bit 8 is set
        while end < len(octets) and octets[end] & 0x80:
            end += 1
        end += 1
    if end > len(octets):
        raise TlvError(len(octets), "the rest of a tag", "the end")
    if end - at > 3:
        raise TlvError(at, "a tag of at most three octets", f"{end - at}")
    return int.from_bytes(octets[at:end], "big"), end


def _read_length(octets: bytes, at: int) -> tuple[int, int]:
    if at >= len(octets):
        raise TlvError(at, "a length", "the end")
    first = octets[at]
    if first < 0x80:
        return first, at + 1
    count = first & 0x7F
    if not 1 <= count <= 2:
        raise TlvError(at, "a length of one to three octets", f"{first:02X}")
    if at + 1 + count > len(octets):
        raise TlvError(at, f"{count} octets of length", f"{len(octets) - at - 1}")
    return int.from_bytes(octets[at + 1 : at + 1 + count], "big"), at + 1 + count
