"""What is wrong with a lab that stays: its folder, its ports, another one of the same name."""

from __future__ import annotations

from ..error import HarnessError


class LabError(HarnessError):
    """A lab cannot be started, found or ended.

    Attributes:
        advice: what to do about it; may be empty.
    """

    def __init__(self, told: str, advice: str = "") -> None:
        super().__init__(told)
        self.advice = advice
