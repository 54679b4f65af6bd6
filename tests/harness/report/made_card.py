"""Cards to look at: made of one seed at one instant, so that each is the same everywhere and every day."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from softeid.harness.card_file.made import record_of
from softeid.harness.card_file.record import CardRecord
from softeid.harness.clock import Clock
from softeid.harness.issuing import IssuedCard, issue_card
from softeid.harness.person import persons
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.card_state import CARD_STATES
from softeid.harness.profile_file import load_profile
from softeid.harness.report.card_view import CardView, view_card
from softeid.harness.seed import Seed

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SEED = "card show"
STATES = [name for name in CARD_STATES if name not in ("transport-pin", "not-activated")]


@cache
def issued(state: str = "fresh", **switches: str) -> IssuedCard:
    """The card, as its issuer hands it over; nobody may change it.

    Args:
        state: its life.
        switches: by name, with _ for -.
    """
    chosen = {name.replace("_", "-"): choice for name, choice in switches.items()}
    profile = load_profile("esteid-2018").switched(chosen)
    seed, clock = Seed(SEED), Clock(NOW)
    return issue_card(profile, persons()["jaak"], Authority(seed, clock), seed=seed, clock=clock, state=state)


def record(state: str = "fresh", **switches: str) -> CardRecord:
    """What its file holds."""
    return record_of(
        issued(state, **switches),
        Clock(NOW),
        state=state,
        profile_name="esteid-2018",
        switches={name.replace("_", "-"): choice for name, choice in switches.items()},
        seed=SEED,
    )


def view(state: str = "fresh", **switches: str) -> CardView:
    """What there is to see of it."""
    return view_card(record(state, **switches), NOW, issued(state, **switches).status)
