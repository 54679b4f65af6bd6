"""`softeid down`: end a lab that is up."""

from __future__ import annotations

import os
import sys
from argparse import Namespace

from ..exit_code import ExitCode
from ..service.error import LabError
from ..service.folder import LabFolder
from .card import complain

_PATIENCE_S = 30.0  # requests under way may end, and the key in the making too


def run(options: Namespace) -> int:
    """Ask it to end, and wait.

    Returns:
        0 it has ended; 2 the name will not do; 3 it goes on; 5 there is none.
    """
    try:
        folder = LabFolder(options.name, os.environ)
    except LabError as error:
        complain(error)
        return ExitCode.WRONG_FILE
    record = folder.record()
    if record is None or not record.up:
        print(f"softeid: no lab `{options.name}` is up; `softeid ps` lists those that are", file=sys.stderr)
        return ExitCode.NOTHING_MATCHED
    pid = record.process.pid
    try:
        ended = record.process.end(_PATIENCE_S)
    except OSError as error:
        complain(LabError(f"process {pid} of the lab `{options.name}`: {error.strerror or error}"))
        return ExitCode.NO_ROUTE
    if not ended:
        told = f"the lab `{options.name}` (process {pid}) has not ended within {_PATIENCE_S:g} s"
        complain(LabError(told, f"kill -9 {pid} ends it; what it confirmed is stored"))
        return ExitCode.NO_ROUTE
    print(f"softeid: the lab `{options.name}` (process {pid}) has ended")
    return ExitCode.HELD
