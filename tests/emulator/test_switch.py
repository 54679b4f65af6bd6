"""Open questions: each switch, both ways, and switches that do not exist."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from softeid.emulator import PersonalisationError
from softeid.emulator.facts import SWITCHES

if TYPE_CHECKING:
    from tests.emulator.conftest import Specimen

MAIN = "00A4040C10A000000077010800070000FE00000100"
PIN1, PIN2 = "002000010C31323334FFFFFFFFFFFFFFFF", "002000850C3132333435FFFFFFFFFFFFFF"
ADF2, MSE, CDS = "00A4090C043F00ADF2", "002241B60680015484019F", "002A9E9A30" + "5A" * 48 + "00"
CHANGE = "0024000118" + "31323334FFFFFFFFFFFFFFFF" * 2
SIGN = [(ADF2, "9000"), (MSE, "9000"), (PIN2, "9000"), (CDS, "<len 96> 9000")]
READ = [("00A4090C043F00D003", "9000")]

# Switch, choice, what is sent and answered. The first choice of a switch is the default.
BOTH_WAYS = [
    (
        "signature-consumes-pin",
        "yes",
        [*SIGN, (CDS, "6982"), ("0020008500", "63C3"), (PIN2, "9000"), (CDS, "<len 96> 9000")],
    ),
    ("signature-consumes-pin", "no", [*SIGN, (CDS, "<len 96> 9000"), ("0020008500", "9000")]),
    ("root-aid-logs-out", "yes", [(PIN1, "9000"), (MAIN, "9000"), ("0020000100", "63C3")]),
    ("root-aid-logs-out", "no", [(PIN1, "9000"), (MAIN, "9000"), ("0020000100", "9000")]),
    ("equal-new-pin", "9000", [(CHANGE, "9000"), (PIN1, "9000")]),
    ("equal-new-pin", "6A80", [(CHANGE, "6A80"), (PIN1, "9000")]),
    ("short-read", "9000", [*READ, ("00B000000B", "<len 11> 9000"), ("00B0000500", "<len 6> 9000")]),
    (
        "short-read",
        "6282",
        [*READ, ("00B000000B", "<len 11> 9000"), ("00B0000500", "<len 6> 6282"), ("00B0000B01", "6B00")],
    ),
    ("ef-dir", "absent", [("00A4020C022F00", "6A82"), ("00A40904043F002F0000", "6A82")]),
    (
        "ef-dir",
        "present",
        [
            ("00A40904043F002F0000", "62 0E 80 02 00 14 82 01 01 83 02 2F 00 8A 01 05 9000"),
            ("00B0000000", "61 12 4F 10 A000000077010800070000FE00000100 9000"),
        ],
    ),
]


def test_the_table_above_knows_every_switch_and_choice() -> None:
    assert [(switch, choice) for switch, choice, _ in BOTH_WAYS] == [
        (switch, choice) for switch, choices in SWITCHES.items() for choice in choices
    ]


@pytest.mark.parametrize(
    ("switch", "choice", "exchanges"), BOTH_WAYS, ids=[f"{s}: {c}" for s, c, _ in BOTH_WAYS]
)
def test_both_ways(
    make: Callable[..., Specimen], switch: str, choice: str, exchanges: list[tuple[str, str]]
) -> None:
    make(switches={switch: choice}).plays(*exchanges)


def test_the_first_choice_is_the_default(card: Specimen) -> None:
    assert {name: card.profile.on(name) for name in SWITCHES} == {name: c[0] for name, c in SWITCHES.items()}


def test_no_such_switch_or_choice(card: Specimen) -> None:
    with pytest.raises(PersonalisationError, match=r"^switches of esteid-2018x?: expected .*, found ef-dri$"):
        card.profile.switched({"ef-dri": "present"})
    with pytest.raises(
        PersonalisationError, match=r"^switch ef-dir: expected absent or present, found maybe$"
    ):
        card.profile.switched({"ef-dir": "maybe"})


def test_switching_makes_another_profile(card: Specimen) -> None:
    other = card.profile.switched({"ef-dir": "present"})
    assert (other.on("ef-dir"), card.profile.on("ef-dir")) == ("present", "absent")
