"""The closed lists do not overlap where a reader of a scenario would be misled."""

from __future__ import annotations

from softeid.harness.registration.vocabulary import HTTP_STATUS, STATES, Code, Reason


def test_a_word_is_a_code_or_a_state_never_both() -> None:
    assert not STATES & set(Code)


def test_every_code_that_the_portal_answers_has_an_http_status() -> None:
    assert set(Code) - set(HTTP_STATUS) == {Code.TLS_CLOCK}


def test_used_codes_are_never_told_to_the_portal() -> None:
    assert "RC_USED" in set(Reason) - set(Code)
