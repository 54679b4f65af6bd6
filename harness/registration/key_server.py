"""The core's side of account keys: attempts, locks, one-time passwords, clones.

The order of checks for a signature: destroyed, a repeat of an answered request, locked, whether the joined
shares are a signature, the one-time password. Only shares that do not fit count as a wrong PIN; a share that
fits with an old password comes from a copy of the app, and the key dies.

Source: registration specification, 2.3 and section 5.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from ..pki.leaf import Use
from .key_share import CoreShare
from .refusal import Refused
from .settings import Settings
from .vocabulary import Code, KeyState

_OTP_OCTETS = 16
LOCK_1, LOCK_2, LOCK_3 = 3, 6, 9
"""Wrong PINs in a row that lock a key for a while, for longer, for ever (ST FIA_AFL.1)."""


class Verdict(Enum):
    """What a joined signature request turned out to be."""

    SIGNED = "signed"
    WRONG_PIN = "wrong PIN"
    CLONE = "clone"


class Answer(NamedTuple):
    """The core's answer to a signature request.

    Attributes:
        verdict: what happened.
        signature: as long as the modulus; empty unless signed.
        otp: the one-time password of the next request; empty unless signed.
        attempts: wrong PINs in a row, this one included.
        locked_until: when the key opens again, if this attempt locked it.
    """

    verdict: Verdict
    signature: bytes = b""
    otp: bytes = b""
    attempts: int = 0
    locked_until: datetime | None = None


@dataclass
class Key:
    """One account key as the core stores it: modulus, its share, counters; never c, never a PIN."""

    key_id: str
    use: Use
    share: CoreShare
    otp: bytes
    attempts: int = 0
    locked_until: datetime | None = None
    destroyed: bool = False
    last_request: bytes = b""
    last_answer: Answer | None = None
    last_at: datetime | None = None

    def state(self, now: datetime) -> KeyState:
        """What may be done with it; needs no secret (SID-SKM-011)."""
        if self.destroyed:
            return KeyState.DESTROYED
        return KeyState.TIMELOCKED if self.locked_until and now < self.locked_until else KeyState.READY

    def destroy(self) -> None:
        """Forget the share; nothing brings the key back."""
        self.destroyed = True
        self.share = CoreShare(0, self.share.modulus)
        self.otp = self.last_request = b""
        self.last_answer = None

    def attempts_left(self) -> int:
        """Wrong PINs until the next lock."""
        return 0 if self.destroyed else LOCK_1 - self.attempts % LOCK_1


class Request(NamedTuple):
    """A signature request from the app.

    Attributes:
        request_id: drawn anew for each PIN entry; kept when the request is sent again.
        otp: the one-time password of the last answer.
        app_part: u, the app's half of the signature.
    """

    request_id: bytes
    otp: bytes
    app_part: int


class KeyServer:
    """Performs key operations on stored keys."""

    def __init__(self, settings: Settings, random: Callable[[int], bytes]) -> None:
        """Serve keys.

        Args:
            settings: locks and how long an answer is kept.
            random: gives so many octets.
        """
        self._settings = settings
        self._random = random

    def take(self, use: Use, share: CoreShare) -> Key:
        """Enrol a key: give it an identifier and its first one-time password."""
        return Key(self._random(8).hex(), use, share, self._random(_OTP_OCTETS))

    def sign(self, key: Key, message: int, request: Request, now: datetime) -> Answer:
        """Join the shares of an encoded message.

        Args:
            key: whose share is used; counters and password change.
            message: m, made by the core itself.
            request: what the app sent.
            now: the instant of arrival.

        Returns:
            The signature, or that the PIN was wrong, or that the app was copied.

        Raises:
            Refused: KEY_DESTROYED or KEY_LOCKED; nothing was computed and nothing counted.
        """
        if key.destroyed:
            raise Refused(Code.KEY_DESTROYED, key=key.use.value)
        if answer := self.answered(key, message, request, now):
            return answer
        if key.state(now) is KeyState.TIMELOCKED:
            raise Refused(Code.KEY_LOCKED, key=key.use.value, until=key.locked_until)
        signature = key.share.joined(message, request.app_part)
        if signature is None:
            answer = self._wrong(key, now)
        elif not hmac.compare_digest(request.otp, key.otp):
            key.destroy()
            return Answer(Verdict.CLONE)
        else:
            key.attempts, key.locked_until, key.otp = 0, None, self._random(_OTP_OCTETS)
            answer = Answer(Verdict.SIGNED, signature, key.otp)
        if not key.destroyed:
            key.last_request, key.last_answer, key.last_at = _digest(request, message), answer, now
        return answer

    def answered(self, key: Key, message: int, request: Request, now: datetime) -> Answer | None:
        """The answer that this very request had a moment ago: a lost answer is no clone (SID-NET-003)."""
        fresh = key.last_at is not None and now - key.last_at < self._settings.t_repeat
        return key.last_answer if fresh and key.last_request == _digest(request, message) else None

    def refresh(self, key: Key, otp: bytes) -> bytes:
        """A new one-time password without a signature and without a PIN (SID-SKM-010).

        Raises:
            Refused: KEY_DESTROYED; BAD_REQUEST for an old password, which alone proves no copy.
        """
        if key.destroyed:
            raise Refused(Code.KEY_DESTROYED, key=key.use.value)
        if not hmac.compare_digest(otp, key.otp):
            raise Refused(Code.BAD_REQUEST, field="otp")
        key.otp = self._random(_OTP_OCTETS)
        return key.otp

    def _wrong(self, key: Key, now: datetime) -> Answer:
        key.attempts += 1
        if key.attempts >= LOCK_3:
            key.destroy()
        elif key.attempts == LOCK_2:
            key.locked_until = now + self._settings.lock_2
        elif key.attempts == LOCK_1:
            key.locked_until = now + self._settings.lock_1
        locked = key.locked_until if key.attempts in (LOCK_1, LOCK_2) else None
        return Answer(Verdict.WRONG_PIN, attempts=key.attempts, locked_until=locked)


def _digest(request: Request, message: int) -> bytes:
    octets = b"\0".join(
        (
            request.request_id.hex().encode(),
            request.otp.hex().encode(),
            b"%x" % request.app_part,
            b"%x" % message,
        )
    )
    return hmac.digest(b"softeid key request", octets, "sha256")
