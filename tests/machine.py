"""What a test needs of the machine: where it lacks it the test is skipped with what to do, in CI it fails."""

from __future__ import annotations

import os
from functools import cache

import pytest

from softeid.vpcd import doctor

# The doctor's checks behind each mark.
NEEDS = {
    "pcsc": ("pcscd", "vsmartcard driver", "namespaces", "libpcsclite"),
    "opensc": ("libpcsclite", "OpenSC module", "OpenSC tools"),
    "pyscard": ("libpcsclite", "pyscard"),
}


def require_marked(item: pytest.Item) -> None:
    """Require what the marks of a test stand for; skip it, or in CI fail it."""
    for mark, names in NEEDS.items():
        if item.get_closest_marker(mark):
            _require(*names)


def _require(*names: str) -> None:
    for name in names:
        check = _checks()[name]
        if not check.found:
            told = f"{name} is lacking: {check.detail}. {check.advice}"
            if os.environ.get("CI"):
                pytest.fail(told, pytrace=False)
            pytest.skip(told)


@cache
def _checks() -> dict[str, doctor.Check]:
    return {check.name: check for check in doctor.checks()}
