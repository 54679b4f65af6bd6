"""Whatever octets come in whatever order: the card never fails, and no counter moves but by the rules.

A state machine sends batches of commands (right ones, nearly right ones, random octets, cut-off and oversized
ones) with resets in between, and keeps its own small model of the PINs beside the card.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import pytest
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from softeid.emulator import StatusError
from softeid.emulator.apdu import Command

if TYPE_CHECKING:
    from tests.emulator.conftest import Specimen

AT_LEAST = 100_000  # APDUs, both profiles together
EXAMPLES, STEPS, BATCH = 400, 40, 20  # comes to half as many again, in seven seconds

EVERY_WORD = set(
    "9000 63C2 63C1 6700 6881 6882 6883 6981 6982 6983 6985 6A80 6A82 6A86 6A87 6A88 6B00 6D00 6E00".split()  # noqa: SIM905
)
LIMIT = 3
NAMES = {0x01: "PIN1", 0x85: "PIN2", 0x02: "PUK"}
BLOCKS = [digits.ljust(12, b"\xff") for digits in (b"1234", b"12345", b"12345678", b"0000", b"987654321")]
MAIN, AWP, QSCD, ABSENT = (
    bytes.fromhex("A000000077010800070000FE00000100"),
    bytes.fromhex("E828BD080FF2504F5420415750"),
    b"QSCD Application",
    bytes.fromhex("A0000001510000"),
)
FIDS = [
    fid.to_bytes(2, "big")
    for fid in (
        0x3F00,
        0xADF1,
        0xADF2,
        0x5000,
        0x5001,
        0x500F,
        0xD003,
        0x011C,
        0x2F00,
        0x3401,
        0x341F,
        0x3402,
        0xFFFF,
    )
]
TEMPLATES = [
    bytes.fromhex("800104840181"),
    bytes.fromhex("8004FF200800840181"),
    bytes.fromhex("80015484019F"),
    bytes.fromhex("8004FF15080084019F"),
    bytes.fromhex("80010B840181"),
    bytes.fromhex("8004FF300400840181"),
    bytes.fromhex("8401"),
]
POINT = bytes.fromhex("0004") + bytes.fromhex(
    "AA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7"
    "3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F"
)  # 00, and the generator of P-384


def _valid(pick: random.Random) -> bytes:
    """A command such as a client sends, right or wrong."""
    reference, ne = pick.choice([0x01, 0x85, 0x02]), pick.choice([0, 0, 256, 256, 1, 48, 96, 231])
    make: list[Callable[[], Command]] = [
        lambda: Command(
            0, 0xA4, 0x04, pick.choice([0x0C, 0x04, 0x00]), pick.choice([MAIN, AWP, QSCD, ABSENT]), ne
        ),
        lambda: Command(0, 0xA4, pick.choice([0, 1, 2]), pick.choice([0x0C, 0x04]), pick.choice(FIDS), ne),
        lambda: Command(
            0, 0xA4, 9, pick.choice([0x0C, 0x04]), b"".join(pick.choices(FIDS, k=pick.randint(1, 3))), ne
        ),
        lambda: Command(0, 0xA4, 9, 0x0C, pick.choice([b"\x3f\x00\xad\xf1", b"\x3f\x00\xad\xf2"])),
        lambda: Command(0, 0xA4, 3, 0x0C, pick.choice([b"", b"", *FIDS])),
        lambda: Command(0, 0xB0, pick.choice([0, 0, 0, 4, 0x9C]), pick.randrange(256), b"", ne or 256),
        lambda: Command(0, 0x20, 0, reference, pick.choice([*BLOCKS, b""])),
        lambda: Command(0, 0x20, 0xFF, reference),
        lambda: Command(0, 0x24, 0, reference, pick.choice(BLOCKS) + pick.choice(BLOCKS)),
        lambda: Command(0, 0x2C, pick.choice([2, 2, 0]), reference, pick.choice(BLOCKS)),
        lambda: Command(0, 0x2C, pick.choice([3, 0xFF]), reference),
        lambda: Command(
            0, 0xCB, 0x3F, 0xFF, bytes.fromhex(f"4D087006BF81{pick.choice([1, 2, 5, 6]):02X}02A080"), ne
        ),
        lambda: Command(0, 0x22, 0x41, pick.choice([0xA4, 0xB6, 0xB8]), pick.choice(TEMPLATES)),
        lambda: Command(0, 0x88, 0, 0, pick.randbytes(pick.choice([1, 32, 48, 49])), ne),
        lambda: Command(0, 0x2A, 0x9E, 0x9A, pick.randbytes(pick.choice([20, 32, 48, 64, 50])), ne),
        lambda: Command(0, 0x2A, 0x80, 0x86, pick.choice([POINT, POINT[:-1], POINT[:-1] + b"\0"]), ne),
        lambda: Command(0, 0x84, 0, 0, b"", ne),
        lambda: Command(0, 0xC0, 0, 0, b"", ne or 256),
    ]
    return pick.choice(make)().encode()


def _unlock(pick: random.Random) -> bytes:
    """VERIFY with the value that a PIN has at the beginning: keeps keys and RESET within reach."""
    reference, block = pick.choice([(0x01, BLOCKS[0]), (0x85, BLOCKS[1]), (0x02, BLOCKS[2])])
    return Command(0, 0x20, 0, reference, block).encode()


def _nearly(pick: random.Random) -> bytes:
    """A valid command with an octet changed, taken out or put in."""
    apdu = bytearray(_valid(pick))
    at = pick.randrange(len(apdu))
    deed = pick.randrange(3)
    if deed == 0:
        apdu[at] = pick.randrange(256)
    elif deed == 1:
        del apdu[at]
    else:
        apdu.insert(at, pick.randrange(256))
    return bytes(apdu)


def _chained(pick: random.Random) -> bytes:
    apdu = bytearray(_valid(pick))
    apdu[0] |= 0x10
    return bytes(apdu)


def _cut(pick: random.Random) -> bytes:
    apdu = _valid(pick)
    return apdu[: pick.randrange(len(apdu))]


def _random(pick: random.Random) -> bytes:
    return pick.randbytes(pick.randrange(40))


def _headed(pick: random.Random) -> bytes:
    """A known instruction with random parameters and data."""
    ins = pick.choice([0x20, 0x22, 0x24, 0x2A, 0x2C, 0x84, 0x88, 0xA4, 0xB0, 0xC0, 0xCB])
    data = pick.randbytes(pick.choice([0, 1, 12, 24, 60]))
    return Command(0, ins, pick.randrange(256), pick.randrange(256), data, pick.choice([0, 1, 256])).encode()


def _oversized(pick: random.Random) -> bytes:
    """Extended lengths up to 64 KiB, and more octets than any command has."""
    size = pick.choice([256, 1000, 4097, 65535])
    ins = pick.choice([0x20, 0x22, 0x24, 0x88, 0xA4, 0xCB, 0x2A])
    whole = Command(
        pick.choice([0, 0x10]), ins, pick.choice([0, 9]), 1, bytes(size), pick.choice([0, 65536])
    ).encode()
    return pick.choice([whole, whole[:-1], whole + b"\0\0\0"])


KINDS = (
    [_valid] * 8
    + [_unlock] * 2
    + [_nearly] * 4
    + [_chained, _cut, _random, _random, _headed, _headed, _oversized]
)


@dataclass
class Model:
    """What we know of the PINs without asking the card."""

    values: dict[str, bytes] = field(default_factory=lambda: dict(zip(NAMES.values(), BLOCKS, strict=False)))
    tries: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NAMES.values(), LIMIT))
    verified: set[str] = field(default_factory=set)


class Machine(RuleBasedStateMachine):
    """Sends, and looks after each command."""

    make: ClassVar[Callable[..., Specimen]]
    sent: ClassVar[int] = 0
    words: ClassVar[set[str]] = set()

    @initialize(name=st.sampled_from(["esteid-2018", "esteid-2018x"]))
    def insert(self, name: str) -> None:
        self.card = type(self).make(name, octets=600)
        self.model = Model()
        self.chain = b""  # header without bit 5, and what the chain that is under way has brought
        self.history: list[str] = []

    @rule(seed=st.integers(0, 2**32 - 1))
    def send(self, seed: int) -> None:
        pick = random.Random(seed)
        for _ in range(BATCH):
            apdu = pick.choice(KINDS)(pick)
            self.history.append(f"> {apdu.hex()}")
            try:
                self._send(apdu)
            except AssertionError:
                note("\n".join(self.history))
                raise

    @rule(event=st.sampled_from(["reset", "power_off", "power_on"]))
    def reset(self, event: str) -> None:
        getattr(self.card.card, event)()
        self.history.append(event)
        self.model.verified.clear()
        self.chain = b""

    def _send(self, apdu: bytes) -> None:
        answer = self.card.card.process(apdu)
        type(self).sent += 1
        type(self).words.add(answer[-2:].hex().upper())
        assert 2 <= len(answer) <= 258, apdu.hex()
        assert answer[-2] in range(0x61, 0x70) or answer[-2:] == b"\x90\x00", (apdu.hex(), answer.hex())
        assert answer[-2:] != b"\x6f\x00", apdu.hex()
        self._follow(self._joined(apdu), answer)

    def _joined(self, apdu: bytes) -> Command | None:
        """The command that the card has carried out, data of a chain included; None if there was none."""
        try:
            command = Command.parse(apdu)
        except StatusError:
            self.chain = b""
            return None
        header, chained = bytes([command.cla & ~0x10, *command[1:4]]), command.cla & 0xF0 == 0x10
        held = self.chain[4:] if self.chain[:4] == header else b""
        refused = chained and (not command.data or (self.chain and self.chain[:4] != header))
        too_long = (chained or held) and len(held) + len(command.data) > 4096
        if refused or too_long:
            self.chain = b""
            return None
        self.chain = header + held + command.data if chained else b""
        return None if chained else command._replace(data=held + command.data)

    def _follow(self, command: Command | None, answer: bytes) -> None:
        """Move the model on by what the answer says, and compare it with the card."""
        model, sw = self.model, int.from_bytes(answer[-2:], "big")
        before = dict(model.tries)
        name = NAMES.get(command.p2) if command and not command.cla else None
        if command and name and command.ins in (0x20, 0x24) and command.p1 == 0:
            self._compared(command, name, sw)
        elif command and name and command.ins == 0x2C and command.p1 in (0, 2, 3) and sw == 0x9000:
            assert "PUK" in model.verified
            assert name != "PUK"
            model.tries[name] = LIMIT
            model.values[name] = command.data or model.values[name]
            model.verified.discard(name)
        elif command and name and command.ins in (0x20, 0x2C) and command.p1 == 0xFF and sw == 0x9000:
            model.verified.discard(name)
        elif command and command[:3] == (0, 0xA4, 4) and command.data == MAIN and sw == 0x9000:
            model.verified.clear()
        elif command and command[:2] in ((0, 0x88), (0, 0x2A)) and sw in (0x9000, *range(0x6100, 0x6200)):
            needed = "PIN2" if command.p1 == 0x9E else "PIN1"
            assert needed in model.verified
            model.verified -= {"PIN2"} if command.p1 == 0x9E else set()
        for one, pin in self.card.permanent.pins.items():
            assert (pin.tries, pin.value) == (model.tries[one], model.values[one]), one
            assert before[one] or not pin.tries or (command and command.ins == 0x2C), (
                "a blocked PIN came back"
            )

    def _compared(self, command: Command, name: str, sw: int) -> None:
        """VERIFY and CHANGE REFERENCE DATA of a PIN."""
        model, change = self.model, command.ins == 0x24
        if not command.data and not change:
            expected = (
                0x9000
                if name in model.verified
                else 0x63C0 | model.tries[name]
                if model.tries[name]
                else 0x6983
            )
            assert sw in (expected, 0x6A88)
        elif sw == 0x9000:
            assert model.tries[name]
            assert command.data[:12] == model.values[name]
            model.tries[name] = LIMIT
            if change:
                model.values[name] = command.data[12:]
            else:
                model.verified.add(name)
        elif sw == 0x6983 or sw & 0xFFF0 == 0x63C0:
            assert not model.tries[name] or command.data[:12] != model.values[name]
            model.tries[name] = max(0, model.tries[name] - 1)
            model.verified.discard(name)
            assert sw == (0x63C0 | model.tries[name] if model.tries[name] else 0x6983)
        else:
            assert sw in (0x6700, 0x6A88)


def test_machine(make: Callable[..., Specimen], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Machine, "make", make, raising=False)
    monkeypatch.setattr(Machine, "sent", 0)
    monkeypatch.setattr(Machine, "words", set())
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=True,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Machine.sent >= AT_LEAST
    missing = EVERY_WORD - Machine.words
    assert not missing, "the commands above have become too tame to see these"
    assert any(word.startswith("61") for word in Machine.words)
