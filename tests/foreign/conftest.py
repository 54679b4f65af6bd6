"""Users for the tests against foreign programs, and what the machine must have for them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.foreign.user import User

_NOBODY = 65534
_ROOT_OF_PROJECT = Path(__file__).parents[2]


@pytest.fixture
def user(tmp_path: Path) -> User:
    """Somebody who has never used softeid or OpenSC before."""
    return User(tmp_path)


@pytest.fixture(scope="session")
def ordinary_user() -> Iterator[User]:
    """An ordinary user with softeid installed from the wheel, in an environment of their own.

    Run by root it is somebody else, to whom this project's folder need not be readable.
    """
    with tempfile.TemporaryDirectory(prefix="softeid-test-") as made:
        place = Path(made)
        place.chmod(0o755)
        python = str(_installed(place))
        home = place / "home"
        home.mkdir(mode=0o700)
        if os.getuid():
            yield User(home, (python, "-m", "softeid"))
        else:
            os.chown(home, _NOBODY, _NOBODY)
            yield User(home, (python, "-m", "softeid"), _NOBODY)


def _installed(place: Path) -> Path:
    """Build the wheel and install it and what it depends on; the interpreter that has it."""
    environment = place / "venv"
    python = environment / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    _do(*pip, "wheel", "--no-deps", "--wheel-dir", place, _ROOT_OF_PROJECT)
    _do(sys.executable, "-m", "venv", "--without-pip", environment)
    _do(*pip, "--python", python, "install", *place.glob("softeid-*.whl"))
    return python


def _do(*command: str | Path) -> None:
    """Run a command whose files everybody may read."""
    subprocess.run(command, check=True, umask=0o022)
