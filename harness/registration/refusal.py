"""A refusal: an answer of the closed list, with what the person may need to know."""

from __future__ import annotations

from collections.abc import Mapping

from .vocabulary import Code


class Refused(Exception):
    """App, portal or core says no; nothing but what the code stands for has changed.

    Attributes:
        code: why, a word of the closed list.
        detail: `attempts_left`, `field`, `min` and the like; never a PIN or a registration code.
    """

    def __init__(self, code: Code, **detail: object) -> None:
        told = " ".join(f"{key}={value}" for key, value in detail.items())
        super().__init__(f"{code}({told})" if told else str(code))
        self.code = code
        self.detail: Mapping[str, object] = detail
