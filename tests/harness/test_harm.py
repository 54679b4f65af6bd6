"""How much commands and steps may harm a card: what is harmless is known to be, everything else is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.real.fake import READS

from softeid.emulator.apdu import Command
from softeid.harness.harm import LEVELS, PIN_ARGUMENTS, exceeds, of_call, of_command, worst
from softeid.harness.lab import Lab
from softeid.harness.scenario.loader import load

BLOCK = b"1234".ljust(12, b"\xff")

COMMANDS = {
    "SELECT an application": ("00A4040C0DE828BD080FF2504F5420415750", "none"),
    "SELECT a path": ("00A4090406 3F00ADF13401 00", "none"),
    "SELECT the MF": ("00A4000C", "none"),
    "SELECT the next occurrence": ("00A4040602 D276", "write"),
    "SELECT with a strange P1": ("00A4050002 3F00", "write"),
    "SELECT of more than an AID": ("00A4040C11" + "00" * 17, "write"),
    "READ BINARY": ("00B0000000", "none"),
    "READ BINARY by short identifier": ("00B09C0000", "none"),
    "READ BINARY without Le": ("00B00000", "write"),
    "READ BINARY with data": ("00B0000002 5402 00", "write"),
    "READ BINARY, extended": ("00B00000000400", "write"),
    "READ BINARY, extended without need": ("00B00000000010", "write"),
    "GET DATA": ("00CB3FFF0A 4D087006BF810102A080 00", "none"),
    "GET DATA as T=0 carries it": ("00CB3FFF0A 4D087006BF810102A080", "none"),
    "GET DATA of one octet pair": ("00CADF3000", "none"),
    "GET RESPONSE": ("00C0000010", "none"),
    "GET CHALLENGE": ("0084000008", "none"),
    "VERIFY that asks": ("00200001", "try"),
    "VERIFY that asks, with Le": ("0020000100", "try"),
    "VERIFY that forgets": ("0020FF01", "try"),
    "VERIFY": ("002000010C" + BLOCK.hex(), "block"),
    "VERIFY with a strange P1": ("00200101", "block"),
    "MSE SET": ("002241A406 800104840181", "try"),
    "MSE STORE": ("0022F201", "write"),
    "MSE SET of nothing known": ("002241AA03 800104", "write"),
    "INTERNAL AUTHENTICATE": ("0088000004 01020304 00", "try"),
    "PSO: COMPUTE DIGITAL SIGNATURE": ("002A9E9A04 01020304 00", "try"),
    "CHANGE REFERENCE DATA": ("0024000118" + BLOCK.hex() * 2, "write"),
    "RESET RETRY COUNTER": ("002C02010C" + BLOCK.hex(), "block"),
    "UPDATE BINARY": ("00D6000001 00", "write"),
    "ERASE BINARY": ("000E0000", "write"),
    "PUT DATA": ("00DA000001 00", "write"),
    "an odd READ BINARY": ("00B1000004 54020000 00", "write"),
    "a chained SELECT": ("10A4040C02 3F00", "write"),
    "SELECT under secure messaging": ("0CA4040C02 3F00", "write"),
    "SELECT on another channel": ("01A4040C02 3F00", "write"),
    "a class of its own": ("80A4040C02 3F00", "write"),
    "MANAGE CHANNEL": ("0070000001", "write"),
    "EXTERNAL AUTHENTICATE": ("0082000008" + "00" * 8, "write"),
    "nothing": ("", "write"),
    "one octet": ("00", "write"),
    "half a header": ("00A404", "write"),
    "Le of a SELECT without data": ("00A4040C02", "none"),
    "Lc beyond the end": ("00A4040C0201", "write"),
}


@pytest.mark.parametrize(("apdu", "level"), COMMANDS.values(), ids=COMMANDS)
def test_commands(apdu: str, level: str) -> None:
    assert of_command(bytes.fromhex(apdu)) == level


def test_a_right_pin_is_a_try_and_nothing_else_is() -> None:
    right = {0x01: BLOCK}
    assert of_command(bytes.fromhex("002000010C") + BLOCK, right) == "try"
    assert of_command(bytes.fromhex("002000020C") + BLOCK, right) == "block"  # the PUK
    assert of_command(bytes.fromhex("002000010C") + BLOCK[::-1], right) == "block"
    assert of_command(bytes.fromhex("002000010B") + BLOCK[:-1], right) == "block"
    assert of_command(bytes.fromhex("0020FF010C") + BLOCK, right) == "block"


HEADERS = st.sampled_from([bytes([0, ins]) for ins in (*READS, 0x20, 0x24, 0x2C, 0xD6, 0x22)])


@given(st.binary(max_size=300) | st.builds(lambda head, rest: head + rest, HEADERS, st.binary(max_size=40)))
def test_what_is_harmless_is_one_plain_short_command_that_reads(apdu: bytes) -> None:
    if of_command(apdu) != "none":
        return
    command = Command.parse(apdu)
    assert command.cla == 0
    assert command.ins in READS
    assert command.encode() == apdu
    assert len(command.data) <= 255
    assert command.ne <= 256


@given(st.integers(1, 255), st.sampled_from(sorted(READS)), st.binary(min_size=2, max_size=20))
def test_no_other_class_is_harmless(cla: int, ins: int, rest: bytes) -> None:
    assert of_command(bytes([cla, ins]) + rest) == "write"


def test_levels_are_ordered() -> None:
    assert LEVELS == ("none", "try", "block", "write")
    assert worst([]) == "none"
    assert worst(["try", "write", "none"]) == "write"
    assert exceeds("try", "none")
    assert not exceeds("block", "block")


STEPS = {
    "a look": ("card shows", "none"),
    "a right PIN": ("verify pin: {pin: pin1}", "try"),
    "a wrong PIN": ("verify pin: {pin: pin1, value: wrong, expect: 63C2}", "block"),
    "digits, which may be wrong": ('verify pin: {pin: pin1, value: "1234"}', "block"),
    "one of several wrong": ("verify pin: {pin: pin1, value: [right, wrong], expect: [9000, 63C2]}", "block"),
    "the PUK": ("verify pin: {pin: puk}", "block"),
    "unblocking": ('unblock pin: {pin: pin1, new: "9753"}', "block"),
    "changing": ('change pin: {pin: pin1, new: "9753"}', "write"),
    "a login": ("log in", "try"),
    "a login with a wrong PIN": ("log in: {pin1: [wrong, right]}", "block"),
    "a login that is given up": ("log in: {pin1: nothing, expect: LOGIN_CANCELLED}", "try"),
    "a raw SELECT": ("apdu: {send: 00 A4 00 0C}", "none"),
    "a raw VERIFY": ("apdu: {send: 00 20 00 01 01 31, expect: 6700}", "block"),
    "anything raw": ("apdu: {send: 00 FE 00 00, expect: 6D00}", "write"),
    "a file": ("read file: {path: 3F00/D003}", "none"),
    "a reset": ("reset card", "none"),
}


@pytest.mark.parametrize(("step", "level"), STEPS.values(), ids=STEPS)
def test_steps(step: str, level: str, tmp_path: Path) -> None:
    file = tmp_path / "x.scenario.yaml"
    file.write_text(f"scenario: x\nwhy: y\ncard: {{person: jaak}}\nsteps:\n  - {step}\n")
    (scenario,) = load([file], Lab().language)
    (call,) = scenario
    assert of_call(call) == level


def test_every_pin_that_a_harmful_step_takes_is_looked_at() -> None:
    """A step that comes with an argument for a card's PIN under a new name must tell the harm of it."""
    taken = {
        field.name
        for step in Lab().language.steps.values()
        if step.harm != "none"
        for field in step.own.values()
        if "right, wrong" in field.reader.wanted
    }
    assert taken
    assert taken <= PIN_ARGUMENTS
