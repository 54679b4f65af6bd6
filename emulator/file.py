"""The file tree: MF, DFs, applications and transparent EFs, ISO/IEC 7816-4, 7.

What SELECT answers is made when a file is made or gets other content, never per APDU.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from . import tlv
from .access import ALWAYS, Access

MF = 0x3F00
MAX_CONTENT = 0xFFFF  # octets of an EF: its size has two octets in the FCP

_FILE_DESCRIPTOR_EF = b"\x01"  # transparent working EF, ISO/IEC 7816-4, table 7
_FILE_DESCRIPTOR_DF = b"\x38"
_OPERATIONAL = b"\x05"  # life cycle status: operational, activated


class EF:
    """A transparent elementary file."""

    def __init__(
        self, fid: int, content: bytes, *, name: str = "", read: Access = ALWAYS, sfid: int | None = None
    ) -> None:
        """An EF.

        Args:
            fid: file identifier, 0x0001 to 0xFFFF.
            content: at most `MAX_CONTENT` octets.
            name: what the profile calls its content, for those who replace it: "certificate/signature".
            read: who may READ BINARY.
            sfid: short file identifier, 1 to 30, if it has one.
        """
        self.fid = fid
        self.name = name
        self.read = read
        self.sfid = sfid
        self.parent: DF | None = None
        self.replace(content)

    def replace(self, content: bytes) -> None:
        """Hold other content. The FCP tells its exact size, in tag 80 and first, as clients want it."""
        if len(content) > MAX_CONTENT:
            raise ValueError(f"an EF holds at most {MAX_CONTENT} octets, not {len(content)}")
        self.content = content
        short = tlv.encode(0x88, bytes([self.sfid << 3])) if self.sfid is not None else b""
        self.fcp = tlv.encode(
            0x62,
            tlv.encode(0x80, len(content).to_bytes(2, "big")),
            tlv.encode(0x82, _FILE_DESCRIPTOR_EF),
            tlv.encode(0x83, self.fid.to_bytes(2, "big")),
            short,
            tlv.encode(0x8A, _OPERATIONAL),
        )


class DF:
    """A dedicated file: the MF, a plain DF or, if it has an AID, an application."""

    def __init__(self, fid: int, children: Iterable[DF | EF] = (), *, aid: bytes = b"") -> None:
        """A DF and what is in it.

        Args:
            fid: file identifier, 0x0001 to 0xFFFF.
            children: each with a file identifier of its own.
            aid: application identifier, 5 to 16 octets; empty for a DF that is no application.
        """
        self.fid = fid
        self.aid = aid
        self.children: dict[int, DF | EF] = {}
        self.sfids: dict[int, EF] = {}
        self.parent: DF | None = None
        for child in children:
            if child.fid in self.children:
                raise ValueError(f"two files {child.fid:04X} in {fid:04X}")
            self.children[child.fid] = child
            if isinstance(child, EF) and child.sfid is not None:
                self.sfids[child.sfid] = child
            child.parent = self
        name = tlv.encode(0x84, aid) if aid else b""
        self.fcp = tlv.encode(
            0x62,
            tlv.encode(0x82, _FILE_DESCRIPTOR_DF),
            tlv.encode(0x83, fid.to_bytes(2, "big")),
            name,
            tlv.encode(0x8A, _OPERATIONAL),
        )

    def below(self) -> Iterator[DF | EF]:
        """This file and everything in it, from the top."""
        yield self
        for child in self.children.values():
            if isinstance(child, DF):
                yield from child.below()
            else:
                yield child


File = DF | EF


def path(file: File) -> str:
    """Where a file lies, for people: 3F00/ADF1/3401."""
    own = f"{file.fid:04X}"
    return f"{path(file.parent)}/{own}" if file.parent else own
