"""`softeid clock`: what a lab's clock says, and moving it."""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from datetime import datetime

from softeid.emulator.mistake import Wrong

from ..exit_code import ExitCode
from ..scenario.words import Duration, Instant, instant_text
from ..service.error import LabError
from ..service.folder import LabFolder
from ..service.lab_client import LabClient, LabRefused
from .card import OptionError, complain

VERSION = 1
"""Of the JSON; grows when a field goes or changes its meaning."""

_WHY = {
    "now": "the clock does not go back with --set; use --back, which time limits survive",
    "advance": "the clock goes no further than 2100",
    "back": "the clock goes no further back than 2000",
}


def run(options: Namespace) -> int:
    """Do what the options say, and print the clock.

    Returns:
        0; 2 an option is wrong, or the clock cannot go there; 3 the lab does not answer; 5 there is none.
    """
    try:
        folder = LabFolder(options.name, os.environ)
        wanted = list(_wanted(options))
    except (LabError, OptionError) as error:
        complain(error)
        return ExitCode.WRONG_FILE
    record = folder.record()
    if record is None or not record.up:
        print(f"softeid: no lab `{options.name}` is up; `softeid ps` lists those that are", file=sys.stderr)
        return ExitCode.NOTHING_MATCHED
    client = LabClient(record)
    try:
        for body in wanted:
            client.ask("POST", "/lab/clock", body)
        state = client.ask("GET", "/lab/state")
    except LabRefused as refused:
        why = _WHY.get(refused.field)
        complain(OptionError(why or str(refused)))
        return ExitCode.WRONG_FILE if refused.field else ExitCode.NO_ROUTE
    except LabError as error:
        complain(error)
        return ExitCode.NO_ROUTE
    _print(state["clock"], options.json)
    return ExitCode.HELD


def _wanted(options: Namespace) -> Iterator[Mapping[str, object]]:
    """Bodies of requests, in the order in which they make sense.

    Raises:
        OptionError: a duration or an instant cannot be read.
    """
    if options.freeze:
        yield {"freeze": True}
    if options.back is not None:
        yield {"back": _duration("--back", options.back)}
    if options.set is not None:
        try:
            yield {"now": Instant.read(options.set).utc.isoformat()}
        except Wrong as wrong:
            raise OptionError(_told("--set", wrong, options.set)) from None
    if options.advance is not None:
        yield {"advance": _duration("--advance", options.advance)}
    if options.run:
        yield {"rate": 1.0}


def _duration(option: str, text: str) -> float:
    try:
        return Duration.read(text).delta.total_seconds()
    except Wrong as wrong:
        raise OptionError(_told(option, wrong, text)) from None


def _told(option: str, wrong: Wrong, text: str) -> str:
    advice = f"; {wrong.advice}" if wrong.advice else ""
    return f"{option}: expected {wrong.expected}, found {text[:60]!r}{advice}"


def _print(clock: Mapping[str, object], as_json: bool) -> None:
    if as_json:
        print(json.dumps({"version": VERSION, **clock}))
        return
    now = datetime.fromisoformat(str(clock["now"])).replace(microsecond=0)
    print(f"{instant_text(now)}  {'runs' if clock['pace'] else 'stands still'}")
