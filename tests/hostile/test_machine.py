"""Whatever a host says in whatever order: the card does what the oracle says, and nothing else.

Each rule is one thing that a host may do, right or wrong; hypothesis puts them in a row, on every profile
with every choice of its switches, and shortens what fails.
"""

from __future__ import annotations

from collections import Counter
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from tests.hostile.command import (
    AIDS,
    ALIASES,
    BLOCKS,
    CRTS,
    DFS,
    EFS,
    HASHES,
    LES,
    PADDED,
    PATHS,
    POINTS,
    REFERENCES,
    TEMPLATES,
    VOCABULARY,
    chained,
    extended,
    prefixes,
)
from tests.hostile.duel import SETUPS, Duel, Setup
from tests.hostile.oracle import CLOSED

from softeid.emulator.apdu import Command
from softeid.emulator.vector import EVENTS

EXAMPLES, STEPS = 500, 40
AT_LEAST = 40_000  # APDUs; it comes to about fifty thousand
EVERY_WORD = CLOSED | {"63C3", "63C2", "63C1"}

octets = st.integers(0, 255)
p2s_of_select = st.sampled_from([0x0C, 0x04, 0x00])
les = st.sampled_from(LES)
names = st.sampled_from(["PIN1", "PIN2", "PUK"])
references = st.sampled_from(REFERENCES)
blocks = st.sampled_from([*BLOCKS, *PADDED])
known = st.sampled_from(VOCABULARY)
events = st.sampled_from(EVENTS)
USES = {
    "authenticate": Command(0, 0x88, 0, 0, HASHES[0], 256),
    "sign": Command(0, 0x2A, 0x9E, 0x9A, HASHES[0], 256),
    "agree": Command(0, 0x2A, 0x80, 0x86, POINTS[0], 256),
}
uses = st.sampled_from(list(USES.values()))


class Host(RuleBasedStateMachine):
    """Says one thing after the other to a card beside which the oracle stands."""

    words: ClassVar[Counter[str]] = Counter()

    @initialize(setup=st.sampled_from(SETUPS))
    def insert(self, setup: Setup) -> None:
        self.duel = Duel(setup)

    def teardown(self) -> None:
        if hasattr(self, "duel"):
            self.duel.audit()
            type(self).words["APDUs"] += self.duel.sent

    def say(self, *commands: Command | bytes) -> None:
        for one in commands:
            apdu = one if isinstance(one, bytes) else one.encode()
            note(f"> {apdu.hex(' ').upper()}")
            answer, _ = self.duel.send(apdu)
            type(self).words[answer[-2:].hex().upper()] += 1

    # What clients say

    @rule(p1=st.sampled_from([0, 1, 2]), p2=p2s_of_select, fid=st.sampled_from([*DFS, *EFS]), ne=les)
    def select(self, p1: int, p2: int, fid: bytes, ne: int) -> None:
        self.say(Command(0, 0xA4, p1, p2, fid, ne))

    @rule(p2=p2s_of_select, path=st.sampled_from(PATHS), ne=les)
    def select_path(self, p2: int, path: bytes, ne: int) -> None:
        self.say(Command(0, 0xA4, 9, p2, path, ne))

    @rule(p2=p2s_of_select, aid=st.sampled_from(AIDS))
    def select_application(self, p2: int, aid: bytes) -> None:
        self.say(Command(0, 0xA4, 4, p2, aid))

    @rule(name=st.sampled_from([b"", b"\xad\xf1"]))
    def select_parent(self, name: bytes) -> None:
        self.say(Command(0, 0xA4, 3, 0x0C, name))

    @rule(p1=st.sampled_from([0, 0, 1, 4, 0x7F, 0x9C, 0x81, 0xFC]), p2=octets, ne=les)
    def read(self, p1: int, p2: int, ne: int) -> None:
        self.say(Command(0, 0xB0, p1, p2 if p1 else p2 & 0x0F, b"", ne or 256))

    @rule(name=names)
    def verify_right(self, name: str) -> None:
        pin = self.duel.oracle.pins[name]
        self.say(Command(0, 0x20, 0, pin.facts.reference, pin.value))

    @rule(p2=references, block=blocks)
    def verify(self, p2: int, block: bytes) -> None:
        self.say(Command(0, 0x20, 0, p2, block))

    @rule(p2=references, ins=st.sampled_from([0x20, 0x2C]), p1=st.sampled_from([0, 0xFF]))
    def ask_or_forget(self, p2: int, ins: int, p1: int) -> None:
        self.say(Command(0, ins, p1, p2))

    @rule(name=names, new=blocks, right=st.booleans())
    def change(self, name: str, new: bytes, right: bool) -> None:
        pin = self.duel.oracle.pins[name]
        self.say(Command(0, 0x24, 0, pin.facts.reference, (pin.value if right else new) + new))

    @rule(p2=references, p1=st.sampled_from([2, 0, 3]), new=st.sampled_from([*BLOCKS, b""]))
    def unblock(self, p2: int, p1: int, new: bytes) -> None:
        self.say(Command(0, 0x2C, p1, p2, b"" if p1 == 3 else new))

    @rule(crt=st.sampled_from(CRTS), template=st.sampled_from(TEMPLATES))
    def set_environment(self, crt: int, template: bytes) -> None:
        self.say(Command(0, 0x22, 0x41, crt, template))

    @rule(use=uses, data=st.sampled_from([*HASHES, *POINTS, b""]), ne=les)
    def use_key(self, use: Command, data: bytes, ne: int) -> None:
        self.say(use._replace(data=data, ne=ne))

    @rule(number=st.sampled_from([1, 2, 5, 6]), ne=les)
    def get_data(self, number: int, ne: int) -> None:
        self.say(Command(0, 0xCB, 0x3F, 0xFF, bytes.fromhex(f"4D087006BF81{number:02X}02A080"), ne))

    @rule(ne=st.integers(0, 257))
    def get_challenge(self, ne: int) -> None:
        self.say(Command(0, 0x84, 0, 0, b"", ne))

    @rule(ne=st.integers(1, 256))
    def get_response(self, ne: int) -> None:
        self.say(Command(0, 0xC0, 0, 0, b"", ne))

    @rule(event=events)
    def happen(self, event: str) -> None:
        note(event)
        self.duel.event(event)

    # Right ways that take more than one command, so that there is something to lose

    @rule(name=st.sampled_from(list(USES)), form=st.sampled_from([0, 1]))
    def ready_to_use(self, name: str, form: int) -> None:
        at = list(USES).index(name)
        pin, df = ("PIN2", "ADF2") if name == "sign" else ("PIN1", "ADF1")
        self.say(Command(0, 0xA4, 9, 0x0C, bytes.fromhex(f"3F00{df}")))
        self.verify_right(pin)
        self.say(Command(0, 0x22, 0x41, CRTS[at], TEMPLATES[2 * at + form]))

    @rule(name=names)
    def block(self, name: str) -> None:
        pin = self.duel.oracle.pins[name]
        self.say(*[Command(0, 0x20, 0, pin.facts.reference, b"\x11" * 12)] * 3)

    # Confusion by chains

    @rule(one=known, other=known, at=octets)
    def two_chains(self, one: bytes, other: bytes, at: int) -> None:
        first, *rest = chained(one, at)
        begun, *more = chained(other, at)
        self.say(first, begun, *rest, *more)

    @rule(apdu=known, at=octets, event=events)
    def chain_over_event(self, apdu: bytes, at: int, event: str) -> None:
        first, *rest = chained(apdu, at)
        self.say(first)
        self.happen(event)
        self.say(*rest)

    @rule(apdu=known, at=octets, plain=known)
    def chain_then_plain(self, apdu: bytes, at: int, plain: bytes) -> None:
        first, *rest = chained(apdu, at)
        self.say(first, plain, *rest)

    @rule(apdu=known, size=st.sampled_from([1, 255, 2000, 2100, 4096]), links=st.integers(1, 3))
    def long_chain(self, apdu: bytes, size: int, links: int) -> None:
        command = Command.parse(apdu)
        self.say(*[command._replace(cla=0x10, data=bytes(size), ne=0)] * links, command)

    # Confusion by lengths

    @rule(apdu=known, lc=octets, le=octets)
    def extended_shapes(self, apdu: bytes, lc: int, le: int) -> None:
        long = extended(apdu)
        wrong = [
            long[:6] + bytes([lc]) + long[7:],
            long + bytes([le]),
            long + bytes([le, lc]),
            long + bytes(3),
        ]
        self.say(long, *wrong, long[:-1])

    @rule(apdu=known, lc=octets)
    def other_lc(self, apdu: bytes, lc: int) -> None:
        self.say(apdu[:4] + bytes([lc]) + apdu[5:])

    @rule(apdu=known, ne=st.sampled_from([1, 95, 255, 256, 257, 65535, 65536]))
    def other_le(self, apdu: bytes, ne: int) -> None:
        self.say(Command.parse(apdu)._replace(ne=ne))

    @rule(apdu=known, size=st.sampled_from([256, 1000, 4097, 65535]))
    def oversized(self, apdu: bytes, size: int) -> None:
        whole = Command.parse(apdu)._replace(data=bytes(size)).encode()
        self.say(whole, whole + b"\x00", whole[:-1])

    @rule(apdu=known, long=st.booleans())
    def truncated(self, apdu: bytes, long: bool) -> None:
        self.say(*prefixes(extended(apdu) if long else apdu))

    # Confusion by environments, references and classes

    @rule(df=st.sampled_from(DFS[1:3]), other=st.sampled_from(DFS), crt=st.integers(0, 2), use=uses)
    def environment_of_another_df(self, df: bytes, other: bytes, crt: int, use: Command) -> None:
        self.say(Command(0, 0xA4, 9, 0x0C, DFS[0] + df))
        self.say(*[Command(0, 0x22, 0x41, CRTS[crt], TEMPLATES[at]) for at in (2 * crt, 7 + crt)])
        self.say(Command(0, 0xA4, 9, 0x0C, DFS[0] + other), use)

    @rule(name=st.sampled_from(list(USES)))
    def environment_for_another_use(self, name: str) -> None:
        self.ready_to_use(name, 0)
        self.say(*USES.values(), USES[name])

    @rule(p2=references, df=st.sampled_from(DFS), block=blocks)
    def pin_of_another_df(self, p2: int, df: bytes, block: bytes) -> None:
        self.say(Command(0, 0xA4, 9, 0x0C, DFS[0] + df))
        self.say(
            Command(0, 0x20, 0, p2), Command(0, 0x24, 0, p2, block + block), Command(0, 0x2C, 2, p2, block)
        )

    @rule(name=names, p2=st.one_of(st.sampled_from(ALIASES), octets), ins=st.sampled_from([0x20, 0x24, 0x2C]))
    def alias(self, name: str, p2: int, ins: int) -> None:
        value = self.duel.oracle.pins[name].value
        self.say(Command(0, ins, 0, p2, value * 2 if ins == 0x24 else value), Command(0, 0x20, 0xFF, p2))

    @rule(apdu=known, ne=st.integers(1, 8), between=known, event=st.none() | events)
    def answer_that_waits(self, apdu: bytes, ne: int, between: bytes, event: str | None) -> None:
        self.say(Command.parse(apdu)._replace(ne=ne))
        if event:
            self.happen(event)
        else:
            self.say(between)
        self.get_response(256)

    @rule(apdu=known, cla=st.integers(0, 31) | octets)
    def other_class(self, apdu: bytes, cla: int) -> None:
        self.say(bytes([cla]) + apdu[1:])

    @rule(apdu=known, ins=octets, p1=octets)
    def other_instruction(self, apdu: bytes, ins: int, p1: int) -> None:
        self.say(apdu[:1] + bytes([ins]) + apdu[2:], apdu[:2] + bytes([p1]) + apdu[3:])

    @rule(apdu=st.binary(max_size=40))
    def anything(self, apdu: bytes) -> None:
        self.say(apdu)


def test_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Host, "words", Counter())
    run_state_machine_as_test(
        Host,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=True,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Host.words.pop("APDUs") >= AT_LEAST
    assert EVERY_WORD - Host.words.keys() == set(), "the rules above have become too tame to see these"
    assert any(word.startswith("61") for word in Host.words)
