"""The card that `exec` and `plug` put into a reader: made from their options, told in one line."""

from __future__ import annotations

import sys
import traceback
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from softeid.emulator import CardLike, PersonalisationError, Trace
from softeid.emulator.trace import explain

from ..clock import Clock
from ..error import HarnessError, listed_or_meant
from ..issuing import IssuedCard, issue_card
from ..person import persons
from ..pki.authority import Authority
from ..pki.home import home_authority
from ..profile_file import load_profile, profile_names
from ..seed import Seed


class OptionError(HarnessError):
    """An option names something that there is not."""


def made_card(options: Namespace) -> IssuedCard:
    """Issue the card that the options describe: by the home authority, or by that of the seed.

    Raises:
        OptionError: there is no such profile, person or switch.
        HarnessError: the state, or the home authority, is not to be had.
    """
    if options.profile not in profile_names():
        raise OptionError(f"--profile: {listed_or_meant(options.profile, profile_names())}")
    if options.person not in persons():
        raise OptionError(f"--person: {listed_or_meant(options.person, persons())}")
    try:
        profile = load_profile(options.profile).switched(dict(options.switch))
    except PersonalisationError as unknown:
        raise OptionError(f"--switch: {unknown}") from None
    person = persons()[options.person]
    seed, clock = Seed(options.seed), Clock.real()
    authority = Authority(seed, clock) if seed.repeats else home_authority(clock)
    return issue_card(
        profile, person, authority, seed=seed, clock=clock, state=options.state, on_fault=_tell_fault
    )


def introduction(issued: IssuedCard, where: str) -> str:
    """One line for stderr: what is inserted, its PINs, the world."""
    pins = ", ".join(f"{name} {digits}" for name, digits in issued.pins.items())
    whose = f"{issued.profile.name} of {issued.person.given_names} {issued.person.surname}"
    return f"softeid: {whose}, document {issued.document_number}, {pins}, {where}"


@contextmanager
def traced(card: CardLike, file: str | None) -> Iterator[CardLike]:
    """The card, with every exchange written into a file as it happens, PINs left out.

    Raises:
        OptionError: the file cannot be written.
    """
    if file is None:
        yield card
        return
    try:
        opened = Path(file).open("w", encoding="utf-8", buffering=1)  # noqa: SIM115  # closed by the `with` below
    except OSError as error:
        expected = "expected a file that can be written"
        raise OptionError(f"--trace: {expected}, found {file!r}: {error.strerror}") from None
    with opened as out:
        out.write("# Exchanges with a software card, in order; PINs are left out.\n")
        yield Trace(card, _writer(lambda line: out.write(line + "\n")))


def _writer(write: Callable[[str], object]) -> Callable[[bytes, bytes], None]:
    def observe(apdu: bytes, answer: bytes) -> None:
        write(explain(apdu, answer))

    return observe


def complain(error: Exception) -> None:
    """Say on stderr what is wrong and what to do, in the way of every command."""
    print(f"softeid: {error}", file=sys.stderr)
    advice = getattr(error, "advice", "")
    if advice:
        print(f"softeid: {advice}", file=sys.stderr)


def _tell_fault(bug: Exception) -> None:
    """A fault of ours inside the card: the reader saw 6F00, people see where it was."""
    print("softeid: a fault of ours in the card, answered 6F00; please report it:", file=sys.stderr)
    traceback.print_exception(bug, file=sys.stderr)
