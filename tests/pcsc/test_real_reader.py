"""`--via reader:NAME` and `compare` through a real pcscd: our card takes the place of plastic."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.harness.real.fake import READS, issued
from tests.harness.real.test_admission import BANK, Stranger

from softeid.emulator import CardLike, Layer
from softeid.vpcd.pcscd import PrivateStack, Slot

pytestmark = [pytest.mark.pcsc, pytest.mark.pyscard]

ROOT = Path(__file__).parents[2]
READER = "Virtual PCD 00 00"
VIA = ("--via", f"reader:{READER}")


class Watched(Layer):
    """A card that tells what reaches it, before it answers."""

    def __init__(self, card: CardLike, seen: Callable[[int], object] = lambda count: None) -> None:
        super().__init__(card)
        self.commands: list[bytes] = []
        self._seen = seen

    def process(self, apdu: bytes) -> bytes:
        self.commands.append(apdu)
        self._seen(len(self.commands))
        return super().process(apdu)

    @property
    def only_read(self) -> bool:
        return all(len(apdu) >= 4 and apdu[0] == 0 and apdu[1] in READS for apdu in self.commands)


def softeid(stack: PrivateStack | None, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, in a world with this pcscd or with none."""
    world = stack.env if stack else {"PCSCLITE_CSOCK_NAME": "/nonexistent/pcscd.comm"}
    done = subprocess.run(
        [sys.executable, "-m", "softeid", *arguments],
        cwd=ROOT,
        env={**os.environ, **world},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr + done.stdout
    return done


def test_the_harmless_scenarios_hold(stack: PrivateStack) -> None:
    card = Watched(issued().card)
    stack.insert(card)
    done = softeid(stack, "run", "scenarios/card", "--json", *VIA)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert {one["verdict"] for one in told["scenarios"]} == {"held"}
    assert len(told["scenarios"]) >= 15
    assert card.only_read


@pytest.mark.parametrize("folder", ["pin", "registration"])
def test_what_may_harm_is_refused_and_nothing_reaches_the_card(stack: PrivateStack, folder: str) -> None:
    card = Watched(issued().card)
    stack.insert(card)
    done = softeid(stack, "run", f"scenarios/{folder}", *VIA)
    assert (done.returncode, done.stdout) == (3, "")
    assert "may harm the card, level `" in done.stderr
    assert "--allow-harm write" in done.stderr
    assert card.commands == []


def test_a_scenario_of_another_card_is_refused(stack: PrivateStack) -> None:
    card = Watched(issued(person="mari").card)
    stack.insert(card)
    done = softeid(stack, "run", "scenarios/card", *VIA)
    assert (done.returncode, done.stdout) == (3, "")
    assert "expected the card of jaak, found that of mari" in done.stderr
    assert card.only_read


def test_with_leave_a_card_of_ours_is_blocked_and_then_refused(stack: PrivateStack) -> None:
    made = issued()
    stack.insert(made.card)
    blocking = ("run", "scenarios/pin", "-k", "third wrong PIN1 at the card and not 2018x", *VIA)
    assert softeid(stack, *blocking, "--allow-harm", "try").returncode == 3
    assert made.permanent.pins["PIN1"].tries == 3
    done = softeid(stack, *blocking, "--allow-harm", "block")
    assert done.returncode == 0, done.stdout
    assert made.permanent.pins["PIN1"].tries == 0
    again = softeid(stack, *blocking, "--allow-harm", "block")
    assert again.returncode == 3
    assert "expected every counter at its maximum, found PIN1 0 of 3" in again.stderr


def test_one_card_is_one_job(stack: PrivateStack) -> None:
    stack.insert(issued().card)
    done = softeid(stack, "run", "scenarios/card", "-k", "whose card", "-j", "4", *VIA)
    assert done.returncode == 0
    assert "one card, one at a time: -j 4 is taken as -j 1" in done.stderr


def test_compare(stack: PrivateStack) -> None:
    made = issued()
    card = Watched(made.card)
    stack.insert(card)
    assert softeid(stack, "compare", *VIA).returncode == 0
    made.permanent.file("record/sex").replace(b"X")
    done = softeid(stack, "compare", *VIA)
    assert done.returncode == 1
    assert "differs   [C]  3F00/5000/5003 content" in done.stdout
    assert card.only_read


# --- the way to the card ------------------------------------------------------------------------------------


def test_it_works_within_exec() -> None:
    inner = [sys.executable, "-m", "softeid", "run", "scenarios/card", "-k", "whose card", *VIA]
    done = softeid(None, "exec", "--", *inner)
    assert done.returncode == 0, done.stderr


def test_readers_by_name(stack: PrivateStack) -> None:
    stack.insert(issued().card)
    assert softeid(stack, "compare", "--via", "reader:pcd 00 00").returncode == 0
    for name, told in {
        "Virtual": "several have this in their names: `Virtual PCD 00 00`, `Virtual PCD 00 01`",
        "Omnikey": "there is no such reader; there are: `Virtual PCD 00 00`, `Virtual PCD 00 01`",
        "00 01": "reader `Virtual PCD 00 01`: PC/SC says: ",
    }.items():
        done = softeid(stack, "run", "scenarios/card", "--via", f"reader:{name}")
        assert (done.returncode, done.stdout) == (3, "")
        assert told in done.stderr


@pytest.mark.parametrize("command", [("compare",), ("run", "scenarios/card")])
def test_without_pcscd(command: tuple[str, ...]) -> None:
    done = softeid(None, *command, *VIA)
    assert (done.returncode, done.stdout) == (3, "")
    assert "systemctl start pcscd.socket" in done.stderr


@pytest.mark.parametrize(
    "command", [("compare",), ("compare", "--profile", "esteid-2018"), ("run", "scenarios/card")]
)
def test_a_card_that_is_no_eid(stack: PrivateStack, command: tuple[str, ...]) -> None:
    stack.insert(Stranger(BANK, "6D00"))
    done = softeid(stack, *command, *VIA)
    assert (done.returncode, done.stdout) == (3, "")
    assert BANK in done.stderr
    assert "3B DB 96 00 80 B1 FE 45" in done.stderr


# In mid-command; the scenario's own commands come after the forty or so that look at the card.
MOMENTS = [1, 20, 50, 80]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("command", [("compare",), ("run", "scenarios/card")])
def test_a_card_that_is_pulled_in_mid_command(
    stack: PrivateStack, command: tuple[str, ...], moment: int
) -> None:
    slots: list[Slot] = []
    card = Watched(issued().card, lambda count: slots[0].pull() if count == moment else None)
    slots.append(stack.insert(card))
    done = softeid(stack, *command, *VIA)
    assert done.returncode == 3
    assert f"the card in `{READER}` is gone" in done.stderr + done.stdout
    assert len(card.commands) == moment


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_pcscd_that_ends_in_mid_command(stack: PrivateStack, moment: int) -> None:
    card = Watched(issued().card, lambda count: stack.kill(signal.SIGKILL) if count == moment else None)
    stack.insert(card)
    done = softeid(stack, "run", "scenarios/card", *VIA)
    assert done.returncode == 3
    assert f"the card in `{READER}` is gone" in done.stderr + done.stdout


_RESET_BY_ANOTHER = """
from contextlib import closing
from softeid.harness.reader import Context
with closing(Context()) as ours, closing(Context()) as theirs:
    handle, protocol = ours.connect("Virtual PCD 00 00")
    theirs.reset(theirs.connect("Virtual PCD 00 00")[0])
    ours.begin(handle)
    print(ours.transmit(handle, protocol, bytes.fromhex("00A4020C02D003")).hex())
    ours.end(handle)
"""


def test_a_card_that_another_program_has_reset_is_taken_as_it_is(stack: PrivateStack) -> None:
    stack.insert(issued().card)
    done = subprocess.run(
        [sys.executable, "-c", _RESET_BY_ANOTHER],
        cwd=ROOT,
        env={**os.environ, **stack.env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("9000\n", "")
