"""What real programs say to the card, played to each profile."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from softeid.emulator.vector import parse_vector, play

if TYPE_CHECKING:
    from tests.emulator.conftest import Specimen

FOLDER = Path(__file__).parent.parent / "vectors" / "esteid-2018"
FILES = sorted(FOLDER.rglob("*.vector"))
JOBS = {
    "opensc-0.23": {"detection", "authenticate", "sign", "decrypt", "change", "unblock"},
    "opensc-master": {
        "detection",
        "detection-cosmo-x",
        "authenticate",
        "sign",
        "decrypt",
        "change",
        "unblock",
    },
    "libelectronic-id": {"certificates", "retries", "authenticate", "sign", "wrong-pin"},
    "digidoc4": {"personal-data", "certificates", "retries", "change", "unblock"},
    "ios": {"personal-data", "certificate", "authenticate", "decrypt"},
    "android": {"personal-data", "certificates", "retries", "authenticate", "sign", "change-and-unblock"},
}


def test_every_program_and_job_is_there() -> None:
    names = {file.stem for file in FILES if file.parent.name == "esteid-2018"}
    assert names == {f"{program}-{job}" for program, jobs in JOBS.items() for job in jobs}


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_vector(card: Specimen, file: Path) -> None:
    difference = play(parse_vector(file.read_text("utf-8"), file.name), card.card.process)
    assert difference is None, str(difference)


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_power_comes_and_goes_before_a_vector(card: Specimen, file: Path) -> None:
    """Whatever was selected and verified before, a power cycle ends it: the vector finds a card like new."""
    for command in (
        "00A4010C02ADF2",
        "002000010C31323334FFFFFFFFFFFFFFFF",
        "00A40904023F0005",
        "1088000001AA",
    ):
        card(command)
    card.card.power_off()
    card.card.power_on()
    difference = play(parse_vector(file.read_text("utf-8"), file.name), card.card.process)
    assert difference is None, str(difference)
