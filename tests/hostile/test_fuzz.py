"""The run under coverage itself, short: it counts, it finds what was planted, and it says so."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.hostile.__main__ import fuzz, table
from tests.hostile.door import DOORS
from tests.hostile.fuzz import CARD

from softeid.emulator.vector import parse_vector

there = pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is lacking: `make soak` installs it")


@there
@pytest.mark.parametrize("planted", ["StaysVerified", "GivesBack", "ChainOverReset"])
def test_a_planted_mistake_is_found(planted: str, tmp_path: Path) -> None:
    outcome = fuzz(CARD, 2000, tmp_path, "--plant", planted)
    assert outcome.found
    (file,) = tmp_path.glob("found-*.vector")
    assert str(file) in outcome.found
    assert parse_vector(file.read_text("utf-8"), file.name).exchanges
    assert "something" in table([outcome])


@there
def test_a_right_card_is_counted(tmp_path: Path) -> None:
    outcome = fuzz(CARD, 1500, tmp_path)
    assert not outcome.found
    assert outcome.counts.inputs >= 1500
    assert outcome.counts.apdus > outcome.counts.inputs
    assert outcome.edges > 500
    assert outcome.counts.pairs > 200


@there
@pytest.mark.parametrize("door", DOORS)
def test_a_door(door: str, tmp_path: Path) -> None:
    outcome = fuzz(door, 500, tmp_path)
    assert not outcome.found
    assert outcome.counts.inputs >= 500
    assert outcome.edges


@there
def test_the_command_ends_well(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.hostile", "--runs", "300", "--target", "frames"]
    done = subprocess.run([*command, "--findings", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1].startswith("frames")
    assert done.stdout.rstrip().endswith("nothing")


def test_without_atheris_the_command_says_what_to_do(tmp_path: Path) -> None:
    """A folder before all others hides the real one."""
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['atheris'] = None\n")
    command = [sys.executable, "-m", "tests.hostile", "--runs", "1"]
    environment = {"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "atheris is lacking: pip install --editable '.[soak]'\n"
