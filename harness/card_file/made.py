"""From a card that was just issued to what its file will hold."""

from __future__ import annotations

from collections.abc import Mapping

from ..clock import Clock
from ..issuing import IssuedCard
from ..person import persons
from .record import CardRecord, Happening, stored_pins


def record_of(
    issued: IssuedCard,
    clock: Clock,
    *,
    state: str,
    profile_name: str,
    profile_text: str | None = None,
    switches: Mapping[str, str] | None = None,
    seed: str | None = None,
) -> CardRecord:
    """What a card file holds of a card.

    Args:
        issued: the card.
        clock: when it was made.
        state: with which it was issued.
        profile_name: as options name its profile.
        profile_text: the YAML of a profile of one's own.
        switches: in which the card differs from its profile.
        seed: from which it was drawn, if any.
    """
    return CardRecord(
        profile=issued.profile,
        profile_name=profile_name,
        profile_text=profile_text,
        switches=dict(switches or {}),
        person=persons()[issued.person.handle],
        state=state,
        document_number=issued.document_number,
        holder=issued.contents.holder,
        keys={name: key.private for name, key in issued.permanent.keys.items()},
        certificates=issued.contents.files,
        pins=stored_pins(issued.permanent),
        seed=seed,
        history=(Happening(clock.now, f"made: {profile_name}, {issued.person.handle}, {state}"),),
    )
