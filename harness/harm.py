"""How much a command, a step or a scenario may harm a real card.

    none    reads: SELECT, READ BINARY, GET DATA, GET RESPONSE, GET CHALLENGE
    try     may cost a try of a PIN, uses keys
    block   may cost the last try: a wrong PIN, or anything with a PUK
    write   may change what the card holds

A command is harmless only where it is known to be: whatever is malformed, chained, on another channel, under
secure messaging, of another class or unknown counts as the worst (decision 0013).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, get_args

from softeid.emulator.apdu import Command
from softeid.emulator.errors import StatusError

from .scenario.scenario import Call
from .scenario.step import Harm
from .scenario.words import Octets, Typed

LEVELS: Final[tuple[Harm, ...]] = get_args(Harm)
"""From harmless to the worst."""

_READS = frozenset(
    {0xB0, 0xC0, 0x84, 0xCA}
)  # READ BINARY, GET RESPONSE, GET CHALLENGE, GET DATA: Le, no data
_SELECT, _GET_DATA, _VERIFY, _MSE, _RESET = 0xA4, 0xCB, 0x20, 0x22, 0x2C
_FORGET = 0xFF  # P1 of VERIFY: end the verified status
_USES_KEY = frozenset({0x88, 0x2A})  # INTERNAL AUTHENTICATE, PERFORM SECURITY OPERATION
_SELECT_P1 = frozenset({0x00, 0x01, 0x02, 0x03, 0x04, 0x08, 0x09})  # ISO/IEC 7816-4, table 39
_SELECT_P2 = frozenset({0x00, 0x04, 0x0C})  # the first or only one; FCI, FCP or nothing
_MOST_SELECT = 16  # octets of an AID
_TEMPLATES = frozenset({0xA4, 0xB6, 0xB8})  # P2 of MSE: control reference templates that clients set
_SHORT_NC, _SHORT_NE = 255, 256
_NO_PINS: Mapping[int, bytes] = {}

# What steps are given of a card's PIN, by the argument's name.
PIN_ARGUMENTS = frozenset({"value", "old", "puk", "pin1", "pin2"})
_NOT_WRONG = frozenset({"right", "nothing"})


def exceeds(level: Harm, allowed: Harm) -> bool:
    """Whether a level is worse than what is allowed."""
    return LEVELS.index(level) > LEVELS.index(allowed)


def worst(levels: Iterable[Harm]) -> Harm:
    """The worst of some levels; of none `none`."""
    return max(levels, key=LEVELS.index, default="none")


def of_command(apdu: bytes, right: Mapping[int, bytes] = _NO_PINS) -> Harm:
    """How much one command may harm a card that is ready for it.

    Args:
        apdu: what would be sent, whatever it is.
        right: PIN blocks that are known to be right, by P2 of VERIFY; any other may be wrong.
    """
    try:
        command = Command.parse(apdu)
    except StatusError:
        return "write"
    if command.cla or len(command.data) > _SHORT_NC or command.ne > _SHORT_NE or command.encode() != apdu:
        return "write"
    if _reads(command):
        return "none"
    if command.ins == _VERIFY:
        return _of_verify(command, right)
    if command.ins in _USES_KEY or _sets_environment(command):
        return "try"
    return "block" if command.ins == _RESET else "write"


def _reads(command: Command) -> bool:
    if command.ins == _SELECT:
        form = command.p1 in _SELECT_P1 and command.p2 in _SELECT_P2
        return form and len(command.data) <= _MOST_SELECT
    if command.ins == _GET_DATA:
        return True  # T=0 carries it without Le
    return command.ins in _READS and bool(command.ne) and not command.data


def _of_verify(command: Command, right: Mapping[int, bytes]) -> Harm:
    """Without data it asks for the counter, or ends a verified status: no try, but no reading either."""
    if command.p1 not in (0x00, _FORGET):
        return "block"
    known = not command.p1 and right.get(command.p2) == command.data
    return "try" if known or not command.data else "block"


def _sets_environment(command: Command) -> bool:
    """SET of MANAGE SECURITY ENVIRONMENT; STORE and ERASE write (ISO/IEC 7816-4, 11.5.11)."""
    return command.ins == _MSE and command.p1 & 0x0F == 0x01 and command.p2 in _TEMPLATES


def of_call(call: Call) -> Harm:
    """The worst that a step of a scenario may do with the arguments that it has there."""
    return worst(_of_try(call.step.harm, arguments) for arguments in call.tries)


def _of_try(declared: Harm, arguments: Mapping[str, Any]) -> Harm:
    raw = [value.octets for value in arguments.values() if isinstance(value, Octets)]
    if raw:  # as it stands: then the octets tell more than the declaration, which is the worst
        return worst(map(of_command, raw))
    if declared != "none" and (arguments.get("pin") == "puk" or any(map(_may_be_wrong, arguments.items()))):
        return worst((declared, "block"))
    return declared


def _may_be_wrong(argument: tuple[str, Any]) -> bool:
    name, value = argument
    if isinstance(value, Typed):
        return not _NOT_WRONG.issuperset(value.tries)
    return name in PIN_ARGUMENTS and value not in _NOT_WRONG
