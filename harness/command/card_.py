"""`softeid card`: cards on disk, made and changed as their issuer and their holder do."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable
from getpass import getpass
from pathlib import Path

from softeid.emulator import EmulatorError, PersonalisationError
from softeid.emulator.mistake import visible
from softeid.emulator.status import meaning

from ..card_file import changed
from ..card_file.error import CardFileError
from ..card_file.file import CardFile, check_free
from ..card_file.made import record_of
from ..clients.eid_client import CardRefused, EidClient, PinBlocked, PinWrong
from ..clock import Clock
from ..error import HarnessError
from ..exit_code import ExitCode
from ..pki.home import authority_of
from ..seed import Seed
from .card import STATE, OptionError, chosen_profile, complain, made_of, tell_fault
from .inserted import record_introduction


def run(options: Namespace) -> int:
    """Do what the action says.

    Returns:
        0: it is done. 1: the card refused. 2: the file or an option is wrong, or somebody else has the card.
    """
    actions = {
        "new": _new,
        "set": _set,
        "change-pin": _change_pin,
        "unblock-pin": _unblock_pin,
    }
    if options.action == "show":
        return _show(options)  # nothing of it is caught here: whoever reads its output may have heard enough
    try:
        return actions[options.action](options)
    except (HarnessError, EmulatorError, OSError) as error:
        complain(error)
        return ExitCode.WRONG_FILE


def _new(options: Namespace) -> int:
    path, clock = Path(options.file), Clock.real()
    check_free(path)  # before certificates are issued that nobody will have
    profile, text = chosen_profile(options)
    issued = made_of(profile, options, kept=True)
    record = record_of(
        issued,
        clock,
        state=STATE if options.state is None else options.state,
        profile_name=profile.name,
        profile_text=text,
        switches=dict(options.switch),
        seed=options.seed,
    )
    CardFile.create(path, record)
    print(record_introduction(record, f"in {visible(str(path))}"))
    return ExitCode.HELD


def _set(options: Namespace) -> int:
    if options.state is None and not (options.tries or options.switch):
        raise OptionError("card set: expected --state, --tries or --switch, found none of them")
    clock = Clock.real()
    with CardFile.open(Path(options.file)) as file:
        record, told = file.record, []
        switches, tries = dict(options.switch), dict(options.tries)  # the last of a name counts
        if switches:
            try:
                record = changed.with_switches(record, switches)
            except PersonalisationError as unknown:
                raise OptionError(f"--switch: {unknown}") from None
            told += [f"{name}={choice}" for name, choice in switches.items()]
        changed.with_tries(record, tries)  # refused before certificates are issued and revoked
        if options.state is not None:
            seed = Seed(record.seed)
            record = changed.with_state(
                record, options.state, lambda: authority_of(seed, clock, kept=True), clock
            )
            told.append(options.state)
        if tries:
            record = changed.with_tries(record, tries)
            told += [f"{name} tries {left}" for name, left in tries.items()]
        file.replace(record, f"set: {', '.join(told)}")
        print(record_introduction(record, f"in {visible(options.file)}"))
    return ExitCode.HELD


def _change_pin(options: Namespace) -> int:
    """As the holder does: what is wrong counts."""
    with CardFile.open(Path(options.file)) as file:
        old = _typed(f"{options.pin} until now", "--old", options.old)
        new = _new_value(file, options)
        return _as_holder(file, options.pin, lambda client: client.change_pin(options.pin, old, new))


def _unblock_pin(options: Namespace) -> int:
    with CardFile.open(Path(options.file)) as file:
        puk = _typed("PUK", "--puk", options.puk)
        new = _new_value(file, options)
        return _as_holder(file, "PUK", lambda client: client.unblock_pin(options.pin, puk, new))


def _show(options: Namespace) -> int:
    from .card_show import run as show  # only here: nothing else draws

    return show(options)


def _as_holder(file: CardFile, asked: str, deed: Callable[[EidClient], None]) -> int:
    """Do something by the card's own commands, as any program does: counted, and durable.

    Args:
        asked: the PIN that can be wrong.
    """
    troubles: list[CardFileError] = []
    card = file.insert(Clock.real(), tell_fault, troubles.append)
    card.power_on()
    try:
        deed(EidClient(card.process))
    except PinWrong as wrong:
        tries = "1 try is left" if wrong.tries_left == 1 else f"{wrong.tries_left} tries are left"
        return _refused(f"{asked} is wrong; {tries}")
    except PinBlocked:
        return _refused(f"{asked} is blocked; {_way_out(file.path, asked)}")
    except CardRefused as refused:
        if troubles:
            raise troubles[0] from None
        return _refused(f"{refused} ({meaning(refused.sw)})")
    except ValueError as error:  # nothing was sent
        raise OptionError(f"{asked}: expected digits: {error}") from None
    finally:
        card.power_off()
    return ExitCode.HELD


def _refused(told: str) -> int:
    complain(HarnessError(told))
    return ExitCode.DIFFERENCE


def _way_out(path: Path, name: str) -> str:
    if name == "PUK":
        return f"only an issuer helps now: `softeid card set {path} --tries PUK=3`"
    return f"`softeid card unblock-pin {path} {name}` gives its tries back"


def _new_value(file: CardFile, options: Namespace) -> str:
    """The value that a PIN is to have.

    Raises:
        OptionError: it has not as many digits as the profile wants; nothing was sent.
    """
    new = _typed(f"new {options.pin}", "--new", options.new)
    if options.new is None and new != _typed(f"new {options.pin} again", "--new", None):
        raise OptionError(
            f"new {options.pin}: expected the same twice, found two values; nothing was changed"
        )
    facts = file.record.profile.pins[options.pin]
    if not (new.isascii() and new.isdigit() and facts.minimum <= len(new) <= facts.maximum):
        expected = f"{facts.minimum} to {facts.maximum} digits"
        raise OptionError(f"new {options.pin}: expected {expected}, found {len(new)} characters")
    return new


def _typed(what: str, option: str, given: str | None) -> str:
    """A value from its option, or from the keyboard without showing it.

    Raises:
        OptionError: there is no keyboard.
    """
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise OptionError(f"{option}: expected the digits, since there is no terminal to ask on, found none")
    try:
        return getpass(f"{what}: ", sys.stderr)
    except EOFError:
        raise OptionError(f"{what}: expected digits, found none; nothing was changed") from None
