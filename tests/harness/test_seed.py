"""Seeds: the same text gives the same draws, each purpose its own."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from softeid.harness.seed import Seed

CURVES = [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()]


def test_a_stream_does_not_care_how_it_is_drawn() -> None:
    whole = Seed("s").stream("nonces")(300)
    stream = Seed("s").stream("nonces")
    assert b"".join(stream(size) for size in (1, 63, 64, 65, 107)) == whole


def test_each_call_begins_anew() -> None:
    seed = Seed("s")
    assert seed.stream("a")(16) == seed.stream("a")(16)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a",), ("b",)),
        (("a", "b"), ("ab",)),
        (("a",), ("a", "")),
        (("a", "b"), ("b", "a")),
    ],
    ids=["other label", "two labels or one", "an empty label", "other order"],
)
def test_purposes_do_not_share_draws(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert Seed("s").stream(*one)(32) != Seed("s").stream(*other)(32)


def test_seeds_do_not_share_draws() -> None:
    assert Seed("s").stream("a")(32) != Seed("t").stream("a")(32)
    assert Seed("").repeats
    assert Seed("").stream("a")(32) == Seed("").stream("a")(32)


def test_without_a_text_nothing_repeats() -> None:
    seed = Seed()
    assert not seed.repeats
    assert seed.stream("a")(32) != seed.stream("a")(32)
    first, second = (seed.ec_key(ec.SECP256R1(), "a").private_numbers().private_value for _ in range(2))
    assert first != second


@given(st.integers(1, 1 << 600), st.text(max_size=5))
def test_numbers_stay_below_their_bound(below: int, label: str) -> None:
    assert 0 <= Seed("s").number(below, label) < below
    assert Seed("s").number(below, label) == Seed("s").number(below, label)


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: str(curve.name))
def test_keys_repeat_and_differ_by_label(curve: ec.EllipticCurve) -> None:
    one, again, other = (Seed("s").ec_key(curve, label) for label in ("a", "a", "b"))
    assert one.curve.name == curve.name
    assert one.private_numbers() == again.private_numbers()
    assert one.private_numbers() != other.private_numbers()


def test_curves_do_not_share_keys() -> None:
    values = {Seed("s").ec_key(curve, "a").private_numbers().private_value % 2**200 for curve in CURVES}
    assert len(values) == len(CURVES)


def test_draws_are_these() -> None:
    """A seed written into a bug report must mean the same tomorrow."""
    assert Seed("softeid").stream("example")(8).hex().upper() == "44B18138AC93ED96"
    assert Seed("softeid").number(10**7, "example") == 7364107
