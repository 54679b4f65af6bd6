"""Every scenario of the product against a recording reader, without leave: nothing leaves but what reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.harness.real.fake import READER, Recorder

from softeid.harness.clock import Clock
from softeid.harness.harm import of_call, worst
from softeid.harness.issuers import Issuers
from softeid.harness.issuing import issue_card
from softeid.harness.lab import Lab
from softeid.harness.pki.error import PkiError
from softeid.harness.profile_file import load_profile
from softeid.harness.real.admission import Refused, card_specs
from softeid.harness.real.route import RealReader
from softeid.harness.report.result import watch
from softeid.harness.scenario.loader import load, scenario_files
from softeid.harness.scenario.runner import run
from softeid.harness.scenario.scenario import Scenario
from softeid.harness.seed import Seed
from softeid.harness.world import START

ROOT = Path(__file__).parents[3]
FILES = scenario_files([ROOT / "scenarios"])
each_file = pytest.mark.parametrize(
    "file", FILES, ids=lambda file: f"{file.parent.name}-{file.name.partition('.')[0]}"
)


@dataclass(frozen=True)
class Bold(RealReader):
    """The route, as if it could do everything: no scenario is left out for what it asks."""

    cannot = frozenset()


def recorder_for(scenario: Scenario) -> Recorder | None:
    """A recorder with the first card of a scenario in it; None where there is none."""
    specs = card_specs(scenario)
    if not specs:
        return None
    clock = Clock(scenario.at.utc if scenario.at else START)
    seed = Seed("recorder")
    try:
        made = issue_card(
            load_profile(specs[0].profile).switched(specs[0].switches),
            specs[0].holder,
            Issuers(seed, clock, lambda time: None).authority,
            seed=seed,
            clock=clock,
            state=specs[0].state,
        )
    except PkiError:  # a scenario about a card that cannot be
        return None
    return Recorder(made.card)


@each_file
def test_nothing_leaves_but_what_reads(file: Path) -> None:
    language = Lab().language
    for scenario in load([file], language):
        if (recorder := recorder_for(scenario)) is None:
            continue
        (result,) = watch(run([scenario], Lab(Bold(READER, context=recorder)), seed="any"))
        assert recorder.only_read, scenario.name
        assert recorder.sent, scenario.name  # its counters at least
        if "was not sent" in str(result.problem):  # no step is worse than it is declared to be
            assert worst(map(of_call, scenario)) != "none", scenario.name


@each_file
def test_what_may_harm_is_refused_before_pcsc_is_touched(file: Path) -> None:
    for scenario in load([file], Lab().language):
        level = worst(map(of_call, scenario))
        if level == "none":
            continue
        recorder = Recorder(NoCard())
        with pytest.raises(Refused, match=f"level `{level}`"):
            RealReader(READER, context=recorder).admit([scenario], [scenario])
        assert recorder.calls == []


class NoCard:
    """Nothing may ask it for anything."""

    @property
    def atr(self) -> bytes:
        raise AssertionError

    def power_on(self) -> None:
        raise AssertionError

    power_off = reset = power_on

    def process(self, apdu: bytes) -> bytes:
        raise AssertionError


def test_those_that_only_read_hold() -> None:
    lab = Lab()
    held = 0
    for scenario in load(scenario_files([ROOT / "scenarios" / "card"]), lab.language):
        recorder = recorder_for(scenario)
        assert recorder
        results = watch(run([scenario], Lab(RealReader(READER, context=recorder)), seed="any"))
        assert [one.problem for one in results] == [None]
        held += len(results.having("held"))
        assert recorder.only_read
    assert held >= 15
