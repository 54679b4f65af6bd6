"""What a test needs of the machine: where it lacks it the test is skipped with what to do, in CI it fails."""

from __future__ import annotations

import os
from functools import cache
from shutil import which

import pytest

from softeid.vpcd import doctor
from softeid.vpcd.installation import advice_to_install

# The doctor's checks behind each mark.
NEEDS = {
    "pcsc": ("pcscd", "vsmartcard driver", "namespaces", "libpcsclite"),
    "opensc": ("libpcsclite", "OpenSC module", "OpenSC tools"),
    "pyscard": ("libpcsclite", "pyscard"),
}


PROGRAMS = {"openssl": "openssl"}  # marks that stand for a program, and the package that brings it


def require_marked(item: pytest.Item) -> None:
    """Require what the marks of a test stand for; skip it, or in CI fail it."""
    for mark, names in NEEDS.items():
        if item.get_closest_marker(mark):
            _require(*names)
    for program, package in PROGRAMS.items():
        if item.get_closest_marker(program) and not which(program):
            _lacking(f"{program} is lacking. {advice_to_install(package)}")


def _require(*names: str) -> None:
    for name in names:
        check = _checks()[name]
        if not check.found:
            _lacking(f"{name} is lacking: {check.detail}. {check.advice}")


def _lacking(told: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(told, pytrace=False)
    pytest.skip(told)


@cache
def _checks() -> dict[str, doctor.Check]:
    return {check.name: check for check in doctor.checks()}
