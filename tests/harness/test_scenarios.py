"""Every scenario of the product holds, whatever the seed, and says why it exists."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from softeid.harness.lab import Lab
from softeid.harness.report.failure import Again, explained
from softeid.harness.report.result import Results, watch
from softeid.harness.scenario.loader import load, scenario_files
from softeid.harness.scenario.requirement import catalogue
from softeid.harness.scenario.runner import run

ROOT = Path(__file__).parents[2]
FILES = scenario_files([ROOT / "scenarios"])
GROUPS = {
    "account",
    "card",
    "clock",
    "expiry",
    "fraud",
    "guardian",
    "login",
    "mismatch",
    "network",
    "pin",
    "register",
    "registration",
    "revocation",
    "signing",
    "web",
}


def problems(results: Results) -> list[str]:
    told = [result.problem for result in results if result.problem]
    return [line for problem in told for line in explained(problem, Again("here"))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.name.partition('.')[0]}")
def test_holds(file: Path) -> None:
    lab = Lab()
    results = watch(run(load([file], lab.language), lab, seed="any"))
    assert problems(results) == []
    assert {result.verdict for result in results} <= {"held", "left out"}


def test_there_are_enough_and_in_their_groups() -> None:
    scenarios = load(FILES, Lab().language)
    groups = Counter(Path(one.mark.file).parent.name for one in scenarios)
    assert set(groups) == GROUPS
    assert len(scenarios) >= 40


def test_what_they_cover_is_in_this_catalogue() -> None:
    covered = {id_ for one in load(FILES, Lab().language) for call in one for id_ in call.covers}
    assert covered <= set(catalogue())
    assert len(covered) >= 60


def test_names_are_one_of_a_kind() -> None:
    names = Counter(one.name for one in load(FILES, Lab().language))
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.covers("SID-HAR-004")
@pytest.mark.parametrize("name", ["fraud/phishing", "pin/puk"])
def test_a_seed_repeats_every_octet_and_another_does_not(tmp_path: Path, name: str) -> None:
    lab = Lab()
    scenarios = load([ROOT / "scenarios" / f"{name}.scenario.yaml"], lab.language)
    for folder, seed in (("one", "a"), ("two", "a"), ("three", "b")):
        list(run(scenarios, lab, seed=seed, trace=tmp_path / folder))
    one, two, three = (
        {path.name: path.read_bytes().replace(b"seed b", b"seed a") for path in (tmp_path / folder).iterdir()}
        for folder in ("one", "two", "three")
    )
    assert one == two
    assert one != three


@pytest.mark.covers("SID-HAR-005")
def test_workers_report_the_same(tmp_path: Path) -> None:
    lab = Lab()
    scenarios = load([ROOT / "scenarios" / "pin" / "card-pin1.scenario.yaml"], lab.language)
    alone = watch(run(scenarios, lab, seed="s", trace=tmp_path / "one"))
    dealt = watch(run(scenarios, lab, seed="s", jobs=2, trace=tmp_path / "two"))
    assert [(one.cell, one.verdict, one.steps, one.exchanges) for one in alone] == [
        (one.cell, one.verdict, one.steps, one.exchanges) for one in dealt
    ]
    for trace in (tmp_path / "one").iterdir():
        assert (tmp_path / "two" / trace.name).read_bytes() == trace.read_bytes()


def test_the_readme_shows_a_scenario_that_holds(tmp_path: Path) -> None:
    _, block = (ROOT / "scenarios" / "README.md").read_text(encoding="utf-8").split("```yaml\n")
    file = tmp_path / "readme.scenario.yaml"
    file.write_text(block.partition("```")[0], encoding="utf-8")
    lab = Lab()
    results = watch(run(load([file], lab.language), lab, seed="any"))
    assert problems(results) == []
    assert len(results.having("held")) == 4
