"""The timeline of a scenario: everything in order, at two times, and nothing that could open something."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.machine import lacking

from softeid.harness.cli import main
from softeid.harness.front import FRONTS, lab_installed
from softeid.harness.lab import Lab
from softeid.harness.route import ROUTES
from softeid.harness.scenario.loader import load
from softeid.harness.scenario.runner import run
from softeid.harness.scenario.timeline import Timeline

HAPPY = Path(__file__).parents[3] / "scenarios" / "registration" / "happy.scenario.yaml"
STORY = """
scenario: a story
why: it has a bit of everything
people: {jaak: {card: {}, phone: {pin1: "917364", pin2: "820915"}}}
start: pins asked
steps:
  - confirm pin:
      pin: pin1
      typed: ["111222", right]
      expect: [PIN_WRONG, PIN2_CONFIRM]
      changes: {phone.pin1.tries: [2, 3]}
  - confirm pin: {at: now + 1m, pin: pin2, expect: ACTIVE}
"""


def lines_of(folder: Path) -> list[dict[str, Any]]:
    (file,) = folder.glob("*.jsonl")
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def played(folder: Path, front: str = "session") -> list[dict[str, Any]]:
    if front == "http" and not lab_installed():
        lacking("the extra `lab` is lacking: `make demo` installs it")
    file = folder / "story.scenario.yaml"
    file.write_text(STORY, encoding="utf-8")
    lab = Lab(ROUTES["direct"], FRONTS[front])
    *_, ended = run(load([file], lab.language), lab, seed="s", timeline=folder / "out")
    assert ended.verdict == "held"  # type: ignore[union-attr]  # the last event
    return lines_of(folder / "out")


@pytest.mark.covers("SID-HAR-003")
def test_apdus_states_and_audit_events_stand_on_one_timeline(tmp_path: Path) -> None:
    entries = played(tmp_path)
    assert {one["kind"] for one in entries} == {"step", "apdu", "state", "event", "refusal"}
    instants = [datetime.fromisoformat(one["at"]) for one in entries]
    real = [one["after"] for one in entries]
    assert instants == sorted(instants)
    assert real == sorted(real)
    assert instants[-1] - instants[0] == timedelta(minutes=1)
    assert real[0] >= 0
    told = [one.get("name") or one.get("step") for one in entries]
    order = ["log in", "portal.login.ok", "identity.bound", "application.signed", "PIN_WRONG", "ACTIVE"]
    assert [told.index(name) for name in order] == sorted(told.index(name) for name in order)


@pytest.mark.covers("SID-HAR-003")
def test_http_exchanges_stand_on_it_too(tmp_path: Path) -> None:
    entries = played(tmp_path, "http")
    http = [one for one in entries if one["kind"] == "http"]
    assert ("POST", "/api/portal/code", 200) in {(one["method"], one["path"], one["status"]) for one in http}
    assert {one["who"] for one in http} == {"jaak"}
    assert {one["kind"] for one in entries} == {"step", "apdu", "http", "state", "event", "refusal"}


@pytest.mark.parametrize("front", ["session", "http"])
def test_nothing_on_it_opens_anything(tmp_path: Path, front: str) -> None:
    played(tmp_path, front)
    written = "".join(file.read_text(encoding="utf-8") for file in (tmp_path / "out").iterdir())
    for secret in ("917364", "820915", "111222", "31 37 33 36", "39 31 37 33"):
        assert secret not in written
    assert "cookie" not in written.lower()
    assert re.findall(r"/[0-9a-f]{16,}", written) == []


def test_for_people_the_same_stands_in_columns(tmp_path: Path) -> None:
    played(tmp_path)
    (file,) = (tmp_path / "out").glob("*.timeline")
    title, where, *lines = file.read_text(encoding="utf-8").splitlines()
    assert (title, where.partition(",")[2]) == ("# a story", " seed s")
    kinds = "step|apdu|state|event|refusal"
    shape = re.compile(rf"\d{{4}}-\d\d-\d\d \d\d:\d\d\S*Z +[+]\d+\.\d{{3}}s  ({kinds}) +jaak +\S.*")
    assert [line for line in lines if not shape.fullmatch(line)] == []
    assert len(lines) == len(lines_of(tmp_path / "out"))


@pytest.mark.parametrize(
    ("target", "written"),
    [
        ("/api/portal/code", "/api/portal/code"),
        ("/app/0123456789abcdef/pin", "/app/…/pin"),
        ("/guardian/x7Hq2mV9pL4sR8tZ1wKc", "/guardian/…"),
        ("/code/123456789", "/code/…"),
        ("/login?ticket=abc&next=", "/login?ticket=…&next=…"),
    ],
)
def test_what_could_open_something_is_left_out_of_a_path(target: str, written: str) -> None:
    timeline = Timeline(lambda: datetime(2026, 3, 2, tzinfo=UTC))
    timeline.http("jaak", "GET", target, 200)
    assert timeline.entries[0].text == f"GET {written} 200"


def test_workers_write_it_too_and_the_trace_stays_as_it_was(tmp_path: Path) -> None:
    lab = Lab()
    scenarios = load([HAPPY], lab.language)[:2]
    for jobs in (1, 2):
        folder = tmp_path / str(jobs)
        list(run(scenarios, lab, seed="s", jobs=jobs, trace=folder, timeline=folder))
    one, two = ({path.name: path for path in (tmp_path / str(jobs)).iterdir()} for jobs in (1, 2))
    assert set(one) == set(two)
    assert {name.rpartition(".")[2] for name in one} == {"trace", "timeline", "jsonl"}
    for name, path in one.items():
        if name.endswith(".trace"):
            assert path.read_bytes() == two[name].read_bytes()


def test_the_command_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "story.scenario.yaml"
    file.write_text(STORY, encoding="utf-8")
    assert main(["run", str(file), "--timeline", str(tmp_path / "new" / "out")]) == 0
    assert len(list((tmp_path / "new" / "out").iterdir())) == 2
    capsys.readouterr()
