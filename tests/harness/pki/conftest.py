"""A small world: a clock at nine, a seed, an authority, and leaves to sign."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from softeid.harness.clock import Clock
from softeid.harness.person import persons
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.leaf import RECIPES, Leaf, Use
from softeid.harness.seed import Seed

BEGIN = datetime(2025, 6, 1, tzinfo=UTC)
END = datetime(2030, 6, 1, 21, 59, 59, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 3, 2, 9, tzinfo=UTC))


@pytest.fixture
def seed() -> Seed:
    return Seed("pki tests")


@pytest.fixture
def authority(seed: Seed, clock: Clock) -> Authority:
    return Authority(seed, clock)


@pytest.fixture
def key(seed: Seed) -> ec.EllipticCurvePrivateKey:
    return seed.ec_key(ec.SECP384R1(), "holder")


@pytest.fixture
def leaf(key: ec.EllipticCurvePrivateKey) -> Callable[[Use], Leaf]:
    """Jaak's certificate for a use, good from 1 June 2025 to 1 June 2030, not yet signed."""
    return lambda use: RECIPES[use](persons()["jaak"], key.public_key(), BEGIN, END)
