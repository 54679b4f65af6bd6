"""The benches' own parts work; no figure is held against anything here."""

from __future__ import annotations

import io
import socket
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from bench.__main__ import main
from bench.speed.measure import Row, Spread, alternate, ratios, tree
from bench.speed.run import FAMILIES, GOALS, Missing, Report
from bench.speed.show import margin, repeat, show
from bench.speed.tools import Lacking, built
from rich.console import Console
from tests.machine import lacking

ROOT = Path(__file__).parents[2]
ROW = Row("SP1", "a round trip", Spread(1.1, 1.0, 1.2), 1.25, at_most=True, figures={"C": "40 µs"})


def test_candidates_are_measured_in_turn_and_every_other_round_backwards() -> None:
    seen: list[str] = []

    def note(name: str) -> float:
        seen.append(name)
        return len(seen)

    figures = alternate(3, {"a": lambda: note("a"), "b": lambda: note("b")})
    assert "".join(seen) == "abbaab"
    assert figures == {"a": [1, 4, 5], "b": [2, 3, 6]}


def test_a_ratio_is_the_median_of_the_rounds_ratios() -> None:
    assert ratios([2, 30, 4], [1, 10, 4]) == Spread(2, 1, 3)


@pytest.mark.parametrize(
    ("value", "at_most", "met"),
    [(1.25, True, True), (1.26, True, False), (1.25, False, True), (1.2, False, False)],
)
def test_the_limit_itself_is_met(value: float, at_most: bool, met: bool) -> None:
    assert Row("SP1", "", Spread(value, 0, 9), 1.25, at_most=at_most, figures={}).met is met


def test_a_row_survives_json() -> None:
    assert Row.heard(ROW.told()) == ROW


def test_twice_as_good_as_its_limit_is_two() -> None:
    lower = Row("SP2", "", Spread(1000, 1, 2000), 500, at_most=False, figures={})
    upper = Row("SP1", "", Spread(0.625, 0, 1), 1.25, at_most=True, figures={})
    assert (margin(lower), margin(upper)) == (2, 2)


@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_can_be_measured(family: str) -> None:
    assert callable(import_module(f"bench.speed.{family}").measure)


def test_the_table_has_each_goal_with_its_verdict_and_how_to_repeat_it() -> None:
    missed = Row("SP5", "a start", Spread(2, 1, 3), 1.5, at_most=True, figures={}, why="it rained")
    absent = Missing(("SP3",), "needs a card", ours=False)
    out = io.StringIO()
    show(Report((ROW, missed), (absent,), (0.1, 0.2), undisturbed=False), Console(file=out))
    told = " ".join(out.getvalue().split())
    for goal in ("SP1", "SP3", "SP5"):
        assert repeat(goal) in told
    assert "met" in told
    assert "it rained" in told
    assert "needs a card" in told


def test_a_goal_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["speed", "SP7"])
    assert end.value.code == 2
    assert GOALS[0] in capsys.readouterr().err


def test_a_machine_without_pcscd_lacks_something_and_nothing_went_wrong() -> None:
    program = """
import sys
from types import SimpleNamespace
from bench.speed import run
from softeid.vpcd.errors import PcscdMissing

def measure(short):
    raise PcscdMissing("no pcscd", "Install it.")

run.import_module = lambda name: SimpleNamespace(measure=measure)
sys.argv = ["run", "start"]
sys.exit(run.main())
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == "needs a private stack: no pcscd. Install it.\n"


def test_a_process_is_in_its_own_tree() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        try:
            assert tree(child.pid) == [child.pid]
        finally:
            child.terminate()


def test_the_card_in_c_answers() -> None:
    try:
        program = built("card")
    except Lacking as error:
        lacking(str(error))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        port = server.getsockname()[1]
        with subprocess.Popen([program, "127.0.0.1", str(port)]) as process:
            link, _ = server.accept()
            with link:
                link.settimeout(20)  # so MSG_WAITALL would not wait
                link.sendall(bytes.fromhex("000101 000104 0005 00B0000003 0004 00A40000"))
                expected = bytes.fromhex("0005 3B80800101 0005 A5A5A59000 0002 9000")
                with link.makefile("rb") as answers:
                    assert answers.read(len(expected)) == expected
            assert process.wait(20) == 0
