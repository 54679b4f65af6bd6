"""EstEID 2018, PINs: every status word, what is counted, and what a verified status outlives.

L1 to L9 name the rules of the security status. The value NEW is wrong until a script sets it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from softeid.emulator.errors import CommitError
from softeid.emulator.pin import PinState

if TYPE_CHECKING:
    from tests.emulator.conftest import Script, Specimen

VERIFY = """
right: PIN1 and PUK from anywhere, PIN2 in ADF2
    00200001 0C {PIN1} = 9000
    00A4010C 02 5000 = 9000
    00200002 0C {PUK} = 9000
    00A4090C 04 3F00ADF2 = 9000
    00200085 0C {PIN2} = 9000
right, with Le
    00200001 0C {PIN1} 00 = 9000
    00200001 00000C {PIN1} 0000 = 9000
wrong: 63C2, 63C1, then 6983 at once; then 6983 for the right one too
    00200001 0C {NEW} = 63C2
    00200001 0C {NEW} = 63C1
    00200001 0C {NEW} = 6983
    00200001 0C {NEW} = 6983
    00200001 0C {PIN1} = 6983
a right value gives all tries back
    00200001 0C {NEW} = 63C2
    00200001 0C {NEW} = 63C1
    00200001 0C {PIN1} = 9000
    00200001 0C {NEW} = 63C2
PIN2 and PUK are counted for themselves
    00A4010C 02 ADF2 = 9000
    00200085 0C {NEW} = 63C2
    00200002 0C {NEW} = 63C2
    00200085 0C {NEW} = 63C1
    00200001 0C {PIN1} = 9000
    00200002 0C {NEW} = 63C1
    00200002 0C {NEW} = 6983
    00200002 0C {PUK} = 6983
    00200085 0C {PIN2} = 9000
the whole block is compared: other padding, and a PIN that begins alike
    00200001 0C 31323334000000000000FFFF = 63C2
    00200001 0C 3132333435FFFFFFFFFFFFFF = 63C1
unknown reference
    00200003 0C {PIN1} = 6A88
    00200081 0C {PIN1} = 6A88
    00200000 0C {PIN1} = 6A88
    00200005 0C {PIN2} = 6A88
PIN2 is local to ADF2
    00200085 0C {PIN2} = 6A88
    00200085 = 6A88
    00A4010C 02 ADF1 = 9000
    00200085 0C {PIN2} = 6A88
    00A4040C 10 {QSCD} = 9000
    00200085 0C {PIN2} = 9000
another length is 6700 and costs nothing
    00200001 04 31323334 = 6700
    00200001 0B 31323334FFFFFFFFFFFFFF = 6700
    00200001 0D {PIN1}FF = 6700
    00200001 = 63C3
other P1
    00200101 0C {PIN1} = 6A86
    00208001 0C {PIN1} = 6A86
    0020FE01 = 6A86
P1 FF ends the verified status, and takes no data
    00200001 0C {PIN1} = 9000
    0020FF01 0C {PIN1} = 6700
    00200001 = 9000
    0020FF01 = 9000
    00200001 = 63C3
    0020FF03 = 6A88
    0020FF85 = 6A88
no data asks: 63C3 fresh, 9000 verified, 6983 blocked
    00200001 = 63C3
    0020000100 = 63C3
    00200001 0C {NEW} = 63C2
    00200001 = 63C2
    00200001 = 63C2
    00200001 0C {PIN1} = 9000
    00200001 = 9000
    0020000100 = 9000
    00200001 0C {NEW} = 63C2
    00200001 0C {NEW} = 63C1
    00200001 0C {NEW} = 6983
    00200001 = 6983
"""


def test_verify(card: Specimen, script: Script) -> None:
    card.plays(*script)


CHANGE = """
PIN1 and PUK from anywhere, PIN2 in ADF2
    00240001 18 {PIN1}{NEW} = 9000
    00240002 18 {PUK}{NEW} = 9000
    00240085 18 {PIN2}{NEW} = 6A88
    00A4010C 02 ADF2 = 9000
    00240085 18 {PIN2}{NEW} = 9000
    00200001 0C {NEW} = 9000
    00200002 0C {NEW} = 9000
    00200085 0C {NEW} = 9000
    00200001 0C {PIN1} = 63C2
with Le, as in the guide
    00240001 18 {PIN1}{NEW} 00 = 9000
a wrong old value counts like VERIFY
    00240001 18 {NEW}{PIN1} = 63C2
    00240001 18 {NEW}{PIN1} = 63C1
    00240001 18 {NEW}{PIN1} = 6983
    00240001 18 {PIN1}{NEW} = 6983
    00200001 0C {PIN1} = 6983
a right old value gives all tries back
    00200001 0C {NEW} = 63C2
    00240001 18 {PIN1}{PIN1} = 9000
    00200001 0C {NEW} = 63C2
it verifies nothing
    00240001 18 {PIN1}{NEW} = 9000
    00200001 = 63C3
but leaves what was verified
    00200001 0C {PIN1} = 9000
    00240001 18 {PIN1}{NEW} = 9000
    00200001 = 9000
a wrong old value ends it
    00200001 0C {PIN1} = 9000
    00240001 18 {NEW}{NEW} = 63C2
    00200001 = 63C2
the same value again
    00240001 18 {PIN1}{PIN1} = 9000
other P1, reference, length
    00240101 18 {PIN1}{NEW} = 6A86
    00240003 18 {PIN1}{NEW} = 6A88
    00240001 0C {PIN1} = 6700
    00240001 17 {PIN1}3938373635343332FFFFFF = 6700
    00240001 19 {PIN1}{NEW}FF = 6700
    00240001 24 {PIN1}{NEW}{NEW} = 6700
    00240001 = 6700
    00200001 = 63C3
"""


def test_change(card: Specimen, script: Script) -> None:
    card.plays(*script)


def test_a_card_that_takes_no_old_value_as_the_new_one_takes_every_other(
    make: Callable[..., Specimen],
) -> None:
    one, two = "31323334FFFFFFFFFFFFFFFF", "393837363534333231FFFFFF"
    make(switches={"equal-new-pin": "6A80"}).plays(
        (f"0024000118 {one}{one}", "6A80"),
        (f"0024000118 {one}{two}", "9000"),
        (f"0024000118 {two}{two}", "6A80"),
        (f"0024000118 {two}{one}", "9000"),
        (f"002000010C {one}", "9000"),
    )


RESET = """
after VERIFY of the PUK: a new value, all tries, not verified
    00200001 0C {NEW} = 63C2
    00200001 0C {NEW} = 63C1
    00200001 0C {NEW} = 6983
    00200002 0C {PUK} = 9000
    002C0201 0C {NEW} = 9000
    00200001 = 63C3
    00200001 0C {NEW} = 9000
P1 00 as P1 02
    00200002 0C {PUK} = 9000
    002C0001 0C {NEW} = 9000
    00200001 0C {NEW} = 9000
P1 03 unblocks only
    00200001 0C {NEW} = 63C2
    00200001 0C {NEW} = 63C1
    00200001 0C {NEW} = 6983
    00200002 0C {PUK} = 9000
    002C0301 = 9000
    00200001 0C {PIN1} = 9000
P1 03 takes no data
    00200002 0C {PUK} = 9000
    002C0301 0C {NEW} = 6700
    00200001 0C {PIN1} = 9000
it ends the verified status
    00200001 0C {PIN1} = 9000
    00200002 0C {PUK} = 9000
    002C0301 = 9000
    00200001 = 63C3
    00200002 = 9000
without the PUK: nothing changes
    00200001 0C {NEW} = 63C2
    002C0201 0C {NEW} = 6982
    002C0301 = 6982
    00200001 = 63C2
PIN1 is no PUK
    00200001 0C {PIN1} = 9000
    002C0201 0C {NEW} = 6982
the PUK cannot be reset
    00200002 0C {PUK} = 9000
    002C0202 0C {NEW} = 6982
PIN2 in ADF2 only
    00200002 0C {PUK} = 9000
    002C0285 0C {NEW} = 6A88
    00A4010C 02 ADF2 = 9000
    002C0285 0C {NEW} = 9000
    00200085 0C {NEW} = 9000
other P1, reference, length
    00200002 0C {PUK} = 9000
    002C0101 0C {NEW} = 6A86
    002C0401 0C {NEW} = 6A86
    002C0203 0C {NEW} = 6A88
    002C0201 0B 39383736353433323130FF = 6700
    002C0201 18 {PUK}{NEW} = 6700
    002C0201 = 6700
P1 FF ends the verified status
    00200001 0C {PIN1} = 9000
    002CFF01 = 9000
    00200001 = 63C3
    002CFF01 0C {PIN1} = 6700
"""


def test_reset(card: Specimen, script: Script) -> None:
    card.plays(*script)


STATUS = """
L1 PIN1 survives SELECT of EF, DF, MF and other AIDs
    00200001 0C {PIN1} = 9000
    00A4020C 02 D003 = 9000
    00A4000C = 9000
    00A4010C 02 ADF1 = 9000
    00A4040C 10 {QSCD} = 9000
    00A4040C 0D {AWP} = 9000
    00200001 = 9000
L1 VERIFY PIN1, SELECT AWP AID, MSE, INTERNAL AUTHENTICATE
    00200001 0C {PIN1} = 9000
    00A4040C 0D {AWP} = 9000
    002241A4 06 800104840181 = 9000
    00880000 30 {HASH} 00 = <len 96> 9000
L1 VERIFY PUK, SELECT QSCD AID, RESET
    00200002 0C {PUK} = 9000
    00A4040C 10 {QSCD} = 9000
    002C0285 0C {NEW} = 9000
L2 PIN2 survives the MF and ADF2 selected again, and the QSCD AID
    00A4010C 02 ADF2 = 9000
    00200085 0C {PIN2} = 9000
    00A4000C = 9000
    00A4010C 02 ADF2 = 9000
    00200085 = 9000
    00A4040C 10 {QSCD} = 9000
    00A4010C 02 ADF1 = 6A82
    00A4090C 04 3F00ADF1 = 9000
    00A4040C 10 {QSCD} = 9000
    00200085 = 9000
L3 the PUK is verified while ADF2 is current, and counts
    00A4010C 02 ADF2 = 9000
    00200002 0C {NEW} = 63C2
    00200002 0C {PUK} = 9000
    00A4000C = 9000
    00A4010C 02 ADF2 = 9000
    002C0285 0C {NEW} = 9000
L4 SELECT of the main AID ends PIN1, PIN2 and PUK
    00A4010C 02 ADF2 = 9000
    00200001 0C {PIN1} = 9000
    00200085 0C {PIN2} = 9000
    00200002 0C {PUK} = 9000
    00A4040C 10 {MAIN} = 9000
    00200001 = 63C3
    00200002 = 63C3
    00A4010C 02 ADF2 = 9000
    00200085 = 63C3
L4 a refused SELECT of it does not, nor does the MF by FID or path
    00200001 0C {PIN1} = 9000
    00A40408 10 {MAIN} = 6A86
    00A4000C 02 3F00 = 9000
    00A4090C 02 3F00 = 9000
    00200001 = 9000
L5 a failed VERIFY ends the status of that PIN
    00200001 0C {PIN1} = 9000
    00200002 0C {PUK} = 9000
    00200001 0C {NEW} = 63C2
    00200001 = 63C2
    00200002 = 9000
L6 one signature uses PIN2 up
    00A4010C 02 ADF2 = 9000
    002241B6 06 80015484019F = 9000
    00200085 0C {PIN2} = 9000
    002A9E9A 30 {HASH} 00 = <len 96> 9000
    00200085 = 63C3
    002A9E9A 30 {HASH} 00 = 6982
L6 a refused signature does not
    00A4010C 02 ADF2 = 9000
    00200085 0C {PIN2} = 9000
    002A9E9A 30 {HASH} 00 = 6985
    002241B6 06 80015484019F = 9000
    002A9E9A 31 {HASH}00 00 = 6700
    002A9E9A 30 {HASH} 00 = <len 96> 9000
L6 nor PIN1 or the PUK by any signature
    00A4010C 02 ADF2 = 9000
    00200001 0C {PIN1} = 9000
    00200002 0C {PUK} = 9000
    002241B6 06 80015484019F = 9000
    00200085 0C {PIN2} = 9000
    002A9E9A 30 {HASH} 00 = <len 96> 9000
    00200001 = 9000
    00200002 = 9000
L7 PIN1 is not used up
    00A4010C 02 ADF1 = 9000
    002241A4 06 800104840181 = 9000
    00200001 0C {PIN1} = 9000
    00880000 30 {HASH} 00 = <len 96> 9000
    00880000 30 {HASH} 00 = <len 96> 9000
    00200001 = 9000
"""


def test_status(card: Specimen, script: Script) -> None:
    card.plays(*script)


@pytest.mark.parametrize("event", ["reset", "power_on", "power_off"])
def test_l8_reset_and_power_end_everything_but_counters(card: Specimen, event: str) -> None:
    card.plays(
        ("00A4010C 02 ADF2", "9000"),
        ("00200001 0C 31323334FFFFFFFFFFFFFFFF", "9000"),
        ("00200085 0C 3132333435FFFFFFFFFFFFFF", "9000"),
        ("00200002 0C 393837363534333231FFFFFF", "63C2"),
        ("002241B6 06 80015484019F", "9000"),
    )
    getattr(card.card, event)()
    card.plays(
        ("00200001", "63C3"),
        ("00200002", "63C2"),
        ("00A4020C 02 341F", "6A82"),
        ("00A4010C 02 ADF2", "9000"),
        ("00200085", "63C3"),
        ("002A9E9A 30" + "5A" * 48 + "00", "6985"),
    )


GET_DATA = """
PIN1 and PUK from anywhere, PIN2 in ADF2
    00CB3FFF0A 4D087006BF810102A080 00 = 701EBF81011AA0189A01039B0103A1108C06F300007343009C06F30000734300 9000
    00CB3FFF0A 4D087006BF810202A080 00 = 701EBF81021AA0189A01039B0103A1108C06F300007343009C06F30000734300 9000
    00CB3FFF0A 4D087006BF810502A080 00 = 6A88
    00A4010C 02 ADF1 = 9000
    00CB3FFF0A 4D087006BF810102A080 00 = <len 32> 9000
    00CB3FFF0A 4D087006BF810502A080 00 = 6A88
    00A4040C 10 {QSCD} = 9000
    00CB3FFF0A 4D087006BF810502A080 00 = 701EBF81051AA0189A01039B0103A1108C06F3000073FF009C06F3000073FF00 9000
    00CB3FFF0A 4D087006BF810202A080 00 = <len 32> 9000
without Le
    00CB3FFF0A 4D087006BF810102A080 = 701EBF81011AA0189A01039B0103A1108C06F300007343009C06F30000734300 9000
tries that are left
    00A4010C 02 ADF2 = 9000
    00200085 0C {NEW} = 63C2
    00CB3FFF0A 4D087006BF810502A080 00 = 701EBF81051AA0189A01039B0102A1108C06F3000073FF009C06F3000073FF00 9000
    00200085 0C {NEW} = 63C1
    00200085 0C {NEW} = 6983
    00CB3FFF0A 4D087006BF810502A080 00 = 701EBF81051AA0189A01039B0100A1108C06F3000073FF009C06F3000073FF00 9000
    00CB3FFF0A 4D087006BF810502A080 00 = 701EBF81051AA0189A01039B0100A1108C06F3000073FF009C06F3000073FF00 9000
anything else
    00CB3FFF0A 4D087006BF810302A080 00 = 6A88
    00CB3FFF0A 4D087006BF818502A080 00 = 6A88
    00CB3FFF0A 4D087006BF810102A081 00 = 6A88
    00CB3FFF 09 4D077005BF8101A080 00 = 6A88
    00CB3FFF = 6A88
    00CB3FFF 01 4D = 6A88
    00CB3F00 0A 4D087006BF810102A080 00 = 6A88
    00CB00FF 0A 4D087006BF810102A080 00 = 6A86
"""


def test_get_data(card: Specimen, script: Script) -> None:
    card.plays(*script)


def test_the_try_is_durable_before_the_answer_leaves(card: Specimen) -> None:
    """What was stored at each commit: one try less before the comparison, and all of them again after it."""
    card("002000010C 393837363534333231FFFFFF")
    card("002000010C 31323334FFFFFFFFFFFFFFFF")
    card("0024000118 31323334FFFFFFFFFFFFFFFF 393837363534333231FFFFFF")
    stored = [(tries, value[:4]) for state in card.commits for name, tries, value in state if name == "PIN1"]
    assert stored == [(2, b"1234"), (1, b"1234"), (3, b"1234"), (2, b"1234"), (3, b"1234"), (3, b"9876")]


def test_questions_and_refusals_store_nothing(card: Specimen) -> None:
    for command in (
        "00200001",
        "00200003",
        "002000010411223344",
        "0020FF01",
        "002C030100",
        "00CB3FFF00",
        "00A4000C",
    ):
        card(command)
    assert card.commits == []


OLD, NEW = "31323334FFFFFFFFFFFFFFFF", "393837363534333231FFFFFF"

# Command, which of its commits is refused, and then: PIN1's tries, and the value that is right.
MEMORY_FAILURES = {
    "VERIFY, right, the try": (f"002000010C {OLD}", 1, 3, OLD),
    "VERIFY, right, the tries given back": (f"002000010C {OLD}", 2, 2, OLD),
    "VERIFY, wrong": (f"002000010C {NEW}", 1, 3, OLD),
    "CHANGE, the try": (f"0024000118 {OLD} {NEW}", 1, 3, OLD),
    "CHANGE, the tries given back": (f"0024000118 {OLD} {NEW}", 2, 2, OLD),
    "CHANGE, the new value": (f"0024000118 {OLD} {NEW}", 3, 3, OLD),
    "CHANGE, wrong": (f"0024000118 {NEW} {OLD}", 1, 3, OLD),
}


@pytest.mark.parametrize("case", MEMORY_FAILURES.values(), ids=MEMORY_FAILURES)
def test_what_cannot_be_stored_is_a_memory_failure(
    make: Callable[..., Specimen], case: tuple[str, int, int, str]
) -> None:
    """6581 (ISO/IEC 7816-4, 5.6): nobody is verified, in memory is what is durable, and the card lives on."""
    command, refused, tries, right = case
    count = 0

    def store() -> None:
        nonlocal count
        count += 1
        if count == refused:
            raise CommitError("disk full")

    card = make(on_commit=store)
    card.plays((command, "6581"), ("00200001", f"63C{tries}"), ("00A4000C", "9000"))
    assert (card.tries("PIN1"), card.permanent.pins["PIN1"].state) == (tries, PinState.READY)
    card.plays((f"002000010C {right}", "9000"), ("00200001", "9000"))


def test_a_last_try_whose_success_cannot_be_stored_blocks_until_the_puk_helps(
    make: Callable[..., Specimen],
) -> None:
    broken: list[int] = []
    card = make(on_commit=lambda: _refuse(broken))
    card.permanent.pins["PIN1"].tries = 1
    broken += [2]
    card.plays((f"002000010C {OLD}", "6581"), ("00200001", "6983"), (f"002000010C {OLD}", "6983"))
    card.plays(("002000020C 3132333435363738FFFFFFFF", "9000"))
    broken += [1]
    card.plays(("002C030100", "6581"), ("00200001", "6983"), ("002C030100", "9000"), ("00200001", "63C3"))


def test_a_reset_of_the_counter_that_cannot_be_stored_brings_no_new_value(
    make: Callable[..., Specimen],
) -> None:
    broken: list[int] = []
    card = make(on_commit=lambda: _refuse(broken))
    card.plays(("002000020C 3132333435363738FFFFFFFF", "9000"))
    broken += [1]
    card.plays((f"002C02010C {NEW}", "6581"), (f"002000010C {NEW}", "63C2"), (f"002000010C {OLD}", "9000"))


def _refuse(counts: list[int]) -> None:
    """Refuse the commit whose turn has come."""
    for at, count in enumerate(counts):
        counts[at] = count - 1
    if 0 in counts:
        raise CommitError("disk full")


def test_a_failed_comparison_ends_the_verified_status_even_if_it_never_took_place(
    make: Callable[..., Specimen],
) -> None:
    broken: list[int] = []
    card = make(on_commit=lambda: _refuse(broken))
    card.plays((f"002000010C {OLD}", "9000"), ("00200001", "9000"))
    broken += [1]
    card.plays((f"002000010C {NEW}", "6581"), ("00200001", "63C3"))


def test_storage_that_fails_by_a_bug_is_a_fault_and_verifies_nobody(make: Callable[..., Specimen]) -> None:
    """The reader sees 6F00, nothing was compared or counted, and what was verified is so no longer."""
    faults: list[Exception] = []
    broken = False

    def store() -> None:
        if broken:
            raise OSError("a bug")

    card = make(on_fault=faults.append, on_commit=store)
    card.plays((f"002000010C {OLD}", "9000"))
    broken = True
    card.plays((f"002000010C {OLD}", "6F00"), ("00200001", "63C3"), ("00A4000C", "9000"))
    assert [str(fault) for fault in faults] == ["a bug"]
