"""`softeid run`: play scenarios and report what became of them."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import TextIO

from softeid.emulator import EmulatorError
from softeid.emulator.mistake import FileError
from softeid.vpcd.errors import StackError

from .. import extra
from ..error import HarnessError
from ..exit_code import ExitCode
from ..front import FRONTS, lab_installed
from ..lab import Lab
from ..option_type import READER
from ..real.route import RealReader
from ..report.console import console
from ..report.failure import Again
from ..report.junit import junit
from ..report.machine import as_json
from ..report.result import Report, exit_code, watch
from ..route import ROUTES, Route
from ..scenario.loader import load, scenario_files
from ..scenario.runner import run as play_all
from ..scenario.scenario import Scenario
from ..scenario.select import SelectionError, selected
from ..scenario.stage import Stuck
from ..seed import fresh_text
from .card import complain


def run(options: Namespace) -> int:
    """Play every scenario that the options mean.

    Returns:
        0 all held, 1 a difference, 2 a file or an option is wrong, 5 nothing matched; 3 the route cannot be
        opened or was lost, or a real card would be harmed or is not the scenario's.
    """
    if options.allow_harm != "none" and not options.via.startswith(READER):
        complain(HarnessError(f"--allow-harm is for --via reader:NAME, not for --via {options.via}"))
        return ExitCode.WRONG_FILE
    if options.over == "http" and not lab_installed():
        complain(HarnessError(f"--over http needs the extra `lab`: {extra.command('lab')}"))
        return ExitCode.NO_ROUTE
    lab = Lab(_route(options), FRONTS[options.over])
    try:
        scenarios = selected(load(scenario_files(map(Path, options.paths)), lab.language), options.k)
    except FileError as error:
        complain(error)
        print(_counted(error), file=sys.stderr)
        return ExitCode.WRONG_FILE
    except SelectionError as error:
        complain(error)
        return ExitCode.WRONG_FILE
    if not scenarios:
        print(f"softeid: no scenario matches -k {options.k!r}", file=sys.stderr)
        return ExitCode.NOTHING_MATCHED
    jobs = options.j
    if isinstance(lab.route, RealReader):
        if not _admitted(lab.route, scenarios, lab):
            return ExitCode.NO_ROUTE
        if jobs > 1:
            complain(HarnessError(f"one card, one at a time: -j {jobs} is taken as -j 1"))
            jobs = 1
    seed = fresh_text() if options.seed is None else options.seed
    again = Again(seed, _ways(options))
    trace, timeline = (Path(folder) if folder else None for folder in (options.trace, options.timeline))
    try:
        for folder in filter(None, (trace, timeline)):
            folder.mkdir(parents=True, exist_ok=True)
        with _opened(options.junit) as file:  # before the first scenario, not after the last
            with _reports(options, again) as reports:
                events = play_all(scenarios, lab, seed=seed, jobs=jobs, trace=trace, timeline=timeline)
                results = watch(events, *reports)
            if file:
                file.write(junit(results, again))
        if options.json:
            print(as_json(results, again))
    except BrokenPipeError:
        raise
    except OSError as error:
        complain(error)
        return ExitCode.WRONG_FILE
    except (HarnessError, StackError, EmulatorError) as error:
        complain(error)
        if not options.via.startswith(READER):
            print(_other_route(options), file=sys.stderr)
        return ExitCode.NO_ROUTE
    return exit_code(results, options.strict)


def _route(options: Namespace) -> Route:
    if options.via.startswith(READER):
        return RealReader(options.via.removeprefix(READER), options.allow_harm)
    return ROUTES[options.via]


def _admitted(route: RealReader, scenarios: Sequence[Scenario], lab: Lab) -> bool:
    """Whether a real card may be used for all of them; if not, it is said why."""
    try:
        route.admit(scenarios, [one for one in scenarios if not lab.lacking(one)])
    except (HarnessError, Stuck) as refused:
        complain(refused)
        return False
    return True


@contextmanager
def _opened(junit: str | None) -> Iterator[TextIO | None]:
    """The file for the JUnit report, if one is wanted."""
    if junit is None:
        yield None
        return
    try:
        file = Path(junit).open("w", encoding="utf-8")  # noqa: SIM115 (closed below)
    except OSError as error:
        message = f"--junit: expected a file that can be written, found {junit!r}: {error.strerror}"
        raise OSError(message) from None
    with file:
        yield file


@contextmanager
def _reports(options: Namespace, again: Again) -> Iterator[list[Report]]:
    """Who hears of events while they happen. With `--json` standard output belongs to the JSON alone."""
    if options.json:
        yield []
        return
    with console(sys.stdout, again) as drawn:
        yield [drawn]


def _ways(options: Namespace) -> str:
    """Route and front as options, where they are not the usual ones."""
    via = "" if options.via == "direct" else f"--via {quote(options.via)}"
    leave = "" if options.allow_harm == "none" else f"--allow-harm {options.allow_harm}"
    over = "" if options.over == "session" else f"--over {options.over}"
    return " ".join(filter(None, (via, leave, over)))


def _counted(error: FileError) -> str:
    count, files = len(error.mistakes), len({mistake.mark.file for mistake in error.mistakes})
    mistakes = f"{count} mistake{'s' * (count > 1)} in {files} file{'s' * (files > 1)}"
    return f"softeid: {mistakes}; nothing was started"


def _other_route(options: Namespace) -> str:
    paths = " ".join(quote(path) for path in options.paths)
    return f"softeid: without PC/SC the same scenarios run by `softeid run {paths} --via direct`"
