"""The same scenarios over HTTP end as they do with the sessions in process."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from softeid.harness import extra
from softeid.harness.cli import main
from softeid.harness.exit_code import ExitCode
from softeid.harness.front import FRONTS
from softeid.harness.lab import Lab
from softeid.harness.report.failure import Again, explained
from softeid.harness.report.result import watch
from softeid.harness.route import ROUTES
from softeid.harness.scenario.loader import load, scenario_files
from softeid.harness.scenario.runner import run
from softeid.harness.seed import Seed
from softeid.harness.world import World

ROOT = Path(__file__).parents[2]
HTTP = Lab(front=FRONTS["http"])
FILES = scenario_files([ROOT / "scenarios"])


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.name.partition('.')[0]}")
def test_holds(file: Path) -> None:
    results = watch(run(load([file], HTTP.language), HTTP, seed="any"))
    problems = [result.problem for result in results if result.problem]
    assert [line for one in problems for line in explained(one, Again("any", "--over http"))] == []


def read(folder: Path, text: str) -> Path:
    file = folder / "x.scenario.yaml"
    file.write_text(f"scenario: x\nwhy: y\n{text}")
    return file


def test_servers_and_databases_are_gone_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = set(threading.enumerate())
    (scenario,) = load([read(tmp_path, "card: {person: mari}\nsteps: [log in]\n")], HTTP.language)
    with HTTP.open(1) as worlds:
        with worlds(scenario, Seed("x")) as world:
            assert isinstance(world, World)
            (folder,) = tmp_path.glob("softeid-*")
            assert (folder / "1.db").exists()
            assert type(world.actors["mari"].browsers["Browser"].visit).__name__ == "RemoteVisit"
        assert sorted(one.name for one in folder.iterdir()) == ["empty.db", "tls"]
    assert set(threading.enumerate()) <= before
    assert list(tmp_path.glob("softeid-*")) == []


@pytest.mark.parametrize("front", FRONTS.values(), ids=FRONTS)
def test_a_page_opens_in_the_session_of_the_browser(tmp_path: Path, front: object) -> None:
    lab = Lab(front=front)  # type: ignore[arg-type]  # FRONTS has nothing else
    (scenario,) = load([read(tmp_path, "card: {person: mari}\nsteps: [log in]\n")], lab.language)
    with lab.open(1) as worlds, worlds(scenario, Seed("x")) as world:
        assert isinstance(world, World)
        browser = world.actors["mari"].browsers["Browser"]
        assert b'"state":"ANON"' in world.room.open(browser.visit, "/api/portal/session").body
        for call in scenario:
            call.step.act(world, *(world.given("mari", kind, None) for kind in call.step.things))
        answer = world.room.open(browser.visit, "/api/portal/session")
        assert (answer.status, b'"state":"QUESTIONS"' in answer.body) == (200, True)
        assert answer.fields["x-frame-options"] == "DENY"


def test_what_a_front_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (scenario,) = load([read(tmp_path, "needs: [http, pages]\nsteps: [wait]\n")], HTTP.language)
    assert HTTP.lacking(scenario) == ()
    assert Lab().lacking(scenario) == ("http",)
    monkeypatch.setattr("softeid.harness.lab.lab_installed", lambda: False)
    assert Lab().lacking(scenario) == ("http", "pages")


def test_the_command_says_over_what(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = read(tmp_path, "card: {person: mari}\nsteps:\n  - log in: {expect: DONE}\n")
    junit = tmp_path / "report.xml"
    options = ["run", str(file), "--over", "http", "--seed", "s", "--junit", str(junit), "--json"]
    assert main(options) == ExitCode.DIFFERENCE
    assert "--seed s --over http" in capsys.readouterr().out
    assert "--seed s --over http" in junit.read_text()


def test_without_the_extra_the_command_says_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("softeid.harness.command.run_.lab_installed", lambda: False)
    assert main(["run", str(read(tmp_path, "steps: [wait]\n")), "--over", "http"]) == ExitCode.NO_ROUTE
    assert f"needs the extra `lab`: {extra.command('lab')}" in capsys.readouterr().err


def test_a_run_in_process_imports_none_of_it(tmp_path: Path) -> None:

    lab = ("fastapi", "uvicorn", "pydantic", "sqlalchemy", "cheroot", "OpenSSL", "tlslite")
    code = (
        "import sys; from softeid.harness.cli import main; main(sys.argv[1:]);"
        f"print([name for name in {lab} if name in sys.modules])"
    )
    file = read(tmp_path, "card: {person: mari}\nsteps: [log in: {by: mutual-tls}]\n")
    done = subprocess.run(
        [sys.executable, "-c", code, "run", str(file)], check=False, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_routes_and_fronts_go_together() -> None:
    assert Lab(ROUTES["direct"], FRONTS["http"]).front.name == "http"
