"""`softeid ca`: what a backend needs to trust our cards."""

from __future__ import annotations

from argparse import Namespace

from ..clock import Clock
from ..error import HarnessError
from ..exit_code import ExitCode
from ..pki.home import authority_of, export
from ..seed import Seed
from .card import complain


def run(options: Namespace) -> int:
    """Print root and issuing certificate, of the home authority or of that of a seed."""
    try:
        authority = authority_of(Seed(options.seed), Clock.real())
    except (HarnessError, OSError) as error:
        complain(error)
        return ExitCode.NO_ROUTE
    print(export(authority), end="")
    return ExitCode.HELD
