"""A copy of the tree in which a module is changed and its tests are run; the tree itself is never touched."""

from __future__ import annotations

import compileall
import shlex
import shutil
import sys
import time
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from py_compile import PycInvalidationMode

from .subject import ROOT

_COPIED = ("emulator", "harness", "vpcd", "scenarios", "src", "tests")
_HURRY = 20  # times what the tests take when nothing is wrong


class Outcome(StrEnum):
    """What the tests made of a mutant."""

    KILLED = "killed"
    TIMED_OUT = "timed out"
    SURVIVED = "survived"
    NOT_RUN = "not run"


class UnsoundError(Exception):
    """Results would mean nothing here. Says why."""


class Workshop:
    """One copy, for one mutant at a time."""

    def __init__(self, folder: Path) -> None:
        """Copy the tree as it is, uncommitted changes included.

        Args:
            folder: where to; it is made.
        """
        self.folder = folder
        self._limits: dict[Sequence[str], float] = {}
        nothing_compiled = shutil.ignore_patterns("__pycache__")
        for name in _COPIED:  # with symlinks as such: those of src/ lead to the copy's packages
            shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=nothing_compiled)
        shutil.copy(ROOT / "pyproject.toml", folder)
        # Python takes a compiled module for good if time (in seconds) and size are the source's, and those of
        # a mutant can be; so it is told to look at what the source says.
        for name in ("emulator", "harness", "vpcd"):
            compileall.compile_dir(
                folder / name, quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH, workers=1
            )

    def prove(self, module: str, tests: Sequence[str]) -> None:
        """Make sure that the tests pass, and that it is this copy's module that they test.

        Raises:
            UnsoundError: they fail as it is, or pass without the module.
        """
        began = time.monotonic()
        outcome, told = self._run(tests, timeout=600)
        if outcome is not Outcome.SURVIVED:
            raise UnsoundError(
                f"{module}: its tests must pass before anything is changed; they did not:\n{told}"
            )
        self._limits[tests] = _HURRY * (time.monotonic() - began)
        if self.trial(module, tests, "raise ImportError('a sanity mutant')\n") is not Outcome.KILLED:
            raise UnsoundError(f"{module}: its tests pass without it, so they import it from elsewhere")

    def trial(self, module: str, tests: Sequence[str], text: str) -> Outcome:
        """Run tests with another text in the place of a module; they have been proven before."""
        file = self.folder / module
        own = file.read_bytes()
        try:
            file.write_text(text, "utf-8")
            return self._run(tests, self._limits[tests])[0]
        finally:
            file.write_bytes(own)

    def _run(self, tests: Sequence[str], timeout: float) -> tuple[Outcome, str]:
        from cosmic_ray.testing import run_tests
        from cosmic_ray.work_item import TestOutcome

        outcome, told = run_tests(self._command(tests), timeout)
        if outcome == TestOutcome.KILLED:
            return (Outcome.TIMED_OUT if told == "timeout" else Outcome.KILLED), told
        return (Outcome.SURVIVED if outcome == TestOutcome.SURVIVED else Outcome.NOT_RUN), told

    def _command(self, tests: Sequence[str]) -> str:
        """pytest in the copy, on the copy's packages, with the same examples each time."""
        return shlex.join(
            [
                "env",
                f"--chdir={self.folder}",
                f"PYTHONPATH={self.folder / 'src'}",
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD=1",
                sys.executable,
                *("-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "_hypothesis_pytestplugin"),
                "--hypothesis-profile=mutation",
                *tests,
            ]
        )
