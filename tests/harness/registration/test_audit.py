"""The audit trail: complete, chained, and silent about secrets."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.harness.registration.conftest import PIN1, PIN2, Lab, at

from softeid.harness.registration.audit import Event, unbroken
from softeid.harness.registration.refusal import Refused


@pytest.fixture
def story(lab: Lab) -> Lab:
    """A whole registration with a wrong PIN and a wrong code on the way."""
    app, card = lab.to_code(lab.app()), lab.card()
    visit = lab.to_code_entry(lab.visit(), card)
    with pytest.raises(Refused):
        visit.enter_code("000000000")
    visit.enter_code(app.device.code)
    lab.sign(visit, card)
    app.accept_identity()
    with pytest.raises(Refused):
        app.confirm_pin(1, "9999")
    app.confirm_pin(1, PIN1)
    app.confirm_pin(2, PIN2)
    assert at(app) == "ACTIVE"
    return lab


def test_the_trail_is_whole_and_the_observer_saw_all_of_it(story: Lab) -> None:
    audit = story.core.audit
    assert audit.whole()
    assert list(audit.events) == story.watched.events
    assert [event.seq for event in audit.events] == list(range(1, len(audit.events) + 1))


def test_an_event_taken_out_altered_or_moved_breaks_the_chain(story: Lab) -> None:
    events = list(story.core.audit.events)
    assert unbroken(events)
    for at_, event in enumerate(events):
        broken: list[list[Event]] = [
            [*events[:at_], replace(event, who="nobody"), *events[at_ + 1 :]],
            [*events[:at_], replace(event, data={**event.data, "more": "1"}), *events[at_ + 1 :]],
        ]
        if at_ < len(events) - 1:
            broken.append([*events[:at_], *events[at_ + 1 :]])
        assert not any(unbroken(trail) for trail in broken)


def test_no_secret_is_in_the_trail_the_outbox_or_a_refusal(story: Lab) -> None:
    texts = [repr(event) for event in story.core.audit.events]
    texts += [message.text for message in story.core.outbox.messages]
    app_shares = [story.core.audit.events[0]]
    assert app_shares
    code = next(event for event in story.core.audit.events if event.name == "code.accepted")
    assert "code" not in code.data
    for secret in (PIN1, PIN2, "9999"):
        assert not [text for text in texts if f"'{secret}'" in text or f" {secret} " in text]


def test_the_code_is_nowhere_in_the_trail(lab: Lab) -> None:
    app, visit, _ = lab.to_review()
    told = " ".join(repr(event) for event in lab.core.audit.events)
    assert app.device.code not in told
    assert at(visit) == "REVIEW"


def test_both_sides_of_a_match_are_tied_together(story: Lab) -> None:
    named = {event.name: event for event in story.core.audit.events}
    accepted, bound = named["code.accepted"], named["identity.bound"]  # type: ignore[index]  # by value
    assert accepted.about == bound.about
    assert bound.data == {"identity": "PNOEE-38001085718"}
    assert accepted.data["app"] == "192.0.2.10"  # of the phone; the browser's too, where it is known
    assert named["pin.wrong"].data == {"key": "authentication", "attempt": "1", "otp": "current"}  # type: ignore[index]


def test_a_seeded_registration_repeats_byte_for_byte(make_lab: type[Lab]) -> None:
    trails = []
    for _ in range(2):
        lab = make_lab()  # type: ignore[call-arg]  # the fixture has the defaults
        app, _, _ = lab.to_confirm()
        app.confirm_pin(1, PIN1)
        app.confirm_pin(2, PIN2)
        (account,) = lab.core.accounts.values()
        trails.append((lab.core.audit.events[-1].digest, repr(app.device), repr(account)))
    assert trails[0] == trails[1]
