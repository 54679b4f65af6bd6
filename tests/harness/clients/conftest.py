"""A card of the emulator, and a line to it that remembers what was sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from tests.harness.web.conftest import make_api_lab, pool

from softeid.harness.clients.eid_client import EidClient
from softeid.harness.clock import Clock
from softeid.harness.issuing import IssuedCard, issue_card
from softeid.harness.person import persons
from softeid.harness.pki.authority import Authority
from softeid.harness.profile_file import load_profile
from softeid.harness.seed import Seed

__all__ = ["make_api_lab", "pool"]


class Line:
    """Sends APDUs to a card and keeps both sides."""

    def __init__(self, issued: IssuedCard) -> None:
        self.issued = issued
        self.sent: list[bytes] = []

    def __call__(self, apdu: bytes) -> bytes:
        self.sent.append(apdu)
        return self.issued.card.process(apdu)

    @property
    def client(self) -> EidClient:
        return EidClient(self)


@pytest.fixture(params=["esteid-2018", "esteid-2018x"])
def make_line(request: pytest.FixtureRequest) -> Callable[..., Line]:
    """Lines to cards in states by name, of both generations."""

    def make(state: str = "fresh", person: str = "jaak") -> Line:
        seed, clock = Seed("client tests"), Clock(datetime(2026, 3, 2, 9, tzinfo=UTC))
        authority = Authority(seed, clock)
        profile = load_profile(request.param)
        return Line(issue_card(profile, persons()[person], authority, seed=seed, clock=clock, state=state))

    return make


@pytest.fixture
def line(make_line: Callable[..., Line]) -> Line:
    """A line to a fresh card."""
    return make_line()
