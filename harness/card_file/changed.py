"""What an issuer may change on a card that is there: its state, its tries, its switches.

Document number, holder and PIN values stay.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from softeid.emulator.pin import PinState

from ..clock import Clock
from ..issuing import reissue
from ..pki.authority import Authority
from ..pki.card_state import CardPlan, plan_card
from ..pki.leaf import Use
from ..seed import Seed
from .error import CardFileError
from .record import CardRecord, StoredPin


def with_state(
    record: CardRecord, state: str, authority: Callable[[], Authority], clock: Clock
) -> CardRecord:
    """The card in a state, as if its issuer had made it so today.

    All tries come back, but for those that the state takes. Where the old and the new state are about PINs
    alone and the certificates have not ended, these and the document's dates stay; else the certificates are
    issued again, about the same keys. A renewed card gets other keys.

    Args:
        record: the card.
        state: one of `CARD_STATES`.
        authority: gives the card's own, where certificates are issued.
        clock: today.

    Raises:
        StateError: there is no such state, or the profile cannot be in it.
    """
    plan = plan_card(record.profile, record.person, clock.now.date(), state)
    pins = {name: _with_tries(record, name, plan.tries.get(name)) for name in record.pins}
    if _certificates_stay(record, plan, clock):
        return replace(record, state=state, pins=pins)
    contents = reissue(
        plan,
        authority(),
        seed=Seed(record.seed),
        document_number=record.document_number,
        keys={use: record.keys[use] for use in Use},
        certificates=[one for use in Use if (one := record.certificate(use))],
    )
    return replace(
        record,
        state=state,
        holder=contents.holder,
        keys={str(use): key for use, key in contents.keys.items()},
        certificates=contents.files,
        pins=pins,
    )


def with_tries(record: CardRecord, tries: Mapping[str, int]) -> CardRecord:
    """The card with so many tries left for some PINs; none means blocked.

    Raises:
        CardFileError: there is no such PIN, or it never has so many.
    """
    pins = dict(record.pins)
    for name, left in tries.items():
        if name not in pins:
            raise CardFileError("--tries", f"one of {', '.join(pins)}", repr(name))
        most = record.profile.pins[name].tries
        if not 0 <= left <= most:
            raise CardFileError(f"--tries {name}", f"0 to {most}", f"{left}")
        pins[name] = _with_tries(record, name, left)
    return replace(record, pins=pins)


def with_switches(record: CardRecord, switches: Mapping[str, str]) -> CardRecord:
    """The card with some switches set otherwise.

    Raises:
        PersonalisationError: there is no such switch or no such choice.
    """
    profile = record.profile.switched(switches)
    return replace(record, profile=profile, switches={**record.switches, **switches})


def _with_tries(record: CardRecord, name: str, left: int | None) -> StoredPin:
    """A PIN with so many tries left, or all of them."""
    pin = record.pins[name]
    left = record.profile.pins[name].tries if left is None else left
    ready = PinState.READY if pin.state is PinState.BLOCKED else pin.state
    return replace(pin, tries=left, state=ready if left else PinState.BLOCKED)


def _certificates_stay(record: CardRecord, plan: CardPlan, clock: Clock) -> bool:
    """Whether a card needs nothing but other tries to be in a state."""
    ordinary = plan_card(record.profile, record.person, plan.today)
    before = plan_card(record.profile, record.person, plan.today, record.state)
    certificates = [record.certificate(use) for use in Use]
    return _apart_from_tries(plan) == _apart_from_tries(before) == _apart_from_tries(ordinary) and all(
        one is not None and one.not_valid_before_utc <= clock.now <= one.not_valid_after_utc
        for one in certificates
    )


def _apart_from_tries(plan: CardPlan) -> CardPlan:
    return replace(plan, tries={}, identity="")
