"""The card that `exec` and `plug` put into a reader: made for this once, or from a file."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, NamedTuple

from softeid.emulator import CardLike

from ..clock import Clock
from ..pki.card_state import plan_card
from ..pki.error import HomeError
from ..pki.home import register_of
from ..pki.status import GOOD
from ..seed import Seed
from .card import STATE, OptionError, asked_by, complain, introduced, introduction, made_card, tell_fault

if TYPE_CHECKING:
    from ..card_file.record import CardRecord


class Inserted(NamedTuple):
    """A card for a reader.

    Attributes:
        card: for the reader.
        introduction: the line for stderr, when it is known where the card is.
    """

    card: CardLike
    introduction: Callable[[str], str]


@contextmanager
def inserted(options: Namespace) -> Iterator[Inserted]:
    """The card that the options describe; one from a file is this process's own until the end.

    Raises:
        OptionError: options are wrong, or do not fit together.
        HarnessError, EmulatorError: the card cannot be had.
    """
    if options.card is None:
        issued = made_card(options)
        yield Inserted(issued.card, lambda where: introduction(issued, where, options.state or STATE))
        return
    _check_alone(options)
    _check_trace(options)
    from ..card_file.file import CardFile  # only here: a card that is made needs none of it

    with CardFile.open(Path(options.card)) as file:
        card = file.insert(Clock.real(), tell_fault, complain)
        yield Inserted(card, lambda where: record_introduction(file.record, where))


def record_introduction(record: CardRecord, where: str) -> str:
    """As `introduction`, of a card on disk: PINs as they are now, with the tries that were lost."""
    pins = {name: _pin(record, name) for name in record.pins}
    told = introduced(record.profile_name, record.person, _life(record), record.document_number, pins, where)
    seed = "" if record.seed is None else f" --seed {quote(record.seed)}"
    return told if _good(record) else f"{told}\n{asked_by(f'`softeid ca serve{seed}`')}"


def _check_alone(options: Namespace) -> None:
    """A card on disk is what it is."""
    given = {
        "--profile": options.profile,
        "--person": options.person,
        "--state": options.state,
        "--switch": options.switch or None,
        "--seed": options.seed,
    }
    if others := [name for name, value in given.items() if value is not None]:
        raise OptionError(
            f"--card: expected no {' or '.join(others)} beside it, since a card on disk is what it is; "
            "`softeid card set` changes it, `softeid card new` makes another"
        )


def _check_trace(options: Namespace) -> None:
    """A trace begins with an empty file, which must not be the card's."""
    try:
        same = options.trace is not None and os.path.samefile(options.trace, options.card)
    except (OSError, ValueError):  # one of them is not there, which is told where it is opened
        same = False
    if same:
        raise OptionError("--trace: expected a file of its own, found the card's")


def _life(record: CardRecord) -> str:
    """The card's state, unless it is about tries: what is left of them stands at each PIN."""
    day = Clock.real().now.date()
    return STATE if plan_card(record.profile, record.person, day, record.state).tries else record.state


def _pin(record: CardRecord, name: str) -> str:
    stored, facts = record.pins[name], record.profile.pins[name]
    digits = facts.told(stored.block)
    match stored.tries:
        case 0:
            return f"{digits} (blocked)"
        case facts.tries:
            return digits
        case 1:
            return f"{digits} (1 try left)"
    return f"{digits} ({stored.tries} tries left)"


def _good(record: CardRecord) -> bool:
    """Whether the issuer, if it is one of this machine, says nothing bad of the certificates."""
    try:
        register = register_of(Seed(record.seed))
        certificates = [one for use in record.certificates if (one := record.certificate(use))]
        return all(register.get(one.serial_number) in (GOOD, None) for one in certificates)
    except HomeError:
        return True
