"""The card that `exec` and `plug` put into a reader: made from their options, told in one line."""

from __future__ import annotations

import os
import sys
import traceback
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import get_terminal_size
from textwrap import fill

from softeid.emulator import CardLike, PersonalisationError, Profile, Trace
from softeid.emulator.facts import SWITCHES
from softeid.emulator.mistake import FileError, visible
from softeid.emulator.trace import explain

from ..clock import Clock
from ..error import HarnessError, listed_or_meant
from ..issuing import IssuedCard, issue_card
from ..person import Person, persons
from ..pki.card_state import CARD_STATES
from ..pki.home import authority_of
from ..pki.status import GOOD
from ..profile_file import load_profile, profile_names, read_profile
from ..seed import Seed


class OptionError(HarnessError):
    """An option names something that there is not."""


PROFILE, PERSON, STATE = "esteid-2018", "jaak", "fresh"
"""The card that is made where no option says otherwise."""


def made_card(options: Namespace, *, kept: bool = False) -> IssuedCard:
    """Issue the card that the options describe: by the home authority, or by that of the seed.

    Args:
        options: of the command; None stands for what is usual.
        kept: the card will outlive this process, so a seed's authority keeps what it says of it.

    Raises:
        OptionError: there is no such profile, person or switch.
        ProfileError: the profile's file is wrong.
        HarnessError: the state, or the home authority, is not to be had.
    """
    return made_of(chosen_profile(options)[0], options, kept=kept)


def made_of(profile: Profile, options: Namespace, *, kept: bool = False) -> IssuedCard:
    """As `made_card`, of a profile that was chosen before."""
    handle = PERSON if options.person is None else options.person
    if handle not in persons():
        raise OptionError(f"--person: {listed_or_meant(handle, persons())}")
    seed, clock = Seed(options.seed), Clock.real()
    authority = authority_of(seed, clock, kept=kept)
    return issue_card(
        profile,
        persons()[handle],
        authority,
        seed=seed,
        clock=clock,
        state=STATE if options.state is None else options.state,
        on_fault=tell_fault,
    )


def chosen_profile(options: Namespace) -> tuple[Profile, str | None]:
    """The profile that the options describe, and its text where it is one in a file of one's own.

    Raises:
        OptionError: there is no such profile or switch, or the file cannot be read.
        ProfileError: the file is wrong.
    """
    profile, text = _profile(PROFILE if options.profile is None else options.profile)
    try:
        return profile.switched(dict(options.switch)), text
    except PersonalisationError as unknown:
        raise OptionError(f"--switch: {unknown}") from None


def _profile(named: str) -> tuple[Profile, str | None]:
    if named in profile_names():
        return load_profile(named), None
    if named.endswith(".yaml"):
        try:
            return read_profile(Path(named))
        except OSError as error:
            raise OptionError(f"--profile: {named}: {error.strerror}") from None
    raise OptionError(f"--profile: {listed_or_meant(named, profile_names())}, or name a .yaml file")


def choices(command: str) -> str:
    """Everything that the options of a command may name, for people.

    Args:
        command: `exec`, `plug`, `up`, or an action of `card`: `new` or `set`, which takes no other profile or
            person.
    """
    from ..scenario.people import SETTINGS  # only here: a card that is made needs neither
    from ..web.messages import SOURCE, text

    rows = {}
    if command != "set":
        rows["profiles"] = [*profile_names()]
        rows["people"] = [f"{handle} ({person.name})" for handle, person in persons().items()]
    if command == "up":
        rows["settings"] = [*SETTINGS.fields]
    else:
        rows["switches"] = [f"{name}={'|'.join(values)}" for name, values in SWITCHES.items()]
    wide = min(100, get_terminal_size().columns - 2)  # argparse leaves two free as well
    lines = [
        fill(
            ", ".join(words),
            wide,
            initial_indent=f"{head + ':':<11}",
            subsequent_indent=" " * 11,
            break_on_hyphens=False,
        )
        for head, words in rows.items()
    ]
    if command == "up":
        lines.append(" " * 11 + "(`softeid steps` says under `settings:` what each is and takes)")
    longest = max(map(len, CARD_STATES))
    states = [f"  {state:<{longest}}  {text(SOURCE, f'desk.state.{state}')}" for state in CARD_STATES]
    return "\n".join([*lines, "states:", *states])


def introduction(issued: IssuedCard, where: str, state: str) -> str:
    """One line for stderr: what is inserted, its PINs, the world; one more for what only OCSP would tell."""
    told = introduced(issued.profile.name, issued.person, state, issued.document_number, issued.pins, where)
    if all(issued.status(use) in (GOOD, None) for use in issued.certificates):
        return told
    return f"{told}\n{asked_by('`softeid ca serve` (with the same --seed, and started before)')}"


def introduced(
    profile: str, person: Person, state: str, document_number: str, pins: Mapping[str, str], where: str
) -> str:
    """The line.

    Args:
        pins: what is told of each by its name: the digits.
        where: the card is.
    """
    whose = f"{profile} of {person.name}"
    if state != STATE:
        whose = f"{whose}, {state}"
    told = ", ".join(f"{name} {digits}" for name, digits in pins.items())
    return f"softeid: {whose}, document {document_number}, {told}, {where}"


def asked_by(server: str) -> str:
    """The line about a certificate that is not good: a program that does not ask finds nothing wrong."""
    return f"softeid: a certificate is revoked or suspended; OCSP tells that, answered by {server}"


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
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NONBLOCK, 0o666)
    except OSError as error:
        raise OptionError(_no_trace(file, error)) from None
    os.set_blocking(descriptor, True)  # only opening must not wait: a FIFO may have no reader, ever
    try:
        out = _TraceFile(descriptor, file)
        out.line("# Exchanges with a software card, in order; PINs are left out.")
        yield Trace(card, lambda apdu, answer: out.line(explain(apdu, answer)))
    finally:
        os.close(descriptor)


class _TraceFile:
    """Written as exchanges happen; a disk that gets full ends the trace, not the card's work."""

    def __init__(self, descriptor: int, file: str) -> None:
        self._descriptor = descriptor
        self._file = file
        self._ended = False

    def line(self, text: str) -> None:
        """Write a line, unless the trace has ended."""
        left = b"" if self._ended else f"{text}\n".encode()
        try:
            while left:
                left = left[os.write(self._descriptor, left) :]
        except OSError as error:
            self._ended = True
            with suppress(OSError):
                complain(OptionError(f"{_no_trace(self._file, error)}; it ends here"))


def _no_trace(file: str, error: OSError) -> str:
    return f"--trace: expected a file that can be written, found {file!r}: {error.strerror}"


def complain(error: Exception) -> None:
    """Say on stderr what is wrong and what to do, in the way of every command."""
    # A file's mistakes stand one on a line and begin with their places, as compilers and editors have it.
    name = () if isinstance(error, FileError) else ("softeid:",)
    said = str(error)
    advice = getattr(error, "advice", "")
    for told in (said, "" if advice in said else advice):
        if told:
            print(*name, "\n".join(map(visible, told.splitlines())), file=sys.stderr)


def tell_fault(bug: Exception) -> None:
    """A fault of ours inside the card: the reader saw 6F00, people see where it was."""
    print("softeid: a fault of ours in the card, answered 6F00; please report it:", file=sys.stderr)
    traceback.print_exception(bug, file=sys.stderr)
