"""The card desk: cards on a table, one reader, and whoever types their PINs. It stands in for plastic.

Cards live as long as the process. A lab's desk is used from several threads: every call waits for its turn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import RLock
from typing import Literal

from ..clients.eid_client import EidClient, PinBlocked, PinName, PinWrong
from ..issuing import IssuedCard
from ..pki.card_state import CARD_STATES
from ..reader import DirectReader
from .card_prompt import Prompt, Prompts

Issue = Callable[[str, str, int], IssuedCard]
"""(person, state, number) -> a card; may raise StateError."""


@dataclass(frozen=True)
class DeskCard:
    """A card on the desk.

    Attributes:
        id: names it here.
        issued: the card, with what its issuer knows.
        state: the life it was made with.
    """

    id: str
    issued: IssuedCard
    state: str

    def digits(self, pin: PinName) -> str:
        """Those that are right now: it is a test card, and its owner has no letter from the issuer."""
        facts = self.issued.profile.pins[pin]
        return facts.digits(self.issued.permanent.pins[pin].value)

    def tries(self, pin: PinName) -> int:
        """How many are left."""
        return self.issued.permanent.pins[pin].tries


@dataclass(frozen=True)
class WrongPin:
    """A PIN or PUK was not the card's.

    Attributes:
        pin: which.
        left: tries of it.
    """

    pin: PinName
    left: int


class NoCard(Exception):
    """The reader is empty."""


class CardDesk:
    """See the module.

    Attributes:
        cards: by identifier, in the order in which they were made.
        inserted: the one in the reader.
        prompts: what sites ask of it.
        states: that a card can be made in.
    """

    def __init__(self, issue: Issue, prompts: Prompts, states: Sequence[str] = tuple(CARD_STATES)) -> None:
        """Begin with nothing on the desk.

        Args:
            issue: makes a card.
            prompts: where sites ask.
            states: that a card can be made in; of some generations not all.
        """
        self.turn = RLock()
        self.states = states
        self.cards: dict[str, DeskCard] = {}
        self.inserted: DeskCard | None = None
        self._issue = issue
        self._reader = DirectReader()
        self._changes = 0
        self.prompts = prompts

    @property
    def mark(self) -> str:
        """Changes whenever a card or a prompt came or went."""
        with self.turn:
            return f"{self._changes}-{self.prompts.mark}"

    @property
    def client(self) -> EidClient:
        """A program that uses the card in the reader."""
        return EidClient(self._reader.transmit)

    def make(self, person: str, state: str) -> DeskCard:
        """Make a card and lay it on the desk.

        Args:
            person: of the committed table.
            state: of `CARD_STATES`.

        Raises:
            StateError: a card of this kind cannot be in that state.
        """
        with self.turn:
            number = len(self.cards)
            card = DeskCard(f"c{number + 1}", self._issue(person, state, number), state)
            self.cards[card.id] = card
            self._changes += 1
            return card

    def insert(self, card_id: str) -> DeskCard:
        """Put a card into the reader; what is in it is taken out first.

        Raises:
            KeyError: there is no such card.
        """
        with self.turn:
            card = self.cards[card_id]
            if card is not self.inserted:
                self.remove()
                self._reader.insert(card.issued.card)
                self.inserted = card
                self._changes += 1
            return card

    def remove(self) -> None:
        """Take the card out; a prompt that had it is over."""
        with self.turn:
            if self.inserted is None:
                return
            self._reader.remove()
            self.inserted = None
            self._changes += 1
            self.prompts.end_waiting("card-removed")

    def blocks(self, prompt: Prompt) -> bool:
        """Whether the PIN that a prompt needs is blocked on the card in the reader."""
        card = self.inserted
        return card is not None and prompt.kind != "certificate" and not card.tries(prompt.pin)

    def change_pin(self, pin: PinName, old: str, new: str) -> WrongPin | None:
        """Give a PIN a new value by its old one.

        Returns:
            What was wrong; None if it has the new value now.

        Raises:
            NoCard: the reader is empty.
            CardRefused: the card said no for another reason.
        """
        return self._tried(pin, lambda: self.client.change_pin(pin, old, new))

    def unblock(self, pin: Literal["PIN1", "PIN2"], puk: str, new: str) -> WrongPin | None:
        """Give a PIN a new value, and its tries, by the PUK.

        Returns:
            What was wrong with the PUK; None if the PIN is open.

        Raises:
            NoCard, CardRefused: as `change_pin`.
        """
        return self._tried("PUK", lambda: self.client.unblock_pin(pin, puk, new))

    def _tried(self, pin: PinName, act: Callable[[], None]) -> WrongPin | None:
        with self.turn:
            if self.inserted is None:
                raise NoCard
            self._changes += 1
            try:
                act()
            except PinWrong as wrong:
                return WrongPin(pin, wrong.tries_left)
            except PinBlocked:
                return WrongPin(pin, 0)
            return None
