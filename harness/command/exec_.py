"""`softeid exec`: run a program that sees the card, in a private PC/SC world that ends with it."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from shutil import which

from softeid.emulator import EmulatorError
from softeid.vpcd.errors import StackError
from softeid.vpcd.installation import advice_to_install
from softeid.vpcd.line import prepare
from softeid.vpcd.pcscd import PrivateStack

from ..error import HarnessError
from ..exit_code import ExitCode
from .card import complain, traced
from .child import hold_signals, start
from .inserted import inserted

_OPENSC = ("opensc-explorer", "opensc-tool", "pkcs11-tool", "pkcs15-crypt", "pkcs15-tool")


def run(options: Namespace) -> int:
    """Have a card, put it into a reader of its own, run the command.

    Returns:
        the command's exit code, 128 + the number of the signal that ended it, or 125 to 127 for failures of
        ours: something is lacking here, the command cannot be executed, there is no such command.
    """
    if not options.argv:
        print("softeid exec: expected a command behind --, found none", file=sys.stderr)
        print("usage: softeid exec [options] -- COMMAND [ARGUMENT ...]", file=sys.stderr)
        return ExitCode.EXEC_FAILED
    try:
        prepare()  # its start goes on beside the making of the card
        return _within_world(options)
    except (HarnessError, EmulatorError, StackError, OSError) as error:
        complain(error)
        if isinstance(error, StackError) and (advice := _opensc_advice(options.argv[0])):
            complain(HarnessError(f"{options.argv[0]!r} is lacking too. {advice}"))
    return ExitCode.EXEC_FAILED


def _within_world(options: Namespace) -> int:
    with (
        inserted(options) as here,
        traced(here.card, options.trace) as card,
        PrivateStack() as stack,
    ):
        hold_signals()  # until here a signal ends us, and the stack with us; the card's thread comes next
        slot = stack.insert(card)
        print(here.introduction(f"in reader {slot.reader}"), file=sys.stderr, flush=True)
        try:
            child = start(options.argv, {**os.environ, **stack.env})
        except OSError as error:
            return _not_started(options.argv[0], error)
        return child.wait()


def _opensc_advice(program: str) -> str:
    """How to get a command of OpenSC's that is not here; empty for any other."""
    return "" if program not in _OPENSC or which(program) else advice_to_install("opensc", "opensc-pkcs11")


def _not_started(program: str, error: OSError) -> ExitCode:
    """Say why a command could not be started; a script can be there and its interpreter missing."""
    absent = isinstance(error, FileNotFoundError | NotADirectoryError)
    if absent and not which(program):
        complain(HarnessError(f"{program!r}: there is no such command"))
        if advice := _opensc_advice(program):
            complain(HarnessError(advice))
        return ExitCode.NOT_FOUND
    why = "what its first line names is missing" if absent else error.strerror
    complain(HarnessError(f"{program}: it cannot be executed: {why}"))
    return ExitCode.NOT_EXECUTABLE
