"""`softeid up`: a lab that stays, to be walked through with a browser, until it is told to end."""

from __future__ import annotations

import os
import signal
import sys
from argparse import Namespace

from softeid.emulator import EmulatorError

from ..error import HarnessError, listed_or_meant
from ..exit_code import ExitCode
from ..front import lab_installed
from ..person import persons
from ..pki.card_state import CARD_STATES
from ..pki.error import StateError
from ..profile_file import profile_names
from ..service.error import LabError
from ..service.folder import LabFolder
from ..service.plan import PEOPLE, Plan
from .card import OptionError, complain

_STOPS = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
_EXTRA = "softeid: `up` needs the extra `lab`: pip install 'softeid[lab]'"


def run(options: Namespace) -> int:
    """Bring a lab up, and wait for its end.

    Returns:
        0 it was ended; 2 an option is wrong; 3 something is lacking or taken.
    """
    try:
        plan = _plan(options)
        folder = LabFolder(plan.name, os.environ)
    except (OptionError, LabError) as error:
        complain(error)
        return ExitCode.WRONG_FILE
    if not lab_installed():
        print(_EXTRA, file=sys.stderr)
        return ExitCode.NO_ROUTE
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)  # before the first thread, since threads inherit it
    try:
        with folder.taken() as left:
            _stay(plan, folder, taken_over=left is not None)
    except StateError as error:  # the cards' state, which is an option
        complain(error)
        return ExitCode.WRONG_FILE
    except (HarnessError, EmulatorError, OSError) as error:
        complain(error)
        return ExitCode.NO_ROUTE
    return ExitCode.HELD


def _stay(plan: Plan, folder: LabFolder, *, taken_over: bool) -> None:
    from ..service.lab import Lab  # only here: web servers and databases are slow to import
    from ..service.terminal import Terminal
    from ..service.welcome import welcome

    terminal = Terminal(sys.stdout)
    lab = Lab(plan, folder, os.environ, terminal.tell)
    try:
        for line in welcome(lab, taken_over=taken_over):
            terminal.say(line.text, line.style)
        with lab.keys_ready():
            signal.sigwait(_STOPS)
            terminal.say("softeid: the lab ends")
    finally:
        lab.stop()


def _plan(options: Namespace) -> Plan:
    """What the options mean.

    Raises:
        OptionError: one names something that there is not, or two do not fit.
    """
    people = tuple(dict.fromkeys(options.person or PEOPLE))
    for handle in people:
        if handle not in persons():
            raise OptionError(f"--person: {listed_or_meant(handle, persons())}")
    if options.profile not in profile_names():
        raise OptionError(f"--profile: {listed_or_meant(options.profile, profile_names())}")
    if options.state not in CARD_STATES:
        raise OptionError(f"--state: {listed_or_meant(options.state, CARD_STATES)}")
    if options.fresh and options.store:
        raise OptionError("--fresh: a database of --store is not ours to empty; name an empty one")
    return Plan(
        options.name,
        options.port,
        options.https,
        options.fresh,
        options.store or "",
        people,
        options.profile,
        options.state,
        options.seed,
    )
