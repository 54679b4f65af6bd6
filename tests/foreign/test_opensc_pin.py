"""PINs through OpenSC: counted down, blocked, unblocked by the PUK, changed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from tests.foreign.user import User

pytestmark = [pytest.mark.pcsc, pytest.mark.opensc]

NUMBERS = {"PIN1": "01", "PIN2": "02", "PUK": "03"}  # pkcs15-tool's --auth-id
SLOTS = {"PIN1": 0, "PIN2": 1}
RIGHT = {"PIN1": "1234", "PIN2": "12345", "PUK": "12345678"}
NEW = {"PIN1": "987654", "PIN2": "987654321012", "PUK": "876543210987"}

# By tries left: what PKCS#11 (token information flags) says of a user PIN.
FLAGS = {3: set(), 2: {"user PIN count low"}, 1: {"final user PIN try"}, 0: {"user PIN locked"}}


@pytest.fixture
def reader(user: User) -> Iterator[User]:
    """A user with a fresh card in."""
    with user.card() as within:
        yield within


def accepts(reader: User, pin: str, digits: str) -> bool:
    """Whether the card takes a PIN; a wrong one costs a try."""
    ended = reader.run("pkcs15-tool", "--verify-pin", "--auth-id", NUMBERS[pin], "--pin", digits)
    if ended.code:
        assert re.search("PIN code or key incorrect|Authentication method blocked", ended.err), ended
    return ended.code == 0


def change(reader: User, pin: str, old: str, new: str) -> bool:
    ended = reader.run(
        *("pkcs15-tool", "--change-pin", "--auth-id", NUMBERS[pin], "--pin", old, "--new-pin", new)
    )
    return ended.code == 0


def unblock(reader: User, pin: str, puk: str, new: str) -> bool:
    ended = reader.run(
        *("pkcs15-tool", "--unblock-pin", "--auth-id", NUMBERS[pin], "--puk", puk, "--new-pin", new)
    )
    return ended.code == 0


def flags(reader: User, pin: str) -> set[str]:
    """What the token of a PIN says of its counter."""
    told = re.findall(r"token flags +: (.*)", reader.did("pkcs11-tool", "-L"))[SLOTS[pin]].split(", ")
    return set(told) & set().union(*FLAGS.values())


@pytest.mark.parametrize("pin", ["PIN1", "PIN2"])
def test_three_wrong_tries_block_and_the_puk_unblocks(reader: User, pin: str) -> None:
    other = "PIN2" if pin == "PIN1" else "PIN1"
    assert flags(reader, pin) == FLAGS[3]
    for left in (2, 1, 0):
        assert not accepts(reader, pin, "000000")
        assert flags(reader, pin) == FLAGS[left]
    assert not accepts(reader, pin, RIGHT[pin]), "a blocked PIN must be refused though it is right"
    assert flags(reader, other) == FLAGS[3]

    assert unblock(reader, pin, RIGHT["PUK"], NEW[pin])
    assert flags(reader, pin) == FLAGS[3]
    assert accepts(reader, pin, NEW[pin])
    assert not accepts(reader, pin, RIGHT[pin])
    assert accepts(reader, other, RIGHT[other])


@pytest.mark.parametrize("pin", ["PIN1", "PIN2"])
def test_the_right_pin_gives_the_tries_back(reader: User, pin: str) -> None:
    assert not accepts(reader, pin, "000000")
    assert flags(reader, pin) == FLAGS[2]
    assert accepts(reader, pin, RIGHT[pin])
    assert flags(reader, pin) == FLAGS[3]


@pytest.mark.parametrize("pin", ["PIN1", "PIN2"])
def test_a_changed_pin_is_the_only_one(reader: User, pin: str) -> None:
    assert change(reader, pin, RIGHT[pin], NEW[pin])
    assert accepts(reader, pin, NEW[pin])
    assert not accepts(reader, pin, RIGHT[pin])
    assert flags(reader, pin) == FLAGS[2]


@pytest.mark.parametrize("pin", ["PIN1", "PIN2"])
def test_a_change_with_the_wrong_old_pin_costs_a_try(reader: User, pin: str) -> None:
    assert not change(reader, pin, "000000", NEW[pin])
    assert flags(reader, pin) == FLAGS[2]
    assert accepts(reader, pin, RIGHT[pin])


def test_a_changed_puk_is_the_only_one(reader: User) -> None:
    assert change(reader, "PUK", RIGHT["PUK"], NEW["PUK"])
    assert not unblock(reader, "PIN1", RIGHT["PUK"], NEW["PIN1"])
    assert unblock(reader, "PIN1", NEW["PUK"], NEW["PIN1"])
    assert accepts(reader, "PIN1", NEW["PIN1"])


def test_a_blocked_puk_unblocks_nothing(reader: User) -> None:
    for _ in range(3):
        assert not unblock(reader, "PIN2", "00000000", NEW["PIN2"])
    assert not unblock(reader, "PIN2", RIGHT["PUK"], NEW["PIN2"])
    assert accepts(reader, "PIN2", RIGHT["PIN2"])


def test_pkcs11_changes_a_pin_too(reader: User) -> None:
    """C_SetPIN, as applications do it."""
    reader.did("pkcs11-tool", "--change-pin", "--login", "--pin", RIGHT["PIN1"], "--new-pin", NEW["PIN1"])
    assert accepts(reader, "PIN1", NEW["PIN1"])
    assert not accepts(reader, "PIN1", RIGHT["PIN1"])
