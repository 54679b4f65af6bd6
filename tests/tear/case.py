"""The commands that write, each in the situations that differ, and those that write nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.emulator.conftest import scripts
from tests.tear.rule import Change, Deed, Held, Unblock, Verify

from softeid.emulator.pin import PinState

PINS = {
    name: digits.ljust(12, b"\xff")
    for name, digits in {"PIN1": b"1234", "PIN2": b"12345", "PUK": b"12345678"}.items()
}
NEW = b"987654321".ljust(12, b"\xff")
WRONG = b"555555555".ljust(12, b"\xff")
SELECT_QSCD = bytes.fromhex("00A4010C02ADF2")  # PIN2 can be reached from its DF alone
VERIFY_PUK = Verify("PUK", PINS["PUK"]).apdu


@dataclass(frozen=True)
class Case:
    """One command in one situation.

    Attributes:
        command: by its name in ISO/IEC 7816-4.
        what: what is special.
        deed: the command.
        before: the PIN that it is about.
        puk_verified: whether the PUK is verified first.
    """

    command: str
    what: str
    deed: Deed
    before: Held
    puk_verified: bool = False

    @property
    def lead(self) -> tuple[bytes, ...]:
        """The commands before it, each answered by 9000."""
        return (SELECT_QSCD, *([VERIFY_PUK] if self.puk_verified else []))

    def __str__(self) -> str:
        return f"{self.deed.pin}: {self.command}, {self.what}, {self.before.tries} left"


def cases(pin: str) -> Iterator[Case]:
    """Everything that writes, about one PIN.

    Args:
        pin: PIN1, PIN2, or PUK, which nothing resets.
    """
    old = PINS[pin]
    full, one, last, blocked = (Held(old).with_tries(tries) for tries in (3, 2, 1, 0))
    right, wrong = Verify(pin, old), Verify(pin, WRONG)
    yield Case("VERIFY", "right", right, full)
    yield Case("VERIFY", "right after one wrong", right, one)
    yield Case("VERIFY", "right on the last try", right, last)
    yield Case("VERIFY", "wrong", wrong, full)
    yield Case("VERIFY", "wrong again", wrong, one)
    yield Case("VERIFY", "wrong on the last try", wrong, last)

    command = "CHANGE REFERENCE DATA"
    yield Case(command, "right old value", Change(pin, old, NEW), full)
    yield Case(command, "right old value on the last try", Change(pin, old, NEW), last)
    yield Case(command, "the same value again", Change(pin, old, old), full)
    yield Case(command, "wrong old value", Change(pin, WRONG, NEW), full)
    yield Case(command, "wrong old value on the last try", Change(pin, WRONG, NEW), last)
    if pin == "PUK":
        return
    transport = full._replace(state=PinState.TRANSPORT)
    yield Case(command, "of a transport PIN", Change(pin, old, NEW), transport)

    command = "RESET RETRY COUNTER"
    yield Case(command, "with a new value, blocked", Unblock(pin, NEW), blocked, True)
    yield Case(command, "with a new value, not blocked", Unblock(pin, NEW), one, True)
    yield Case(command, "without a value, blocked", Unblock(pin, None), blocked, True)
    yield Case(command, "without a value, not blocked", Unblock(pin, None), one, True)
    yield Case(command, "without a value, all tries left", Unblock(pin, None), full, True)


# What stores nothing, whatever it answers. The words in braces are those of the emulator's tests.
SILENT = scripts("""
SELECT
    00A40400 10 {MAIN} 00 = 62 1C 82 01 38 83 02 3F 00 84 10 {MAIN} 8A 01 05 9000
    00A4010C 02 ADF1 = 9000
    00A4010C 02 FFFF = 6A82
READ BINARY
    00A4010C 02 D003 = 9000
    00B00000 04 = <len 4> 9000
    00B07FFF 00 = 6B00
GET DATA
    00CB3FFF 0A 4D087006BF810102A080 00 = <any> 9000
GET CHALLENGE
    00840000 08 = <len 8> 9000
VERIFY that asks
    00200001 = 63C3
    00200002 = 63C3
VERIFY that forgets
    0020FF01 = 9000
    002CFF01 = 9000
VERIFY of another length, or of a PIN that there is not
    00200001 04 31323334 = 6700
    00200003 0C {PIN1} = 6A88
    00200085 0C {PIN2} = 6A88
CHANGE REFERENCE DATA of another length
    00240001 0C {PIN1} = 6700
RESET RETRY COUNTER without the PUK
    002C0201 0C {PIN1} = 6982
    002C0301 = 6982
keys without their PIN
    00A4010C 02 ADF1 = 9000
    002241A4 06 800104840181 = 9000
    00880000 30 {HASH} 00 = 6982
commands that there are not
    00D60000 01 FF = 6D00
    00E00000 = 6D00
    80F20000 = 6E00
octets that are no command
    00 = 6700
    00A4 = 6700
    00200001 0C 31 = 6700
""")

# Here the first command stores, VERIFY with the right value; nothing after it does.
SILENT_AFTER_VERIFY = scripts("""
INTERNAL AUTHENTICATE
    00200001 0C {PIN1} = 9000
    00A4010C 02 ADF1 = 9000
    002241A4 06 800104840181 = 9000
    00880000 30 {HASH} 00 = <len 96> 9000
PSO: COMPUTE DIGITAL SIGNATURE
    00A4010C 02 ADF2 = 9000
    00200085 0C {PIN2} = 9000
    002241B6 06 80015484019F = 9000
    002A9E9A 30 {HASH} 00 = <len 96> 9000
""")
