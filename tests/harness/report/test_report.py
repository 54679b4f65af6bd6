"""What a run looks like: on the console, as JUnit XML, as JSON, and to a shell."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from softeid.emulator.mistake import Mark
from softeid.harness.exit_code import ExitCode
from softeid.harness.report.console import console
from softeid.harness.report.failure import Again, explained
from softeid.harness.report.junit import junit
from softeid.harness.report.machine import as_json
from softeid.harness.report.result import Results, exit_code, watch
from softeid.harness.report.summary import duration, summary
from softeid.harness.scenario.event import (
    Began,
    Broke,
    Cell,
    Differed,
    Doing,
    Ended,
    Event,
    Held,
    LeftOut,
    Planned,
    Started,
)
from softeid.harness.scenario.expect import Difference

AGAIN = Again("7", "--via vpcd")
CLOCK = "2026-03-02 09:00Z"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "pin"
    folder.mkdir()
    path = folder / "blocked.scenario.yaml"
    path.write_text("scenario: a\nwhy: b\nsteps:\n  - log in: {expect: QUESTIONS}\n", encoding="utf-8")
    return path


def cell(name: str, file: Path) -> Cell:
    return Cell(name, "people call support", Mark(str(file), 1, 1), 2)


def story(file: Path) -> Iterator[Event]:
    """Four scenarios: one of each verdict."""
    good, bad, sad, absent = (cell(name, file) for name in ("good", "it's bad [<x>]", "sad", "absent"))
    log_in = Doing("log in", "jaak", Mark(str(file), 4, 5), covers=("SID-LGN-001",))
    yield Planned((good, bad, sad, absent))
    yield Began(good)
    yield Started(good, log_in, CLOCK)
    yield Held(good, log_in, 0.25)
    yield Ended(good, "held", 0.5, 12)
    yield Began(bad)
    yield Started(bad, log_in, CLOCK)
    yield Held(bad, log_in, 0.1)
    shown = ("> 00 20 00 01 0C ••  VERIFY   < 69 83  blocked",)
    yield Differed(bad, log_in, Difference("QUESTIONS", "LOGIN_CANCELLED\x07"), CLOCK, shown)
    yield Ended(bad, "differed", 1.5, 4)
    yield Began(sad)
    yield Broke(sad, log_in, "there is no card in jaak's reader", ours=False)
    yield Ended(sad, "broke", 0.0, 0)
    yield Began(absent)
    yield LeftOut(absent, ("chromium",))
    yield Ended(absent, "left out", 0.0, 0)


def gathered(events: Iterator[Event]) -> Results:
    return watch(events)


def test_console_without_a_terminal_writes_plain_lines(file: Path) -> None:
    out = io.StringIO()
    with console(out, AGAIN) as drawn:
        results = watch(story(file), drawn)
    text = out.getvalue().replace(str(file), "FILE")
    results.seconds = 0.0
    assert "\x1b" not in text
    assert text.splitlines()[:14] == [
        "ok      500 ms  pin  good",
        "FAIL    1.50 s  pin  it's bad [<x>]",
        "       FILE:4  log in, by jaak",
        "          | - log in: {expect: QUESTIONS}",
        "       expected   QUESTIONS",
        "       found      LOGIN_CANCELLED\\x07",  # a bell, written out
        "       clock      2026-03-02 09:00Z",
        "       card       > 00 20 00 01 0C ••  VERIFY   < 69 83  blocked",
        "       why        people call support",
        "       again      softeid run FILE -k 'it'\"'\"'s bad [<x>]' --seed 7 --via vpcd",
        "STOP      0 ms  pin  sad",
        "       FILE:4  log in, by jaak",
        "          | - log in: {expect: QUESTIONS}",
        "       cannot be  there is no card in jaak's reader",
    ]


def test_the_summary_is_last_and_complete(file: Path) -> None:
    results = gathered(story(file))
    results.seconds = 2.0
    lines = [line.replace(str(file), "FILE") for line in summary(results, "7")]
    assert lines == [
        "         held  differed     broke  left out     steps     APDUs      time",
        "pin         1         1         1         1         2        16    2.00 s",
        "",
        "differed: FILE:1  it's bad [<x>]",
        "broke: FILE:1  sad",
        "left out for want of chromium: absent",
        (
            "4 scenarios in 2.00 s: 1 held, 1 differed, 1 broke, 1 left out; "
            "1 of the 228 requirements in scope shown by them, "
            "the rest elsewhere (`softeid requirements`); seed 7"
        ),
    ]


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("plain", [False, True], ids=["colour", "NO_COLOR"])
def test_console_on_a_terminal(file: Path, monkeypatch: pytest.MonkeyPatch, plain: bool) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    if plain:
        monkeypatch.setenv("NO_COLOR", "1")
    out = Screen()
    with console(out, AGAIN) as drawn:
        watch(story(file), drawn)
    text = out.getvalue()
    assert ("\x1b[1;31mFAIL" in text) is not plain
    assert "it's bad [<x>]" in text  # not taken for markup
    assert text.splitlines()[-1].endswith("seed 7")


def test_rich_is_imported_only_when_something_is_drawn() -> None:
    program = "import sys, softeid.harness.report.console; print('rich' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_junit(file: Path) -> None:
    root = ET.fromstring(junit(gathered(story(file)), AGAIN))
    (suite,) = root
    assert {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped", "time")} == {
        "tests": "4",
        "failures": "1",
        "errors": "1",
        "skipped": "1",
        "time": "2.000",
    }
    good, bad, sad, absent = suite
    assert good.get("classname") == "pin.blocked"
    assert [one.get("value") for one in good.iter("property") if one.get("name") == "covers"] == [
        "SID-LGN-001"
    ]
    failure = bad.find("failure")
    assert failure is not None
    assert failure.get("message") == "expected QUESTIONS, found LOGIN_CANCELLED�"
    assert "softeid run" in (failure.text or "")
    assert sad.find("error") is not None
    skipped = absent.find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "left out for want of chromium"


def test_json(file: Path) -> None:
    told = json.loads(as_json(gathered(story(file)), AGAIN))
    assert [one["verdict"] for one in told["scenarios"]] == ["held", "differed", "broke", "left out"]
    assert told["scenarios"][1]["problem"]["found"] == "LOGIN_CANCELLED\x07"
    assert told["scenarios"][1]["shows"] == []  # it did not hold to its end
    assert told["scenarios"][2]["problem"]["ours"] is False
    assert told["scenarios"][3]["lacking"] == ["chromium"]
    assert told["summary"]["held"] == 1
    assert told["summary"]["shows"] == ["SID-LGN-001"]


CODES = {
    "all held": (["held", "held"], False, ExitCode.HELD),
    "a difference": (["held", "differed"], False, ExitCode.DIFFERENCE),
    "one that could not be": (["broke"], False, ExitCode.DIFFERENCE),
    "left out": (["held", "left out"], False, ExitCode.HELD),
    "left out, strictly": (["held", "left out"], True, ExitCode.DIFFERENCE),
    "nothing": ([], False, ExitCode.NOTHING_MATCHED),
}


@pytest.mark.parametrize(("verdicts", "strict", "code"), CODES.values(), ids=CODES)
def test_exit_code(file: Path, verdicts: list[str], strict: bool, code: ExitCode) -> None:
    wanted = {event.cell: event for event in story(file) if isinstance(event, Ended)}
    ended = {event.verdict: event for event in wanted.values()}
    results = Results()
    for number, verdict in enumerate(verdicts):
        event = next(one for name, one in ended.items() if name == verdict)
        results.take(Ended(cell(f"{number}", file), event.verdict, 0.0, 0))
    assert exit_code(results, strict) is code


def test_a_failure_without_its_file_still_explains() -> None:
    gone = Cell("x", "y", Mark("gone.scenario.yaml", 1, 1), 1)
    told = list(explained(Broke(gone, Doing("log in", "jaak", gone.mark), "a bug", ours=True), Again("1")))
    assert told == [
        "gone.scenario.yaml:1  log in, by jaak",
        "our fault  a bug",
        "why        y",
        "again      softeid run gone.scenario.yaml -k x --seed 1",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "    0 ms"), (0.0123, "   12 ms"), (1.0, "  1.00 s"), (59.99, " 59.99 s"), (61.0, "  1m01 s")],
)
def test_durations_are_aligned(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_terminal_is_left_alone_where_it_is_dumb(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "TERM", "dumb")
    out = Screen()
    with console(out, AGAIN) as drawn:
        watch(story(file), drawn)
    assert "\x1b" not in out.getvalue()
