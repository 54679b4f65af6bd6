"""`run --via reader:NAME` and `compare` on the command line: what is wrong is told before anything starts."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import cast

import pytest

from softeid.emulator.mistake import Mark
from softeid.harness.cli import main
from softeid.harness.report.result import exit_code, watch
from softeid.harness.scenario.event import Broke, Cell, Differed, Doing, Ended, Event, Verdict
from softeid.harness.scenario.expect import Difference

CARD = str(Path(__file__).parents[3] / "scenarios" / "card")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run", CARD, "--via", "reader:"], "expected direct, vpcd or reader:NAME, found 'reader:'"),
        (["run", CARD, "--via", "reader: "], "expected direct, vpcd or reader:NAME"),
        (["run", CARD, "--via", "instan"], "expected direct, vpcd or reader:NAME, found 'instan'"),
        (["run", CARD, "--via", "reader:a\x1bb"], "expected printable text"),
        (["run", CARD, "--via", "reader:x", "--allow-harm", "all"], "invalid choice: 'all'"),
        (["compare"], "the following arguments are required: --via"),
        (["compare", "--via", "direct"], "expected reader:NAME, found 'direct'"),
        (["compare", "--via", "reader:"], "expected reader:NAME, found 'reader:'"),
    ],
)
def test_wrong_options(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("command", ["compare", "run"])
def test_a_resource_manager_that_turns_everybody_away(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    violation = -2146434966  # 8010006A, SCARD_W_SECURITY_VIOLATION
    scard = SimpleNamespace(
        SCARD_SCOPE_USER=0,
        SCARD_S_SUCCESS=0,
        SCARD_E_NO_SERVICE=-2146435043,
        SCARD_W_SECURITY_VIOLATION=violation,
        SCardEstablishContext=lambda scope: (violation, 0),
        SCardGetErrorMessage=lambda result: "Access denied.",
    )
    monkeypatch.setitem(sys.modules, "smartcard", cast(ModuleType, SimpleNamespace(scard=scard)))
    assert main([command, *([CARD] if command == "run" else []), "--via", "reader:x"]) == 3
    told = capsys.readouterr().err
    assert "PC/SC says: Access denied." in told
    assert "pcscd with --disable-polkit" in told


@pytest.mark.parametrize("via", ["direct", "vpcd"])
def test_leave_is_for_real_readers(via: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", CARD, "--via", via, "--allow-harm", "try"]) == 2
    assert f"--allow-harm is for --via reader:NAME, not for --via {via}" in capsys.readouterr().err


def ended(number: int, verdict: Verdict, lost: bool = False) -> list[Event]:
    cell = Cell(f"x{number}", "y", Mark("f", number, 1), 1)
    doing = Doing("step", "jaak", cell.mark)
    told: dict[Verdict, list[Event]] = {
        "broke": [Broke(cell, doing, "gone", ours=False, lost=lost)],
        "differed": [Differed(cell, doing, Difference("a", "b"), "", ())],
    }
    return [*told.get(verdict, []), Ended(cell, verdict, 0.0, 0)]


@pytest.mark.parametrize(
    ("events", "code"),
    [
        (ended(1, "held") + ended(2, "broke", lost=True), 3),
        (ended(1, "broke", lost=True) + ended(2, "broke", lost=True), 3),
        (ended(1, "broke", lost=True) + ended(2, "broke"), 1),
        (ended(1, "differed") + ended(2, "broke", lost=True), 1),
        (ended(1, "broke"), 1),
        (ended(1, "held"), 0),
    ],
)
def test_a_lost_route_is_3_unless_something_worse_was_found(events: list[Event], code: int) -> None:
    assert exit_code(watch(events)) == code
