"""Registration codes: nine digits that tie an app to a visit to the portal (registration specification, 2.2).

The clear code leaves in the answer to the app and is kept nowhere: the book knows a keyed hash of it.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple

from .refusal import Refused
from .store import Table
from .vocabulary import Code

DIGITS = 9
_GROUPING = re.compile(r"[\s-]+")


class Standing(Enum):
    """What a typed code turns out to be."""

    LIVE = "shown by an app now"
    EXPIRED = "known, never used, too old or replaced by a newer one"
    USED = "used or burned"
    UNKNOWN = "nobody's"


@dataclass
class CodeRecord:
    """One issued code, by its keyed hash in hex; the code itself is nowhere.

    Instants are those of the steady clock, but `shown_at`: what a clock on the wall said at the issue.
    """

    digest: str
    registration: str
    generation: int
    issued_at: datetime
    expires_at: datetime
    shown_at: datetime
    replaced: bool = False
    used_at: datetime | None = None

    def standing(self, now: datetime) -> Standing:
        """What becomes of whoever types it now; at exactly `expires_at` it is expired."""
        if self.used_at is not None:
            return Standing.USED
        return Standing.EXPIRED if self.replaced or now >= self.expires_at else Standing.LIVE


def normalised(typed: str) -> str:
    """A typed code without the blanks and dashes that group it.

    Raises:
        Refused: RC_FORMAT, when that does not leave nine digits.
    """
    digits = _GROUPING.sub("", typed)
    if len(digits) != DIGITS or not (digits.isascii() and digits.isdigit()):
        raise Refused(Code.RC_FORMAT, field="code")
    return digits


def grouped(code: str) -> str:
    """A code as the app shows it: `123 456 789`."""
    return " ".join(code[at : at + 3] for at in range(0, DIGITS, 3))


class Issued(NamedTuple):
    """A new code.

    Attributes:
        code: the clear code, for the app alone.
        record: of it.
        redrawn: how often a code was drawn that lives already.
    """

    code: str
    record: CodeRecord
    redrawn: int


class CodeBook:
    """Every code issued, by its keyed hash."""

    def __init__(self, random: Callable[[int], bytes], key: bytes, records: Table[CodeRecord]) -> None:
        """Go on with a book.

        Args:
            random: gives so many octets, for codes.
            key: of the hash, 32 octets.
            records: keeps the codes.
        """
        self._random = random
        self._key = key
        self._records = records

    def issue(
        self,
        registration: str,
        now: datetime,
        life: timedelta,
        before: str = "",
        *,
        shown_at: datetime | None = None,
    ) -> Issued:
        """A new code for a registration.

        Args:
            registration: whose code it is.
            now: when it is issued.
            life: how long it lives.
            before: the hash of the code that it had, which is replaced.
            shown_at: the time of day; where it is not given, `now`.
        """
        old = self._records.get(before)
        if old:
            old.replaced = True
        redrawn = 0
        while True:
            code = self._draw()
            digest = self._digest(code)
            known = self._records.get(digest)
            if known is None or known.standing(now) is not Standing.LIVE:
                break
            redrawn += 1
        generation = old.generation + 1 if old else 1
        record = CodeRecord(digest, registration, generation, now, now + life, shown_at or now)
        self._records.add(record)
        return Issued(code, record, redrawn)

    def look_up(self, code: str, now: datetime) -> tuple[Standing, CodeRecord | None]:
        """What a code of nine digits is now, and its record."""
        record = self._records.get(self._digest(code))
        return (record.standing(now), record) if record else (Standing.UNKNOWN, None)

    def burn(self, digest: str, now: datetime) -> None:
        """Make a code a used one, unless time or use has ended it already."""
        record = self._records.get(digest)
        if record and record.standing(now) is Standing.LIVE:
            record.used_at = now

    def _draw(self) -> str:
        """Nine digits, each code as likely as any other: what would tip the scale is drawn again."""
        span = 2**32 // 10**DIGITS * 10**DIGITS
        while (number := int.from_bytes(self._random(4), "big")) >= span:
            pass
        return f"{number % 10**DIGITS:0{DIGITS}d}"

    def _digest(self, code: str) -> str:
        return hmac.digest(self._key, code.encode(), "sha256").hex()
