"""Which scenarios a card in a real reader may be used for: refused is before anything starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from softeid.emulator.mistake import Mark

from ..error import HarnessError
from ..harm import LEVELS, exceeds, of_call
from ..pki.leaf import Use
from ..scenario.people import CardSpec, CertificateState
from ..scenario.scenario import Scenario
from ..scenario.step import Harm
from .sight import Sight

# What reading can tell of a card's life: tries left where they are not all, and how the certificates stand.
_LIVES: Mapping[str, tuple[Mapping[str, int], str]] = {
    "fresh": ({}, "valid"),
    "pin1-last-try": ({"PIN1": 1}, "valid"),
    "pin1-blocked": ({"PIN1": 0}, "valid"),
    "pin2-blocked": ({"PIN2": 0}, "valid"),
    "puk-blocked": ({"PUK": 0}, "valid"),
    "expired": ({}, "expired"),
    "not-yet-valid": ({}, "not-yet-valid"),
    "no-certificates": ({}, "none"),
}
_CERTIFICATES = ("valid", "expired", "not-yet-valid")
_LISTED = 8  # scenarios that are told one by one, for each reason


class Refusal(NamedTuple):
    """Why one scenario is not played with this card."""

    scenario: str
    mark: Mark
    reason: str


class Refused(HarnessError):
    """Scenarios are not played: the card would be harmed, or is not theirs. Nothing was started."""

    def __init__(self, refusals: Sequence[Refusal], of: int, advice: str) -> None:
        """Refuse; scenarios with the same reason are told together.

        Args:
            refusals: one for each scenario that is refused.
            of: how many were chosen.
            advice: what to do.
        """
        told: dict[str, list[Refusal]] = {}
        for one in refusals:
            told.setdefault(one.reason, []).append(one)
        lines = [f"nothing was started: the card is refused to {len(refusals)} of {of} scenarios"]
        for reason, group in told.items():
            lines.append(reason)
            lines += [f"  {one.mark.file}:{one.mark.line}  {one.scenario}" for one in group[:_LISTED]]
            if len(group) > _LISTED:
                lines.append(f"  and {len(group) - _LISTED} more")
        super().__init__("\n".join(lines))
        self.refusals = tuple(refusals)
        self.advice = advice


def harmful(scenarios: Sequence[Scenario], allowed: Harm) -> None:
    """Refuse scenarios with steps that may harm a card more than is allowed. No card is needed for this.

    Raises:
        Refused: with scenario, step, line and level of the worst step of each.
    """
    refusals = []
    needed: list[Harm] = []
    for scenario in scenarios:
        call = max(scenario, key=lambda one: LEVELS.index(of_call(one)), default=None)
        if call is None or not exceeds(level := of_call(call), allowed):
            continue
        reason = f"`{call.step.name}` may harm the card, level `{level}`:"
        refusals.append(Refusal(scenario.name, call.mark, reason))
        needed.append(level)
    if refusals:
        least = max(needed, key=LEVELS.index)
        advice = (
            "Choose others with -k or by file (scenarios/card/ only reads), or give leave by "
            f"--allow-harm {least} for a card of softeid's own."
        )
        raise Refused(refusals, len(scenarios), advice)


def strangers(scenarios: Sequence[Scenario], sight: Sight, now: datetime) -> None:
    """Refuse scenarios whose card is not the one that is there.

    Raises:
        Refused: with what was expected and found.
    """
    refusals = [
        Refusal(scenario.name, scenario.mark, reason)
        for scenario in scenarios
        for spec in card_specs(scenario)
        if (reason := "; ".join(differences(spec, sight, now)))
    ]
    if refusals:
        raise Refused(refusals, len(scenarios), "Choose scenarios for this card with -k or by file.")


def leave(sight: Sight, allowed: Harm) -> None:
    """Refuse to harm a card that is not ours to harm.

    Raises:
        HarnessError: its issuer is a stranger, or some counter is not at its maximum.
    """
    if allowed == "none":
        return
    if not sight.ours:
        raise HarnessError(
            f"--allow-harm {allowed}: refused, the card's certificates are not those of a SOFTEID TEST "
            "authority; a card of somebody else's is only read"
        )
    if not sight.untouched:
        left = ", ".join(f"{pin} {one.left} of {one.maximum}" for pin, one in sight.counters.items())
        raise HarnessError(
            f"--allow-harm {allowed}: refused, expected every counter at its maximum, found {left}"
        )


def card_specs(scenario: Scenario) -> tuple[CardSpec, ...]:
    """The cards of a scenario's people."""
    return tuple(person.card for person in scenario.people.values() if person.card)


def differences(spec: CardSpec, sight: Sight, now: datetime) -> Iterator[str]:
    """What a scenario says of its card, and the card that is there does not show."""
    if spec.profile != sight.profile.name:
        yield f"expected a card {spec.profile}, found {sight.profile.name}"
    holder = spec.holder
    if holder.code != sight.code:
        yield f"expected the card of {spec.person}, found that of {sight.whose}"
    elif (holder.surname, holder.given_names) != (sight.surname, sight.given_names):
        yield f"expected {spec.person} by the name that the scenario gives, found another name"
    if spec.state not in _LIVES:
        yield f"state {spec.state}: reading a card does not tell it"
        return
    tries, certificates = _LIVES[spec.state]
    for pin, counter in sight.counters.items():
        if counter.left != (expected := tries.get(pin, sight.profile.pins[pin].tries)):
            yield f"expected {expected} tries left for {pin}, found {counter.left}"
    for use, state in ((Use.AUTHENTICATION, spec.auth), (Use.SIGNATURE, spec.sign)):
        yield from _certificate(use, state, certificates, sight, now)


def _certificate(
    use: Use, state: CertificateState | None, otherwise: str, sight: Sight, now: datetime
) -> Iterator[str]:
    if state is not None and (state.bound or state.name not in _CERTIFICATES):
        yield f"{use} certificate {state}: reading a card does not tell it"
        return
    expected = state.name if state else otherwise
    if (found := sight.validity(use, now)) != expected:
        yield f"expected the {use} certificate {expected} today, found {found}"
