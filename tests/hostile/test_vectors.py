"""Everything that was found to confuse a card, played to each card that it is for."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.hostile.duel import SETUPS, Duel
from tests.hostile.reproducer import setup_of

from softeid.emulator.vector import parse_vector, play

FILES = sorted((Path(__file__).parent.parent / "vectors" / "hostile").glob("*.vector"))


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_vector(file: Path) -> None:
    """A file that names no card is for all of them."""
    vector = parse_vector(file.read_text("utf-8"), file.name)
    named = vector.header.get("profile"), vector.header.get("switches")
    for setup in [setup_of(*named)] if any(named) else SETUPS:
        card = Duel(setup).card
        difference = play(vector, card.process, lambda event, card=card: getattr(card, event)())  # type: ignore[misc]
        assert difference is None, f"{setup}: {difference}"
