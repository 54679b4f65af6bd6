"""What a phone shows has a heading in every state, for every end, in each of the five languages."""

from __future__ import annotations

import pytest

from softeid.harness.registration.app_life import APP_ENDS
from softeid.harness.registration.screen import Screen
from softeid.harness.registration.vocabulary import AppState, KeyState, Reason
from softeid.harness.steps.phone_screen import title_of
from softeid.harness.web.messages import LANGUAGES

WAYS = [
    *((state, None) for state in AppState),
    *((state, reason) for state in APP_ENDS - {AppState.ACTIVE} for reason in Reason),
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_has_a_heading(language: str) -> None:
    for state, reason in WAYS:
        title = title_of(Screen(state, reason, language=language))
        assert title.strip() == title != ""
        assert "{" not in title
        assert "*" not in title


def test_headings_differ_by_language_and_name_the_pin() -> None:
    titles = {language: title_of(Screen(AppState.COUNTRY, language=language)) for language in LANGUAGES}
    assert len(set(titles.values())) == len(LANGUAGES)
    for language in LANGUAGES:
        one, two = (
            title_of(Screen(state, language=language))
            for state in (AppState.PIN1_CONFIRM, AppState.PIN2_CONFIRM)
        )
        assert ("PIN1" in one, "PIN2" in two) == (True, True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_account_that_ended_is_not_called_ready(language: str) -> None:
    ready, *ended = (
        title_of(Screen(AppState.ACTIVE, screen=KeyState.READY, language=language, account=account))
        for account in ("ACTIVE", "EXPIRED", "CLOSED")
    )
    assert len({ready, *ended}) == 3
