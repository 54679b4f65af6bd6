"""The way from a phone to the core: it can be cut, be slow, or lose what it carries (group L)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, TypeVar

from .refusal import Refused
from .vocabulary import Code

if TYPE_CHECKING:
    from .core import Core

T = TypeVar("T")
Lost = Literal["", "request", "answer"]


@dataclass
class Line:
    """One such way.

    Attributes:
        up: whether there is any network.
        lost: what does not arrive while it is up: requests, or the answers to them.
        delay: each way; the core judges time limits when a request arrives.
    """

    up: bool = True
    lost: Lost = ""
    delay: timedelta = timedelta()

    @property
    def carries(self) -> bool:
        """Whether the core can reach the phone."""
        return self.up and not self.lost

    def ask(self, core: Core, act: Callable[[], T]) -> T:
        """Ask the core for something, in a transaction.

        Args:
            core: who is asked.
            act: what the core does.

        Raises:
            Refused: whatever the core refuses; CORE_UNAVAILABLE where no answer came. The core may have done
                what was asked all the same.
        """
        if not self.up or self.lost == "request":
            raise Refused(Code.CORE_UNAVAILABLE)
        with core.store.transaction():
            self._wait(core)
            try:
                answer = act()
            except Refused:
                self._arrive(core)
                raise
            self._arrive(core)
            return answer

    def mend(self) -> None:
        """Everything arrives again, at once."""
        self.up, self.lost, self.delay = True, "", timedelta()

    def _arrive(self, core: Core) -> None:
        self._wait(core)
        if self.lost:
            raise Refused(Code.CORE_UNAVAILABLE)

    def _wait(self, core: Core) -> None:
        if self.delay:
            core.move_clock(core.clock.now + self.delay)
