"""Status words, ISO/IEC 7816-4, 5.6."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum


class SW(IntEnum):
    """The status words that our cards answer; SW1 is the high octet."""

    OK = 0x9000
    END_OF_FILE = 0x6282
    VERIFICATION_FAILED = 0x63C0
    MEMORY_FAILURE = 0x6581
    WRONG_LENGTH = 0x6700
    CHANNEL_NOT_SUPPORTED = 0x6881
    SECURE_MESSAGING_NOT_SUPPORTED = 0x6882
    LAST_COMMAND_EXPECTED = 0x6883
    CHAINING_NOT_SUPPORTED = 0x6884
    INCOMPATIBLE_WITH_FILE = 0x6981
    SECURITY_STATUS_NOT_SATISFIED = 0x6982
    BLOCKED = 0x6983
    CONDITIONS_NOT_SATISFIED = 0x6985
    WRONG_DATA = 0x6A80
    FILE_NOT_FOUND = 0x6A82
    WRONG_PARAMETERS = 0x6A86
    NC_INCONSISTENT = 0x6A87
    REFERENCE_DATA_NOT_FOUND = 0x6A88
    WRONG_OFFSET = 0x6B00
    INS_NOT_SUPPORTED = 0x6D00
    CLA_NOT_SUPPORTED = 0x6E00
    NO_PRECISE_DIAGNOSIS = 0x6F00


OK = b"\x90\x00"

_MEANINGS: Mapping[int, str] = {
    SW.OK: "done",
    SW.END_OF_FILE: "end of file before Ne octets",
    SW.MEMORY_FAILURE: "memory failure: what should have changed could not be stored",
    SW.WRONG_LENGTH: "wrong length",
    SW.CHANNEL_NOT_SUPPORTED: "logical channel not supported",
    SW.SECURE_MESSAGING_NOT_SUPPORTED: "secure messaging not supported",
    SW.LAST_COMMAND_EXPECTED: "last command of the chain expected",
    SW.CHAINING_NOT_SUPPORTED: "command chaining not supported",
    SW.INCOMPATIBLE_WITH_FILE: "command incompatible with the file",
    SW.SECURITY_STATUS_NOT_SATISFIED: "security status not satisfied",
    SW.BLOCKED: "blocked",
    SW.CONDITIONS_NOT_SATISFIED: "conditions of use not satisfied",
    SW.WRONG_DATA: "incorrect data field",
    SW.FILE_NOT_FOUND: "file or application not found",
    SW.WRONG_PARAMETERS: "incorrect P1 or P2",
    SW.NC_INCONSISTENT: "Nc inconsistent with P1 P2",
    SW.REFERENCE_DATA_NOT_FOUND: "reference data not found",
    SW.WRONG_OFFSET: "offset outside the file",
    SW.INS_NOT_SUPPORTED: "instruction not supported",
    SW.CLA_NOT_SUPPORTED: "class not supported",
    SW.NO_PRECISE_DIAGNOSIS: "no precise diagnosis (a fault of the emulator)",
}


def meaning(sw: int) -> str:
    """A status word in a few words, for people.

    Args:
        sw: 0 to 0xFFFF.
    """
    if sw & 0xFFF0 == SW.VERIFICATION_FAILED:
        tries = sw & 0x0F
        return f"wrong, {tries} {'try' if tries == 1 else 'tries'} left"
    if sw >> 8 == 0x61:
        return f"{sw & 0xFF or 256} octets more"
    if sw >> 8 == 0x6C:
        return f"wrong Le, {sw & 0xFF or 256} octets are there"
    return _MEANINGS.get(sw, "")
