"""A card on disk in a real pcscd, with OpenSC's programs: what one run did the next one sees."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.foreign.user import Ended, User

pytestmark = [pytest.mark.pcsc, pytest.mark.opensc]


@pytest.fixture
def user(tmp_path: Path) -> User:
    """Somebody with a fresh card on disk."""
    one = User(tmp_path)
    assert one.call("card", "new", "x.card").code == 0
    return one


def within(user: User, *command: str) -> Ended:
    """Run a command that sees the card."""
    return user.call("exec", "--card", "x.card", "--", *command)


def verify(user: User, digits: str) -> Ended:
    return within(user, "pkcs15-tool", "--verify-pin", "--auth-id", "01", "--pin", digits)


def test_a_pin_that_was_blocked_in_one_run_is_blocked_in_the_next(user: User) -> None:
    wrong = "for i in 1 2 3; do pkcs15-tool --verify-pin --auth-id 01 --pin 9999; done"
    assert within(user, "sh", "-c", wrong).code != 0
    ended = verify(user, "1234")
    assert ended.code != 0
    assert "PIN1 1234 (blocked)" in ended.err
    assert "Authentication method blocked" in ended.err
    assert user.call("card", "unblock-pin", "x.card", "PIN1", "--puk", "12345678", "--new", "4321").code == 0
    assert verify(user, "4321").code == 0


def test_a_changed_pin_stays_changed(user: User) -> None:
    change = ("pkcs15-tool", "--change-pin", "--auth-id", "01", "--pin", "1234", "--new-pin", "98765")
    assert within(user, *change).code == 0
    assert "PIN1 98765, " in verify(user, "98765").err
    assert verify(user, "1234").code != 0


def test_the_same_card_comes_back(user: User) -> None:
    numbers = {within(user, "pkcs15-tool", "--dump").out for _ in range(2)}
    assert len(numbers) == 1
    assert "ZZ" in numbers.pop()


def test_a_card_that_is_in_is_not_to_be_had(user: User) -> None:
    with user.card("--card", "x.card"):
        ended = within(user, "true")
        assert ended.code == 125
        assert "x.card: expected a card that nobody has, found one that process " in ended.err
    assert within(user, "true").code == 0
