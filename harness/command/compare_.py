"""`softeid compare`: hold a card in a reader against its profile, reading only."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

from softeid.emulator import EmulatorError, Profile
from softeid.emulator.facts import MARKS
from softeid.emulator.mistake import visible

from ..error import HarnessError
from ..exit_code import ExitCode
from ..reader import Context
from ..real.compare import Fact, compare
from ..real.link import Link, Pcsc
from ..real.sight import NoEid, profile_of, spaced
from ..scenario.stage import Stuck
from .card import OptionError, chosen_profile, complain

_SELECT = b"\x00\xa4\x04\x0c"
_OK = b"\x90\x00"


def run(options: Namespace, context: Callable[[], Pcsc] = Context) -> int:
    """Compare and print.

    Returns:
        0 all the same, 1 something differs, 2 a wrong option or profile, 3 no route, or no eID card there.
    """
    try:
        wanted = _wanted(options.profile)
    except (OptionError, EmulatorError) as error:
        complain(error)
        return ExitCode.WRONG_FILE
    try:
        with closing(context()) as pcsc, closing(Link(pcsc, options.via)) as link, link:
            profile = _looked_for(link, wanted)
            facts = list(compare(profile, link.atr, link.transmit))
            reader = link.reader
    except (HarnessError, Stuck) as error:
        complain(error)
        return ExitCode.NO_ROUTE
    if options.json:
        print(json.dumps(_as_json(profile, reader, facts), ensure_ascii=False, indent=1))
    else:
        for line in _table(profile, reader, facts):
            print(visible(line))
    return ExitCode.DIFFERENCE if _having(facts, "differs") else ExitCode.HELD


def _wanted(named: str | None) -> Profile | None:
    """The profile that was named, with its switches as it has them."""
    return chosen_profile(Namespace(profile=named, switch=[]))[0] if named else None


def _looked_for(link: Link, wanted: Profile | None) -> Profile:
    """The profile to compare with; a card that does not even know its application is no eID.

    Raises:
        NoEid: it is none.
    """
    profile = wanted or profile_of(link.atr, link.reader)
    aid = profile.root.aid
    answer = link.transmit(_SELECT + bytes([len(aid)]) + aid)
    if answer[-2:] != _OK:
        raise NoEid(
            f"the card in `{link.reader}` is no {profile.name}: it has not its application "
            f"({answer[-2:].hex().upper()}), and its answer to reset is\n"
            f"  {'found':<14} {spaced(link.atr)}\n"
            f"  {profile.name:<14} {spaced(profile.atr.octets)}"
        )
    return profile


def _having(facts: Sequence[Fact], verdict: str) -> int:
    return sum(fact.verdict == verdict for fact in facts)


def _table(profile: Profile, reader: str, facts: Sequence[Fact]) -> Iterator[str]:
    """One line for each fact; where it differs, both say theirs below."""
    yield f"{profile.title} ({profile.name}), the card in {reader}"
    wide = max(len(fact.what) for fact in facts)
    for fact in facts:
        said = fact.found if fact.verdict == "same" else ""
        if fact.verdict == "not told":
            said = f"the card says {fact.found}" if fact.found else ""
        yield f"{fact.verdict:<8}  [{fact.evidence.mark}]  {fact.what:<{wide}}  {said}".rstrip()
        if fact.verdict == "differs":
            yield f"{'':<15}profile  {fact.expected}"
            yield f"{'':<15}card     {fact.found}"
            yield f"{'':<15}source   {fact.evidence.source}"
    yield ""
    for mark in MARKS:
        if any(fact.evidence.mark == mark for fact in facts):
            yield f"[{mark}]  {MARKS[mark]}"
    yield ""
    told = ", ".join(
        f"{count} {'differ' if verdict == 'differs' else verdict}"
        for verdict in ("same", "differs", "not told")
        if (count := _having(facts, verdict))
    )
    yield f"{len(facts)} facts: {told}; the card was only read"


def _as_json(profile: Profile, reader: str, facts: Sequence[Fact]) -> dict[str, object]:
    rows = [
        {
            "fact": fact.what,
            "mark": fact.evidence.mark,
            "source": fact.evidence.source,
            "profile": fact.expected,
            "card": fact.found,
            "verdict": fact.verdict,
        }
        for fact in facts
    ]
    return {"profile": profile.name, "reader": reader, "facts": rows}
