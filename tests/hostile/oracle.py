"""What a card may reveal and change: a second, independent statement of the rules, kept beside the card.

The oracle is told every command and event and says what must come back. It shares facts with the card (the
profile, a file tree of its own), but no code: it reads APDUs and templates by itself, and it knows no order
in which a card looks for mistakes. A command is refused exactly if there is a reason to, and with the status
word of any of its reasons.

Source: ISO/IEC 7816-3, 12.1.3, and 7816-4, 5.3, 5.6, 10.3 and 11; the comments of the profile `esteid-2018`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from tests.hostile.frame import Frame, read, template
from tests.hostile.knowledge import Expected, Memory, Reasons, Reference, Refused, Use

from softeid.emulator.access import NEVER
from softeid.emulator.facts import Profile
from softeid.emulator.file import DF, EF

MAX_CHAINED = 4096  # octets that a chain may bring
CLOSED = frozenset(  # every status word that may be seen, apart from 63Cx and 61xx; storage here never fails
    "9000 6282 6700 6881 6882 6883 6981 6982 6983 6985 6A80 6A82 6A86 6A87 6A88 6B00 6D00 6E00".split()  # noqa: SIM905
)
_TEMPLATES = {0xA4: "authenticate", 0xB6: "sign", 0xB8: "agree"}
_HASHES = (20, 28, 32, 48, 64)
_MF = b"\x3f\x00"


class Oracle:
    """The rules, and where one card stands in them."""

    def __init__(
        self,
        profile: Profile,
        root: DF,
        pins: Mapping[str, bytes],
        *,
        challenge: Callable[[int], bytes],
        perform: Callable[[Use], bytes | None],
    ) -> None:
        """A card that has just been powered on.

        Args:
            profile: facts and switches.
            root: a file tree that the card has not got in its hands.
            pins: the block of each PIN.
            challenge: foretells the next random octets, so many.
            perform: what a private key makes of octets; None where they are no point of its curve.
        """
        self._profile = profile
        self._root = root
        self._challenge = challenge
        self._perform = perform
        self.pins = {
            name: Reference(facts, pins[name], facts.tries, facts.tries)
            for name, facts in profile.pins.items()
        }
        self.memory = Memory(root)
        self.uses: list[Use] = []  # of keys, by the last command
        self._instructions: dict[int, Callable[[Frame], bytes]] = {
            0xA4: self._select, 0xB0: self._read, 0x84: self._get_challenge, 0x20: self._verify,
            0x24: self._change, 0x2C: self._reset_counter, 0xCB: self._get_data, 0x22: self._set_environment,
            0x88: self._authenticate, 0x2A: self._security_operation,
        }  # fmt: skip

    def power(self) -> None:
        """Power comes or goes, or a reset: nothing volatile stays."""
        self.memory = Memory(self._root)

    def expect(self, apdu: bytes) -> Expected:
        """What must come back for a command; from now on the oracle stands behind it."""
        self.uses = []
        memory = self.memory
        waiting, memory.waiting = memory.waiting, b""
        if waiting and len(apdu) == 5 and apdu[:4] == b"\x00\xc0\x00\x00":
            return self._portion(waiting, apdu[4] or 256, "what waited for GET RESPONSE")
        frame = read(apdu)
        try:
            if frame is None:
                memory.chain = None
                raise Refused((0x6700, "no command of any case"))
            data, word, why = self._chained(frame)
        except Refused as refused:
            return Expected(b"", refused.words, str(refused))
        return self._portion(data + word.to_bytes(2, "big"), frame.ne or len(data), why)

    def _portion(self, whole: bytes, ne: int, why: str) -> Expected:
        """As much of an answer as is asked for; the rest waits."""
        left = len(whole) - 2 - ne
        if left <= 0:
            return Expected(whole[:-2], frozenset([int.from_bytes(whole[-2:], "big")]), why)
        self.memory.waiting = whole[ne:]
        return Expected(whole[:ne], frozenset([0x6100 | min(left, 256) & 0xFF]), f"{why}; {left} octets wait")

    def _chained(self, frame: Frame) -> tuple[bytes, int, str]:
        """Data and word for a command that is alone, one link of a chain, or its last."""
        memory = self.memory
        link = frame.cla & 0xF0 == 0x10
        chain, memory.chain = memory.chain, None
        header = bytes([frame.cla & 0xEF if link else frame.cla, *frame[1:4]])
        held = chain[1] if chain and chain[0] == header else b""
        if chain and link and chain[0] != header:
            raise Refused((0x6883, "another chain within a chain"))
        if link or held:
            reasons = Reasons()
            reasons.when(link and not frame.data, 0x6700, "a link without data")
            reasons.when(len(held + frame.data) > MAX_CHAINED, 0x6700, "a chain too long")
            reasons.end()
        if link:
            memory.chain = header, held + frame.data
            return b"", 0x9000, "a link of a chain"
        return self._carried_out(frame._replace(data=held + frame.data))

    def _carried_out(self, frame: Frame) -> tuple[bytes, int, str]:
        reasons, cla = Reasons(), frame.cla
        reasons.when(cla & 0xE0, 0x6E00, "no interindustry class")
        reasons.when(not cla & 0xE0 and cla & 0x0C, 0x6882, "secure messaging that nobody set up")
        reasons.when(0 < cla <= 3, 0x6881, "a logical channel that nobody opened")
        reasons.end()
        deed = self._instructions.get(frame.ins)
        if deed is None:
            raise Refused((0x6D00, "unknown instruction"))
        data = deed(frame)
        word = 0x9000
        if frame.ins == 0xB0 and self._profile.on("short-read") == "6282":
            word = 0x9000 if len(data) == min(frame.ne, self._profile.read_limit) else 0x6282
        return data, word, deed.__name__.strip("_")

    # Files

    def _select(self, frame: Frame) -> bytes:
        reasons = Reasons()
        reasons.when(frame.p1 not in (0, 1, 2, 3, 4, 9), 0x6A86, "P1")
        reasons.when(frame.p2 not in (0x00, 0x04, 0x0C), 0x6A86, "P2")
        reasons.when(frame.p1 == 3 and frame.data, 0x6A87, "a parent needs no name")
        file = self._named(frame, reasons)
        reasons.when(file is None, 0x6A82, "no such file")
        reasons.end()
        assert file is not None
        memory = self.memory
        df = file if isinstance(file, DF) else file.parent
        assert df is not None
        if df is not memory.df:
            memory.environment = {}
        memory.df, memory.ef = df, file if isinstance(file, EF) else None
        if frame.p1 == 4 and file is self._root and self._profile.on("root-aid-logs-out") == "yes":
            memory.verified = set()
        silent = frame.p2 == 0x0C or (frame.p2 == 0x00 and not frame.ne)
        return b"" if silent else file.fcp

    def _named(self, frame: Frame, reasons: Reasons) -> DF | EF | None:
        name, p1 = frame.data, frame.p1
        if p1 == 4:
            return next((df for df in _applications(self._root) if df.aid == name), None)
        if p1 == 3:
            return self.memory.df.parent
        if p1 == 9:
            reasons.when(not name or len(name) % 2, 0x6700, "no path")
            return self._at(name)
        if not name and not p1:
            return self._root
        reasons.when(len(name) != 2, 0x6700, "no file identifier")
        return self._at(name) if len(name) == 2 else None

    def _at(self, path: bytes) -> DF | EF | None:
        place: DF | EF | None = self.memory.df
        for at in range(0, len(path), 2):
            if at == 0 and path[:2] == _MF:
                place = self._root
            else:
                fid = int.from_bytes(path[at : at + 2], "big")
                place = place.children.get(fid) if isinstance(place, DF) else None
        return place

    def _read(self, frame: Frame) -> bytes:
        reasons, memory = Reasons(), self.memory
        if frame.p1 & 0x80:
            short, offset = frame.p1 & 0x1F, frame.p2
            reasons.when(frame.p1 & 0x60, 0x6A86, "bits 6 and 7 of P1")
            files = (one for one in memory.df.children.values() if isinstance(one, EF))
            ef = next((one for one in files if one.sfid is not None and one.sfid == short), None)
            reasons.when(ef is None, 0x6A82, "no such short identifier")
        else:
            ef, offset = memory.ef, frame.p1 << 8 | frame.p2
            reasons.when(ef is None, 0x6981, "no EF is selected")
        reasons.when(frame.data or not frame.ne, 0x6700, "Le alone")
        reasons.when(ef and not ef.read.granted(memory.verified), 0x6982, "the file is protected")
        reasons.when(ef and offset >= len(ef.content), 0x6B00, "behind the end")
        reasons.end()
        assert ef is not None
        memory.ef = ef
        return ef.content[offset : offset + min(frame.ne, self._profile.read_limit)]

    def _get_challenge(self, frame: Frame) -> bytes:
        reasons = Reasons()
        reasons.when(frame.p1 or frame.p2, 0x6A86, "P1 P2")
        reasons.when(frame.data or not 1 <= frame.ne <= 256, 0x6700, "Le alone, at most 256")
        reasons.end()
        return self._challenge(frame.ne)

    # PINs

    def _reference(self, p2: int, reasons: Reasons) -> Reference | None:
        for one in self.pins.values():
            if one.facts.reference == p2 and one.facts.df in (None, self.memory.df.fid):
                return one
        reasons.when(True, 0x6A88, "no such reference here")
        return None

    def _verify(self, frame: Frame) -> bytes:
        reasons = Reasons()
        reasons.when(frame.p1 not in (0x00, 0xFF), 0x6A86, "P1")
        pin = self._reference(frame.p2, reasons)
        if frame.p1 == 0xFF:
            return self._forgotten(frame, pin, reasons)
        reasons.when(pin and frame.data and len(frame.data) != pin.facts.length, 0x6700, "no block")
        reasons.end()
        assert pin is not None
        name, verified = pin.facts.name, self.memory.verified
        if frame.data:
            self._compare(pin, frame.data)
            verified.add(name)
        elif name not in verified:
            raise Refused((pin.counter, "tells the counter"))
        return b""

    def _forgotten(self, frame: Frame, pin: Reference | None, reasons: Reasons) -> bytes:
        reasons.when(frame.data, 0x6700, "P1 FF takes no data")
        reasons.end()
        assert pin is not None
        self.memory.verified.discard(pin.facts.name)
        return b""

    def _compare(self, pin: Reference, block: bytes) -> None:
        if pin.tries and block == pin.value:
            pin.tries = pin.limit
            return
        pin.tries = max(0, pin.tries - 1)
        self.memory.verified.discard(pin.facts.name)
        raise Refused((pin.counter, "the value is wrong, or the PIN blocked"))

    def _change(self, frame: Frame) -> bytes:
        reasons = Reasons()
        reasons.when(frame.p1, 0x6A86, "P1")
        pin = self._reference(frame.p2, reasons)
        reasons.when(pin and len(frame.data) != 2 * pin.facts.length, 0x6700, "two blocks")
        reasons.end()
        assert pin is not None
        half = pin.facts.length
        self._compare(pin, frame.data[:half])
        if frame.data[half:] == pin.value and self._profile.on("equal-new-pin") == "6A80":
            raise Refused((0x6A80, "the new value is the old one"))
        pin.value = frame.data[half:]
        return b""

    def _reset_counter(self, frame: Frame) -> bytes:
        reasons = Reasons()
        reasons.when(frame.p1 not in (0x00, 0x02, 0x03, 0xFF), 0x6A86, "P1")
        pin = self._reference(frame.p2, reasons)
        if frame.p1 == 0xFF:
            return self._forgotten(frame, pin, reasons)
        wanted = 0 if frame.p1 == 0x03 or pin is None else pin.facts.length
        reasons.when(pin and len(frame.data) != wanted, 0x6700, f"{wanted} octets")
        verified = self.memory.verified
        reasons.when(pin and not pin.facts.reset.granted(verified), 0x6982, "without the PUK")
        reasons.end()
        assert pin is not None
        pin.tries = pin.limit
        pin.value = frame.data or pin.value
        verified.discard(pin.facts.name)
        return b""

    def _get_data(self, frame: Frame) -> bytes:
        reasons = Reasons()
        reasons.when(frame.p1 != 0x3F, 0x6A86, "P1")
        reasons.when(frame.p2 != 0xFF, 0x6A88, "P2")
        for pin in self.pins.values():
            number, attributes = bytes([pin.facts.status_id]), pin.facts.status_attributes
            here = pin.facts.df in (None, self.memory.df.fid)
            if here and frame.data == b"\x4d\x08\x70\x06\xbf\x81" + number + b"\x02\xa0\x80":
                reasons.end()
                both = b"".join(bytes([tag, len(attributes)]) + attributes for tag in (0x8C, 0x9C))
                counters = bytes([0x9A, 1, pin.limit, 0x9B, 1, pin.tries, 0xA1, len(both)]) + both
                told = b"\xbf\x81" + number + bytes([len(counters) + 2, 0xA0, len(counters)]) + counters
                return bytes([0x70, len(told)]) + told
        raise Refused(*reasons.found, (0x6A88, "no such object here"))

    # Keys

    def _set_environment(self, frame: Frame) -> bytes:
        reasons = Reasons()
        reasons.when(frame.p1 != 0x41, 0x6A86, "P1")
        operation = _TEMPLATES.get(frame.p2)
        reasons.when(operation is None, 0x6A86, "P2")
        named = template(frame.data)
        reasons.when(named is None, 0x6A80, "no template of one 80 and one 84")
        reasons.end()
        assert named is not None
        algorithm, reference = named
        known = (one for one in self._profile.algorithms if algorithm in one.references)
        reasons.when(all(one.operation != operation for one in known), 0x6A88, "no such algorithm for this")
        here = (one for one in self._profile.keys.values() if one.df == self.memory.df.fid)
        key = next((one for one in here if reference == bytes([one.reference])), None)
        reasons.when(key is None, 0x6A88, "no such key in this DF")
        reasons.end()
        assert key is not None
        assert operation is not None
        self.memory.environment[operation] = key
        return b""

    def _authenticate(self, frame: Frame) -> bytes:
        reasons = Reasons()
        reasons.when(frame.p1 or frame.p2, 0x6A86, "P1 P2")
        reasons.when(not 1 <= len(frame.data) <= 48, 0x6700, "1 to 48 octets")
        return self._used("authenticate", "sign", frame.data, reasons)

    def _security_operation(self, frame: Frame) -> bytes:
        reasons = Reasons()
        if frame.p1 == 0x80:
            reasons.when(frame.p2 != 0x86, 0x6A86, "P2")
            reasons.when(frame.data[:1] != b"\x00", 0x6A80, "padding indicator")
            return self._used("agree", "agree", frame.data[1:], reasons)
        reasons.when((frame.p1, frame.p2) != (0x9E, 0x9A), 0x6A86, "P1 P2")
        reasons.when(not frame.data, 0x6985, "no hash")
        reasons.when(frame.data and len(frame.data) not in _HASHES, 0x6700, "no hash")
        signature = self._used("sign", "sign", frame.data, reasons)
        if self._profile.on("signature-consumes-pin") == "yes":
            self.memory.verified -= self.memory.environment["sign"].access["sign"].pins
        return signature

    def _used(self, operation: str, deed: str, octets: bytes, reasons: Reasons) -> bytes:
        """What a private key gives to who may use it so."""
        facts = self.memory.environment.get(operation)
        if facts is None:
            raise Refused(*reasons.found, (0x6985, f"no environment to {operation}"))
        access = {str(name): one for name, one in facts.access.items()}.get(operation, NEVER)
        reasons.when(not access.granted(self.memory.verified), 0x6982, f"{operation} needs {access}")
        reasons.end()
        use = Use(facts.name, deed, octets)
        made = self._perform(use)
        if made is None:
            raise Refused((0x6A80, "no point of the curve"))
        self.uses.append(use)
        return made


def _applications(df: DF) -> Iterator[DF]:
    if df.aid:
        yield df
    for child in df.children.values():
        if isinstance(child, DF):
            yield from _applications(child)
