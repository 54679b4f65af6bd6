"""A card held against its profile, reading only: what each says, and whether they agree.

Of what a card says about its holder nothing is told but its form: letters as A, digits as 9.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, Literal, NamedTuple

from softeid.emulator import Profile, tlv
from softeid.emulator.access import ALWAYS
from softeid.emulator.facts import Evidence, FileFacts, PinFacts
from softeid.emulator.status import SW, meaning
from softeid.emulator.tlv import TlvError

from ..clients.eid_client import CHUNK, REACH, file_size
from .content import agreement
from .sight import spaced

Transmit = Callable[[bytes], bytes]
Verdict = Literal["same", "differs", "not told"]
_MOST_READS: Final = REACH // CHUNK + 1  # of one file: an end for a card that gives an octet each time
_SHORT_NE: Final = 256
_NOBODYS_AID: Final = bytes.fromhex("F0 73 6F 66 74 65 69 64")  # F0: not registered; "softeid"
_PIV: Final = bytes.fromhex("5C 01 7E")  # the discovery object of PIV, which OpenSC asks unknown cards for
_CORE: Final = Evidence("T", "seen in traces of unmodified clients")


class Fact(NamedTuple):
    """One thing that can be true of a card."""

    what: str
    evidence: Evidence
    expected: str  # as the profile says
    found: str  # as the card says
    verdict: Verdict


class _Answer(NamedTuple):
    data: bytes
    sw: int

    def __str__(self) -> str:
        told = meaning(self.sw)
        return f"{self.sw:04X} {told}".strip()


def compare(profile: Profile, atr: bytes, transmit: Transmit) -> Iterator[Fact]:
    """Everything that a profile says and reading can try, in the profile's order.

    Raises:
        Lost: the way to the card is gone.
    """
    yield _fact("answer to reset", profile.atr_evidence, spaced(profile.atr.octets), spaced(atr))
    yield from _Comparison(profile, transmit).facts()


class _Comparison:
    def __init__(self, profile: Profile, transmit: Transmit) -> None:
        self._profile = profile
        self._transmit = transmit
        self._lengths: dict[bytes, int] = {}  # octets of files that could be read, by path

    def facts(self) -> Iterator[Fact]:
        profile = self._profile
        for file in profile.root.below():
            if file.aid:
                yield self._application(file)
        yield from self._files(profile.root, b"")
        yield self._read_limit()
        yield from self._end_of_file()
        for pin in profile.pins.values():
            yield from self._pin(pin)
        yield from self._refusals()

    # --- files --------------------------------------------------------------------------------------

    def _application(self, file: FileFacts) -> Fact:
        answer = self._select_application(file.aid)
        return _fact(f"application {file.aid.hex().upper()}", file.evidence, "9000 done", str(answer))

    def _files(self, file: FileFacts, above: bytes) -> Iterator[Fact]:
        path = above + file.fid.to_bytes(2, "big")
        if file.when and self._profile.on(file.when[0]) != file.when[1]:
            yield _fact(
                f"{_name(path)} absent", file.evidence, _told(SW.FILE_NOT_FOUND), str(self._select(path))
            )
            return
        if file.children is None:
            yield from self._elementary(file, path)
            return
        if above and not file.aid:
            yield _fact(f"{_name(path)} reachable", file.evidence, "9000 done", str(self._select(path)))
        for child in file.children:
            yield from self._files(child, path)

    def _elementary(self, file: FileFacts, path: bytes) -> Iterator[Fact]:
        name, evidence = _name(path), file.evidence
        selected = self._select(path)
        yield _fact(f"{name} reachable", evidence, "9000 done", str(selected))
        if selected.sw != SW.OK:
            return
        yield _identifier(name, evidence, file.fid, selected.data)
        content, last = self._content(file_size(selected.data))
        expected = "9000 done" if file.read == ALWAYS else _told(SW.SECURITY_STATUS_NOT_SATISFIED)
        yield _fact(f"{name} read without a PIN", evidence, expected, str(last))
        if last.sw != SW.OK:
            return
        self._lengths[path] = len(content)
        size, as_many = file_size(selected.data), "as many octets as it has"
        counted = as_many if size == len(content) else f"{size}, and it has {len(content)} or more"
        yield _fact(f"{name} size in its FCP", evidence, as_many, counted)
        yield Fact(f"{name} content", evidence, *agreement(file.content, content, self._profile))

    def _content(self, size: int) -> tuple[bytes, _Answer]:
        """All of the current file, and how reading ended: 9000, or the first refusal."""
        octets = b""
        for _ in range(_MOST_READS):
            if len(octets) >= min(size or 1, REACH):
                break
            part = self._read(len(octets), min(CHUNK, (size or CHUNK) - len(octets)))
            if part.sw != SW.OK or not part.data:
                return octets, part if not octets else _Answer(b"", SW.OK)
            octets += part.data
        beyond = self._read(len(octets), 1) if len(octets) < REACH else _Answer(b"", SW.OK)
        return octets + (beyond.data if beyond.sw == SW.OK else b""), _Answer(b"", SW.OK)

    def _read_limit(self) -> Fact:
        """What READ BINARY with Le 00 gives of the longest file."""
        what, evidence = "octets that READ BINARY gives at most", self._profile.read_limit_evidence
        expected = self._profile.read_limit
        path = max(self._lengths, key=lambda one: self._lengths[one], default=b"")
        if self._lengths.get(path, 0) < _SHORT_NE or self._select(path).sw != SW.OK:
            return Fact(what, evidence, str(expected), "no long file can be read", "not told")
        return _fact(what, evidence, str(expected), str(len(self._read(0, _SHORT_NE).data)))

    def _end_of_file(self) -> Iterator[Fact]:
        """What the first file that could be read answers at its end, and behind it."""
        switch = self._profile.switches["short-read"]
        path, length = next(((path, length) for path, length in self._lengths.items() if length), (b"", 0))
        if not length or self._select(path).sw != SW.OK:
            return
        meets = str(self._read(length - 1, 2))
        expected = _told(int(switch.value, 16))
        yield _fact("READ BINARY that meets the end of a file", switch.evidence, expected, meets)
        behind = str(self._read(length, 1))
        yield _fact("READ BINARY behind the end of a file", _CORE, _told(SW.WRONG_OFFSET), behind)

    # --- PINs and refusals -----------------------------------------------------------------------------

    def _pin(self, pin: PinFacts) -> Iterator[Fact]:
        """The status object, by GET DATA: asking costs no try."""
        what, evidence = f"{pin.name} tries at most", pin.evidence
        if self._profile.family != "idemia":
            yield Fact(what, evidence, str(pin.tries), "this family's counters are not read yet", "not told")
            return
        self._select_application(self._aid(pin.df))
        number = 0xBF8100 | pin.status_id
        asked = tlv.encode(0x4D, tlv.encode(0x70, tlv.encode(number, b"\xa0\x80")))
        answer = self._send(b"\x00\xcb\x3f\xff" + bytes([len(asked)]) + asked + b"\x00")
        try:
            counters = tlv.find(answer.data, 0x70, number, 0xA0) or b""
            most, left = tlv.find(counters, 0x9A), tlv.find(counters, 0x9B)
            contact = tlv.find(counters, 0xA1, 0x8C)
        except TlvError:
            most = left = contact = None
        if not most or not left:
            yield Fact(what, evidence, str(pin.tries), str(answer), "differs")
            return
        yield _fact(what, evidence, str(pin.tries), str(most[0]))
        yield Fact(f"{pin.name} tries left", evidence, "", str(left[0]), "not told")
        found = spaced(contact) if contact else "nothing"
        yield _fact(f"{pin.name} attributes", evidence, spaced(pin.status_attributes), found)

    def _aid(self, df: int | None) -> bytes:
        """The application to which a PIN belongs."""
        root = self._profile.root
        return next((file.aid for file in root.below() if file.fid == df and file.aid), root.aid)

    def _refusals(self) -> Iterator[Fact]:
        self._select_application(self._profile.root.aid)
        unknown = self._select_application(_NOBODYS_AID)
        yield _fact("an application that nobody has", _CORE, _told(SW.FILE_NOT_FOUND), str(unknown))
        probe = self._send(b"\x00\xcb\x3f\xff" + bytes([len(_PIV)]) + _PIV + b"\x00")
        what, either = (
            "a data object that nobody has here",
            (SW.REFERENCE_DATA_NOT_FOUND, SW.INS_NOT_SUPPORTED),
        )
        verdict: Verdict = "same" if probe.sw in either else "differs"
        yield Fact(what, _CORE, "6A88 or 6D00", str(probe), verdict)

    # --- commands ---------------------------------------------------------------------------------------

    def _select_application(self, aid: bytes) -> _Answer:
        return self._send(b"\x00\xa4\x04\x0c" + bytes([len(aid)]) + aid)

    def _select(self, path: bytes) -> _Answer:
        return self._send(b"\x00\xa4\x09\x04" + bytes([len(path)]) + path + b"\x00")

    def _read(self, offset: int, ne: int) -> _Answer:
        if offset >= REACH:
            return _Answer(b"", SW.WRONG_OFFSET)
        return self._send(b"\x00\xb0" + offset.to_bytes(2, "big") + bytes([ne & 0xFF]))

    def _send(self, apdu: bytes) -> _Answer:
        response = self._transmit(apdu)
        return _Answer(response[:-2], int.from_bytes(response[-2:], "big"))


def _fact(what: str, evidence: Evidence, expected: str, found: str) -> Fact:
    return Fact(what, evidence, expected, found, "same" if expected == found else "differs")


def _identifier(name: str, evidence: Evidence, fid: int, fcp: bytes) -> Fact:
    what, expected = f"{name} identifier in its FCP", f"{fid:04X}"
    try:
        told = tlv.find(fcp, 0x62, 0x83)
    except TlvError as wrong:
        return Fact(what, evidence, expected, f"no FCP: {wrong}", "differs")
    if told is None:
        return Fact(what, evidence, expected, "", "not told")
    return _fact(what, evidence, expected, told.hex().upper())


def _name(path: bytes) -> str:
    return "/".join(path[at : at + 2].hex().upper() for at in range(0, len(path), 2))


def _told(sw: int) -> str:
    return f"{sw:04X} {meaning(sw)}"
