"""A harness that finds nothing proves nothing: each planted mistake is found, and a vector shows it."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pytest
from tests.hostile.campaign import Campaign, Finding, corpus, generated
from tests.hostile.duel import Duel
from tests.hostile.planted import PLANTED
from tests.hostile.reproducer import setup_of

from softeid.emulator.vector import Vector, parse_vector, play

ENOUGH = 3000  # sequences by chance, after those of the corpus


def found_in(folder: Path) -> Path | None:
    campaign = Campaign(folder)
    try:
        for octets in chain(map(generated, range(60)), corpus(), map(generated, range(60, ENOUGH))):
            campaign(octets)
    except Finding as finding:
        return finding.file
    return None


def answers_differ(vector: Vector) -> bool:
    duel = Duel(setup_of(vector.header.get("profile"), vector.header.get("switches")))
    try:
        return play(vector, duel.card.process, lambda event: getattr(duel.card, event)()) is not None
    except IndexError:
        return True


# What no vector shows: a key used in secret, a change that is not stored, one try lost too many, and what is
# wrong in octets that ought to be random.
UNSEEN = {"SignsAlways", "Unstored", "AsksForTry", "Tells"}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_mistake_is_found(name: str, tmp_path: Path) -> None:
    with PLANTED[name]():
        file = found_in(tmp_path)
        assert file, "the card is wrong and nobody noticed"
        vector = parse_vector(file.read_text("utf-8"), file.name)
        assert answers_differ(vector) or name in UNSEEN
    assert not answers_differ(vector), "the vector says of the right card that it is wrong"
    assert len(vector.exchanges) <= 7, "it could be shorter"
