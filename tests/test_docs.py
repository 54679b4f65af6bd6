"""What the documentation says to type works as it stands, and what it points to is there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

from softeid.emulator.mistake import Mistake
from softeid.harness.cli import main
from softeid.harness.lab import Lab
from softeid.harness.scenario.loader import read_file

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md")])
OURS = ".venv/bin/softeid "
STAND_IN = "true"  # for the reader's own program
STAYING = ("up", "ca serve")  # they end when they are told to
OF_A_LAB = ("clock", "ps", "down")  # they speak to a lab that is up


def commands() -> Iterator[str]:
    """Every command of ours in an indented block, once."""
    lines = (line for page in PAGES for line in page.read_text(encoding="utf-8").splitlines())
    yield from dict.fromkeys(line.strip() for line in lines if line.startswith(f"    {OURS}"))


def test_the_readme_has_commands() -> None:
    assert len(list(commands())) >= 8


def marked(command: str) -> Iterator[pytest.MarkDecorator]:
    """What the machine must have for a command."""
    if " exec " in command or "--via vpcd" in command:
        yield pytest.mark.pcsc
    if "pkcs1" in command:
        yield pytest.mark.opensc
    if "--via vpcd" in command or "reader:" in command:
        yield pytest.mark.pyscard


def homes(folder: Path) -> dict[str, str]:
    """An environment whose every folder of the user's lies in one of ours; primes that lie ready are used."""
    own = {name: str(folder / name) for name in ("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR")}
    return {**os.environ, **own}


@contextmanager
def staying(line: str, folder: Path) -> Iterator[None]:
    """A command that stays, from its first words on; it must end well when it is told to."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "softeid", *shlex.split(line)],
        cwd=folder,
        env=homes(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert process.stdout
    told = ""
    try:
        while "http" not in told:
            line = process.stdout.readline()
            assert line, told
            told += line
        yield
    finally:
        process.terminate()
        told += process.communicate()[0]
    assert process.returncode == 0, told
    assert "Traceback" not in told


@pytest.mark.parametrize("command", [pytest.param(one, marks=[*marked(one)]) for one in commands()])
def test_a_command_of_the_documentation_works(command: str, tmp_path: Path) -> None:
    line = command.removeprefix(OURS).replace("my-program", STAND_IN)
    line = line.replace(f"-- {OURS}", f"-- {shlex.quote(sys.executable)} -m softeid ")
    line, output = re.fullmatch(r"(.*?)(?: > (\S+))?", line).groups()  # type: ignore[union-attr]  # fits all
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    if " my.card" in line and not line.startswith("card new"):
        ready = (sys.executable, "-m", "softeid", "card", "new", "my.card")
        subprocess.run(ready, cwd=tmp_path, env=homes(tmp_path), capture_output=True, check=True)
    with staying("up --port 0", tmp_path) if line.startswith(OF_A_LAB) else nullcontext():
        if line.startswith(STAYING):
            with staying(f"{line} --port 0", tmp_path):
                return
        done = subprocess.run(
            [sys.executable, "-m", "softeid", *shlex.split(line)],
            cwd=tmp_path,
            env=homes(tmp_path),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    # A wrong PIN on purpose is the only thing here that ends otherwise.
    assert (done.returncode != 0) == ("9999" in line), done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    if output:
        assert "BEGIN CERTIFICATE" in done.stdout
    # In a clone nothing stays that git would offer to commit.
    left = {one.name for one in tmp_path.iterdir()} - {
        "scenarios",
        "XDG_DATA_HOME",
        "XDG_STATE_HOME",
        "XDG_RUNTIME_DIR",
    }
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {f"/{one}" for one in (*left, *filter(None, [output]))} <= set(ignored)


def test_every_command_of_the_command_line_is_in_the_readme(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    known = set(re.findall(r"^    (\w+) {2,}", capsys.readouterr().out, re.MULTILINE))
    assert {"run", "exec", "plug", "ca", "steps", "doctor"} <= known
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert not {name for name in known if f"softeid {name}" not in readme}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_scenarios_in_the_documentation_load(page: Path) -> None:
    for block in re.findall(r"```yaml\n(scenario:.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        mistakes: list[Mistake] = []
        read_file(block.encode(), str(page), mistakes, Lab().language)
        assert not mistakes
