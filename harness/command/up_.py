"""`softeid up`: a lab that stays, to be walked through with a browser, until it is told to end."""

from __future__ import annotations

import os
import signal
import sys
from argparse import Namespace
from collections.abc import Sequence

from softeid.emulator import EmulatorError
from softeid.emulator.mistake import Mark
from softeid.emulator.yaml_text import Items, Map, Node, Text

from .. import extra
from ..error import HarnessError, listed_or_meant
from ..exit_code import ExitCode
from ..front import lab_installed
from ..person import persons
from ..pki.card_state import CARD_STATES
from ..pki.error import StateError
from ..profile_file import profile_names
from ..registration.settings import Settings
from ..scenario.people import SETTINGS
from ..scenario.reading import Scene
from ..service.error import LabError
from ..service.folder import LabFolder
from ..service.plan import PEOPLE, Plan
from ..service.ports import check_free
from .card import OptionError, complain

_STOPS = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})


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
        complain(HarnessError(f"`up` needs the extra `lab`: {extra.command('lab')}"))
        return ExitCode.NO_ROUTE
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)  # before the first thread, since threads inherit it
    try:
        if plan.port and not folder.path.exists():  # a lab that cannot be is to leave no folder
            check_free(list(plan.ports.values()), os.environ)
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
        _settings(options.set),
    )


def _settings(given: Sequence[tuple[str, str]]) -> Settings:
    """The rules, as a scenario's `settings:` would have them; of a name that is given twice the last.

    Raises:
        OptionError: there is no such rule, or it does not take that.
    """
    scene, defaults = Scene(), Settings()
    nodes: dict[Text, Node] = {}
    for name, value in given:
        mark = Mark(f"--set {name}", 1, 1)
        written = Text.at(value, mark, bare=True)
        if isinstance(getattr(defaults, name, None), tuple):
            parts = (Text.at(one.strip(), mark, bare=True) for one in value.split(",") if value)
            nodes[Text.at(name, mark)] = Items.of(mark, parts)
        else:
            nodes[Text.at(name, mark)] = written
    settings = scene.read(SETTINGS, Map.of(Mark("--set", 1, 1), nodes))
    if isinstance(settings, Settings):
        return settings
    told = (f"{one.mark.file}: expected {one.expected}, found {one.found}" for one in scene.mistakes)
    advice = (f"; {one.advice}" if one.advice else "" for one in scene.mistakes)
    raise OptionError("\n".join(map("".join, zip(told, advice, strict=True))))
