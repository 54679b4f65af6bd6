"""What to try after `make demo`, and what it needs on this machine."""

from __future__ import annotations

import sys

from softeid.vpcd.doctor import NEEDS, checks

from ..exit_code import ExitCode

_NEEDED = (*NEEDS["exec"], "OpenSC module", "OpenSC tools")


def main() -> int:
    """Name the next command and say whether it can work here."""
    print("\nNext, the same story by your own hands: portal, phone and card desk in three browser tabs.\n")
    print("    .venv/bin/softeid up\n")
    print("Or the same card through unmodified OpenSC, behind a real pcscd of its own:\n")
    print("    .venv/bin/softeid exec -- pkcs11-tool --list-objects\n")
    missing = [check for check in checks() if check.name in _NEEDED and not check.found]
    if not missing:
        print("Everything that it needs is here.")
        return ExitCode.HELD
    print("It needs on this machine:\n")
    if packages := " ".join(package for check in missing for package in check.packages):
        print(f"    sudo apt-get install --no-install-recommends {packages}")
    for check in missing:
        if not check.packages:
            print(f"    {check.name}: {check.advice}")
    print("\n`.venv/bin/softeid doctor` looks again.")
    return ExitCode.HELD


if __name__ == "__main__":
    sys.exit(main())
