"""Standard streams as callers leave them: closed, full, or of an encoding that knows few characters."""

from __future__ import annotations

import io
import os
import sys


def mend() -> None:
    """Let each of the three be there, and take every character.

    A closed one becomes /dev/null, for the processes that we start too: else the next file or socket that
    is opened would take its number, and `print` to a closed standard error would write to standard output.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest number that is free
    sys.stdin = sys.stdin or open(0, closefd=False)  # noqa: SIM115  # as long as the process
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def give_up() -> None:
    """Nothing more can be written: what is still held must not fail once more when the process ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(nowhere, number)
    os.close(nowhere)
