"""What is said about an extra that is lacking can be typed as it stands."""

from __future__ import annotations

import re
import shlex
import sys
import tomllib
from pathlib import Path

import pytest

import softeid
from softeid.harness import extra
from softeid.harness.command.card import complain
from softeid.harness.store.error import StoreError

ROOT = Path(__file__).parents[2]
PAGES = [
    *ROOT.glob("*.md"),
    *ROOT.glob("docs/**/*.md"),
    *ROOT.glob("harness/**/*.py"),
    *ROOT.glob("vpcd/*.py"),
]


def test_a_clone_stays_one_that_can_be_edited() -> None:
    *pip, option, what = shlex.split(extra.command("lab"))
    assert pip == [sys.executable, "-m", "pip", "install"]
    assert (option, what) == ("--editable", f"{ROOT.resolve()}[lab]")


def test_elsewhere_the_wheel_is_named(tmp_path: Path) -> None:
    wheel = f"dist/softeid-{softeid.__version__}-py3-none-any.whl[lab]"
    assert f"-m pip install '{wheel}'" in extra.command("lab", tmp_path)
    assert wheel in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_nobody_is_sent_to_a_package_index_or_out_of_the_clone(page: Path) -> None:
    known = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = page.read_text(encoding="utf-8")
    assert "softeid[" not in text
    for before, extras in re.findall(r"pip install (.*?)'\.\[([a-z,-]+)\]'", text):
        assert before == "--editable "
        assert set(extras.split(",")) <= set(known["optional-dependencies"])


def test_advice_is_given_once(capsys: pytest.CaptureFixture[str]) -> None:
    complain(StoreError("postgresql://x", "the driver is lacking", "Install it"))
    assert capsys.readouterr().err == "softeid: postgresql://x: the driver is lacking. Install it\n"
