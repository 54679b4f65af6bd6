"""The core's side of account keys: attempts, locks, one-time passwords, clones.

The order of checks for a signature: destroyed, a repeat of an answered request, locked, whether the joined
shares are a signature, the one-time password. Only shares that do not fit count as a wrong PIN; a share that
fits with an old password comes from a copy of the app, and the key dies. But an app that was killed before it
stored an answer is no copy: it still has the name of that request.

An app whose answer was lost has the old password too. It is told from a copy by the name of its request,
which it drew and stored before it sent it: whoever knows that gets the current password.

Source: registration specification, 2.3 and section 5.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Literal, NamedTuple

from ..clock import seconds_text
from ..pki.leaf import Use
from .key_share import CoreShare
from .refusal import Refused
from .settings import Settings
from .vocabulary import Code, KeyState

_OTP_OCTETS = 16
LOCK_1, LOCK_2, LOCK_3 = 3, 6, 9
"""Wrong PINs in a row that lock a key for a while, for longer, for ever (ST FIA_AFL.1)."""


Ended = Literal["", "guessed", "cloned", "closed", "unused"]
"""Why a key is gone: nine wrong PINs, a copy of the app, its account's end, a registration that failed."""


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
        attempts: wrong PINs in a row, this one included; before a signature, those it made forgotten.
        locked_until: when the key opens again, if this attempt locked it.
        old_otp: whether the request came with a password that is not the current one.
    """

    verdict: Verdict
    signature: bytes = b""
    otp: bytes = b""
    attempts: int = 0
    locked_until: datetime | None = None
    old_otp: bool = False


@dataclass
class Key:
    """One account key as the core stores it: modulus, its share, counters; never c, never a PIN."""

    key_id: str
    use: Use
    share: CoreShare
    otp: bytes
    attempts: int = 0
    locked_until: datetime | None = None
    otp_count: int = 1
    """How many one-time passwords it has had."""
    ended: Ended = ""
    """What destroyed it."""
    last_name: bytes = b""
    """Which request and which password the current password was given for, as a digest."""
    last_request: bytes = b""
    last_answer: Answer | None = None
    last_at: datetime | None = None
    last_id: bytes = b""
    """Of the last request that was signed."""
    last_otp: bytes = b""
    """The one-time password that it came with."""

    def state(self, now: datetime) -> KeyState:
        """What may be done with it; needs no secret (SID-SKM-011)."""
        if self.destroyed:
            return KeyState.DESTROYED
        return KeyState.TIMELOCKED if self.locked_until and now < self.locked_until else KeyState.READY

    @property
    def destroyed(self) -> bool:
        """Whether it can never be used again."""
        return bool(self.ended)

    def destroy(self, why: Ended) -> None:
        """Forget the share; nothing brings the key back."""
        self.ended = self.ended or why
        self.share = CoreShare(0, self.share.modulus)
        self.otp = self.last_name = self.last_request = b""
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

    def __init__(
        self,
        settings: Settings,
        random: Callable[[int], bytes],
        wall: Callable[[datetime], datetime] = lambda steady: steady,
    ) -> None:
        """Serve keys.

        Args:
            settings: locks and how long an answer is kept.
            random: gives so many octets.
            wall: the time of day at an instant of the steady clock; by default the two are one.
        """
        self._settings = settings
        self._random = random
        self._wall = wall

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
            Refused: KEY_DESTROYED or KEY_LOCKED; nothing was computed and nothing counted. BAD_REQUEST for
                a request whose answer is kept no longer: `refresh` gives what it would have had.
        """
        if key.destroyed:
            raise gone(key)
        if answer := self.answered(key, message, request, now):
            return answer
        if key.state(now) is KeyState.TIMELOCKED:
            raise self._locked(key, now)
        signature = key.share.joined(message, request.app_part)
        old = not hmac.compare_digest(request.otp, key.otp) and not _unheard(key, request)
        if signature is None:
            answer = self._wrong(key, now, old)
        elif old and hmac.compare_digest(_name(request.request_id, request.otp), key.last_name):
            raise Refused(Code.BAD_REQUEST, field="otp")
        elif old:
            key.destroy("cloned")
            return Answer(Verdict.CLONE)
        else:
            forgiven, key.attempts, key.locked_until = key.attempts, 0, None
            self._roll(key, request.request_id)
            answer = Answer(Verdict.SIGNED, signature, key.otp, forgiven)
        if not key.destroyed:
            key.last_request, key.last_answer, key.last_at = _digest(request, message), answer, now
        return answer

    def answered(self, key: Key, message: int, request: Request, now: datetime) -> Answer | None:
        """The answer that this very request had a moment ago: a lost answer is no clone (SID-NET-003)."""
        fresh = key.last_at is not None and now - key.last_at < self._settings.t_repeat
        return key.last_answer if fresh and key.last_request == _digest(request, message) else None

    def refresh(self, key: Key, otp: bytes, request_id: bytes) -> bytes:
        """A one-time password without a signature and without a PIN (SID-SKM-010).

        Args:
            key: whose password it is.
            otp: the password that the app has.
            request_id: drawn for this; or that of a request, signature or refresh, whose answer was lost.

        Returns:
            A new password; the current one where the lost request had done its work.

        Raises:
            Refused: KEY_DESTROYED; BAD_REQUEST for an old password, which alone proves no copy.
        """
        if key.destroyed:
            raise gone(key)
        if hmac.compare_digest(otp, key.otp):
            self._roll(key, request_id)
        elif not hmac.compare_digest(_name(request_id, otp), key.last_name):
            raise Refused(Code.BAD_REQUEST, field="otp")
        return key.otp

    def _roll(self, key: Key, request_id: bytes) -> None:
        key.last_name = _name(request_id, key.otp)
        key.otp, key.otp_count = self._random(_OTP_OCTETS), key.otp_count + 1

    def _wrong(self, key: Key, now: datetime, old: bool) -> Answer:
        key.attempts += 1
        if key.attempts >= LOCK_3:
            key.destroy("guessed")
        elif key.attempts == LOCK_2:
            key.locked_until = now + self._settings.lock_2
        elif key.attempts == LOCK_1:
            key.locked_until = now + self._settings.lock_1
        locked = key.locked_until if key.attempts in (LOCK_1, LOCK_2) else None
        return Answer(Verdict.WRONG_PIN, attempts=key.attempts, locked_until=locked, old_otp=old)

    def _locked(self, key: Key, now: datetime) -> Refused:
        assert key.locked_until
        until, left = self._wall(key.locked_until).isoformat(), seconds_text(key.locked_until - now)
        return Refused(Code.KEY_LOCKED, key=key.use.value, until=until, locked_for=left)


def gone(key: Key) -> Refused:
    """A destroyed key is asked for something."""
    return Refused(Code.KEY_DESTROYED, key=key.use.value, why=key.ended)


def _name(request_id: bytes, otp: bytes) -> bytes:
    return hmac.digest(b"softeid key request name", b"\0".join((request_id.hex().encode(), otp)), "sha256")


def _unheard(key: Key, request: Request) -> bool:
    """Whether the answer to the last request never reached the app, which was killed, and it asks for another
    signature under the same name. Had a copy asked so, the original would be one password behind and noticed.
    """
    same_name = bool(key.last_id) and hmac.compare_digest(request.request_id, key.last_id)
    return same_name and hmac.compare_digest(request.otp, key.last_otp)


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
