"""`softeid card show`: what a card on disk is, holds and is good for, at one moment."""

from __future__ import annotations

import sys
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from softeid.emulator import EmulatorError
from softeid.emulator.mistake import Wrong

from ..card_file.file import read_record
from ..card_file.record import CardRecord
from ..error import HarnessError
from ..exit_code import ExitCode
from ..pki.error import HomeError
from ..pki.home import register_of
from ..pki.shape import ESTEID2018
from ..pki.status_file import StatusFile
from ..report.card_certificate import IssuerSays
from ..report.card_view import view_card
from ..seed import Seed
from .card import OptionError, complain


def run(options: Namespace) -> int:
    """Print a card: drawn for people, or as JSON.

    Returns:
        0; 2 the file is no card file, or an option is wrong.
    """
    try:
        at = _moment(options.at)
        record = read_record(Path(options.file))
        card = view_card(record, at, _Issuer(record).says, pins=options.pins)
    except (HarnessError, EmulatorError) as error:
        complain(error)
        return ExitCode.WRONG_FILE
    if options.json:
        from ..report.card_json import as_json

        print(as_json(card, options.file))
    else:
        from ..report.card_drawing import draw_card  # rich, only where something is drawn
        from ..report.sheet import print_lines, sheet_for

        print_lines(draw_card(card, options.file, sheet_for(sys.stdout)), sys.stdout)
    return ExitCode.HELD


def _moment(text: str | None) -> datetime:
    """The instant that --at names, or now, to the second.

    Raises:
        OptionError: it names none.
    """
    if text is None:
        return datetime.now(UTC).replace(microsecond=0)
    from ..scenario.words import Instant

    try:
        return Instant.read(text).utc
    except Wrong as wrong:
        advice = f"; {wrong.advice}" if wrong.advice else ""
        raise OptionError(f"--at: expected {wrong.expected}, found {text[:60]!r}{advice}") from None


class _Issuer:
    """What the authority of this user, or that of the card's seed, keeps about its certificates."""

    def __init__(self, record: CardRecord) -> None:
        self._record = record
        self._register = _register(record)

    def says(self, use: str) -> IssuerSays:
        """The status; where the register cannot be read, why is told once, and nobody can tell."""
        serial = self._serial(use)
        if serial is None or self._register is None:
            return None
        try:
            return self._register.get(serial) or "unknown"
        except HomeError as error:
            complain(error)
            self._register = None
            return None

    def _serial(self, use: str) -> int | None:
        """The serial number of a certificate that names our issuer; a stranger's may be anything."""
        try:
            found = self._record.certificate(use)
            names = found.issuer.get_attributes_for_oid(NameOID.COMMON_NAME) if found else []
        except (ValueError, x509.InvalidVersion):
            return None
        return found.serial_number if found and [one.value for one in names] == [ESTEID2018.issuer] else None


def _register(record: CardRecord) -> StatusFile | None:
    """The register, if there is one; without a home there is none."""
    try:
        register = register_of(Seed(record.seed))
    except HomeError:
        return None
    return register if register.made else None
