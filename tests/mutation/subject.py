"""What is mutated, and the tests that must notice.

Each module is held against its own tests alone: quick, and a rule that only some distant test upholds counts
as a rule that nobody upholds.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]

SUBJECTS: Mapping[str, tuple[str, ...]] = {
    "emulator/pin.py": ("tests/emulator/test_pin.py",),
    "emulator/access.py": ("tests/emulator/test_access.py",),
    "emulator/file.py": ("tests/emulator/test_file.py",),
    "emulator/tlv.py": ("tests/emulator/test_tlv.py",),
    "emulator/layer.py": ("tests/emulator/test_layer.py",),
    "emulator/applets/reference_data.py": ("tests/emulator/test_esteid_2018_pin.py",),
}
"""Modules, and the test files that each mutant of one must make fail."""
