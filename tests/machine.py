"""What a test needs of the machine: where it lacks it the test is skipped with what to do, in CI it fails."""

from __future__ import annotations

import os
from functools import cache
from glob import glob
from pathlib import Path
from shutil import which
from typing import NamedTuple, NoReturn

import pytest

from softeid.vpcd import doctor
from softeid.vpcd.installation import advice_to_install

# The doctor's checks behind each mark.
NEEDS = {
    "pcsc": ("pcscd", "vsmartcard driver", "namespaces", "libpcsclite"),
    "opensc": ("libpcsclite", "OpenSC module", "OpenSC tools"),
    "pyscard": ("libpcsclite", "pyscard"),
}


class Program(NamedTuple):
    """A program or file that a mark stands for, as a path with wildcards or a name, and its package."""

    place: str
    package: str


PROGRAMS = {
    "openssl": [Program("openssl", "openssl")],
    "certutil": [Program("certutil", "libnss3-tools")],
    "chromium": [Program("chromium", "chromium")],
    "postgres": [Program("/usr/lib/postgresql/*/bin/initdb", "postgresql")],
    "curl": [
        Program("curl", "curl"),
        Program("/usr/lib/*/engines-3/pkcs11.so", "libengine-pkcs11-openssl"),
    ],
}


def require_marked(item: pytest.Item) -> None:
    """Require what the marks of a test stand for; skip it, or in CI fail it."""
    for mark, names in NEEDS.items():
        if item.get_closest_marker(mark):
            _require(*names)
    for mark, programs in PROGRAMS.items():
        if item.get_closest_marker(mark):
            require_programs(*programs)


def require_programs(*programs: Program) -> None:
    """Require programs or files by themselves."""
    for place, package in programs:
        if not (glob(place) if place.startswith("/") else which(place)):
            lacking(f"{Path(place).name} is lacking. {advice_to_install(package)}")


def _require(*names: str) -> None:
    for name in names:
        check = _checks()[name]
        if not check.found:
            lacking(f"{name} is lacking: {check.detail}. {check.advice}")


def lacking(told: str) -> NoReturn:
    """Skip the test that runs, or in CI fail it.

    Args:
        told: what is lacking, and how to get it.
    """
    if os.environ.get("CI"):
        pytest.fail(told, pytrace=False)
    pytest.skip(told)


@cache
def _checks() -> dict[str, doctor.Check]:
    return {check.name: check for check in doctor.checks()}
