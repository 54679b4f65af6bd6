"""The host's own account of a card: what it was told, what it asked, and so what the card may hold."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from tests.tear.case import NEW, PINS, WRONG
from tests.tear.rule import OK, Change, Course, Deed, Held, Memory, Unblock, Verify, course


class Account:
    """What is known of one card's PINs.

    Attributes:
        known: each PIN as it was when nothing was under way.
        under_way: the command that was asked and not answered.
    """

    def __init__(self, known: Memory) -> None:
        """Begin with a card that is in the reader since a moment ago."""
        self.known = dict(known)
        self.under_way: Deed | None = None
        self._puk_verified = False

    def next(self, dice: Random) -> Deed:
        """A command that is worth asking: mostly about PINs that have tries, rarely wrong for the PUK."""
        pin = dice.choice(["PIN1", "PIN1", "PIN2", "PUK"])
        value, other = self.known[pin].value, dice.choice([PINS[pin], NEW])
        typed = WRONG if dice.random() < (0.05 if pin == "PUK" else 0.4) else value
        if pin != "PUK" and (self._puk_verified or dice.random() < 0.1) and dice.random() < 0.5:
            return Unblock(pin, dice.choice([None, other]))
        return Change(pin, typed, other) if dice.random() < 0.4 else Verify(pin, typed)

    def ask(self, deed: Deed) -> bytes:
        """The command goes out."""
        self.under_way = deed
        return deed.apdu

    def answered(self, answer: bytes) -> None:
        """The answer is there: from now on the card holds what it says.

        Raises:
            AssertionError: it is another than the account expects.
        """
        deed = self.under_way
        assert deed
        expected = self._course(deed)
        assert answer == expected.sw.to_bytes(2, "big"), f"{deed} on {self.known[deed.pin]}: {answer.hex()}"
        self.known[deed.pin] = expected.end
        if deed.pin == "PUK":
            self._puk_verified = expected.sw == OK and (isinstance(deed, Verify) or self._puk_verified)
        self.under_way = None

    def possible(self) -> Mapping[str, tuple[Held, ...]]:
        """Everything that each PIN may be if power goes now."""
        deed = self.under_way
        return {
            name: self._course(deed).states if deed and deed.pin == name else (pin,)
            for name, pin in self.known.items()
        }

    def power_back(self, found: Memory) -> bool:
        """Power has gone and come; take what the card holds.

        Returns:
            Whether the command under way had stored something.

        Raises:
            AssertionError: the card may not hold that.
        """
        possible = self.possible()
        for name, pin in found.items():
            assert pin in possible[name], f"{name}: {pin}, possible are {possible[name]} ({self.under_way})"
        moved = dict(found) != self.known
        self.known, self.under_way, self._puk_verified = dict(found), None, False
        return moved

    def _course(self, deed: Deed) -> Course:
        return course(self.known[deed.pin], deed, puk_verified=self._puk_verified)
