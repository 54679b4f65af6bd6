"""PINs and PUKs: what they are, and what may become of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from hmac import compare_digest

from .errors import StatusError
from .status import SW


class PinState(StrEnum):
    """What a PIN is."""

    TRANSPORT = "transport"  # the value of the issuer's letter; the holder has not yet chosen one
    READY = "ready"
    BLOCKED = "blocked"


class PinEvent(StrEnum):
    """What happens to a PIN."""

    SUCCEEDED = "right value"
    FAILED = "wrong value, tries left"
    EXHAUSTED = "wrong value, no try left"
    CHANGED = "new value by its old one"
    UNBLOCKED = "retry counter reset"


# What may happen to a PIN, and what it becomes. Anything absent is refused.
PIN_LIFE: Mapping[tuple[PinState, PinEvent], PinState] = {
    (PinState.READY, PinEvent.SUCCEEDED): PinState.READY,
    (PinState.READY, PinEvent.FAILED): PinState.READY,
    (PinState.READY, PinEvent.EXHAUSTED): PinState.BLOCKED,
    (PinState.READY, PinEvent.CHANGED): PinState.READY,
    (PinState.READY, PinEvent.UNBLOCKED): PinState.READY,
    (PinState.TRANSPORT, PinEvent.SUCCEEDED): PinState.TRANSPORT,
    (PinState.TRANSPORT, PinEvent.FAILED): PinState.TRANSPORT,
    (PinState.TRANSPORT, PinEvent.EXHAUSTED): PinState.BLOCKED,
    (PinState.TRANSPORT, PinEvent.CHANGED): PinState.READY,
    (PinState.TRANSPORT, PinEvent.UNBLOCKED): PinState.READY,
    (PinState.BLOCKED, PinEvent.UNBLOCKED): PinState.READY,
}


class Pin:
    """One PIN or PUK as the card keeps it: value, counter, state. It outlives power."""

    __slots__ = ("_state", "_tries", "_value", "limit")

    def __init__(self, value: bytes, limit: int, state: PinState = PinState.READY) -> None:
        """A PIN with all its tries.

        Args:
            value: the block as it is sent in VERIFY, padding included.
            limit: tries after a right value, 1 to 15.
            state: READY or TRANSPORT.
        """
        self._value = value
        self.limit = limit
        self._tries = limit
        self._state = state

    @property
    def state(self) -> PinState:
        """What the PIN is now."""
        return self._state

    @property
    def value(self) -> bytes:
        """The block that VERIFY must send."""
        return self._value

    @property
    def tries(self) -> int:
        """Tries left, 0 to `limit`; 0 exactly when the PIN is blocked."""
        return self._tries

    @tries.setter
    def tries(self, left: int) -> None:
        if not 0 <= left <= self.limit:
            raise ValueError(f"tries are 0 to {self.limit}, not {left}")
        self._tries = left
        if not left:
            self._state = PinState.BLOCKED
        elif self._state is PinState.BLOCKED:
            self._state = PinState.READY

    def matches(self, block: bytes, commit: Callable[[], None]) -> bool:
        """Compare, and count.

        The try is spent and stored before the comparison and given back after a right value: a card that is
        torn out in between has lost a try and never gained one.

        Args:
            block: what was sent, of the length of `value`.
            commit: makes the state durable and returns when it is, or raises.

        Raises:
            StatusError: 6983, the PIN is blocked, or 6581, the try could not be stored: nothing was compared
                or counted. 6581 after the comparison: the value was right, the try stays spent.
        """
        if (self._state, PinEvent.SUCCEEDED) not in PIN_LIFE:
            raise StatusError(SW.BLOCKED, f"PIN is {self._state}")
        before = self._state
        left = self._tries - 1  # for now as if the value were wrong
        spent = PIN_LIFE[before, PinEvent.FAILED if left else PinEvent.EXHAUSTED]
        self._store(commit, spent, left, self._value)
        if not compare_digest(block, self._value):
            return False
        self._store(commit, PIN_LIFE[before, PinEvent.SUCCEEDED], self.limit, self._value)
        return True

    def change(self, block: bytes, commit: Callable[[], None]) -> None:
        """Take a new value after the old one was right.

        Raises:
            StatusError: the PIN is blocked, or the value could not be stored; the old one stays.
        """
        self._store(commit, self._after(PinEvent.CHANGED), self._tries, block)

    def unblock(self, block: bytes | None, commit: Callable[[], None]) -> None:
        """Give all tries back, and a new value if there is one.

        Raises:
            StatusError: it could not be stored; the PIN is as it was.
        """
        value = self._value if block is None else block
        self._store(commit, self._after(PinEvent.UNBLOCKED), self.limit, value)

    def refusal(self) -> StatusError:
        """What VERIFY says of the counter: 63Cx, or 6983 where no try is left."""
        if not self._tries:
            return StatusError(SW.BLOCKED, "no try left")
        return StatusError(SW.VERIFICATION_FAILED | self._tries, f"{self._tries} left")

    def _after(self, event: PinEvent) -> PinState:
        after = PIN_LIFE.get((self._state, event))
        if after is None:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED, f"{event} for a PIN that is {self._state}")
        return after

    def _store(self, commit: Callable[[], None], state: PinState, tries: int, value: bytes) -> None:
        """Be this from now on, durably; where that fails, what it was before, which is what is durable."""
        before = self._state, self._tries, self._value
        self._state, self._tries, self._value = state, tries, value
        try:
            commit()
        except BaseException:
            self._state, self._tries, self._value = before
            raise
