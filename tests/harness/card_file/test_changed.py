"""What an issuer changes on a card that is there, and what stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from tests.harness.card_file.cards import CLOCK, NEW, authority, record

from softeid.emulator import PersonalisationError
from softeid.emulator.pin import PinState
from softeid.harness.card_file.changed import with_state, with_switches, with_tries
from softeid.harness.card_file.error import CardFileError
from softeid.harness.card_file.record import CardRecord, StoredPin
from softeid.harness.card_file.stranger import check_certificates, check_holder
from softeid.harness.clock import Clock
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.card_state import CARD_STATES
from softeid.harness.pki.error import StateError

POSSIBLE = [state for state in CARD_STATES if state not in ("transport-pin", "not-activated")]
ABOUT_TRIES = ["fresh", "pin1-last-try", "pin1-blocked", "pin2-blocked", "puk-blocked"]
USES = ("authentication", "signature")


def changed(
    card: CardRecord, state: str, issuer: Authority | None = None, clock: Clock = CLOCK
) -> CardRecord:
    return with_state(card, state, lambda: issuer or authority(), clock)


def numbers(card: CardRecord) -> dict[str, int]:
    return {name: key.private_numbers().private_value for name, key in card.keys.items()}


@pytest.fixture
def used() -> CardRecord:
    """A card whose holder has chosen a PIN1 and lost a try."""
    card = record()
    return replace(card, pins={**card.pins, "PIN1": StoredPin(NEW, 2, PinState.READY)})


@pytest.mark.parametrize("state", POSSIBLE)
def test_a_card_becomes_what_a_new_one_in_that_state_is(used: CardRecord, state: str) -> None:
    found, new = changed(used, state), record(state)
    check_holder("x", found)
    check_certificates("x", found)
    assert found.holder == {**new.holder, "document-number": used.document_number}
    assert (found.state, found.document_number, found.person) == (state, used.document_number, used.person)
    tries = [(pin.tries, pin.state) for pin in new.pins.values()]
    assert [(pin.tries, pin.state) for pin in found.pins.values()] == tries
    assert [pin.block for pin in found.pins.values()] == [pin.block for pin in used.pins.values()]
    assert (numbers(found) == numbers(used)) == (state != "renewed")
    for use in USES:
        one, other = found.certificate(use), new.certificate(use)
        if one is None or other is None:
            assert one == other
            continue
        assert (one.subject, one.not_valid_before_utc, one.not_valid_after_utc) == (
            other.subject,
            other.not_valid_before_utc,
            other.not_valid_after_utc,
        )
        fits = one.public_key() == found.keys[use].public_key()
        assert fits == (state != "key-mismatch")


@pytest.mark.parametrize("state", ABOUT_TRIES)
@pytest.mark.parametrize("before", ABOUT_TRIES)
def test_states_about_tries_alone_issue_nothing(before: str, state: str) -> None:
    card = record(before)
    found = with_state(card, state, lambda: pytest.fail("an authority"), CLOCK)
    assert (found.certificates, found.holder) == (card.certificates, card.holder)


def test_certificates_that_have_ended_are_issued_again() -> None:
    later = Clock(CLOCK.now + timedelta(days=6 * 366))
    found = changed(record(), "fresh", clock=later)
    certificate = found.certificate("authentication")
    assert certificate
    assert certificate.not_valid_before_utc <= later.now <= certificate.not_valid_after_utc


@pytest.mark.parametrize(
    ("state", "reason"),
    [("revoked", x509.ReasonFlags.key_compromise), ("suspended", x509.ReasonFlags.certificate_hold)],
)
def test_what_the_issuer_says_of_the_certificates(state: str, reason: x509.ReasonFlags) -> None:
    issuer = authority()
    found = changed(record(), state, issuer)
    for use in USES:
        certificate = found.certificate(use)
        assert certificate
        status = issuer.register.get(certificate.serial_number)
        assert status
        assert status.reason is reason


def test_a_renewed_card_supersedes_what_was_on_it_each_time() -> None:
    issuer = authority()
    first = changed(record(), "fresh", issuer)
    second = changed(first, "renewed", issuer)
    third = changed(second, "renewed", issuer)
    assert len({value for card in (first, second, third) for value in numbers(card).values()}) == 6
    for card, reason in (
        (first, x509.ReasonFlags.superseded),
        (second, x509.ReasonFlags.superseded),
        (third, None),
    ):
        for use in USES:
            certificate = card.certificate(use)
            assert certificate
            status = issuer.register.get(certificate.serial_number)
            assert status
            assert status.reason is reason
    again = changed(changed(record(), "fresh"), "renewed")
    assert numbers(again) == numbers(second)  # a seed draws the same keys


@pytest.mark.parametrize("state", ["transport-pin", "not-activated", "wonderful"])
def test_states_in_which_it_cannot_be(state: str) -> None:
    with pytest.raises(StateError):
        changed(record(), state)


def test_tries() -> None:
    found = with_tries(record("pin2-blocked"), {"PIN1": 0, "PIN2": 2})
    assert [(pin.tries, pin.state) for pin in found.pins.values()] == [
        (0, PinState.BLOCKED),
        (2, PinState.READY),
        (3, PinState.READY),
    ]


@pytest.mark.parametrize(
    ("tries", "told"),
    [
        ({"PIN3": 1}, "--tries: expected one of PIN1, PIN2, PUK, found 'PIN3'"),
        ({"PIN1": 4}, "--tries PIN1: expected 0 to 3, found 4"),
    ],
)
def test_impossible_tries(tries: dict[str, int], told: str) -> None:
    with pytest.raises(CardFileError, match=told):
        with_tries(record(), tries)


def test_switches_add_to_those_that_are_set() -> None:
    found = with_switches(with_switches(record(), {"short-read": "6282"}), {"equal-new-pin": "6A80"})
    assert found.switches == {"short-read": "6282", "equal-new-pin": "6A80"}
    assert (found.profile.on("short-read"), found.profile.on("equal-new-pin")) == ("6282", "6A80")
    with pytest.raises(PersonalisationError):
        with_switches(record(), {"short-read": "7000"})
