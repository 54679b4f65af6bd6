"""`softeid requirements`: which requirement is shown by what, as a user sees it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from softeid.harness.cli import main
from softeid.harness.report import coverage as coverage_module
from softeid.harness.scenario.requirement import catalogue

ROOT = Path(__file__).parents[3]
ONE = str(ROOT / "scenarios" / "registration" / "happy.scenario.yaml")
Heard = pytest.CaptureFixture[str]


def told(*arguments: str, heard: Heard) -> dict[str, Any]:
    assert main(["requirements", "--json", *arguments]) == 0
    out: dict[str, Any] = json.loads(heard.readouterr().out)
    return out


@pytest.mark.covers("SID-HAR-001")
def test_every_id_stands_there_with_what_shows_it(capsys: Heard) -> None:
    found = told(ONE, heard=capsys)
    assert [one["id"] for one in found["requirements"]] == list(catalogue())
    by_id = {one["id"]: one for one in found["requirements"]}
    shown = by_id["SID-APP-001"]
    assert shown["proven"]
    assert {proof["file"] for proof in shown["scenarios"]} == {ONE}
    assert shown["scenarios"][0]["via"] == ["direct", "vpcd"]
    assert shown["lacking"] == []
    assert not by_id["SID-RCD-012"]["proven"]
    assert len(by_id["SID-RCD-012"]["lacking"]) == 2
    assert "SID-RCD-012" in found["missing"]
    assert (found["proven"], found["of"]) == (found["of"] - len(found["missing"]), 228)
    assert found["sections"]["A"]["of"] == 14


def test_required_and_missing_ends_otherwise(capsys: Heard) -> None:
    assert main(["requirements", ONE, "--require"]) == 1
    assert "MISSING" in capsys.readouterr().out
    assert main(["requirements", ONE, "--missing"]) == 0


def test_what_is_required_and_shown_ends_well(capsys: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage_module.Shown, "proven", True)
    assert main(["requirements", ONE, "--require"]) == 0
    assert "228 of 228 requirements in scope shown" in capsys.readouterr().out


def test_some_sections(capsys: Heard) -> None:
    found = told(ONE, "--section", "A", "--section", "N", heard=capsys)
    assert {one["section"] for one in found["requirements"]} == {"A", "N"}
    assert list(found["sections"]) == ["A", "N"]
    with pytest.raises(SystemExit, match="2"):
        main(["requirements", "--section", "Z"])
    assert "'Z'" in capsys.readouterr().err


def test_the_scenarios_that_came_with_it_are_meant(
    tmp_path: Path, capsys: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    away = told(heard=capsys)
    monkeypatch.chdir(ROOT)
    here = told(heard=capsys)
    assert (here["proven"], here["missing"]) == (away["proven"], away["missing"])
    files = {proof["file"] for one in here["requirements"] for proof in one["scenarios"]}
    assert "scenarios/registration/happy.scenario.yaml" in files


def test_a_wrong_scenario_ends_with_2(tmp_path: Path, capsys: Heard) -> None:
    file = tmp_path / "x.scenario.yaml"
    file.write_text("scenario: x\nwhy: y\nsteps: [log in: {expect: ANON, covers: SID-XXX-001}]\n", "utf-8")
    assert main(["requirements", str(file)]) == 2
    assert "expected an id of the catalogue" in capsys.readouterr().err
    assert main(["requirements", str(tmp_path / "gone")]) == 2


@pytest.mark.covers("SID-HAR-001")
def test_everything_in_scope_is_shown(capsys: Heard) -> None:
    code = main(["requirements", "--require", "--missing"])
    assert code == 0, capsys.readouterr().out
    assert "228 of 228 requirements in scope shown" in capsys.readouterr().out
