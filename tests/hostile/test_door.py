"""The other doors: octets by chance, and what is right with octets changed, taken out and put in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.hostile.door import DOORS

EXAMPLES = 100  # of each kind for each door


@pytest.mark.parametrize("name", DOORS)
def test_what_is_right_goes_through(name: str) -> None:
    for octets in DOORS[name].seeds():
        DOORS[name].take(octets)


@pytest.mark.parametrize("name", DOORS)
def test_any_octets(name: str) -> None:
    @settings(max_examples=EXAMPLES)
    @given(st.binary(max_size=min(DOORS[name].longest, 200)))
    def take(octets: bytes) -> None:
        DOORS[name].take(octets)

    take()


@pytest.mark.parametrize("name", DOORS)
def test_nearly_right(name: str) -> None:
    seeds = list(DOORS[name].seeds())

    @settings(max_examples=EXAMPLES)
    @given(st.sampled_from(seeds), st.data())
    def take(octets: bytes, data: st.DataObject) -> None:
        begin = data.draw(st.integers(0, len(octets)))
        end = data.draw(st.integers(begin, min(begin + 8, len(octets))))
        DOORS[name].take(octets[:begin] + data.draw(st.binary(max_size=4)) + octets[end:])

    take()
