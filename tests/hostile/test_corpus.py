"""What earlier runs reached, the vectors, and sequences by chance: played again, without the fuzzer."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from tests.hostile.campaign import Campaign, corpus, generated, seeds
from tests.hostile.command import VOCABULARY, Step
from tests.hostile.duel import SETUPS, Setup
from tests.hostile.step import MAX_STEPS, Sequence, decode, encode

from softeid.emulator.vector import EVENTS

BY_CHANCE = 1000
AT_LEAST = 100_000  # APDUs
PAIRS = 320  # of instruction and status word

commands = st.binary(max_size=140) | st.sampled_from([*VOCABULARY, bytes(0xFFFF)])
steps = st.lists(commands | st.sampled_from(EVENTS), max_size=20)


def test_nothing_confuses_the_card(tmp_path: Path) -> None:
    campaign = Campaign(tmp_path)
    for octets in [*seeds(), *corpus(), *map(generated, range(BY_CHANCE))]:
        campaign(octets)
    assert campaign.apdus >= AT_LEAST
    assert len(campaign.seen) >= PAIRS, "the corpus reaches less than it did: python -m tests.hostile --keep"


def test_the_corpus_is_not_too_heavy() -> None:
    kept = corpus()
    assert 100 <= len(kept) == len(set(kept))
    assert sum(map(len, kept)) <= 200_000


@given(st.sampled_from(SETUPS), steps)
def test_a_sequence_is_itself_again(setup: Setup, several: list[Step]) -> None:
    sequence = Sequence(setup, tuple(several))
    assert decode(encode(sequence)) == sequence


@given(st.binary(max_size=300))
def test_every_octet_string_means_something(octets: bytes) -> None:
    found = decode(octets)
    assert found.setup in SETUPS
    assert len(found.steps) <= MAX_STEPS
    assert all(isinstance(step, bytes) or step in EVENTS for step in found.steps)
