"""The card that is torn: made once, from a seed; its PINs are set as a test wants them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

from tests.tear.rule import Held

from softeid.harness.card_file.made import record_of
from softeid.harness.card_file.record import CardRecord, StoredPin
from softeid.harness.clock import Clock
from softeid.harness.issuing import issue_card
from softeid.harness.person import persons
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.shape import ESTEID2018
from softeid.harness.profile_file import load_profile
from softeid.harness.seed import Seed

PROFILE = "esteid-2018"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def specimen(pins: Mapping[str, Held] | None = None, seed: str = "torn") -> CardRecord:
    """A card with fresh PINs.

    Args:
        pins: those that are otherwise.
        seed: of another one.
    """
    made = _made(seed)
    changed = {name: StoredPin(pin.value, pin.tries, pin.state) for name, pin in (pins or {}).items()}
    return replace(made, pins={**made.pins, **changed})


@cache
def _made(text: str) -> CardRecord:
    clock, seed = Clock(START), Seed(text)
    authority = Authority(seed, clock, ESTEID2018)
    card = issue_card(load_profile(PROFILE), persons()["jaak"], authority, seed=seed, clock=clock)
    return record_of(card, clock, state="fresh", profile_name=PROFILE, seed=text)
